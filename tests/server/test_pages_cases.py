"""Cases: listed, opened, confirmed by a second person who proved himself, disclosed, closed."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from pages_room import PagesRoom, pages_room
from whole_service import csrf

from facegate.audit.keys.log_keys import LogKeys
from facegate.oversight.case_file.check import check_case_file
from facegate.server.database.tables import sessions

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBERS = count(2001)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesRoom]:
    with pages_room(tmp_path_factory.mktemp("cases")) as made:
        home = made.service.desk.home
        LogKeys.create(home.keys, home.origin, random_bytes=os.urandom)
        yield made


def send(room: PagesRoom, name: str, path: str, **fields: str) -> tuple[int, str, str]:
    """Post a form; gives status, where to, and the page."""
    answer = room.as_(name).post(path, data={**fields, "csrf": csrf(room.as_(name), "/")})
    return answer.status_code, answer.headers.get("location", ""), answer.text


def opened(room: PagesRoom, name: str = "searcher") -> str:
    fields = {"case_number": f"24-{next(NUMBERS):06}", "offense_code": "1201"}
    status, where, page = send(room, name, "/cases", **fields)
    assert status == 303, page
    return where


def test_the_number_of_a_case_never_stands_in_its_address(room: PagesRoom) -> None:
    where = opened(room)
    assert re.fullmatch(r"/cases/[0-9]+", where)
    assert "24-00" in room.as_("searcher").get(where).text


def test_a_case_is_confirmed_by_a_second_person(room: PagesRoom) -> None:
    where = opened(room)
    assert "until a supervisor confirms it" in room.as_("searcher").get(where).text
    assert send(room, "supervisor", f"{where}/confirm")[:2] == (303, where)
    assert "open and confirmed" in room.as_("searcher").get(where).text


def test_whoever_opened_it_is_not_offered_to_confirm_and_is_refused(room: PagesRoom) -> None:
    where = opened(room, "supervisor")
    page = room.as_("supervisor").get(where).text
    assert "Confirm this case" not in page
    assert "another supervisor" in page
    status, _, refused = send(room, "supervisor", f"{where}/confirm")
    assert status == 403
    assert "nobody confirms what he stated himself" in refused.lower()


def test_a_case_is_closed_and_leaves_the_list(room: PagesRoom) -> None:
    where = opened(room)
    assert send(room, "searcher", f"{where}/close")[0] == 303
    client = room.as_("searcher")
    assert f'href="{where}"' not in client.get("/cases").text
    assert f'href="{where}"' in client.get("/cases?closed=1").text
    assert "Search in this case" not in client.get(where).text


def test_a_number_of_the_wrong_form_comes_back_with_what_was_typed(room: PagesRoom) -> None:
    status, _, page = send(room, "searcher", "/cases", case_number="twelve-1", offense_code="1201")
    assert status == 422
    assert 'value="twelve-1"' in page
    assert "form of agency" in page


def searched_case(room: PagesRoom) -> str:
    """Give the page of a case that was searched in; one search is enough for every test."""
    client = room.as_("searcher")
    case = re.search(r'href="(/cases/[0-9]+)">24-001234', client.get("/cases").text)
    assert case
    if 'href="/searches/' not in client.get(case.group(1)).text:
        room.searched()
    return case.group(1)


EMPTY = {
    "": ("case_number", "offense_code"),
    "/offense": ("offense_code", "reason"),
    "/disclosure": ("state", "day", "reference"),
}


@pytest.mark.parametrize("what", EMPTY)
def test_a_form_sent_empty_comes_back_with_words_at_every_field_and_nothing_recorded(
    room: PagesRoom, what: str
) -> None:
    case = searched_case(room) if what == "/disclosure" else opened(room)
    where, size = case + what if what else "/cases", room.service.desk.ledger.log.size
    status, _, page = send(room, "searcher", where)
    assert (status, room.service.desk.ledger.log.size) == (422, size)
    for name in EMPTY[what]:
        said = rf'<p class="error" id="{name}-error">[^<]+ is missing\.</p>'
        assert re.search(rf'{said}\s*<(?:input|select) id="{name}"[^>]*aria-invalid="true"', page), name


UNUSABLE = {
    "": {
        "case_number": ("24/1", "has not the form"),
        "offense_code": ("9", "wanted one of the NCIC catalogue"),
        "opened_on": ("2126-01-01", "after today"),
    },
    "/offense": {
        "offense_code": ("0912x", "wanted one of the NCIC catalogue"),
        "reason": (" a\ta", "wanted 1"),
    },
    "/disclosure": {
        "state": ("told", "disclosure is scheduled or made"),
        "day": ("2026-02-30", "does not exist"),
        "reference": ("\uff12\uff16CR17", "1 to 100 plain characters"),
    },
}
FILLED = {
    "": {"case_number": "24-009911", "offense_code": "0911"},
    "/offense": {"offense_code": "0911", "reason": "The victim died."},
    "/disclosure": {"state": "made", "day": "2026-01-02", "reference": "26CR17"},
}


@pytest.mark.parametrize(("what", "name"), [(what, name) for what in UNUSABLE for name in UNUSABLE[what]])
def test_a_value_that_cannot_be_used_is_told_at_its_field_and_nowhere_else(
    room: PagesRoom, what: str, name: str
) -> None:
    case = searched_case(room) if what == "/disclosure" else opened(room)
    where, size = case + what if what else "/cases", room.service.desk.ledger.log.size
    value, words = UNUSABLE[what][name]
    status, _, page = send(room, "searcher", where, **{**FILLED[what], name: value})
    assert (status, room.service.desk.ledger.log.size) == (422, size)
    assert re.findall(r'<(?:input|select) id="([a-z_]+)"[^>]*aria-invalid="true"', page) == [name]
    at_field = re.search(rf'<p class="error" id="{name}-error">([^<]+)</p>', page)
    assert at_field is not None
    assert words in at_field.group(1)
    box = page[page.index('class="problem"') :]
    assert box[: box.index("</div>")].count(at_field.group(1)) == 1


def test_an_offense_is_amended_and_the_confirmation_ends(room: PagesRoom) -> None:
    where = opened(room)
    send(room, "supervisor", f"{where}/confirm")
    form = {"offense_code": "0911", "reason": "The victim died."}
    assert send(room, "searcher", f"{where}/offense", **form)[0] == 303
    page = room.as_("searcher").get(where).text
    assert "0911" in page
    assert "nobody yet" in page


def test_a_case_shows_its_searches_and_what_is_owed_after_a_disclosure_was_set(room: PagesRoom) -> None:
    name, client = room.searched(), room.as_("searcher")
    where = re.search(r'href="(/cases/[0-9]+)">24-001234', client.get("/cases").text)
    assert where
    assert f"/searches/{name}" in client.get(where.group(1)).text
    day = f"{room.service.desk.clock():%Y-%m-%d}"
    form = {"state": "scheduled", "day": day, "reference": "26CR17"}
    assert send(room, "searcher", f"{where.group(1)}/disclosure", **form)[0] == 303
    assert "to be made to the defense" in client.get(where.group(1)).text


def test_searches_of_a_colleague_are_not_shown(room: PagesRoom) -> None:
    name = room.searched()
    where = re.search(r'href="(/cases/[0-9]+)">24-001234', room.as_("colleague").get("/cases").text)
    assert where
    assert name not in room.as_("colleague").get(where.group(1)).text
    assert name in room.as_("supervisor").get(where.group(1)).text


def test_a_case_of_another_agency_is_not_there(room: PagesRoom) -> None:
    where = opened(room)
    assert room.as_("other-searcher").get(where).status_code == 404
    assert send(room, "other-supervisor", f"{where}/confirm")[0] == 404


def test_an_auditor_names_the_agency_and_changes_nothing(room: PagesRoom) -> None:
    where = opened(room)
    client = room.as_("auditor")
    assert "Its ORI" in client.get("/cases").text
    assert where in client.get("/cases?agency=CO0160000").text
    page = client.get(where).text
    assert "Close this case" not in page
    assert send(room, "auditor", f"{where}/close")[0] == 403


def test_a_case_fills_in_the_console(room: PagesRoom) -> None:
    where = opened(room)
    page = room.as_("searcher").get(f"/console?case={where.rsplit('/', 1)[1]}").text
    assert re.search(r'id="case_number" name="case_number" value="24-0020', page)
    assert re.search(r'id="offense_code" name="offense_code" value="1201"', page)


SECTION = "Case file for the defense and the court"


def test_a_case_file_is_saved_from_the_case_s_page_and_passes_every_check(room: PagesRoom) -> None:
    where = opened(room)
    assert SECTION in room.as_("supervisor").get(where).text
    form = {"recipient": "Public defender", "csrf": csrf(room.as_("supervisor"), where)}
    answer = room.as_("supervisor").post(f"{where}/case-file", data=form)
    record = room.service.desk.ledger.log.size - 1
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"] == f'attachment; filename="case-file-{record}.zip"'
    keys = room.service.desk.home.log_keys()
    assert keys is not None
    assert check_case_file(answer.content, keys=keys.vkeys).manifest.agency == "CO0160000"


@pytest.mark.parametrize("recipient", ["", "x" * 201, "a\u202eb"])
def test_without_a_name_of_one_line_the_page_comes_back_with_words_at_the_field(
    room: PagesRoom, recipient: str
) -> None:
    where, size = opened(room), room.service.desk.ledger.log.size
    status, _, page = send(room, "supervisor", f"{where}/case-file", recipient=recipient)
    assert (status, room.service.desk.ledger.log.size) == (422, size)
    assert 'id="recipient-error"' in page
    assert f'name="recipient" type="text" value="{recipient}"' in page
    assert "one line of 1 to 200 characters" in page


def test_a_case_file_is_neither_offered_nor_given_to_who_searches(room: PagesRoom) -> None:
    where = opened(room)
    assert SECTION not in room.as_("searcher").get(where).text
    assert send(room, "searcher", f"{where}/case-file", recipient="A friend")[0] == 403


def test_an_auditor_makes_a_case_file_of_any_agency_and_another_agency_of_none(room: PagesRoom) -> None:
    where = opened(room)
    assert SECTION in room.as_("auditor").get(where).text
    assert send(room, "auditor", f"{where}/case-file", recipient="The court")[0] == 200
    assert send(room, "other-supervisor", f"{where}/case-file", recipient="The court")[0] == 404
    assert send(room, "administrator", f"{where}/case-file", recipient="The court")[0] == 403


def test_whoever_signed_in_long_ago_proves_himself_before_a_case_file_is_made(room: PagesRoom) -> None:
    where = opened(room)
    room.as_("chief")
    account = room.service.identity.accounts.by_name("chief")
    assert account is not None
    with room.service.database.begin() as connection:
        old = sa.update(sessions).where(sessions.c.account == account.id)
        connection.execute(old.values(fresh_at=room.service.desk.clock() - timedelta(hours=1)))
    assert send(room, "chief", f"{where}/case-file", recipient="The court")[:2] == (
        303,
        f"/confirm?next={where}",
    )


def test_a_form_of_another_site_makes_no_case_file(room: PagesRoom) -> None:
    where, size = opened(room), room.service.desk.ledger.log.size
    answer = room.as_("supervisor").post(f"{where}/case-file", data={"recipient": "x", "csrf": "none"})
    assert (answer.status_code, room.service.desk.ledger.log.size) == (403, size)
