"""Every router of the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.server.pages import (
    accounts,
    approvals,
    approvals_asked,
    approvals_permits,
    asked,
    benchmarks,
    calendar,
    case_files,
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
    asked.router,
    searches.router,
    cases.router,
    case_files.router,
    reviews.router,
    approvals.router,
    approvals_permits.router,
    approvals_asked.router,
    misuse.router,
    calendar.router,
    enrollment.router,
    oversight.router,
    benchmarks.router,
    policies.router,
    accounts.router,
    own_account.router,
)
