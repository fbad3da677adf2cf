"""The service's own description, OpenAPI 3.1: made from its routes, kept as a file in the package.

::

    facegate/server/openapi.json          what clients are made from; a test holds it up to date
    python -m facegate.server.openapi     writes it anew

What the framework would say wrongly is put right: errors are problems (RFC 9457) on every route, and not its
own form of them; and who may ask is said by key, token or session, which each route demands for itself.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from facegate.server.api.replies import Problems
from facegate.server.identity.cookies import NAME
from facegate.server.problems import PROBLEM_JSON

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE: Final = Path(__file__).with_name("openapi.json")
FORM: Final = "3.1.0"
ABOUT: Final = (
    "Gated face search: a case and an offense are demanded before anything is searched, the law decides and "
    "is named, every attempt with a photo that opens is on a log that nobody can quietly change, and nobody "
    "sees a candidate before two people have compared."
)
ANSWERS: Final = {
    400: "The request cannot be read as what it is said to be.",
    401: "Nobody is known, or an approval asks for a login of now.",
    403: "The law, a role or a rule of the review refuses it; every rule that does is named.",
    404: "There is no such thing, or it is not the caller's to see.",
    409: "It clashes with what is on the log already.",
    413: "It is larger than what is taken.",
    415: "It is of another kind than what is taken.",
    422: "A field is missing, unknown or not of its form.",
    429: "A limit is reached; Retry-After says for how long.",
    503: "The gate is closed, by the reason named; Retry-After says when to ask again.",
}
"""Problems that a route may answer in the place of what was asked for."""
METHODS: Final = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
FOR_ANYBODY: Final = frozenset({
    "GET /.well-known/facegate.json", "GET /livez", "GET /readyz", "GET /log/checkpoint",
    "GET /log/records/{index}", "GET /log/tile/{path}", "GET /v1/audits", "GET /v1/benchmarks",
    "GET /v1/benchmarks/{run}", "GET /v1/benchmarks/{run}/report.html", "GET /v1/certificate",
    "GET /v1/certificate/file", "GET /v1/policies", "GET /v1/policies/offenses", "GET /v1/policies/{name}",
    "GET /v1/reports", "GET /v1/reports/{name}", "POST /v1/reports/verify",
})  # fmt: skip
"""What is answered without a key, token or session; a test asks all the others without one."""
_FRAMEWORKS_OWN: Final = ("HTTPValidationError", "ValidationError")
DEFAULT: Final = "default"
OTHER: Final = "Anything else that keeps it from being answered."
_SCHEMES: Final = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key (fg_live_...), or a token of a provider that the operator named.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": NAME,
        "description": "Of somebody who logged in on the pages; over TLS its name starts with __Host-.",
    },
}


def description_of(app: FastAPI) -> dict[str, Any]:
    """Describe every route of an application that is part of its interface.

    Parameters
    ----------
    app : FastAPI
        With its routes; they alone are looked at.

    Returns
    -------
    dict
        An OpenAPI 3.1 document.
    """
    told = get_openapi(
        title="facegate",
        version=version("facegate"),
        openapi_version=FORM,
        description=ABOUT,
        routes=app.routes,
    )
    schemas = told.setdefault("components", {}).setdefault("schemas", {})
    for name in _FRAMEWORKS_OWN:
        schemas.pop(name, None)
    schemas["Problem"] = _problem_schema()
    told["components"]["responses"] = _problem_answers()
    told["components"]["securitySchemes"] = _SCHEMES
    for name, operation in _operations(told):
        _put_problems(operation)
        _never_null(operation)
        nothing_shown: list[dict[str, list[str]]] = [{}] if name in FOR_ANYBODY else []
        operation["security"] = [*nothing_shown, *({scheme: []} for scheme in _SCHEMES)]
    schemas.pop(Problems.__name__, None)
    return told


def install_description(app: FastAPI) -> None:
    """Let an application answer with this description of itself, made once."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = description_of(app)
        return app.openapi_schema

    # The way the framework documents.
    app.openapi = described  # type: ignore[method-assign]


def bare_app() -> FastAPI:
    """Make an application of every route of the interface that answers nothing: for describing it."""
    from facegate.server.api.routers import ROUTERS  # noqa: PLC0415  the routes need not be there to describe others

    app = FastAPI(title="facegate", docs_url=None, redoc_url=None, openapi_url=None)
    for router in ROUTERS:
        app.include_router(router)
    return app


def description_text(app: FastAPI) -> str:
    """Write a description as it is kept: the same routes give the same text."""
    return json.dumps(description_of(app), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write_description(path: Path = FILE) -> None:
    """Write the description of the whole interface into its file."""
    path.write_text(description_text(bare_app()), encoding="utf-8")


def _operations(told: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every operation with its name, such as ``GET /livez``."""
    for path, held in told.get("paths", {}).items():
        yield from (
            (f"{method.upper()} {path}", operation) for method, operation in held.items() if method in METHODS
        )


def _put_problems(operation: dict[str, Any]) -> None:
    """Say of every error that it is a problem, in the place of what the framework says of it."""
    answers = operation.setdefault("responses", {})
    for name in (*map(str, ANSWERS), DEFAULT):
        answers[name] = {"$ref": f"#/components/responses/{_named(name)}"}


def _never_null(operation: dict[str, Any]) -> None:
    """Say of no parameter that it may be null: what is left out is not sent, and ``null`` is four letters."""
    for parameter in operation.get("parameters", ()):
        schema = parameter["schema"]
        kept = [one for one in schema.pop("anyOf", ()) if one != {"type": "null"}]
        schema |= kept[0] if len(kept) == 1 else {"anyOf": kept} if kept else {}


def _problem_answers() -> dict[str, Any]:
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    said = {**{str(status): what for status, what in ANSWERS.items()}, DEFAULT: OTHER}
    return {_named(name): {"description": what, "content": content} for name, what in said.items()}


def _named(status: str) -> str:
    return f"Problem{status.capitalize()}"


def _problem_schema() -> dict[str, Any]:
    """Give the members of a problem; one that says nothing is left out, never null."""
    held = Problems.model_json_schema()
    members = {
        name: next((one for one in member.get("anyOf", ()) if one != {"type": "null"}), member)
        for name, member in held["properties"].items()
    }
    plain = {
        name: {key: value for key, value in member.items() if key not in {"title", "default"}}
        for name, member in members.items()
    }
    plain["status"] |= {"minimum": 400, "maximum": 599}
    return {
        "title": "Problem",
        "description": "What is answered in the place of what was asked for (RFC 9457).",
        "type": "object",
        "properties": plain,
        "required": held["required"],
    }


if __name__ == "__main__":
    write_description()
