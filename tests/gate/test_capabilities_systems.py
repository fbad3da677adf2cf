"""The systems of the capability table, S1 to S14: each control refuses, as whoever uses the gate meets it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from capability_desk import (
    DMV,
    NOW,
    POLICE,
    a_desk,
    ask,
    example_setup,
    example_without,
    log_of,
    portrait,
    refused,
    refused_in_law,
)
from ready_agency import REQUEST, permit_for
from review_room import a_lead, a_ledger
from test_review_dossier import Records, asked
from test_search import ENGINE

from facegate.cli.search import print_reply
from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.conditions import register_gallery
from facegate.gate.registers.sharing import share, sharing_matrix
from facegate.gate.reply import NOTICE
from facegate.request import DOSSIER_FIELDS, Action

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from facegate.records import SubjectId

NAMED = {
    "agency": "FG-AGENCY",
    "requester": "FG-REQUESTER",
    "operator": "CO-MVIU",
    "source_address": "FG-SOURCE-ADDRESS",
    "case_number": "FG-CASE-NUMBER",
    "purpose": "FG-PURPOSE",
}


def test_s1_no_search_leaves_agency_officer_terminal_case_or_purpose_empty(tmp_path: Path) -> None:
    asked_for = [(field, empty) for field in NAMED for empty in (None, "", "  ")]
    with a_desk(tmp_path) as gate:
        for field, empty in asked_for:
            assert NAMED[field] in refused(gate, **{field: empty})
        assert len(log_of(gate, "intent")) == len(asked_for)


@pytest.mark.parametrize("profile", sorted(ENGINE.profiles))
def test_s1_no_law_lets_whoever_runs_it_be_left_out(profile: str) -> None:
    assert "FG-OPERATOR" in refused_in_law(profile, operator=None)


def test_s3_a_permit_for_one_gallery_never_reaches_another(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        permit = permit_for(gate, REQUEST, portrait())
        other = gate.search(replace(REQUEST, gallery="mugshot"), portrait(), permit=permit)
    assert {"FG-PERMIT", "FG-SHARING", "FG-AUTHORITY"} <= {rule.rule_id for rule in other.failed_rules}


def test_s3_one_folder_keeps_one_gallery_so_that_no_name_reaches_the_wrong_one(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate, pytest.raises(InputError, match="keeps gallery 'dl' and cannot keep"):
        register_gallery(
            gate.ledger,
            gallery="mugshot",
            owner=POLICE,
            state="CO",
            kind="mugshot",
            source="booking photos",
            authority="C.R.S. 24-72-302",
            taken_on="2026-10-01",
            count=1,
            license_terms="official use only",
            withheld_count=0,
            at=gate.clock(),
        )


def test_s4_a_search_across_states_is_an_action_of_its_own_and_not_permitted_here(tmp_path: Path) -> None:
    text = example_setup().replace('class = "police"\nstate = "CO"', 'class = "police"\nstate = "WY"')
    text = text.replace(
        'actions = ["imageComparison", ', 'actions = ["imageComparison", "crossJurisdiction", '
    )
    with a_desk(tmp_path, setup=text) as gate:
        assert refused(gate) == {"FG-CROSS-STATE"}
        assert refused(gate, action="crossJurisdiction") == {"FG-NO-PERMIT"}


def test_s5_what_is_not_in_the_matrix_is_shared_with_nobody(tmp_path: Path) -> None:
    with a_desk(tmp_path, setup=example_without("sharing")) as gate:
        assert refused(gate) == {"FG-SHARING"}


def test_s5_a_row_names_agency_or_class_action_purpose_and_days_and_reads_as_a_sentence(
    tmp_path: Path,
) -> None:
    row: dict[str, Any] = {"gallery": "dl", "to": "class:police", "purpose": "fugitive"}
    with a_desk(tmp_path) as gate:
        assert refused(gate, purpose="fugitive") == {"FG-SHARING"}
        share(gate.ledger, **row, first_day="2026-11-23", at=gate.clock())
        assert refused(gate, purpose="fugitive") == {"FG-SHARING"}
        share(gate.ledger, **row, first_day="2026-11-22", at=gate.clock())
        assert refused(gate, purpose="fugitive") == set()
        assert "FG-SHARING" in refused(gate, purpose="fugitive", action="crossJurisdiction")
        sentences = [one.sentence for one in sharing_matrix(gate.ledger)]
    assert any(
        "may be searched (image comparison) by agencies of class police for fugitive" in one
        for one in sentences
    ), sentences


IDENTIFIED = re.compile(r"\b(identified|identity|a match|matched)\b", re.IGNORECASE)


@pytest.mark.parametrize("changes", [{}, {"offense_code": "2303"}], ids=["somebody found", "refused"])
def test_s6_every_reply_says_lead_and_none_says_identified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, str]
) -> None:
    with a_desk(tmp_path) as gate:
        reply = ask(gate, **changes)
    print_reply(reply)
    printed = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert NOTICE in json.dumps(reply.to_json())
    assert changes or NOTICE in printed
    assert not IDENTIFIED.search(printed + json.dumps(reply.to_json()))


def test_s7_a_permit_for_a_comparison_is_none_for_a_dossier(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        permit = permit_for(gate, REQUEST, portrait())
        asked_for = replace(REQUEST, action=str(Action.DOSSIER), dossier_fields=("name",), operator="31")
        reply = gate.search(asked_for, portrait(), permit=permit)
    assert "FG-PERMIT" in {rule.rule_id for rule in reply.failed_rules}


def test_s7_whoever_asks_for_a_dossier_at_the_door_of_comparisons_is_shown_nobody(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        assert refused(gate, action=str(Action.DOSSIER), operator="31", dossier_fields=("name",))


def test_s7_no_record_is_read_before_the_intent_is_on_the_same_log(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:

        class Watching(Records):
            def read(self, subject_id: SubjectId, fields: tuple[str, ...]) -> Mapping[str, str]:
                last = [dict(entry.public) for entry, _ in ledger.log.read()][-1]
                assert (last["kind"], last["stage"], last["decision"]) == ("dossier", "asked", "allowed")
                return super().read(subject_id, fields)

        source = Watching()
        asked(ledger, a_lead(ledger), source)
    assert len(source.asked) == 1


def test_s8_only_the_comparison_unit_compares_and_only_the_record_desk_releases(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        assert refused(gate, operator="31") == {"CO-MVIU"}
        assert refused(gate, operator="77") == set()
        intent, sealed = log_of(gate, "intent")[-1]
    assert intent["agency_class"] == "police"
    assert '"MVIU"' in sealed["question"]
    record = {"action": str(Action.DOSSIER), "dossier_fields": ("name",)}
    with a_desk(tmp_path / "desk") as gate:
        assert "CO-LECC" in refused(gate, **record, operator="77")
    with a_ledger(tmp_path / "records") as ledger:
        asked(ledger, a_lead(ledger))
        found = [dict(entry.public) for entry, _ in ledger.log.read()]
    assert [one["operator_unit"] for one in found if one.get("stage") == "asked"] == ["LECC"]


def test_s9_a_dossier_gives_listed_fields_only_and_the_log_holds_their_list(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        search, source = a_lead(ledger), Records()
        with pytest.raises(PolicyRefusal, match="CO-DOSSIER-FIELDS"):
            asked(ledger, search, source, dossier_fields=("name", "social_security_number"))
        assert source.asked == []
        given = asked(ledger, search, source, dossier_fields=("photo", "name"))
        last = [dict(entry.public) for entry, _ in ledger.log.read()][-1]
    assert [name for name, _ in given.fields] == ["name", "photo"]
    assert (last["stage"], last["fields"]) == ("released", ["name", "photo"])


def test_s9_no_field_is_known_that_the_memo_does_not_list() -> None:
    assert len(DOSSIER_FIELDS) == 9
    assert not {"social_security_number", "birthplace", "passport_number"} & DOSSIER_FIELDS
    for name in sorted(DOSSIER_FIELDS):
        assert "CO-DOSSIER-FIELDS" not in refused_in_law(
            "co-dmv-2019", action="dossier", dossier_fields=(name,), operator="31"
        )


def test_s10_an_officer_who_was_not_at_work_for_90_days_is_refused(tmp_path: Path) -> None:
    for n_days, disabled in ((80, set()), (91, {"FG-OFFICER", "FG-APPROVER", "CO-MVIU"})):
        with a_desk(tmp_path / str(n_days), at=NOW + timedelta(days=n_days)) as gate:
            failed = {rule.rule_id for rule in gate.may(REQUEST, portrait())}
        assert failed & {"FG-OFFICER", "FG-APPROVER", "CO-MVIU"} == disabled


def test_s11_searches_from_the_field_and_on_live_video_are_refused(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        for channel in ("mobile", "live", None):
            assert refused(gate, channel=channel) == {"FG-CHANNEL"}


@pytest.mark.parametrize("channel", ["mobile", "live"])
@pytest.mark.parametrize("profile", sorted(ENGINE.profiles))
def test_s11_no_shipped_law_opens_the_field_or_live_video_unless_it_says_so(
    profile: str, channel: str
) -> None:
    allowed = channel in ENGINE.profile(profile).allows
    assert ("FG-CHANNEL" in refused_in_law(profile, channel=channel)) is not allowed


def test_s14_where_a_gallery_comes_from_is_on_the_log(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        registered, _ = log_of(gate, "gallery")[0]
    assert registered["owner"] == DMV
    assert {"source", "authority", "taken_on", "count", "license"} == registered["provenance"].keys()
    assert all(registered["provenance"].values())
