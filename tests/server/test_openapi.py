"""The description of the interface: whole, true to OpenAPI 3.1, and the one in the package up to date."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fastapi import FastAPI

from facegate.server.openapi import (
    ANSWERS,
    FILE,
    METHODS,
    bare_app,
    description_of,
    description_text,
    install_description,
    write_description,
)
from facegate.server.problems import not_fresh

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return description_of(bare_app())


def operations(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in told["paths"].values():
        yield from (one for method, one in path.items() if method in METHODS)


def references(value: object) -> Iterator[str]:
    """Give every reference in a document."""
    if isinstance(value, dict):
        for name, held in value.items():
            if name == "$ref":
                yield str(held)
            else:
                yield from references(held)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_the_description_in_the_package_is_up_to_date() -> None:
    # If it is not: python -m facegate.server.openapi
    assert FILE.read_text(encoding="utf-8") == description_text(bare_app())


def test_whatever_acts_by_post_takes_an_idempotency_key_or_refuses_it(told: dict[str, Any]) -> None:
    ignoring = [
        path
        for path, one in told["paths"].items()
        if "post" in one
        and not any(field["name"] == "Idempotency-Key" for field in one["post"].get("parameters", ()))
    ]
    secrets = ("/v1/account/", "/v1/accounts")
    assert [path for path in ignoring if not path.startswith(secrets)] == [
        "/v1/cases/{record}/case-files",  # refuses it, see `test_api_cases`
        "/v1/reports/verify",  # acts on nothing
    ]


def test_it_is_of_openapi_3_1(told: dict[str, Any]) -> None:
    assert told["openapi"] == "3.1.0"
    assert {"/v1/misuse", "/v1/reports/{name}", "/readyz", "/.well-known/facegate.json"} <= told[
        "paths"
    ].keys()


def test_every_route_answers_problems_as_problems(told: dict[str, Any]) -> None:
    for operation in operations(told):
        for status in (*map(str, ANSWERS), "default"):
            named = operation["responses"][status]["$ref"].rsplit("/", 1)[-1]
            answer = told["components"]["responses"][named]
            assert list(answer["content"]) == ["application/problem+json"]


def test_no_reference_leads_nowhere_and_nothing_of_the_frameworks_errors_is_left(
    told: dict[str, Any],
) -> None:
    for one in references(told):
        start, components, kind, name = one.split("/")
        assert (start, components) == ("#", "components")
        assert name in told[components][kind]
    assert "ValidationError" not in json.dumps(told)


def test_every_operation_has_its_own_id_and_a_sentence(told: dict[str, Any]) -> None:
    every = list(operations(told))
    assert len({one["operationId"] for one in every}) == len(every)
    assert all(one["description"] for one in every)


def test_a_problem_has_the_members_that_are_described(told: dict[str, Any]) -> None:
    schema = told["components"]["schemas"]["Problem"]
    sent = not_fresh().to_json()
    assert set(schema["required"]) <= set(sent) <= set(schema["properties"])


def test_an_application_answers_with_its_description_made_once() -> None:
    app = FastAPI()
    install_description(app)
    assert app.openapi()["info"]["title"] == "facegate"
    assert app.openapi() is app.openapi()


def test_it_is_written_anew_as_the_same_text(tmp_path: Path) -> None:
    write_description(tmp_path / "openapi.json")
    assert (tmp_path / "openapi.json").read_text(encoding="utf-8") == description_text(bare_app())
