"""A log decides itself again: every decision and rule list comes out as logged, from the log alone."""

from __future__ import annotations

import random
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from asked import random_asked
from laws import LAWS
from resealed import reseal, unseal

from facegate.audit.log import AuditLog
from facegate.audit.replay import replay_log
from facegate.audit.verify import verify_log
from facegate.gate.attempt import Attempt, record_intent, record_result
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.ledger.texts import PolicyTextBook, record_texts
from facegate.gate.limits.marks import file_marks
from facegate.gate.reply import GallerySeen
from facegate.gate.search_id import new_search_id
from facegate.policy.engine import PolicyDecision, PolicyEngine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from asked import Asked

    from facegate.policy.facts import Facts
    from facegate.request import SearchRequest

Overlays = tuple[str, ...]
ORIGIN = "facegate.example/replay"
ENGINE = PolicyEngine.load()
BASES = {name: law.base for name, law in LAWS.items()}


@contextmanager
def a_ledger(folder: Path) -> Iterator[Ledger]:
    numbers = count()
    with (
        AuditLog.open(folder / "log", origin=ORIGIN) as log,
        Ledger.open(
            folder / "ledger.db", log, [PolicyTextBook()], random_bytes=lambda n: next(numbers).to_bytes(n)
        ) as ledger,
    ):
        yield ledger


def log_of(folder: Path, questions: Sequence[Asked]) -> list[str]:
    """Decide and log each question as the gate does; give the decisions."""
    decisions = []
    with a_ledger(folder) as ledger:
        for number, asked in enumerate(questions):
            decided = ENGINE.decide(asked.request, asked.facts, asked.now, overlays=asked.overlays)
            attempt = Attempt(
                new_search_id(asked.now, number.to_bytes(10)),
                asked.now,
                asked.request,
                "",
                b"photo",
                GallerySeen("ab" * 32, 3, synthetic=True),
            )
            law = decided.profile if decided.policy_digest else ""
            intent = record_intent(
                ledger,
                attempt,
                decided,
                facts=asked.facts,
                policy_texts=record_texts(ledger, ENGINE, law, asked.now),
                marks=file_marks(b"photo"),
                flags=(),
                relied_on={},
            )
            record_result(ledger, attempt, intent, at=asked.now, outcome="searched")
            decisions.append("allowed" if decided.permitted else "refused")
    return decisions


def questions(n: int) -> list[Asked]:
    source = random.Random(5)  # noqa: S311  reproducible cases, no secret
    return [random_asked(source.choice([*BASES.values()]), source) for _ in range(n)]


def test_every_decision_and_rule_list_comes_out_again(tmp_path: Path) -> None:
    decisions = log_of(tmp_path, [*BASES.values(), *questions(150)])
    assert min(decisions.count("allowed"), decisions.count("refused")) > len(BASES) / 2
    again = replay_log(tmp_path / "log")
    assert (again.n_same, again.n_erased, again.differences) == (len(decisions), 0, ())


def test_a_profile_that_does_not_exist_is_refused_again(tmp_path: Path) -> None:
    base = BASES["co-dmv-2019"]
    log_of(tmp_path, [base.but(profile="wishful"), base.but(profile="no name!"), base.but(action="guess")])
    assert replay_log(tmp_path / "log").n_same == 3


def test_what_was_erased_is_counted(tmp_path: Path) -> None:
    log_of(tmp_path, [BASES["co-dmv-2019"]] * 2)
    verified = verify_log(tmp_path / "log")
    unseal(tmp_path / "log", verified.size - 2)
    again = replay_log(tmp_path / "log")
    assert (again.n_same, again.n_erased, again.differences) == (1, 1, ())


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("question", '{"request":{},"entities":[]}', "not those the log committed to"),
        ("request_digest", "00" * 32, "not those the log committed to"),
    ],
)
def test_a_sealed_field_that_was_edited_is_named(tmp_path: Path, field: str, value: str, why: str) -> None:
    log_of(tmp_path, [BASES["co-dmv-2019"]])
    seq = verify_log(tmp_path / "log").size - 2
    reseal(tmp_path / "log", seq, **{field: value})
    [found] = replay_log(tmp_path / "log").differences
    assert found.seq == seq
    assert why in found.why


def test_a_decision_logged_otherwise_than_the_law_decides_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = BASES["co-dmv-2019"].but(case_number=None)
    honest = ENGINE.decide(asked.request, asked.facts, asked.now)

    def lenient(*_: object, **__: object) -> object:
        object.__setattr__(honest, "failed", ())
        object.__setattr__(honest, "permitted", True)
        return honest

    monkeypatch.setattr(PolicyEngine, "decide", lenient)
    log_of(tmp_path, [asked])
    monkeypatch.undo()
    [found] = replay_log(tmp_path / "log").differences
    assert "logged allowed by []" in found.why
    assert "CO-CASE-NUMBER" in found.why


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("case_number", "24-999999", "case"),
        ("case_number", None, "case"),
        ("requester", "7777", "requester"),
        ("profile", "moratorium", "profile"),
        ("action", "dossier", "action"),
        ("agency", "CO9990000", "agency"),
        ("purpose", "fugitive", "purpose"),
        ("channel", "mobile", "channel"),
        ("gallery", "other", "gallery"),
        ("offense_code", "0999", "offense"),
        ("offense_level", "2", "level"),
        ("offense_code", None, "offense"),
        ("offense_nibrs", "11A", "NIBRS code"),
        ("felony", True, "felony"),
        ("charge_citation", "C.R.S. 18-4-203", "citation"),
        ("incident_number", "24-1", "incident"),
        ("on_behalf_of", "CO9990000", "beneficiary"),
        ("approver", "7778", "approver"),
        ("operator", "7779", "operator"),
    ],
)
def test_a_question_about_something_else_than_its_record_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, field: str, value: object, named: str
) -> None:
    asked, honest = BASES["co-dmv-2019"], PolicyEngine.decide

    def about_another(
        engine: PolicyEngine,
        request: SearchRequest,
        facts: Facts,
        now: datetime,
        *,
        overlays: tuple[str, ...],
    ) -> PolicyDecision:
        change: Any = {field: value}
        other = honest(engine, replace(request, **change), facts, now, overlays=overlays)
        return replace(other, profile="co-dmv-2019")

    monkeypatch.setattr(PolicyEngine, "decide", about_another)
    log_of(tmp_path, [asked])
    monkeypatch.undo()
    [found] = replay_log(tmp_path / "log").differences
    assert found.why == f"its question states another {named} than the record does"


def test_a_question_asked_at_another_hour_than_recorded_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = PolicyEngine.decide

    def earlier(
        engine: PolicyEngine,
        request: SearchRequest,
        facts: Facts,
        now: datetime,
        *,
        overlays: tuple[str, ...],
    ) -> PolicyDecision:
        return honest(engine, request, facts, now - timedelta(seconds=1), overlays=overlays)

    monkeypatch.setattr(PolicyEngine, "decide", earlier)
    log_of(tmp_path, [BASES["co-dmv-2019"]])
    monkeypatch.undo()
    [found] = replay_log(tmp_path / "log").differences
    assert "another time" in found.why


def test_a_log_without_the_text_of_its_law_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "record_texts", lambda *_: ("ab" * 32,))
    log_of(tmp_path, [BASES["co-dmv-2019"]])
    [found] = replay_log(tmp_path / "log").differences
    assert found.why == "the log does not hold every text of co-dmv-2019"
