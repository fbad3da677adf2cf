"""Bad input at the gate: each refused with its rule and citation, recorded, and nothing searched."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pytest
from certified import a_certificate, a_result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from ready_agency import ORIGIN, REQUEST, USAGE_POLICY, copy_ready, file_warrant, permit_for
from skimage import data as skimage_data

from facegate.audit.log import AuditLog
from facegate.audit.replay import replay_log
from facegate.audit.verify import verify_log
from facegate.decision import Metric, Vectors
from facegate.errors import InputError
from facegate.gallery.gallery import Gallery
from facegate.gate.books import BOOKS
from facegate.gate.closed_law import closed_law
from facegate.gate.in_force import InForce
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.config import Limits
from facegate.gate.registers.cases import register_case
from facegate.gate.search import Gate
from facegate.policy.engine import PolicyEngine
from facegate.request import Exigency, Instrument
from facegate.templates import TEXT_COLUMNS, EmbedderInfo, Origin, TemplateSet, tool_version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.reply import SearchReply
    from facegate.request import SearchRequest

ENGINE = PolicyEngine.load()
INFO = EmbedderInfo("four numbers", "ab" * 32, 4, Metric.EUCLIDEAN)
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
HELD = a_certificate(a_result(embedder_digest=INFO.digest))


class NobodyLooks:
    """An embedder and a gallery that fail the test if they are ever asked."""

    info = INFO

    def embed(self, chips: Any) -> Vectors:  # noqa: ANN401  any array of chips
        pytest.fail(f"a refused probe was looked at: {len(chips)}")


class FourNumbers:
    """An embedder that finds the same four numbers in every face."""

    info = INFO

    def embed(self, chips: Any) -> Vectors:  # noqa: ANN401  any array of chips
        return np.zeros((len(chips), 4), dtype=np.float32)


def one_person() -> TemplateSet:
    columns = {name: np.array(["somebody"], dtype=object) for name in TEXT_COLUMNS}
    columns["failure"] = np.array([""], dtype=object)
    origin = Origin("test", "cd" * 32, synthetic=False, tool_version=tool_version())
    vectors = np.zeros((1, 4), dtype=np.float32)
    return TemplateSet(INFO, origin, **columns, quality=np.ones(1, dtype=np.float32), vectors=vectors)


@contextmanager
def a_gate(folder: Path, **changes: Any) -> Iterator[Gate]:  # noqa: ANN401  any field of Gate
    """Open the gate of a ready agency; whoever lets a refused request through fails in `NobodyLooks`."""
    seconds, numbers = count(), count(1_000)
    copy_ready(folder)

    def random_bytes(n: int) -> bytes:
        return next(numbers).to_bytes(n)

    with (
        patch("os.fsync"),  # that a record waits for the disk is tested with the log
        Gallery.create(folder / "gallery", INFO) as gallery,
        AuditLog.open(folder / "log", origin=ORIGIN) as log,
        Ledger.open(folder / "ledger.db", log, BOOKS, random_bytes=random_bytes) as ledger,
    ):
        gallery.enroll(one_person())
        gate = Gate(
            gallery=gallery,
            embedder=NobodyLooks(),
            engine=ENGINE,
            ledger=ledger,
            limits=Limits(),
            in_force=InForce(HELD),
            usage_policy=USAGE_POLICY,
            clock=lambda: NOW + timedelta(seconds=next(seconds)),
            random_bytes=random_bytes,
        )
        yield replace(gate, **changes)


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with a_gate(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def astronaut() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(skimage_data.astronaut()[:300, 80:380]).save(buffer, "PNG")
    return buffer.getvalue()


def last_two(gate: Gate) -> tuple[dict[str, Any], dict[str, Any]]:
    intent, result = (dict(entry.public) for entry, _ in gate.ledger.log.read(gate.ledger.log.size - 2))
    return intent, result


def refused(gate: Gate, request: SearchRequest, probe: bytes = b"a photo", **options: str) -> tuple[str, ...]:
    """Ask with a permit for exactly this, unless another is named; give the rules that refused it."""
    size = gate.ledger.log.size
    permit = options.get("permit")
    if permit is None:
        permit, size = permit_for(gate, request, probe), size + 1
    reply = gate.search(request, probe, permit=permit)
    rules = tuple(rule.rule_id for rule in reply.failed_rules)
    assert_recorded(gate, reply, rules)
    assert gate.ledger.log.size - size - texts_since(gate, size) == 2
    return rules


def texts_since(gate: Gate, size: int) -> int:
    return sum(entry.kind in {"policy-text", "limits"} for entry, _ in gate.ledger.log.read(size))


def assert_recorded(gate: Gate, reply: SearchReply, rules: tuple[str, ...]) -> None:
    intent, result = last_two(gate)
    assert (reply.decision, reply.n_candidates) == ("refused", 0)
    assert rules
    assert all(rule.say.endswith(".") and rule.cite and rule.checked for rule in reply.failed_rules)
    assert (intent["kind"], intent["decision"], tuple(intent["rules"])) == ("intent", "refused", rules)
    assert (result["kind"], result["outcome"], result["n_candidates"]) == ("result", "refused", 0)
    assert result["intent"] == reply.log.intent


def test_the_request_that_all_of_these_spoil_passes(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, embedder=FourNumbers()) as gate:
        reply = gate.search(REQUEST, astronaut, permit=permit_for(gate, REQUEST, astronaut))
    assert (reply.decision, reply.n_candidates) == ("allowed", 1)


UNKNOWN_CODES = {
    "no such code": ({"offense_code": "9999"}, "FG-OFFENSE-KNOWN"),
    "a letter O": ({"offense_code": "12O1"}, "FG-OFFENSE-KNOWN"),
    "full-width digits": ({"offense_code": "\uff11\uff12\uff10\uff11"}, "FG-OFFENSE-KNOWN"),
    "a blank behind": ({"offense_code": "1201 "}, "FG-OFFENSE-KNOWN"),
    "free text": ({"offense_code": "robbery"}, "FG-OFFENSE-KNOWN"),
    "a void code": ({"offense_code": "3602"}, "FG-NEVER"),
    "a code that is no offense": ({"offense_code": "0913"}, "FG-NOT-OFFENSE"),
    "no such NIBRS code": ({"offense_nibrs": "ZZZ"}, "FG-NIBRS"),
    "no such level": ({"offense_level": "first"}, "CO-LEVEL-FITS"),
    "no such purpose": ({"purpose": "curiosity"}, "FG-PURPOSE"),
    "no such channel": ({"channel": "drone"}, "FG-CHANNEL"),
    "no such action": ({"action": "identify"}, "FG-ACTION"),
    "no such gallery": ({"gallery": "everybody"}, "FG-SHARING"),
}


@pytest.mark.parametrize("kind", UNKNOWN_CODES)
def test_an_unknown_code_is_refused_by_its_rule(gate: Gate, kind: str) -> None:
    changes, rule = UNKNOWN_CODES[kind]
    stated: dict[str, Any] = changes
    assert rule in refused(gate, replace(REQUEST, **stated))


IMPOSSIBLE_DAYS = (
    ("2026-02-30", "2026-12-31"),
    ("2026-11-01", "2026-13-01"),
    ("2026-11-31", "2026-12-31"),
    ("2026-11-01", "2025-11-01"),
    ("yesterday", "tomorrow"),
    ("01/11/2026", "31/12/2026"),
    ("2026-11-01\n", "2026-12-31"),
    ("\uff12026-11-01", "2026-12-31"),
    ("0000-00-00", "9999-99-99"),
)


def warrant(issued: str, expires: str) -> Instrument:
    return Instrument("warrant", "Denver District Court", "26SW1", issued, expires)


@pytest.mark.parametrize(("issued", "expires"), IMPOSSIBLE_DAYS)
def test_a_warrant_of_impossible_days_is_none(gate: Gate, issued: str, expires: str) -> None:
    immigration = replace(REQUEST, offense_code="0301")
    good = replace(immigration, instrument=warrant("2026-11-01", "2026-12-31"))
    file_warrant(gate, warrant("2026-11-01", "2026-12-31"))
    assert "FG-IMMIGRATION" not in refused(gate, good)
    assert "FG-IMMIGRATION" in refused(gate, replace(immigration, instrument=warrant(issued, expires)))


@pytest.mark.parametrize(
    "at",
    ["2026-11-31T03:20:11Z", "2026-11-22T25:00:00Z", "2026-11-22T03:20:11", "now", "2027-11-22T03:20:11Z"],
)
def test_an_emergency_at_an_impossible_time_is_none(gate: Gate, at: str) -> None:
    asked = replace(REQUEST, profile="ma-6-220")
    good = replace(asked, exigency=Exigency("a child is missing", "1120", "2026-11-22T03:20:11Z"))
    bad = replace(asked, exigency=Exigency("a child is missing", "1120", at))
    assert set(refused(gate, bad)) - set(refused(gate, good)) == {"MA-ORDER"}


@pytest.mark.parametrize("opened_on", ["2026-02-30", "2026-13-01", "22.11.2026", "2027-11-22", ""])
def test_a_case_opened_on_an_impossible_day_is_not_registered(gate: Gate, opened_on: str) -> None:
    size = gate.ledger.log.size
    with pytest.raises(InputError, match="opened"):
        register_case(
            gate.ledger,
            agency="CO0160000",
            case_number="24-009999",
            registered_by="502",
            offense_code="1201",
            opened_on=opened_on,
            at=NOW,
        )
    assert gate.ledger.log.size == size
    assert "FG-CASE-REGISTER" in refused(gate, replace(REQUEST, case_number="24-009999"))


def test_an_expired_permit_is_refused(tmp_path: Path) -> None:
    moment = [NOW]
    with a_gate(tmp_path, clock=lambda: moment[0]) as gate:
        permit = permit_for(gate, REQUEST, b"a photo")
        moment[0] += timedelta(hours=24)
        assert refused(gate, REQUEST, permit=permit) == ("FG-PERMIT",)


def test_a_reused_permit_is_refused(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, embedder=FourNumbers()) as gate:
        permit = permit_for(gate, REQUEST, astronaut)
        assert gate.search(REQUEST, astronaut, permit=permit).decision == "allowed"
        closed = replace(gate, embedder=NobodyLooks())
        assert refused(closed, REQUEST, astronaut, permit=permit) == ("FG-PERMIT",)


@pytest.mark.parametrize("permit", ["", " ", "\x00", "\udcff", "' OR 1=1 --", "x" * 70_000])
def test_a_permit_that_is_none_is_refused(gate: Gate, permit: str) -> None:
    assert refused(gate, REQUEST, permit=permit) == ("FG-PERMIT",)


@pytest.mark.parametrize(
    "approver", ["8841", None, "", "9999", "77", "502", "\uff11\uff11\uff12\uff10", "1120 "]
)
def test_whoever_may_not_approve_approves_nothing(gate: Gate, approver: str | None) -> None:
    assert "FG-APPROVER" in refused(gate, replace(REQUEST, approver=approver))


def test_a_supervisor_does_not_approve_his_own_search(gate: Gate) -> None:
    assert refused(gate, replace(REQUEST, requester="1120", approver="1120")) == ("FG-APPROVER",)


def test_a_clock_that_goes_back_is_refused_until_it_is_right(tmp_path: Path) -> None:
    moment = [NOW]
    with a_gate(tmp_path, clock=lambda: moment[0]) as gate:
        refused(gate, replace(REQUEST, case_number=None))
        moment[0] -= timedelta(hours=1)
        # The refusal is recorded with the wrong time, too; that must not open the gate for the next one.
        assert [refused(gate, REQUEST) for _ in range(3)] == [("FG-CLOCK",)] * 3


@pytest.mark.parametrize(
    "name", ["co-dmv-2109", "CO-DMV-2019", "co-dmv-2019 ", "c\u043e-dmv-2019", "", "../x"]
)
def test_a_profile_with_a_typo_is_refused(gate: Gate, name: str) -> None:
    rules = refused(gate, replace(REQUEST, profile=name))
    assert rules == ("FG-PROFILE",)


def test_a_law_that_cannot_be_read_refuses_and_says_why(tmp_path: Path) -> None:
    with a_gate(tmp_path, engine=closed_law("mine.cedar, rule CO-X: no @cite")) as gate:
        assert refused(gate, REQUEST) == ("FG-PROFILE",)
        reply = gate.search(REQUEST, b"a photo")
        intent, _ = last_two(gate)
    assert "cannot be read: mine.cedar, rule CO-X: no @cite." in reply.failed_rules[0].say
    assert (intent["policy_digest"], intent["catalogue_digest"]) == ("", "")
    assert replay_log(tmp_path / "log").differences == ()


LOOK_ALIKES = {
    "a blank inside": "24 -001234",
    "a blank before": " 24-001234",
    "a blank behind": "24-001234 ",
    "a line feed behind": "24-001234\n",
    "a zero-width blank": "24-\u200b001234",
    "a no-break blank": "24\u00a0001234",
    "full-width digits": "\uff12\uff14-001234",
    "Arabic digits": "\u0662\u0664-001234",
    "a mathematical digit": "24-00123\U0001d7d2",
    "an en dash": "24\u2013001234",
    "a minus sign": "24\u2212001234",
    "a letter O": "24-OO1234",
    "a Cyrillic letter": "24-00123\u0417",
    "a combining mark": "24-001234\u0301",
    "right to left": "\u202e432100-42",
    "half a surrogate pair": "24-00123\ud800",
    "another number": "24-001235",
    "SQL": "24-001234' OR '1'='1",
    "a wildcard": "24-%",
    "two": "24-001234,24-001235",
    "too long": "24-" + "0" * 70_000,
}
CASE_RULES = {"FG-CASE-NUMBER", "FG-CASE-FORM", "FG-CASE-PATTERN", "FG-CASE-REGISTER"}


@pytest.mark.parametrize("kind", LOOK_ALIKES)
def test_a_case_number_that_only_looks_like_one_is_refused(gate: Gate, kind: str) -> None:
    assert CASE_RULES & set(refused(gate, replace(REQUEST, case_number=LOOK_ALIKES[kind])))


@pytest.mark.slow
def test_a_thousand_invented_case_numbers_are_a_thousand_refusals_on_the_log(
    gate: Gate, tmp_path: Path
) -> None:
    before = gate.ledger.log.size
    for number in range(1_000):
        reply = gate.search(replace(REQUEST, case_number=f"24-{900_000 + number}"), b"a photo")
        assert "FG-CASE-REGISTER" in [rule.rule_id for rule in reply.failed_rules]
    added = [
        entry.public
        for entry, _ in gate.ledger.log.read(before)
        if entry.kind not in {"policy-text", "limits"}
    ]
    outcomes = [(one["kind"], one.get("outcome", one.get("decision"))) for one in added]
    assert outcomes == [("intent", "refused"), ("result", "refused")] * 1_000
    assert verify_log(tmp_path / "log").open_intents == ()
    assert gate.ledger.value("SELECT count(*) FROM limits_day") == 0  # what is refused uses up no cap


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.text(max_size=80).filter(lambda number: number != REQUEST.case_number))
def test_no_text_but_the_registered_number_passes_for_it(gate: Gate, number: str) -> None:
    # One gate for every example: a refusal changes no counter.
    assert CASE_RULES & set(refused(gate, replace(REQUEST, case_number=number)))
