"""Every router of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.server.pages import (
    accounts,
    approvals,
    approvals_permits,
    benchmarks,
    calendar,
    cases,
    console,
    enrollment,
    misuse,
    oversight,
    own_account,
    policies,
    reviews,
    searches,
    signing,
    start,
)

if TYPE_CHECKING:
    from fastapi import APIRouter

PAGES: Final[tuple[APIRouter, ...]] = (
    signing.router,
    start.router,
    console.router,
    searches.router,
    cases.router,
    reviews.router,
    approvals.router,
    approvals_permits.router,
    misuse.router,
    calendar.router,
    enrollment.router,
    oversight.router,
    benchmarks.router,
    policies.router,
    accounts.router,
    own_account.router,
)
