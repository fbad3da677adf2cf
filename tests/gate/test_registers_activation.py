"""A law is in force after its own notice; taken out of force, it stays so until two sign anew."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from pilot import DIGEST, NOW, POLICE, SET_UP, days, facts, opened, pilot, pilot_setup, setup_text

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.activation import activate_policy, deactivate_policy, last_activation
from facegate.gate.registers.closed import what_keeps_closed
from facegate.gate.registers.notices import give_notice, last_day_of_notice
from facegate.gate.registers.setup import apply_setup, read_setup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger

LAW: dict[str, Any] = {
    "profile": "co-dmv-2019",
    "policy_digest": DIGEST,
    "authority": "C.R.S. 24-72-302(3)",
    "first_day": "2026-11-22",
    "signed_by": ["77", "31"],
}
FIRST = "Face search in license photos, pilot"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with pilot(tmp_path) as opened_ledger:
        yield opened_ledger


@contextmanager
def told_otherwise(folder: Path, old: str, new: str) -> Iterator[Ledger]:
    """Open registers set up from the pilot's file with one thing said otherwise."""
    text = setup_text()
    assert old in text
    with opened(folder) as made:
        apply_setup(made, read_setup(text.replace(old, new)), SET_UP)
        yield made


def deactivate(ledger: Ledger, **changes: Any) -> int:  # noqa: ANN401  fields of several types
    law = {"profile": "co-dmv-2019", "policy_digest": DIGEST, "agency": POLICE, "signed_by": "502"}
    return deactivate_policy(ledger, **{**law, **changes}, reason="ordered by the court", at=NOW)


def notice(ledger: Ledger, opens: str, closes: str, subject: str = "Change of the law") -> None:
    give_notice(ledger, opens=opens, closes=closes, subject=subject, at=NOW)


def test_p10_an_old_notice_does_not_serve_while_a_newer_one_is_open(ledger: Ledger) -> None:
    notice(ledger, "2026-11-15", "2026-12-15")
    with pytest.raises(PolicyRefusal, match="every one that opens on or before the first day of the law"):
        activate_policy(ledger, **{**LAW, "overlays": ["no-immigration"]}, at=NOW)
    later = NOW + days(24)  # the day after it closed
    assert activate_policy(ledger, **{**LAW, "overlays": ["no-immigration"]}, at=later)


def test_p10_a_first_day_in_the_past_steps_around_no_open_notice(ledger: Ledger) -> None:
    notice(ledger, "2026-11-15", "2026-12-15")
    with pytest.raises(PolicyRefusal, match="no law is activated before its notice period is over"):
        activate_policy(ledger, **{**LAW, "first_day": "2026-11-14", "overlays": ["cjis-5.9.4"]}, at=NOW)


def test_p10_a_notice_that_opens_later_leaves_the_law_in_force_as_it_is(ledger: Ledger) -> None:
    notice(ledger, "2026-11-21", "2026-12-21")
    assert facts(ledger).gate.notice_over
    assert apply_setup(ledger, pilot_setup(), NOW).recorded == {}


def test_p10_a_notice_that_is_extended_afterwards_closes_until_its_new_end(ledger: Ledger) -> None:
    notice(ledger, "2026-09-01", "2026-12-01", FIRST)
    assert [facts(ledger, now=NOW + days(n)).gate.notice_over for n in (0, 9, 10)] == [False, False, True]
    closed = what_keeps_closed(ledger, NOW, published_policy=None, digest_of=lambda *_: DIGEST)
    assert "FG-NOTICE: the notice of co-dmv-2019 is open until 2026-12-01." in closed


def test_p10_a_notice_given_after_the_activation_is_not_its_own(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        public = {"profile": "co-dmv-2019", "overlays": "", "policy_digest": DIGEST, "authority": "x 1"}
        public |= {"from": "2026-10-16", "until": "", "objections": ""}
        signed = {"signed_by_1": "77", "signed_by_2": "31"}
        ledger.record("activation", at=SET_UP, public=public, sealed=signed)
        notice(ledger, "2026-09-01", "2026-09-30")
        gate = facts(ledger).gate
    assert (gate.policy_activated, gate.notice_over) == (True, False)


def test_p10_no_notice_has_no_last_day(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        assert last_day_of_notice(ledger, "2026-11-22") == ""
        assert not facts(ledger).gate.notice_over


def test_a_law_out_of_force_is_not_put_back_by_loading_the_old_file(ledger: Ledger) -> None:
    deactivate(ledger)
    with pytest.raises(PolicyRefusal, match="was taken out of force on 2026-11-22, and an activation from"):
        apply_setup(ledger, pilot_setup(), NOW)
    assert not facts(ledger).gate.policy_activated


def test_a_law_out_of_force_is_put_back_by_two_who_sign_anew(ledger: Ledger) -> None:
    deactivate(ledger)
    activate_policy(ledger, **LAW, at=NOW)
    assert facts(ledger).gate.policy_activated


@pytest.mark.parametrize("first_day", ["2026-11-22", "2026-12-15"])
def test_an_activation_that_was_ended_is_not_put_back_by_saying_it_again(
    ledger: Ledger, first_day: str
) -> None:
    """Its first day is no earlier than the day it ended: the old file still holds the same signatures."""
    law = {**LAW, "first_day": first_day, "overlays": ["cjis-5.9.4"]}
    activate_policy(ledger, **law, at=NOW)
    deactivate(ledger, overlays=["cjis-5.9.4"])
    with pytest.raises(PolicyRefusal, match="with another first day than any that was ended"):
        activate_policy(ledger, **law, at=NOW + days(30))


def test_an_older_activation_said_again_does_not_take_off_an_overlay_without_notice(ledger: Ledger) -> None:
    activate_policy(ledger, **{**LAW, "first_day": "2026-11-20"}, at=NOW)
    activate_policy(ledger, **LAW, overlays=["no-immigration"], at=NOW)
    notice(ledger, "2026-11-15", "2026-12-15")
    with pytest.raises(PolicyRefusal, match="notice period"):
        activate_policy(ledger, **{**LAW, "first_day": "2026-11-20"}, at=NOW)
    assert activate_policy(ledger, **LAW, overlays=["no-immigration"], at=NOW)


def test_p10_a_notice_under_way_is_not_said_to_be_over_long_ago(ledger: Ledger) -> None:
    notice(ledger, "2026-11-01", "2026-12-31")
    with pytest.raises(PolicyRefusal, match="runs until 2026-12-31, and is not ended on 2026-11-01"):
        notice(ledger, "2026-11-01", "2026-11-01")
    notice(ledger, "2026-11-01", "2026-11-22")
    assert last_day_of_notice(ledger, "2026-11-22") == "2026-11-22"


def test_every_activation_of_a_profile_ends_with_its_last(ledger: Ledger) -> None:
    activate_policy(ledger, **LAW, overlays=["no-immigration"], at=NOW)
    found = last_activation(ledger, "co-dmv-2019")
    assert found is not None
    assert found.overlays == ("no-immigration",)
    deactivate(ledger, overlays=found.overlays)
    assert last_activation(ledger, "co-dmv-2019") is None
    assert not facts(ledger).gate.policy_activated


def test_what_is_not_in_force_is_not_ended(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="no activation of profile 'moratorium'"):
        deactivate(ledger, profile="moratorium")


def test_whoever_is_not_registered_ends_nothing(ledger: Ledger) -> None:
    with pytest.raises(PolicyRefusal, match="is not registered there"):
        deactivate(ledger, signed_by="666")
    assert facts(ledger).gate.policy_activated
