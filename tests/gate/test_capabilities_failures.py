"""The failures of the capability table, F9 to F16: each control refuses, as whoever uses the gate meets it.

F3, F5, F12 and F17 are owed by the log's oversight; the README says so.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from capability_desk import NOW, a_desk, ask, log_of, refused, refused_in_law
from review_room import a_lead, a_ledger, records
from test_review_dossier import Records, asked
from test_search import ENGINE

import facegate
from facegate.decision import Metric, Threshold
from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.late import LateCount, enter_late, late_count
from facegate.request import Action

PACKAGE = Path(facegate.__file__).parent
SERVING = ("gate", "cli", "policy", "audit")
LINE = Threshold(0.5, Metric.EUCLIDEAN)
BY_HAND: dict[str, Any] = {
    "agency": "CO0160000",
    "case_number": "24-001234",
    "searched_by": "8841",
    "searched_at": "2026-11-22T03:20:00-07:00",
    "entered_by": "1120",
    "asked_by_way_of": "telephone",
    "purpose": "criminal_investigation",
    "found": "nobody",
    "reason": "The line was down.",
    "at": NOW,
}


def test_f9_a_search_by_hand_is_entered_afterwards_and_counted(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        enter_late(gate.ledger, **BY_HAND)
        enter_late(gate.ledger, **{**BY_HAND, "searched_at": "2026-11-21T11:59:59Z"})
        (public, sealed), (overdue, _) = log_of(gate, "late")
        assert late_count(gate.ledger, "CO0160000") == LateCount(n_entered=2, n_overdue=1)
    assert (public["hours_late"], public["in_time"], overdue["hours_late"], overdue["in_time"]) == (
        1,
        "yes",
        24,
        "no",
    )
    assert not {"case_number", "searched_by", "entered_by"} & public.keys()
    assert (sealed["case_number"], sealed["searched_by"]) == ("24-001234", "8841")


WRONG = (
    ({"searched_at": "2026-11-23T03:20:00Z"}, InputError, "is still to come"),
    ({"searched_at": "2026-11-22T03:20:00"}, InputError, "with its zone"),
    ({"case_number": "24-009999"}, InputError, "no case '24-009999' is registered"),
    ({"searched_by": "9999"}, InputError, "no officer of the id"),
    ({"entered_by": "9999"}, PolicyRefusal, "whoever enters the search"),
    ({"purpose": "a favor"}, InputError, "the purpose is 'a favor'"),
    ({"found": "him"}, InputError, "what came of it is 'him'"),
    ({"asked_by_way_of": "wink"}, InputError, "the way it was asked for is 'wink'"),
    ({"reason": ""}, InputError, "the reason"),
)


def test_f9_what_is_not_of_its_form_is_not_entered(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        for changes, error, match in WRONG:
            with pytest.raises(error, match=match):
                enter_late(gate.ledger, **{**BY_HAND, **changes})
        assert log_of(gate, "late") == []


def test_f10_the_bounds_of_every_group_stand_beside_every_answer(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        seen = ask(gate).certificate
    assert seen is not None
    assert all(0 < group.fmr_at_most <= 1 for group in seen.groups)
    assert len(seen.groups) > 1


def test_f11_without_the_published_policy_the_gate_is_closed(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        for text in (None, b"", b"Anybody may search.\n"):
            assert refused(replace(gate, usage_policy=text)) == {"FG-USAGE-POLICY"}
        assert refused(gate) == set()


def test_f13_joining_other_data_to_a_result_is_an_action_that_no_law_permits() -> None:
    for name, profile in ENGINE.profiles.items():
        permitted = {rule.action for rule in profile.rules if rule.effect == "permit"}
        assert "" not in permitted, name  # no permit of every action
        assert Action.ENRICHMENT not in permitted, name
        assert refused_in_law(name, action=str(Action.ENRICHMENT)), name
    assert refused_in_law("co-dmv-2019", action=str(Action.ENRICHMENT)) == {"FG-NO-PERMIT"}


def test_f13_the_gate_refuses_an_enrichment(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        assert refused(gate, action=str(Action.ENRICHMENT))


def test_f13_nothing_is_joined_to_a_record_and_the_attempt_is_on_the_log(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        search = a_lead(ledger)
        with pytest.raises(PolicyRefusal, match="other fields than those asked for"):
            asked(ledger, search, Records(criminal_record="none"), dossier_fields=("name",))
        assert records(ledger)[-1]["stage"] == "withheld"


def test_f15_the_gallery_searches_on_a_token_of_the_gate_and_on_nothing_else(tmp_path: Path) -> None:
    tokens: tuple[Any, ...] = (None, "token", 7, object())
    with a_desk(tmp_path) as gate:
        for token in tokens:
            with pytest.raises(TypeError, match="a search needs a token made from its intent record"):
                gate.gallery.search(np.zeros(4, dtype=np.float32), threshold=LINE, limit=1, token=token)


def test_f15_no_path_of_the_code_reaches_the_index_past_the_gate() -> None:
    def found(name: str) -> set[str]:
        return {path for path, names in _used().items() if name in names}

    assert {path for path in found("facegate.gallery.index") if not path.startswith("gallery/")} == set()
    assert found("faiss") == {"gallery/index.py"}
    assert found("SearchToken()") == {"gate/search.py"}
    assert not [path for path in found("UnsafeMeasurementToken()") if path.split("/")[0] in SERVING]


@pytest.mark.parametrize("profile", sorted(ENGINE.profiles))
def test_f16_a_probe_from_social_media_is_refused_unless_the_law_says_otherwise(profile: str) -> None:
    allowed = "social_media" in ENGINE.profile(profile).allows
    assert ("FG-PROBE-SOURCE" in refused_in_law(profile, probe_source="social_media")) is not allowed


def test_f16_the_gate_refuses_a_probe_from_social_media_and_one_of_unknown_origin(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        for source in ("social_media", None, "a friend"):
            assert refused(gate, probe_source=source) == {"FG-PROBE-SOURCE"}


@cache
def _used() -> dict[str, set[str]]:
    """Give what each file of the package imports and calls."""
    return {
        str(path.relative_to(PACKAGE)): set().union(*map(_names, ast.walk(ast.parse(path.read_bytes()))))
        for path in PACKAGE.rglob("*.py")
    }


def _names(node: ast.AST) -> set[str]:
    """Modules a statement imports; for a call, what it calls."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    if isinstance(node, ast.Call):
        return {f"{getattr(node.func, 'id', getattr(node.func, 'attr', ''))}()"}
    return set()
