"""Breaches and unauthorized uses, as the register of misuse holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.audit.entry import REFUSED
from facegate.oversight.misuse.words import CLOSED, OPENED, REOPENED, State
from facegate.oversight.report import Table
from facegate.oversight.statutory.searches import NOT_STATED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period

MISUSE_KINDS: Final = (OPENED, CLOSED, REOPENED)


def misuse_table(events: Iterable[Event], period: Period) -> Table:
    """Count suspected and confirmed unauthorized uses by class; cases opened in the period, as they stand.

    Parameters
    ----------
    events : iterable of Event
        Records of `MISUSE_KINDS`.
    period : Period
        In which a case was opened.

    Returns
    -------
    Table
        One row a class of misuse, and a total.
    """
    opened: dict[int, Event] = {}
    state: dict[int, str] = {}
    for event in sorted(events, key=lambda one: one.seq):
        if event.public.get("decision") == REFUSED:
            continue
        if event.kind == OPENED:
            if period.holds(event.time):
                opened[event.seq] = event
            continue
        case = event.public.get("misuse")
        if isinstance(case, int):
            state[case] = event.text("state") if event.kind == CLOSED else State.PENDING
    rows: list[tuple[Cell, ...]] = []
    for word in sorted({one.text("misuse_class") or NOT_STATED for one in opened.values()}):
        mine = [seq for seq, one in opened.items() if (one.text("misuse_class") or NOT_STATED) == word]
        rows.append((word.replace("_", " "), *_states(mine, state)))
    return Table(
        "unauthorized",
        "Breaches and unauthorized uses",
        ("class", "opened", "confirmed", "cleared", "pending"),
        (*rows, ("all", *_states(list(opened), state))),
        (
            "Cases of the misuse register that were opened in the period, as they stand at this size of it.",
            "A breach from outside is recorded nowhere but there, if somebody opened a case of it.",
        ),
    )  # fmt: skip


def _states(cases: list[int], state: dict[int, str]) -> tuple[int, int, int, int]:
    now = [state.get(case, State.PENDING) for case in cases]
    return (len(now), now.count(State.CONFIRMED), now.count(State.CLEARED), now.count(State.PENDING))
