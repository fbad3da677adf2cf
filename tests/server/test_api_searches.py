"""``/v1/searches``: one shape and length, the law's words, nobody before release, and only to its own."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from certified import KEY, a_file, a_result
from desk_room import NO_SEARCH, Room, a_room, stated
from hypothesis import given, settings
from hypothesis import strategies as st
from ready_agency import REQUEST
from ready_home import PHOTO

from facegate.durable import replace_bytes
from facegate.evaluation.certificates.certificate import certify
from facegate.gate.adopting import put_in_force
from facegate.gate.review.state import records_of
from facegate.server.api.search_reply import (
    SLOT,
    CandidateReply,
    ModelReply,
    ReceiptReply,
    SearchReply,
    padded,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("searches")) as made:
        yield made


def test_a_search_says_how_many_wait_and_shows_nobody(room: Room) -> None:
    answer = room.search()
    said = answer.json()
    assert (answer.status_code, said["n_candidates"], said["candidates"]) == (201, 1, [])
    assert (said["decision"], said["reviews_needed"], said["rules"]) == ("allowed", 2, [])
    assert answer.headers["location"] == f"/v1/searches/{said['search_id']}"
    assert "astronaut" not in answer.text
    assert said["receipt"]["index"] == room.service.desk.ledger.log.size - 1
    assert said["threshold"]["fpir_overall"]["fpir_at_most"] > 0
    assert said["notice"].startswith("A candidate is an investigative lead")


def shape(said: object) -> object:
    """Give what a reply is made of: every key on every level, and the kind of what stands under it."""
    if isinstance(said, dict):
        return {name: shape(value) for name, value in said.items()}
    return [shape(value) for value in said] if isinstance(said, list) else type(said)


def test_replies_with_and_without_a_candidate_are_alike_in_length_and_shape(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with a_room(tmp_path_factory.mktemp("nobody")) as other:
        one = other.search()
        other.withdraw_everybody()
        none = other.search()
    assert (one.json()["n_candidates"], none.json()["n_candidates"]) == (1, 0)
    assert len(one.content) == len(none.content)
    assert shape(one.json()) == shape(none.json())
    assert list(one.headers) == list(none.headers)
    assert [len(one.headers[name]) for name in one.headers] == [
        len(none.headers[name]) for name in none.headers
    ]


@given(n=st.integers(0, 50), waiting=st.integers(0, 99_999))
@settings(deadline=None, max_examples=30)
def test_a_reply_is_as_long_with_any_number_of_candidates(n: int, waiting: int) -> None:
    lines = [
        CandidateReply(rank=k, band="0.40-0.50", subject_ref="a" * 16, verdict="lead, the reviewers differ")
        for k in range(1, n + 1)
    ]
    empty = SearchReply(
        search_id=NO_SEARCH,
        decision="allowed",
        status="released",
        profile="co-dmv-2019",
        rules=[],
        receipt=ReceiptReply(index=12, intent=11),
        candidates=[],
        n_candidates=0,
        n_at_or_above=0,
        mark=None,
        gallery_root="ab" * 32,
        gallery_synthetic=False,
        model=ModelReply(name="dlib", digest="cd" * 32),
        threshold=None,
        relied_on=None,
        n_tries=1,
        probe_kept=True,
        reviews_needed=0,
        notice="A lead.",
    )
    full = empty.model_copy(update={"candidates": lines, "n_candidates": waiting, "mark": "m" * 16})
    assert len(padded(empty)) == len(padded(full))
    assert len(padded(full)) % SLOT == 0
    assert json.loads(padded(full))["candidates"] == [one.model_dump() for one in lines]


def test_a_refusal_names_every_rule_with_its_citation_and_its_record(room: Room) -> None:
    answer = room.search(permit="none", fact_narrative=None, purpose=None)
    said = answer.json()
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(said["rules"]) > 1
    assert all(one["id"] and one["say"] and one["cite"] and one["checked"] for one in said["rules"])
    assert said["receipt"]["index"] == room.service.desk.ledger.log.size - 1
    assert room.last_record()["rules"] == [one["id"] for one in said["rules"]]


def test_the_log_holds_the_digest_of_what_was_sent_beside_that_of_what_was_searched(room: Room) -> None:
    name = room.searched()
    intent, _ = records_of(room.service.desk.ledger, name)
    _, opening = next(iter(room.service.desk.ledger.log.read(intent)))
    assert opening is not None
    sealed = opening.values
    clean = room.service.photos.probe(name)
    assert clean is not None
    assert sealed["original_digest"] == hashlib.sha256(PHOTO).hexdigest()
    assert sealed["probe_digest"] == hashlib.sha256(clean).hexdigest() != sealed["original_digest"]


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("adopting")) as made:  # three variants of a probe are a room's most
        yield made


@contextmanager
def adopting(room: Room) -> Iterator[tuple[str, Callable[[object], None]]]:
    """Give the serial of a newer certificate, and what puts it in force; the earlier one comes back."""
    desk = room.service.desk
    kept, before, at = desk.home.certificate.read_bytes(), desk.gate.in_force.certificate, desk.clock()
    assert before is not None
    measured = a_result(embedder_digest=before.embedder_digest, measured_on=f"{at:%Y-%m-%d}", seed=2)
    newer = certify(measured, "fmr-1e-3", result_digest="56" * 32, issuer=KEY.issuer, issued_on=at.date())

    def adopt(_: object) -> None:
        put_in_force(a_file(newer), desk.home, issuer=None, now=at, name="newer")

    try:
        yield newer.serial, adopt
    finally:
        replace_bytes(desk.home.certificate, kept)


def test_a_certificate_adopted_while_the_service_runs_is_named_by_the_next_search(another: Room) -> None:
    with adopting(another) as (serial, adopt):
        adopt(None)
        said = another.search().json()
    intent, _ = next(iter(another.service.desk.ledger.log.read(said["receipt"]["intent"])))
    assert (said["relied_on"], said["threshold"]["certificate"]) == (serial, serial)
    assert intent.public["certificate"] == serial


def test_a_search_relies_on_one_certificate_from_beginning_to_end(another: Room) -> None:
    gate, permit = another.service.desk.gate, another.permit()
    probe = another.service.intake.clean(PHOTO).data
    before = gate.in_force.certificate
    assert before is not None
    with adopting(another) as (serial, adopt):
        reply = gate.search(REQUEST, probe, permit=permit, on_intent=adopt)
        assert gate.in_force.certificate is not None
        assert gate.in_force.certificate.serial == serial  # whoever asks from now on relies on the newer one
    assert reply.certificate is not None
    assert reply.certificate.serial == before.serial != serial


def test_a_request_in_another_name_is_refused_before_anything_is_recorded(room: Room) -> None:
    before = room.service.desk.ledger.log.size
    answer = room.send("/v1/searches", "searcher", stated(requester="8842"))
    assert (answer.status_code, "requester" in answer.json()["detail"]) == (422, True)
    assert room.service.desk.ledger.log.size == before


@pytest.mark.parametrize(
    ("request_part", "word"),
    [
        (stated(level="1"), "level"),
        (stated(felony="yes"), "felony"),
        (stated(candidate_limit="20"), "candidate_limit"),
        (stated(case_number=24001234), "case_number"),
        ("{}", "profile"),
        ("[]", "request"),
        ("{", "request"),
        ('{"profile": "a", "profile": "b"}', "request"),
        (stated(fact_narrative="x" * 70_000), "request"),
    ],
)
def test_a_form_that_is_none_is_refused_with_its_field(
    room: Room, request_part: dict[str, object] | str, word: str
) -> None:
    answer = room.send("/v1/searches", "searcher", request_part)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert any(word in one["field"] for one in answer.json()["errors"])


def test_what_is_no_photo_is_refused_and_nothing_is_asked(room: Room) -> None:
    before = room.service.desk.ledger.log.size
    answer = room.send("/v1/searches", "searcher", stated(permit="x"), probe=b"<svg/>")
    assert (answer.status_code, answer.json()["reason"]) == (415, "unsupported-format")
    assert room.service.desk.ledger.log.size == before


def test_sent_again_under_its_key_a_search_is_not_made_again(room: Room) -> None:
    request, key = stated(permit=room.permit()), {"Idempotency-Key": '"search-one-0001"'}
    first = room.send("/v1/searches", "searcher", request, headers=key)
    size = room.service.desk.ledger.log.size
    again = room.send("/v1/searches", "searcher", request, headers=key)
    other = room.send("/v1/searches", "searcher", stated(permit="x"), headers=key)
    assert (first.status_code, again.content) == (201, first.content)
    assert room.service.desk.ledger.log.size == size
    assert (again.headers["idempotency-replayed"], other.status_code) == ("true", 422)


def test_a_recorded_refusal_is_repeated_under_its_key_and_not_recorded_twice(room: Room) -> None:
    request, key = stated(permit="x"), {"Idempotency-Key": '"search-two-0002"'}
    first = room.send("/v1/searches", "searcher", request, headers=key)
    size = room.service.desk.ledger.log.size
    again = room.send("/v1/searches", "searcher", request, headers=key)
    assert (first.status_code, again.status_code, again.json()) == (403, 403, first.json())
    assert room.service.desk.ledger.log.size == size


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("", 401),
        ("nobody-known", 401),
        ("reviewer", 403),
        ("supervisor", 403),
        ("enroller", 403),
        ("auditor", 403),
        ("misuse-officer", 403),
        ("administrator", 403),
        ("tester", 403),
    ],
)
def test_only_a_searcher_searches(room: Room, name: str, status: int) -> None:
    before = room.service.desk.ledger.log.size
    assert room.send("/v1/searches", name, stated(requester=None, agency=None)).status_code == status
    assert room.service.desk.ledger.log.size == before


@pytest.fixture(scope="module")
def lead(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    with a_room(tmp_path_factory.mktemp("released")) as made:
        yield made, made.released()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("", 401),
        ("searcher", 200),
        ("colleague", 404),
        ("reviewer", 200),
        ("second", 200),
        ("supervisor", 200),
        ("auditor", 200),
        ("misuse-officer", 200),
        ("enroller", 403),
        ("administrator", 403),
        ("tester", 403),
        ("other-searcher", 404),
        ("other-supervisor", 404),
        ("other-reviewer", 404),
    ],
)
def test_a_search_is_read_by_those_whose_it_is(lead: tuple[Room, str], name: str, status: int) -> None:
    room, released = lead
    answer = room.as_(name).get(f"/v1/searches/{released}")
    assert answer.status_code == status
    if status == 200:
        assert bool(answer.json()["candidates"]) is (name == "searcher")


def test_whoever_received_a_list_reads_it_under_his_mark(lead: tuple[Room, str]) -> None:
    room, released = lead
    said = room.as_("searcher").get(f"/v1/searches/{released}").json()
    (line,) = said["candidates"]
    assert (said["status"], line["rank"], line["verdict"]) == ("released", 1, "lead")
    assert len(line["subject_ref"]) == len(said["mark"]) == 16
    assert "astronaut" not in json.dumps(said)


def test_another_agencys_search_is_answered_as_one_that_is_not_there(lead: tuple[Room, str]) -> None:
    room, released = lead
    his = room.as_("other-supervisor").get(f"/v1/searches/{released}")
    none = room.as_("other-supervisor").get(f"/v1/searches/{NO_SEARCH}")
    assert (his.status_code, his.json()) == (none.status_code, none.json()) == (404, his.json())


def test_a_refused_search_is_read_as_refused(room: Room) -> None:
    room.search(permit="none")
    refused = room.last_record()["search_id"]
    said = room.as_("searcher").get(f"/v1/searches/{refused}").json()
    assert (said["decision"], said["rules"][0]["id"], said["candidates"]) == ("refused", "FG-PERMIT", [])
