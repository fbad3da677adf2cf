"""``/v1/permit-requests``: asked for once, kept sealed, decided by a supervisor, and gone when it is used."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from desk_room import NO_SEARCH, Room, a_room, stated
from postgres_server import service_url
from ready_home import PHOTO
from service_room import CALLERS, POLICE

from facegate.faces.intake.pixels import SIGNATURE
from facegate.gate.photos.store import PhotoStore
from facegate.server.acts import permit_asks as acts
from facegate.server.acts.permits import issue_for_kept
from facegate.server.asked_permits import State
from facegate.server.asked_sweeping import Sweeper, book_of, sweep
from facegate.server.database.connect import open_database
from facegate.server.database.tables import permit_asks as table
from facegate.server.identity.caller import By, Caller
from facegate.server.identity.roles import Role
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response

AT = "/v1/permit-requests"
FACTS = "Seen on camera 7 at 03:12, leaving by the north door."


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("asked")) as made:
        yield made


@pytest.fixture(autouse=True)
def _nothing_left(room: Room) -> Iterator[None]:
    yield
    book = book_of(room.service)
    for one in book.of_agency(POLICE, room.service.desk.clock()):
        book.destroy(one.ask_id)


def asked(room: Room, name: str = "searcher", **changes: Any) -> str:  # noqa: ANN401  any field of a request
    """Ask for a permit, with no approver named."""
    answer = send(room, name, **changes)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{AT}/{answer.json()['ask']}"
    return str(answer.json()["ask"])


def send(room: Room, name: str, probe: bytes = PHOTO, **changes: Any) -> Response:  # noqa: ANN401  likewise
    """Send one, with no approver named unless one is."""
    own = {"requester": None, "agency": None, "approver": None}
    return room.send(AT, name, stated(**{**own, "fact_narrative": FACTS, **changes}), probe=probe)


def caller(room: Room, name: str) -> Caller:
    """Give a caller who proved himself now."""
    return replace(CALLERS[name], fresh_at=room.service.desk.clock())


def files(room: Room) -> list[Path]:
    """List every file that is kept of what was asked for, its keys included."""
    home = room.service.desk.home
    kinds = ("asked", "asked-words")
    return [
        one
        for above in (home.photos, home.photo_secrets)
        for kind in kinds
        for one in (above / kind).iterdir()
    ]


@pytest.mark.parametrize("how", ["withdrawn", "run out"])
def test_what_goes_while_it_is_approved_leaves_no_word_behind(
    room: Room, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    ask, issued, gone = asked(room), threading.Event(), threading.Event()

    def held_up(*given: Any) -> Any:  # noqa: ANN401  passed on
        permit = issue_for_kept(*given)
        issued.set()
        assert gone.wait(10)
        return permit

    monkeypatch.setattr(acts, "issue_for_kept", held_up)
    by = caller(room, "supervisor")
    approving = threading.Thread(target=acts.approve_asked, args=(room.service, by, ask))
    approving.start()
    assert issued.wait(10)
    if how == "withdrawn":
        acts.withdraw(room.service, caller(room, "searcher"), ask)
    else:
        book_of(room.service).destroy_expired(room.service.desk.clock() + timedelta(days=9))
    gone.set()
    approving.join()
    assert files(room) == []
    assert room.service.photos.asked.words(ask) is None
    assert room.as_("searcher").get(f"{AT}/{ask}").status_code == 404


def test_what_was_asked_for_is_approved_searched_with_once_and_then_gone(room: Room) -> None:
    ask = asked(room)
    seen = room.as_("supervisor").get(f"{AT}/{ask}").json()
    assert (seen["state"], seen["requester"], seen["request"]["fact_narrative"]) == ("waiting", "8841", FACTS)
    photo = room.as_("supervisor").get(f"{AT}/{ask}/photo")
    assert photo.content == room.service.intake.clean(PHOTO).data
    assert photo.headers["content-disposition"].startswith("attachment")
    permit = room.as_("supervisor").post(f"{AT}/{ask}/approval").json()["permit"]
    mine = room.as_("searcher").get(f"{AT}/{ask}").json()
    assert (mine["state"], mine["permit"], mine["decided_by"]) == ("approved", permit, "1120")
    request = {name: value for name, value in mine["request"].items() if value is not None}
    made = room.send("/v1/searches", "searcher", {**request, "permit": permit})
    assert (made.status_code, made.json()["decision"]) == (201, "allowed")
    assert room.as_("searcher").get(f"{AT}/{ask}").status_code == 404
    assert files(room) == []


def test_the_kept_photo_is_searched_with_as_it_is_and_the_digest_of_what_was_sent_is_recorded(
    room: Room,
) -> None:
    ask = asked(room)
    acts.approve_asked(room.service, caller(room, "supervisor"), ask)
    found = acts.get_asked(room.service, caller(room, "searcher"), ask)
    assert found.original_digest == room.service.intake.clean(PHOTO).original_digest
    made = acts.search_asked(room.service, caller(room, "searcher"), ask, source_address="T-99")
    assert made.reply.decision == "allowed"
    assert room.service.photos.probe(made.reply.search_id) == room.service.intake.clean(PHOTO).data
    assert files(room) == []


def test_nothing_is_recorded_by_asking_and_nothing_searched_before_the_approval(room: Room) -> None:
    before = room.service.desk.ledger.log.size
    ask = asked(room)
    with pytest.raises(Problem, match="no supervisor has approved"):
        acts.search_asked(room.service, caller(room, "searcher"), ask)
    assert room.service.desk.ledger.log.size == before


def test_every_role_has_its_answer(room: Room) -> None:
    answers = {
        "": 401, "searcher": 201, "reviewer": 403, "supervisor": 403, "enroller": 403, "auditor": 403,
        "misuse-officer": 403, "administrator": 403, "tester": 403,
    }  # fmt: skip
    assert {name: send(room, name).status_code for name in answers} == answers


@pytest.mark.parametrize("name", ["colleague", "other-searcher", "other-supervisor"])
def test_it_is_nobody_elses_to_see_or_to_decide(room: Room, name: str) -> None:
    ask, client = asked(room), room.as_(name)
    assert client.get(AT).json() == {"asked": []}
    assert {client.get(f"{AT}/{ask}{more}").status_code for more in ("", "/photo")} == {404}
    none = client.get(f"{AT}/{NO_SEARCH}")
    assert client.get(f"{AT}/{ask}").content == none.content
    decided = [
        client.post(f"{AT}/{ask}/approval"),
        client.post(f"{AT}/{ask}/refusal", json={"reason": "no"}),
        client.delete(f"{AT}/{ask}"),
    ]
    wanted = [404, 404, 403] if name == "other-supervisor" else [403, 403, 404]
    assert [one.status_code for one in decided] == wanted


def test_a_searcher_approves_nothing_and_an_approval_asks_for_a_login_of_now(room: Room) -> None:
    ask = asked(room)
    assert room.as_("searcher").post(f"{AT}/{ask}/approval").status_code == 403
    assert room.as_("stale").post(f"{AT}/{ask}/approval").status_code == 401
    assert room.as_("stale").post(f"{AT}/{ask}/refusal", json={"reason": "later"}).status_code == 200


def test_nobody_approves_his_own_and_the_refusal_is_recorded(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = frozenset({Role.SEARCHER, Role.SUPERVISOR})
    both = Caller("account-both", "both", roles, "1120", POLICE, By.KEY, None)
    monkeypatch.setitem(CALLERS, "both", both)
    ask = asked(room, "both")
    answer = room.as_("both").post(f"{AT}/{ask}/approval")
    assert (answer.status_code, room.last_record()["kind"]) == (403, "permit-refused")
    assert [one["id"] for one in answer.json()["rules"]] == room.last_record()["rules"]
    assert room.as_("both").get(f"{AT}/{ask}").json()["state"] == "waiting"


def test_a_refusal_of_the_law_leaves_it_waiting(room: Room) -> None:
    ask = asked(room, case_number="24-999999")
    answer = room.as_("supervisor").post(f"{AT}/{ask}/approval")
    assert (answer.status_code, answer.json()["title"]) == (403, "The law refuses this")
    assert room.as_("chief").get(f"{AT}/{ask}").json()["state"] == "waiting"


def test_a_named_approver_is_the_only_one(room: Room) -> None:
    ask = asked(room, approver="1121")
    assert room.as_("supervisor").post(f"{AT}/{ask}/approval").status_code == 422
    assert room.as_("chief").post(f"{AT}/{ask}/approval").status_code == 201


def test_sent_back_it_says_why_keeps_the_words_and_loses_the_photo(room: Room) -> None:
    ask = asked(room)
    assert room.as_("supervisor").post(f"{AT}/{ask}/refusal", json={"reason": " "}).status_code == 422
    assert room.as_("chief").post(f"{AT}/{ask}/refusal", json={"reason": "Which door?"}).status_code == 200
    mine = room.as_("searcher").get(f"{AT}/{ask}").json()
    assert (mine["state"], mine["reason"], mine["decided_by"]) == ("sent-back", "Which door?", "1121")
    assert mine["request"]["fact_narrative"] == FACTS
    assert room.as_("searcher").get(f"{AT}/{ask}/photo").status_code == 404
    again = room.as_("supervisor").post(f"{AT}/{ask}/approval")
    assert (again.status_code, again.json()["type"].rpartition("/")[2]) == (409, "taken-already")


def test_of_two_supervisors_at_once_one_issues_the_permit(room: Room) -> None:
    ask, together = asked(room), threading.Barrier(2)
    before, answers = len(room.as_("supervisor").get("/v1/permits").json()["permits"]), []

    def approve(name: str) -> None:
        together.wait()
        answers.append(room.as_(name).post(f"{AT}/{ask}/approval").status_code)

    both = [threading.Thread(target=approve, args=(name,)) for name in ("supervisor", "chief")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(answers) == [201, 409]
    assert len(room.as_("supervisor").get("/v1/permits").json()["permits"]) == before + 1


def test_what_is_kept_stands_nowhere_in_the_clear(room: Room) -> None:
    key = {"Idempotency-Key": '"asked-for-once-1"'}
    form = stated(requester=None, agency=None, approver=None, fact_narrative=FACTS)
    assert room.send(AT, "searcher", form, headers=key).status_code == 201
    ask = asked(room)
    room.as_("supervisor").post(f"{AT}/{ask}/refusal", json={"reason": "Case 24-001234 is not his."})
    home = room.service.desk.home
    assert files(room)
    for one in [*home.folder.glob("service.db*"), *home.photos.rglob("*.photo"), *files(room)]:
        data = one.read_bytes()
        assert not [word for word in (b"24-001234", FACTS.encode(), SIGNATURE) if word in data], one


def test_it_is_there_after_a_restart_and_what_a_kill_left_over_is_not(room: Room) -> None:
    stays, broken = asked(room), asked(room)
    book_of(room.service).move(broken, State.WAITING, State.DECIDING)
    home = room.service.desk.home
    room.service.photos.asked.keep("no-row", room.service.intake.clean(PHOTO).data, b"{}")
    engine = open_database(service_url(home.folder))
    again = replace(room.service, database=engine, photos=PhotoStore.open(home))
    with Sweeper(again):
        found = acts.get_asked(again, caller(room, "supervisor"), stays)
    assert (found.request.fact_narrative, found.request.requester) == (FACTS, "8841")
    assert [one.ask_id for one in acts.list_asked(again, caller(room, "supervisor"))] == [stays]
    assert len(files(room)) == 4  # photo and words of one, and a key of each
    engine.dispose()


def test_what_ran_out_is_not_given_any_more_and_then_destroyed(room: Room) -> None:
    ask = asked(room)
    with room.service.database.begin() as connection:
        connection.execute(sa.update(table).values(expires=datetime(2026, 1, 1, tzinfo=UTC)))
    assert room.as_("searcher").get(f"{AT}/{ask}").status_code == 404
    assert room.as_("supervisor").post(f"{AT}/{ask}/approval").status_code == 404
    assert room.as_("supervisor").get(AT).json() == {"asked": []}
    sweep(room.service)
    assert files(room) == []
    with room.service.database.connect() as connection:
        assert connection.execute(sa.select(table)).all() == []


def test_one_whose_permit_was_used_elsewhere_is_swept(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = asked(room)
    permit = room.as_("supervisor").post(f"{AT}/{ask}/approval").json()["permit"]
    monkeypatch.setattr("facegate.server.acts.searches.forget_used", lambda *_: None)
    form = stated(permit=permit, fact_narrative=FACTS)
    assert room.send("/v1/searches", "searcher", form).status_code == 201
    assert room.as_("searcher").get(f"{AT}/{ask}").status_code == 200
    sweep(room.service)
    assert (room.as_("searcher").get(f"{AT}/{ask}").status_code, files(room)) == (404, [])


def test_withdrawn_it_is_destroyed(room: Room) -> None:
    ask = asked(room)
    assert room.as_("searcher").delete(f"{AT}/{ask}").status_code == 204
    assert (room.as_("searcher").get(f"{AT}/{ask}").status_code, files(room)) == (404, [])


def test_a_second_photo_of_an_account_waits_its_turn_and_is_told_for_how_long(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facegate.faces.intake.turns.OWN_PHOTO_SECONDS", 0.01)
    with room.service.intake.turns.of(CALLERS["searcher"].account):
        answer = send(room, "searcher")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert "another photo of this account" in answer.json()["detail"]
        assert send(room, "colleague").status_code == 201
    assert send(room, "searcher").status_code == 201


def test_one_more_than_the_cap_is_refused_until_one_is_withdrawn(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "MOST_OPEN", 2)
    first, _ = asked(room), asked(room)
    n_files = len(files(room))
    more = send(room, "searcher")
    assert (more.status_code, "2 of your requests" in more.json()["detail"]) == (409, True)
    assert len(files(room)) == n_files
    assert send(room, "colleague").status_code == 201
    room.as_("searcher").delete(f"{AT}/{first}")
    assert send(room, "searcher").status_code == 201


def test_a_photo_that_cannot_be_opened_is_not_kept(room: Room) -> None:
    assert send(room, "searcher", probe=PHOTO[:200]).status_code == 422
    assert send(room, "searcher", probe=b"<svg/>").status_code == 415
    assert files(room) == []


def test_nobody_asks_in_another_name(room: Room) -> None:
    answer = send(room, "colleague", requester="8841")
    assert (answer.status_code, "requester" in answer.json()["detail"]) == (422, True)


def test_a_file_that_was_changed_is_not_shown_and_hides_no_other(room: Room) -> None:
    whole = asked(room)
    others = set(files(room))
    changed = asked(room)
    (words,) = {one for one in files(room) if one.match("photos/asked-words/*.photo")} - others
    sealed = words.read_bytes()
    words.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))  # a fixed byte may be the one there
    assert room.as_("supervisor").get(f"{AT}/{changed}").status_code == 503
    assert [one["ask"] for one in room.as_("supervisor").get(AT).json()["asked"]] == [whole]
    assert room.as_("searcher").delete(f"{AT}/{changed}").status_code == 503  # whose it is stands in it
    book_of(room.service).destroy(changed)
