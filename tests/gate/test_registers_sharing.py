"""The sharing matrix: a row lets one party do one thing for one purpose, and nothing falls back to more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pilot import NOW, POLICE, days, facts, pilot, setup_text
from test_registers_activation import told_otherwise

from facegate.errors import InputError
from facegate.gate.registers.setup import apply_setup, read_setup
from facegate.gate.registers.sharing import ACTIONS, DONE, share, sharing_matrix
from facegate.request import Action

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger

ROW: dict[str, Any] = {"gallery": "dl", "purpose": "fugitive", "first_day": "2026-11-01"}
OWN, CLASS = f"ori:{POLICE}", "class:police"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with pilot(tmp_path) as opened:
        yield opened


def shared(ledger: Ledger, **changes: Any) -> bool:  # noqa: ANN401  fields of several types
    return facts(ledger, **{"purpose": "fugitive", **changes}).gate.shared


def old_record(ledger: Ledger, to: str, yes_or_no: str) -> None:
    """Record a row as it was written before rows named actions."""
    public = {"owner": "dl", "to": to, "purpose": "fugitive", "from": "2026-11-01", "until": ""}
    ledger.record("sharing", at=NOW, public={**public, "shared": yes_or_no}, sealed={})


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_s5_a_row_lets_in_for_its_own_action_and_no_other(ledger: Ledger, action: str) -> None:
    share(ledger, **ROW, to=OWN, action=action, at=NOW)
    assert {one for one in ACTIONS if shared(ledger, action=one)} == {action}


def test_s5_an_action_that_does_not_exist_is_shared_by_nobody(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="the action is 'fishing', wanted one of crossJurisdiction"):
        share(ledger, **ROW, to=OWN, action="fishing", at=NOW)
    assert not shared(ledger, action="fishing")


def test_s5_a_record_without_an_action_lets_in_for_image_comparisons_only(ledger: Ledger) -> None:
    old_record(ledger, OWN, "yes")
    assert {one for one in ACTIONS if shared(ledger, action=one)} == {"imageComparison"}


def test_s5_a_record_without_an_action_keeps_out_of_everything(ledger: Ledger) -> None:
    for action in ACTIONS:
        share(ledger, **ROW, to=CLASS, action=action, at=NOW)
    assert all(shared(ledger, action=one) for one in ACTIONS)
    old_record(ledger, OWN, "no")
    assert not any(shared(ledger, action=one) for one in ACTIONS)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(("first", "last"), [("2026-01-01", "2026-11-21"), ("2026-11-23", "")])
def test_an_agencys_own_row_outside_its_days_does_not_fall_back_to_its_class(
    ledger: Ledger, first: str, last: str, *, own: bool
) -> None:
    share(ledger, **ROW, to=CLASS, at=NOW)
    assert shared(ledger)
    share(ledger, **{**ROW, "first_day": first}, last_day=last, to=OWN, shared=own, at=NOW)
    assert not shared(ledger)


def test_a_later_row_replaces_the_earlier_whole_even_if_their_days_do_not_meet(ledger: Ledger) -> None:
    share(ledger, **ROW, last_day="2026-12-31", to=OWN, at=NOW)
    share(ledger, **{**ROW, "first_day": "2027-03-01"}, to=OWN, at=NOW)
    assert not shared(ledger)
    row = [one for one in sharing_matrix(ledger) if one.purpose == "fugitive"]
    assert [(one.first_day, one.last_day) for one in row] == [("2027-03-01", "")]


def test_a_row_holds_on_its_last_day_and_not_after(ledger: Ledger) -> None:
    share(ledger, **ROW, last_day="2026-11-22", to=OWN, at=NOW)
    assert [shared(ledger, now=NOW + days(n)) for n in (0, 1)] == [True, False]


def test_every_action_is_named_in_plain_language(ledger: Ledger) -> None:
    assert set(DONE) == {str(one) for one in Action}
    for action in ACTIONS:
        share(ledger, **ROW, to=OWN, action=action, at=NOW)
    sentences = {one.action: one.sentence for one in sharing_matrix(ledger) if one.purpose == "fugitive"}
    assert all(DONE[action] in sentences[action] for action in ACTIONS)
    assert "may be asked for records of leads (dossier) by agency CO0160000" in sentences["dossier"]


def test_the_setup_file_names_actions_and_image_comparison_if_none(tmp_path: Path) -> None:
    with told_otherwise(tmp_path, 'actions = ["imageComparison", "dossier"]\n', "") as ledger:
        assert {one.action for one in sharing_matrix(ledger)} == {"imageComparison"}


def test_the_setup_file_keeps_out_of_every_action_if_none_is_named(tmp_path: Path) -> None:
    named = 'actions = ["imageComparison", "dossier"]\n'
    with told_otherwise(tmp_path, named, "shared = false\n") as ledger:
        assert {one.action for one in sharing_matrix(ledger)} == ACTIONS
        assert not any(one.shared for one in sharing_matrix(ledger))


@pytest.mark.parametrize(
    ("actions", "match"), [("[]", "names no action"), ('["search"]', "'search', wanted")]
)
def test_a_setup_file_with_no_action_or_a_wrong_one_is_refused(
    ledger: Ledger, actions: str, match: str
) -> None:
    text = setup_text().replace('["imageComparison", "dossier"]', actions)
    with pytest.raises(InputError, match=match):
        apply_setup(ledger, read_setup(text), NOW)
