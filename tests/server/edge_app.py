"""A small application with the edge around it, for the tests of the edge."""

from __future__ import annotations

import time
import warnings
from typing import Annotated

from fastapi import FastAPI, Form, Request, UploadFile
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict, field_validator
from sqlalchemy.exc import OperationalError

from facegate.errors import PolicyRefusal
from facegate.server.edge.install import install_edge
from facegate.server.edge.limiting import charge_account
from facegate.server.edge.settings import FORM_LIMITS, EdgeSettings
from facegate.server.problems import no_role

with warnings.catch_warnings():
    # Starlette would rather have its own fork of httpx, which is the typed client's library here.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

__all__ = ["BASE", "SECRET", "TestClient", "a_client", "an_app"]

BASE = "https://gate.example"
SECRET = "the-secret-value"  # noqa: S105  what no reply may hold


class Body(BaseModel):
    """A form with every kind of error."""

    model_config = ConfigDict(extra="forbid")
    name: str
    count: int = 0

    @field_validator("name")
    @classmethod
    def _no_secret(cls, value: str) -> str:
        if value == SECRET:
            msg = f"{value} is not taken"
            raise ValueError(msg)
        return value


def an_app(settings: EdgeSettings | None = None) -> FastAPI:  # noqa: C901  many small endpoints
    """Make it."""
    app = FastAPI(form_limits=FORM_LIMITS)
    app.state.acted = []

    @app.get("/v1/things")
    def things(request: Request, who: str = "") -> dict[str, str]:
        charge_account(request, who)
        return {"client": request.client.host if request.client else ""}

    @app.post("/v1/things")
    def make(body: Body) -> dict[str, str]:
        app.state.acted.append(body.name)
        return {"name": body.name}

    @app.post("/v1/searches")
    def search(probe: UploadFile, request: Annotated[str, Form()]) -> dict[str, int]:
        app.state.acted.append(request)
        return {"bytes": len(probe.file.read())}

    @app.post("/v1/raw")
    async def raw(request: Request) -> dict[str, int]:
        data = await request.body()
        app.state.acted.append("raw")
        return {"bytes": len(data)}

    @app.post("/v1/slow")
    def slow() -> dict[str, bool]:
        time.sleep(0.5)
        return {"slow": True}

    @app.get("/page")
    def page() -> HTMLResponse:
        return HTMLResponse("<p>page</p>", headers={"Cache-Control": "public"})

    @app.get("/log/checkpoint")
    def checkpoint() -> HTMLResponse:
        return HTMLResponse("log", media_type="text/plain", headers={"Cache-Control": "public, max-age=5"})

    @app.get("/livez")
    def alive() -> dict[str, bool]:
        return {"alive": True}

    @app.get("/v1/fail/{how}")
    def fail(how: str) -> None:
        if how == "policy":
            raise PolicyRefusal(how)
        if how == "role":
            raise no_role(how)
        if how == "database":
            raise OperationalError(SECRET, {"row": SECRET}, ValueError(SECRET))
        raise RuntimeError(SECRET)

    install_edge(app, settings or EdgeSettings(base_url=BASE))
    return app


def a_client(settings: EdgeSettings | None = None) -> TestClient:
    """Give a client of a new one."""
    return TestClient(an_app(settings), base_url=BASE, raise_server_exceptions=False)
