"""Evidence, disclosures, corrections and notices: what a released lead may be used for, and how it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from desk_room import Room, a_room

if TYPE_CHECKING:
    from collections.abc import Iterator

EVIDENCE = {"rank": 1, "evidence": "cell_site", "reference": "E-14", "day": "2026-11-20"}
TOLD = {"state": "made", "day": "2026-11-20", "reference": "26CR1"}
WRONG = {"rank": 1, "reason": "another_person", "reference": "Lab 7"}


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("leads")) as made:
        yield made


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    with a_room(tmp_path_factory.mktemp("forms")) as made:
        yield made, made.searched()


def rule(answer: Any) -> tuple[int, str]:  # noqa: ANN401  a reply of the client
    said = answer.json()
    assert said["receipt"]["index"] > 0
    return answer.status_code, said["rules"][0]["id"]


def test_evidence_counts_once_and_a_lineup_is_none(room: Room) -> None:
    at = f"/v1/searches/{room.released()}/corroborations"
    searcher = room.as_("searcher")
    first, again = searcher.post(at, json=EVIDENCE), searcher.post(at, json=EVIDENCE)
    lineup = searcher.post(at, json={**EVIDENCE, "evidence": "lineup"})
    assert (first.status_code, first.json()["record"] > 0) == (201, True)
    assert (rule(again), rule(lineup)) == ((409, "RV-TWICE"), (403, "RV-NOT-INDEPENDENT"))


def test_there_is_no_evidence_about_a_lead_that_was_not_released(room: Room) -> None:
    answer = room.as_("searcher").post(f"/v1/searches/{room.searched()}/corroborations", json=EVIDENCE)
    assert rule(answer) == (403, "RV-NOT-RELEASED")


@pytest.mark.parametrize(
    "changes",
    [
        {"evidence": "a hunch"},
        {"day": "2099-01-01"},
        {"day": "yesterday"},
        {"reference": ""},
        {"reference": "two\nlines"},
        {"rank": "1st"},
        {"by": "8842"},
    ],
)
def test_evidence_that_is_not_of_its_form_is_refused(
    searched: tuple[Room, str], changes: dict[str, object]
) -> None:
    room, name = searched
    at = f"/v1/searches/{name}/corroborations"
    assert room.as_("searcher").post(at, json={**EVIDENCE, **changes}).status_code == 422


def test_the_defense_is_told_once_of_the_same_searches(room: Room) -> None:
    at = f"/v1/searches/{room.released()}/disclosures"
    first, again = (room.as_("searcher").post(at, json=TOLD) for _ in range(2))
    assert first.status_code == 201
    assert rule(again) == (409, "RV-TWICE")


def test_a_lead_proved_wrong_owes_a_notice_to_whoever_received_it(room: Room) -> None:
    name = room.released()
    at = f"/v1/searches/{name}"
    supervisor = room.as_("supervisor")
    corrected = supervisor.post(f"{at}/corrections", json=WRONG)
    (owed,) = supervisor.get(f"{at}/notices").json()["notices"]
    told = f"/v1/corrections/{corrected.json()['record']}/notices"
    form = {"mark": owed["mark"], "day": "2026-11-22"}
    assert (owed["recipient"], owed["rank"], owed["correction"]) == ("8841", 1, corrected.json()["record"])
    assert supervisor.post(told, json=form).status_code == 201
    assert supervisor.get(f"{at}/notices").json() == {"notices": []}
    assert rule(supervisor.post(told, json=form)) == (403, "RV-NO-NOTICE-OWED")
    assert rule(supervisor.post(f"{at}/corrections", json=WRONG)) == (409, "RV-TWICE")
    assert rule(room.as_("searcher").post(f"{at}/corroborations", json=EVIDENCE)) == (403, "RV-PROVED-WRONG")


def test_a_record_that_is_no_correction_is_not_there(room: Room) -> None:
    form = {"mark": "defense", "day": "2026-11-22"}
    assert room.as_("supervisor").post("/v1/corrections/3/notices", json=form).status_code == 404


ANSWERS = {
    # who: corroboration, disclosure, correction, notices owed, notice
    "": (401, 401, 401, 401, 401),
    "searcher": (201, 201, 403, 403, 403),
    "colleague": (404, 404, 403, 403, 403),
    "reviewer": (403, 403, 403, 403, 403),
    "stale": (409, 409, 401, 200, 404),
    "supervisor": (409, 409, 201, 200, 404),  # the same evidence, told already
    "enroller": (403, 403, 403, 403, 403),
    "auditor": (403, 403, 403, 403, 403),
    "misuse-officer": (403, 403, 403, 403, 403),
    "administrator": (403, 403, 403, 403, 403),
    "tester": (403, 403, 403, 403, 403),
    "other-searcher": (404, 404, 403, 403, 403),
    "other-supervisor": (404, 404, 404, 404, 404),
}


def test_every_role_has_its_answer(room: Room) -> None:
    at = f"/v1/searches/{room.released()}"
    found = {}
    for name in ANSWERS:
        client = room.as_(name)
        found[name] = (
            client.post(f"{at}/corroborations", json=EVIDENCE).status_code,
            client.post(f"{at}/disclosures", json=TOLD).status_code,
            client.post(f"{at}/corrections", json=WRONG).status_code,
            client.get(f"{at}/notices").status_code,
            client.post(
                "/v1/corrections/3/notices", json={"mark": "defense", "day": "2026-11-22"}
            ).status_code,
        )
    assert found == ANSWERS


def test_another_agencys_correction_is_not_there(room: Room) -> None:
    at = f"/v1/searches/{room.released()}/corrections"
    record = room.as_("supervisor").post(at, json=WRONG).json()["record"]
    form = {"mark": "defense", "day": "2026-11-22"}
    answer = room.as_("other-supervisor").post(f"/v1/corrections/{record}/notices", json=form)
    assert answer.status_code == 404
