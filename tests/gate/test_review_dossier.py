"""A dossier: listed fields of a released lead, and nothing else; asked on the log before anything is read."""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from review_room import (
    ASKER,
    AURORA,
    CASE,
    DENVER,
    KEY,
    NOW,
    PARTNER,
    REGISTER,
    a_lead,
    a_ledger,
    records,
    released,
    reviewed,
    searched,
)

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.reply import NOTICE
from facegate.gate.review.correction import correct
from facegate.gate.review.dossier import Dossier, DossierRefusal, ask_dossier
from facegate.policy.engine import PolicyEngine
from facegate.policy.facts import ALL_CLEAR, in_order
from facegate.request import SearchRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger
    from facegate.policy.facts import Facts
    from facegate.records import SubjectId

REQUEST = SearchRequest(
    profile="co-dmv-2019",
    action="dossier",
    case_number=CASE,
    offense_code="1201",
    offense_level="1",
    offense_nibrs="120",
    purpose="criminal_investigation",
    duty_statement="Robbery unit, lead of the case",
    probe_role="suspect",
    requester=ASKER.officer,
    agency=DENVER,
    operator="77",
    approver="1120",
    on_behalf_of="self",
    source_address="10.4.1.7",
    channel="desk",
    setting="public",
    probe_source="cctv",
    probe_edited=False,
    sketch=False,
    first_amendment=False,
    gallery="dl",
    candidate_limit=20,
    dossier_fields=("photo", "name"),
    release_form="3a" * 32,
)


def image(form: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401  any option of Pillow
    """Write a small picture, no two rows of it alike."""
    buffer = io.BytesIO()
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(buffer, form, **options)
    return buffer.getvalue()


PHOTO = b64encode(image()).decode()


class Records:
    """A source of records that notes what it was asked."""

    def __init__(self, **more: str) -> None:
        self.more = more
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def read(self, subject_id: SubjectId, fields: tuple[str, ...]) -> Mapping[str, str]:
        self.asked.append((subject_id, fields))
        texts = {name: f"{name} of {subject_id}" for name in fields}
        return {name: PHOTO if name == "photo" else text for name, text in texts.items()} | self.more


@cache
def engine() -> PolicyEngine:
    return PolicyEngine.load()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(tmp_path) as opened_ledger:
        yield opened_ledger


def asked(
    ledger: Ledger,
    search: str,
    source: Any = None,  # noqa: ANN401  any source of records
    *,
    rank: int = 1,
    facts: Facts | None = None,
    **changes: Any,  # noqa: ANN401  any field of the request
) -> Dossier:
    request = replace(REQUEST, **changes)
    known = in_order(request) if facts is None else facts
    return ask_dossier(
        ledger,
        engine(),
        source or Records(),
        request,
        known,
        search_id=search,
        rank=rank,
        key=KEY,
        at=NOW,
    )


def rules(ledger: Ledger) -> list[str]:
    last = records(ledger, "dossier")[-1]
    assert (last["stage"], last["decision"]) == ("asked", "refused")
    listed = last["rules"]
    assert isinstance(listed, list)
    return listed


def test_a_dossier_gives_the_fields_asked_for_with_the_sentence(ledger: Ledger) -> None:
    got = asked(ledger, a_lead(ledger))
    assert [name for name, _ in got.fields] == ["name", "photo"]
    assert got.fields[0] == ("name", "name of person-1")
    assert got.notice == NOTICE


def test_the_log_holds_the_list_of_fields_and_none_of_their_content(ledger: Ledger) -> None:
    got = asked(ledger, a_lead(ledger))
    first, last = records(ledger, "dossier")
    assert (first["stage"], first["fields"], first["decision"]) == ("asked", ["name", "photo"], "allowed")
    assert (last["stage"], last["fields"], last["asked"]) == ("released", ["name", "photo"], got.asked)
    assert not any("person-1" in str(value) for one in (first, last) for value in one.values())
    kept = [opening for _, opening in ledger.log.read(got.record)]
    assert not any("person-1" in value for one in kept if one for value in one.values.values())


def test_role_unit_and_class_are_on_the_log(ledger: Ledger) -> None:
    asked(ledger, a_lead(ledger))
    first = records(ledger, "dossier")[0]
    assert (first["requester_role"], first["operator_unit"], first["agency_class"]) == (
        "investigator",
        "LECC",
        "police",
    )


def test_only_the_record_desk_runs_a_dossier_under_the_colorado_memo(ledger: Ledger) -> None:
    search, source = a_lead(ledger), Records()
    facts = in_order(REQUEST)
    image_desk = replace(facts, operator=replace(facts.operator, unit="MVIU"))
    with pytest.raises(DossierRefusal, match="CO-"):
        asked(ledger, search, source, facts=image_desk)
    assert source.asked == []


@pytest.mark.parametrize("fields", [(), ("ssn",), ("name", "ssn"), ("birthplace",), ("Name",)])
def test_an_unknown_field_refuses_the_whole_dossier(ledger: Ledger, fields: tuple[str, ...]) -> None:
    search, source = a_lead(ledger), Records()
    with pytest.raises(DossierRefusal, match="RV-FIELDS"):
        asked(ledger, search, source, dossier_fields=fields)
    assert source.asked == []
    assert {"CO-DOSSIER-FIELDS", "RV-FIELDS"} <= set(rules(ledger))
    assert records(ledger, "dossier")[-1]["fields"] == []


@pytest.mark.parametrize("profile", ["moratorium", "no-such-law"])
def test_a_law_that_permits_no_dossier_refuses_it(ledger: Ledger, profile: str) -> None:
    search, source = a_lead(ledger), Records()
    with pytest.raises(DossierRefusal, match="the dossier is refused under"):
        asked(ledger, search, source, profile=profile)
    assert source.asked == []


def test_facts_nobody_looked_up_refuse(ledger: Ledger) -> None:
    search = a_lead(ledger)
    facts = in_order(REQUEST)
    for name in ("permit_holds", "case_registered", "policy_activated"):
        gate = replace(ALL_CLEAR, **{name: False})
        with pytest.raises(DossierRefusal, match="FG-"):
            asked(ledger, search, facts=replace(facts, gate=gate))


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"case_number": "24-009999"}, "RV-CASE"),
        ({"case_number": None}, "RV-CASE"),
        ({"agency": AURORA}, "RV-NOT-RELEASED"),
        ({"agency": None}, "RV-NOT-RELEASED"),
        ({"rank": 2}, "RV-NOT-A-LEAD"),
        ({"rank": 3}, "RV-NOT-A-LEAD"),
        ({"rank": 0}, "RV-NOT-A-LEAD"),
        ({"rank": -1}, "RV-NOT-A-LEAD"),
    ],
)
def test_a_dossier_rests_on_a_lead_released_to_this_agency_in_this_case(
    ledger: Ledger, changes: dict[str, Any], rule: str
) -> None:
    search, source = a_lead(ledger), Records()
    with pytest.raises(DossierRefusal, match=rule):
        asked(ledger, search, source, **changes)
    assert source.asked == []
    assert rule in rules(ledger)


def test_a_dossier_before_the_release_is_refused(ledger: Ledger) -> None:
    search, source = searched(ledger, "person-1"), Records()
    reviewed(ledger, search, "agree")
    with pytest.raises(DossierRefusal, match="RV-NOT-RELEASED"):
        asked(ledger, search, source)
    released(ledger, search)
    assert asked(ledger, search, source).rank == 1


def test_nobody_who_was_proved_the_wrong_person_is_looked_up(ledger: Ledger) -> None:
    search, source = a_lead(ledger), Records()
    correct(ledger, REGISTER, search, rank=1, reason="acquitted", reference="E-1", by=PARTNER, at=NOW)
    with pytest.raises(DossierRefusal, match="RV-PROVED-WRONG"):
        asked(ledger, search, source)
    assert source.asked == []


def test_a_source_that_joins_another_field_ends_the_release(ledger: Ledger) -> None:
    search = a_lead(ledger)
    with pytest.raises(PolicyRefusal, match="gave other fields than those asked for; nothing was released"):
        asked(ledger, search, Records(birthplace="Juarez"))
    assert records(ledger, "dossier")[-1]["stage"] == "withheld"


def test_a_source_that_leaves_a_field_out_or_floods_one_ends_the_release(ledger: Ledger) -> None:
    search = a_lead(ledger)

    class Short:
        def read(self, subject_id: SubjectId, fields: tuple[str, ...]) -> dict[str, str]:
            return {fields[0]: subject_id}

    with pytest.raises(PolicyRefusal, match="other fields"):
        asked(ledger, search, Short())
    with pytest.raises(PolicyRefusal, match="a field of more than 100,000 characters"):
        asked(ledger, search, Records(name="x" * 100_001))


@pytest.mark.parametrize("error", [InputError("the records cannot be read"), KeyboardInterrupt()])
def test_a_source_that_breaks_off_leaves_a_record(ledger: Ledger, error: BaseException) -> None:
    search = a_lead(ledger)

    class Broken:
        def read(self, subject_id: SubjectId, fields: tuple[str, ...]) -> dict[str, str]:
            assert (subject_id, fields) == ("person-1", ("name", "photo"))
            raise error

    with pytest.raises(type(error)):
        asked(ledger, search, Broken())
    assert records(ledger, "dossier")[-1]["stage"] == "withheld"


def test_nothing_is_read_before_the_request_is_on_the_log(ledger: Ledger) -> None:
    search = a_lead(ledger)

    class Looking:
        def read(self, subject_id: SubjectId, fields: tuple[str, ...]) -> dict[str, str]:
            assert records(ledger)[-1]["stage"] == "asked"
            return dict.fromkeys(fields, PHOTO if subject_id == "person-1" else "")

    assert asked(ledger, search, Looking()).fields


def test_another_action_is_no_dossier(ledger: Ledger) -> None:
    search = a_lead(ledger)
    size = ledger.log.size
    for action in ("imageComparison", "enrichment"):
        with pytest.raises(InputError, match="with action dossier, nothing else"):
            asked(ledger, search, action=action)
    assert ledger.log.size == size


def test_what_a_requester_types_does_not_reach_the_public_log(ledger: Ledger) -> None:
    search = a_lead(ledger)
    with pytest.raises(DossierRefusal):
        asked(
            ledger,
            search,
            agency="Jane Roe",
            on_behalf_of="Jane Roe",
            purpose="Jane Roe",
            profile="Jane Roe",
            case_number="Jane Roe \ud800",
            dossier_fields=("Jane Roe",),
        )
    assert "Jane Roe" not in str(records(ledger, "dossier"))


def test_a_photo_leaves_with_the_mark_that_stands_in_the_log(ledger: Ledger) -> None:
    got = asked(ledger, a_lead(ledger))
    last = records(ledger, "dossier")[-1]
    with Image.open(io.BytesIO(b64decode(dict(got.fields)["photo"]))) as photo:
        assert photo.info["facegate"] == f"copy {got.mark}"
    assert (last["stage"], last["mark"]) == ("released", got.mark)


def test_who_received_it_is_sealed(ledger: Ledger) -> None:
    got = asked(ledger, a_lead(ledger))
    [(entry, opening)] = [*ledger.log.read(got.record)]
    assert opening is not None
    kept = opening.values
    assert (kept["recipient"], kept["recipient_agency"]) == (ASKER.officer, DENVER)
    assert ASKER.officer not in str(dict(entry.public))


def test_each_dossier_has_a_mark_of_its_own(ledger: Ledger) -> None:
    search = a_lead(ledger)
    first, again = asked(ledger, search), asked(ledger, search)
    other = asked(ledger, search, requester="8842")
    assert len({first.mark, again.mark, other.mark}) == 3
    assert len({dict(one.fields)["photo"] for one in (first, again, other)}) == 3


def test_a_signature_is_an_image_too(ledger: Ledger) -> None:
    source = Records(signature=b64encode(image("JPEG")).decode())
    got = asked(ledger, a_lead(ledger), source, dossier_fields=("signature",))
    assert got.mark.encode() in b64decode(dict(got.fields)["signature"])


@pytest.mark.parametrize("photo", ["a photo", "", b64encode(image("GIF")).decode()])
def test_a_photo_that_cannot_carry_the_mark_does_not_leave(ledger: Ledger, photo: str) -> None:
    search = a_lead(ledger)
    with pytest.raises(PolicyRefusal, match="an image that cannot be marked"):
        asked(ledger, search, Records(photo=photo), dossier_fields=("photo",))
    assert records(ledger, "dossier")[-1]["stage"] == "withheld"


def counts(ledger: Ledger) -> list[tuple[str, str]]:
    """Give what each dossier's records say, asked and released, of the case before it and with it."""
    kept = [opening.values for entry, opening in ledger.log.read() if entry.kind == "dossier" and opening]
    return [(one.get("n_dossiers_before", ""), one.get("n_in_case", "")) for one in kept]


def test_the_dossiers_of_a_case_are_counted_over_its_searches(ledger: Ledger) -> None:
    first, second = a_lead(ledger), a_lead(ledger, number=2)
    given = [asked(ledger, first), asked(ledger, second), asked(ledger, first)]
    assert [one.n_in_case for one in given] == [1, 2, 3]
    assert counts(ledger) == [("0", ""), ("", "1"), ("1", ""), ("", "2"), ("2", ""), ("", "3")]


def test_a_dossier_that_is_refused_or_withheld_does_not_count(ledger: Ledger) -> None:
    search = a_lead(ledger)
    with pytest.raises(DossierRefusal):
        asked(ledger, search, dossier_fields=("ssn",))
    with pytest.raises(PolicyRefusal):
        asked(ledger, search, Records(birthplace="Juarez"))
    assert asked(ledger, search).n_in_case == 1


def test_how_many_dossiers_a_case_had_is_not_public(ledger: Ledger) -> None:
    asked(ledger, a_lead(ledger))
    assert not [one for one in records(ledger, "dossier") if {"n_in_case", "n_dossiers_before"} & one.keys()]


def test_a_dossier_as_json_has_fields_mark_count_and_the_sentence(ledger: Ledger) -> None:
    got = asked(ledger, a_lead(ledger), dossier_fields=("name",)).to_json()
    assert got["fields"] == {"name": "name of person-1"}
    assert (got["n_in_case"], len(got["mark"]), got["notice"]) == (1, 16, NOTICE)
