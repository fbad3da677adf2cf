"""Every router of the JSON interface, in the order in which the description lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.server.api import (
    about,
    accounts,
    benchmark_runs,
    case_files,
    cases,
    compreface,
    dossiers,
    enrollments,
    health,
    jobs,
    leads,
    limits,
    misuse,
    permit_requests,
    permits,
    policies,
    public_log,
    reports,
    reviews,
    searches,
    standing,
    tests_made,
)

if TYPE_CHECKING:
    from fastapi import APIRouter

ROUTERS: Final[tuple[APIRouter, ...]] = tuple(
    one.router
    for one in (
        cases,
        case_files,
        permits,
        permit_requests,
        searches,
        reviews,
        leads,
        dossiers,
        limits,
        policies,
        misuse,
        reports,
        standing,
        tests_made,
        enrollments,
        benchmark_runs,
        jobs,
        accounts,
        about,
        public_log,
        health,
        compreface,
    )
)
