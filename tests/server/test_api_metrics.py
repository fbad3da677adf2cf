"""What is counted: who may read it, and that nothing in it came from a client or names anybody."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from prometheus_client.parser import text_string_to_metric_families
from reading_room import Room, reading_room
from ready_agency import REQUEST, permit_for
from ready_home import PHOTO

from facegate.records import FailedRule
from facegate.server.database.tables import jobs
from facegate.server.metrics import NO_ROUTE, Metrics
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

RULE = FailedRule("FG-CASE", "No case.", "facegate", "2026-11-22 checked")


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with reading_room(tmp_path_factory.mktemp("room")) as made:
        yield made


def counted(room: Room) -> dict[tuple[str, ...], float]:
    """Give every count by its name and labels."""
    answer = room.as_("administrator").get("/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("who", "status"), [("", 401), ("searcher", 403), ("misuse-officer", 403), ("auditor", 200)]
)
def test_counts_are_for_administrators_and_auditors(room: Room, who: str, status: int) -> None:
    assert room.as_(who).get("/metrics").status_code == status


def test_requests_are_counted_by_template_and_status(room: Room) -> None:
    room.as_("auditor").get("/v1/misuse/17")
    room.as_("auditor").get("/v1/misuse/18")
    room.as_().get("/v1/misuse/18")
    found = counted(room)
    assert found["facegate_requests_total", "GET", "/v1/misuse/{number:int}", "404"] == 2
    assert found["facegate_requests_total", "GET", "/v1/misuse/{number:int}", "401"] == 1
    assert found["facegate_request_seconds_count", "/v1/misuse/{number:int}"] == 3


def test_no_series_tells_when_a_counter_was_made(room: Room) -> None:
    room.as_().get("/livez")
    assert not [name for name, *_ in counted(room) if name.endswith("_created")]


def test_no_label_holds_what_a_client_sent(room: Room) -> None:
    for number in range(5):
        room.as_().get(f"/cases/24-00{number}/john-doe")
    room.as_().request("BREW", "/v1/policies")
    found = counted(room)
    assert found["facegate_requests_total", "GET", NO_ROUTE, "404"] == 5
    assert not any("john" in part or "24-00" in part or part == "BREW" for key in found for part in key)


def test_the_size_of_the_log_and_of_what_is_published_are_told(room: Room) -> None:
    found = counted(room)
    assert found["facegate_log_records",] == room.service.desk.ledger.log.size
    assert math.isnan(found["facegate_log_records_published",])  # nothing was published: not 0
    room.publish()
    assert counted(room)["facegate_log_records_published",] == room.service.desk.ledger.log.size


def test_refusals_are_counted_by_rule(room: Room) -> None:
    room.app.state.metrics.refused([RULE, RULE])
    assert counted(room)["facegate_refusals_total", "FG-CASE"] == 2


def test_the_stages_of_a_search_are_timed_even_when_they_break_off() -> None:
    metrics = Metrics()
    with pytest.raises(ValueError, match="broken"), metrics.stage("embed"):
        raise ValueError("broken")  # noqa: EM101  any error
    assert metrics.registry.get_sample_value("facegate_stage_seconds_count", {"stage": "embed"}) == 1


def test_jobs_that_are_not_done_are_counted_by_how_they_stand(room: Room) -> None:
    now = datetime.now(tz=UTC)
    with room.service.database.begin() as connection:
        for number, (state, finished) in enumerate([("running", None), ("waiting", None), ("done", now)]):
            row = {"id": str(number), "kind": "enroll", "account": "a", "agency": "", "state": state}
            more = {
                "done": 0,
                "total": None,
                "said": "",
                "result": None,
                "created": now,
                "finished": finished,
            }
            connection.execute(sa.insert(jobs).values(**row, **more))
    found = counted(room)
    assert found["facegate_queue", "running"] == found["facegate_queue", "waiting"] == 1
    assert ("facegate_queue", "done") not in found


def test_counters_of_two_services_are_their_own() -> None:
    one, other = Metrics(), Metrics()
    one.answered(method="GET", route="/livez", status=200, seconds=0.1)
    labels = {"method": "GET", "route": "/livez", "status": "200"}
    assert one.registry.get_sample_value("facegate_requests_total", labels) == 1
    assert other.registry.get_sample_value("facegate_requests_total", labels) is None


def test_a_search_is_timed_stage_by_stage_and_what_refuses_it_is_counted(room: Room) -> None:
    metrics = room.app.state.metrics
    timed = room.replaced(timed=metrics.stage)
    gate = timed.service.desk.gate
    reply = gate.search(REQUEST, PHOTO, permit=permit_for(gate, REQUEST, PHOTO))
    assert reply.decision == "allowed", reply.failed_rules
    found = counted(room)
    times = {stage: found["facegate_stage_seconds_count", stage] for stage in ("detect", "embed", "search")}
    assert times == {"detect": 1, "embed": 1, "search": 1}
    assert (
        found["facegate_stage_seconds_count", "policy"],
        found["facegate_stage_seconds_count", "log"],
    ) == (2, 2)


def test_a_problem_that_names_rules_counts_them(room: Room) -> None:
    @room.app.get("/refuse")
    def refuse() -> None:
        raise Problem(HTTPStatus.FORBIDDEN, "policy-refusal", "no", rules=[RULE])

    assert room.as_().get("/refuse").status_code == 403
    assert counted(room)["facegate_refusals_total", "FG-CASE"] == 1
