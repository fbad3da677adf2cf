"""The calendar: what is owed and the caller's to see, what is overdue first."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from desk_pages_room import Desks, some_desks, words

from facegate.server.acts import leads, misuse
from facegate.server.acts.calendar import read_calendar
from facegate.server.readiness import Readiness

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.server.acts.calendar import Calendar


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with some_desks(tmp_path_factory.mktemp("desks")) as made:
        yield made


@pytest.fixture(scope="module")
def waiting(desks: Desks) -> str:
    name = desks.searched()
    day = desks.service.desk.clock().date() + timedelta(days=3)
    leads.record_disclosure(
        desks.service, desks.caller("searcher"), name, state="scheduled", day=f"{day}", reference="26CR1"
    )
    return name


def test_a_review_and_a_disclosure_stand_on_their_days(desks: Desks, waiting: str) -> None:
    page = desks.as_("second").get("/calendar")
    said = words(page)
    assert (page.status_code, "Nothing is overdue." in said) == (200, True)
    assert f"/reviews/{waiting}" in page.text
    assert said.index("Disclosure") < said.index("Review …")


def test_audit_and_certificate_have_their_days(desks: Desks) -> None:
    said = words(desks.as_("auditor").get("/calendar"))
    assert all(
        one in said for one in ("The next audit", "The accuracy certificate", "Office of the State Auditor")
    )


def test_another_agency_sees_nothing_of_it(desks: Desks, waiting: str) -> None:
    assert waiting[-8:] not in desks.as_("other-supervisor").get("/calendar").text
    assert waiting[-8:] in desks.as_("auditor").get("/calendar").text


def test_overdue_comes_first_and_is_marked(desks: Desks, waiting: str) -> None:
    found = in_days(desks, "auditor", 30).owed
    assert [(one.what, one.search_id) for one in found[:2]] == [("disclosure", waiting), ("review", waiting)]
    assert [one.overdue for one in found[:3]] == [True, True, False]
    assert all(date.fromisoformat(one.due) for one in found)


def test_the_misuse_register_is_owed_only_to_whoever_reads_it(desks: Desks) -> None:
    words_of = {"misuse_class": "curiosity", "narrative": "Looked up a neighbor", "officer": "8842"}
    misuse.file_case(desks.service, desks.caller("chief"), **words_of)
    owed = {
        name: [one.what for one in in_days(desks, name, 120).owed if one.what == "misuse"]
        for name in ("searcher", "auditor")
    }
    assert owed["searcher"] == []
    assert owed["auditor"]


def in_days(desks: Desks, name: str, days: int) -> Calendar:
    """Read the calendar as it will be."""
    later = desks.service.desk.clock() + timedelta(days=days)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(desks.service.desk), "clock", property(lambda _: lambda: later))
        return read_calendar(desks.service, desks.caller(name), Readiness(desks.service))


@pytest.mark.parametrize(("name", "status"), [("", 303), ("enroller", 403), ("administrator", 403)])
def test_nobody_else_has_a_calendar(desks: Desks, name: str, status: int) -> None:
    assert desks.as_(name).get("/calendar").status_code == status
