"""Who may ask what, of whose: every role at every route of the interface, each answer written down.

The grid is written by hand, cell by cell, from what each role is for. It is not made from the table that the
service asks (`facegate.server.identity.roles.MAY`), and stands whatever that table says. A route without a
line in it fails the run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import pytest
from attacked import attacked
from desk_room import STATED
from matrix_grid import ADMINISTRATORS, OTHER, OWN, PUBLIC, WITH_A_FRESH_LOGIN, WORDS, grid
from matrix_plan import FORMS, Plan
from service_room import CASE, POLICE
from whole_service import browser

from facegate.server.openapi import FILE, FOR_ANYBODY, METHODS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx import Response


def routes() -> set[str]:
    """Give every route of the interface, from its description."""
    paths = json.loads(FILE.read_text(encoding="utf-8"))["paths"]
    return {
        f"{method.upper()} {path}" for path, held in paths.items() for method in held if method in METHODS
    }


def word_of(answer: Response) -> str:
    """Give the word of an answer."""
    if answer.is_success:
        return "ok"
    got = answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]
    return next((word for word, meant in WORDS.items() if meant == got), f"{got[0]} {got[1]}")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    with attacked(tmp_path_factory.mktemp("matrix")) as room:
        yield Plan(room)


def test_every_route_of_the_interface_has_its_line_in_the_grid() -> None:
    assert set(grid()) == routes()
    for lines in grid().values():
        assert all(len(cells) == len(OWN) for cells in lines.values())
        assert set().union(*lines.values()) <= {"ok", *WORDS}


def test_nobody_who_is_not_known_gets_more_than_what_is_for_anybody() -> None:
    public = {route for route, lines in grid().items() if any(cells[0] != "who" for cells in lines.values())}
    assert public == PUBLIC == FOR_ANYBODY


@pytest.mark.parametrize("route", list(grid()))
def test_every_role_has_its_answer(plan: Plan, route: str) -> None:
    for whose, cells in grid()[route].items():
        callers = OTHER if whose == "other" else OWN
        answers = [plan.ask(route, whose, who) for who in callers]
        assert (whose, [word_of(one) for one in answers]) == (whose, list(cells))


def column(who: str) -> dict[str, set[str]]:
    """Give every answer that one role gets, by route."""
    place = OWN.index(who)
    return {route: {cells[place] for cells in lines.values()} for route, lines in grid().items()}


def test_an_administrator_gets_no_search_and_nothing_that_is_sealed() -> None:
    passed = {route for route, words in column("administrator").items() if words - {"role", "who", "gone"}}
    own = {  # all with what is not right
        "PUT /v1/account/pass-phrase", "PUT /v1/account/second-factor", "POST /v1/account/keys",
    }  # fmt: skip
    assert passed == PUBLIC | ADMINISTRATORS | own


def test_a_tester_reaches_the_test_port_and_no_case_search_or_person() -> None:
    passed = {route for route, words in column("tester").items() if words - {"role", "who", "gone"}}
    assert {
        route for route in passed - PUBLIC if "/v1/tests" not in route and "/v1/jobs" not in route
    } == set()


@pytest.mark.parametrize("who", ["", "administrator", "tester", "enroller"])
def test_nothing_sealed_is_in_any_answer_to_who_is_kept_from_it(plan: Plan, who: str) -> None:
    words = (
        CASE,
        "1201 E",
        plan.room.search,
        plan.room.mark,
        "astronaut",
        "Eileen",
        STATED["fact_narrative"],
    )
    for route in grid():
        if route.startswith("GET") and not route.startswith("GET /log/"):
            said = plan.ask(route, "own", who).text
            assert [word for word in words if word in said] == [], route


OBJECTS: Final = [route for route, lines in grid().items() if "gone" in lines.get("other", ())]


@pytest.mark.parametrize("route", OBJECTS)
def test_another_agencys_thing_is_answered_byte_for_byte_as_one_that_is_not_there(
    plan: Plan, route: str
) -> None:
    lines = grid()[route]
    for who, other, none in zip(OTHER, lines["other"], lines["none"], strict=True):
        if other == "gone":
            assert none == "gone"
            assert told(plan.ask(route, "other", who)) == told(plan.ask(route, "none", who))


def told(answer: Response) -> tuple[int, bytes, dict[str, str]]:
    """Give all of an answer that could tell one thing from another."""
    own = {"x-request-id", "traceparent", "ratelimit"}
    return (
        answer.status_code,
        answer.content,
        {name: value for name, value in answer.headers.items() if name not in own},
    )


@pytest.mark.parametrize("who", ["other-searcher", "other-supervisor", "other-reviewer"])
def test_no_list_tells_another_agency_anything(plan: Plan, who: str) -> None:
    for route in (
        "cases",
        "permits",
        "permit-requests",
        "reviews",
        "docket",
        "limits/waiting",
        "jobs",
        "enrollments",
    ):
        said = plan.room.as_(who).get(f"/v1/{route}").text
        assert not [word for word in (CASE, plan.room.search, POLICE, "8841") if word in said], route


@pytest.mark.parametrize("route", WITH_A_FRESH_LOGIN)
def test_an_approval_is_not_given_by_a_key(plan: Plan, route: str) -> None:
    who = WITH_A_FRESH_LOGIN[route]
    method, path = route.split()
    ids = plan.there(route, "")
    answer = plan.room.by_key(who).request(method, path.format_map(ids), **plan.sent(route, ids))
    assert word_of(answer) == "401 login-not-fresh"


def test_a_misuse_officer_who_is_no_officer_records_nothing(plan: Plan) -> None:
    form = FORMS["POST /v1/misuse"](0, {"search_id": plan.room.search})
    answer = plan.room.as_("misuse-officer").post("/v1/misuse", json=form)
    assert word_of(answer) == "off"


@pytest.mark.parametrize("shown", ["Bearer fg_live_" + "A" * 43, "Bearer x.y.z", "Basic YTpi", "Bearer"])
def test_a_credential_that_is_none_opens_nothing_not_even_what_is_for_anybody(plan: Plan, shown: str) -> None:
    client = browser(plan.room.app)
    for route in grid():
        if route.startswith("GET") and "{" not in route and route != "GET /livez":
            answer = client.get(route.split()[1], headers={"Authorization": shown})
            assert answer.status_code in {401, 422}, route
