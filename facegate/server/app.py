"""The application: every endpoint and page, behind one edge, answered from one service."""

from __future__ import annotations

from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.routing import Route

from facegate.server.api.routers import ROUTERS
from facegate.server.edge.install import install_edge
from facegate.server.edge.known_first import known_first
from facegate.server.edge.settings import FORM_LIMITS, edge_settings
from facegate.server.metrics import CountRequests
from facegate.server.openapi import ABOUT, install_description
from facegate.server.pages.calling import problem_page
from facegate.server.pages.routers import PAGES

if TYPE_CHECKING:
    from starlette.requests import Request

    from facegate.server.service import Service

STATIC: Final = Path(__file__).with_name("static")


def create_app(service: Service) -> FastAPI:
    """Make the application of an open service.

    Parameters
    ----------
    service : Service
        What every endpoint and page is answered from.
    """
    app = FastAPI(
        title="facegate",
        version=version("facegate"),
        description=ABOUT,
        docs_url=None,  # its pages fetch scripts from elsewhere
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        form_limits=FORM_LIMITS,
    )
    app.state.service = service
    app.state.metrics = service.metrics
    app.state.problem_page = problem_page
    for router in (*ROUTERS, *PAGES):
        app.include_router(router)
    app.router.routes.append(Route("/static/house.css", _house_style, include_in_schema=False))
    app.mount("/static", StaticFiles(directory=STATIC))
    install_description(app)
    routes = [route for router in (*ROUTERS, *PAGES) for route in router.routes]
    install_edge(app, edge_settings(service.config), routes=routes, known_first=known_first)
    app.add_middleware(CountRequests, metrics=service.metrics)
    return app


async def _house_style(_: Request) -> Response:
    """Give the style that reports and the public site have: one house, one style."""
    style = resources.files("facegate.reporting") / "report" / "templates" / "page.css"
    return Response(style.read_bytes(), media_type="text/css")
