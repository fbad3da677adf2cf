"""Every router of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.server.pages import signing

if TYPE_CHECKING:
    from fastapi import APIRouter

PAGES: Final[tuple[APIRouter, ...]] = (signing.router,)
