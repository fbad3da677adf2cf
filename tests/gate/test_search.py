"""The guarded search as a whole: law first, record first, and nothing shown that has no record."""

from __future__ import annotations

import io
import itertools
import json
import re
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from certified import a_certificate, a_result
from PIL import Image
from ready_agency import ORIGIN, REQUEST, USAGE_POLICY, copy_ready, permit_for
from skimage import data as skimage_data

from facegate.audit.log import AuditLog
from facegate.audit.replay import replay_log
from facegate.audit.storage import read_entries
from facegate.audit.verify import verify_log
from facegate.decision import Metric, Vectors
from facegate.errors import AuditError, UnusablePhoto
from facegate.evaluation.certificates.check import NO_BOUNDS, Bounds
from facegate.gallery.gallery import Gallery
from facegate.gate.books import BOOKS
from facegate.gate.in_force import InForce
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.config import Limits
from facegate.gate.registers.papers import file_paper
from facegate.gate.registers.people import register_officer
from facegate.gate.reply import LIST_NOTICE
from facegate.gate.search import Gate
from facegate.policy.engine import PolicyEngine
from facegate.records import CandidateList, SubjectId
from facegate.request import Instrument
from facegate.templates import EmbedderInfo, Labels, Origin, TemplateSet, tool_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from facegate.audit.log import Record
    from facegate.gate.reply import SearchReply
    from facegate.request import SearchRequest

ENGINE = PolicyEngine.load()
INFO = EmbedderInfo("four numbers", "ab" * 32, 4, Metric.EUCLIDEAN)
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
ROBBERY = REQUEST
CERTIFICATE = a_certificate(a_result(embedder_digest=INFO.digest))
IN_FORCE = InForce(replace(CERTIFICATE, threshold=replace(CERTIFICATE.threshold, score=0.5, native=0.5)))


class FourNumbers:
    """An embedder that finds the same four numbers in every face, and counts its calls."""

    info = INFO

    def __init__(self) -> None:
        self.calls = 0

    def embed(self, chips: Any) -> Vectors:  # noqa: ANN401  any array of chips
        self.calls += 1
        return np.zeros((len(chips), 4), dtype=np.float32)


def people(*distances: float) -> TemplateSet:
    """One person at each distance from the probe: person-0, person-1, ..."""
    n = len(distances)
    vectors = np.zeros((n, 4), dtype=np.float32)
    vectors[:, 0] = distances

    def column(text: str) -> Labels:
        return np.array([text.format(i) for i in range(n)], dtype=object)

    return TemplateSet(
        embedder=INFO,
        origin=Origin("test", "cd" * 32, synthetic=False, tool_version=tool_version()),
        template_id=column("person-{}/0"),
        subject_id=column("person-{}"),
        photo_digest=column(""),
        sex=column("F"),
        race=column("not recorded"),
        age_class=column("not recorded"),
        label_source=column("not recorded"),
        failure=column(""),
        quality=np.ones(n, dtype=np.float32),
        vectors=vectors,
    )


@pytest.fixture(scope="module")
def astronaut() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(skimage_data.astronaut()[:300, 80:380]).save(buffer, "PNG")
    return buffer.getvalue()


@contextmanager
def a_gate(folder: Path, *distances: float, **changes: Any) -> Iterator[Gate]:  # noqa: ANN401  any field of Gate
    """Open a gate of a ready agency over people at the given distances; clock and randomness are fixed."""
    seconds, counter = itertools.count(), itertools.count(1_000)
    copy_ready(folder)

    def random_bytes(n: int) -> bytes:
        return next(counter).to_bytes(n)

    with (
        Gallery.create(folder / "gallery", INFO) as gallery,
        AuditLog.open(folder / "log", origin=ORIGIN) as log,
        Ledger.open(folder / "ledger.db", log, BOOKS, random_bytes=random_bytes) as ledger,
    ):
        gallery.enroll(people(*distances))
        gate = Gate(
            gallery=gallery,
            embedder=FourNumbers(),
            engine=ENGINE,
            ledger=ledger,
            limits=Limits(),
            in_force=IN_FORCE,
            usage_policy=USAGE_POLICY,
            clock=lambda: NOW + timedelta(seconds=next(seconds)),
            random_bytes=random_bytes,
        )
        yield replace(gate, **changes)


def ask(gate: Gate, request: SearchRequest, probe: bytes) -> SearchReply:
    """Ask with a permit for exactly this: no refusal is for want of one."""
    return gate.search(request, probe, permit=permit_for(gate, request, probe))


def records(folder: Path) -> list[dict[str, Any]]:
    """Read the public parts of the records that searches leave."""
    entries = [json.loads(entry) for entry in read_entries(folder / "log")]
    return [entry for entry in entries if entry["kind"] in {"intent", "result"}]


def sealed_candidates(gate: Gate) -> list[list[str]]:
    """Open the candidates of the last search."""
    opening = [opening for entry, opening in gate.ledger.log.read() if entry.kind == "result"][-1]
    assert opening is not None
    return list(json.loads(opening.values["candidates"]))


def test_everyone_at_or_above_the_threshold_is_found_best_first(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.5, 0.25, 0.75) as gate:
        reply = ask(gate, ROBBERY, astronaut)
        assert (reply.decision, reply.n_candidates) == ("allowed", 2)
        assert [subject for subject, _ in sealed_candidates(gate)] == ["person-1", "person-0"]


def test_a_reply_says_how_many_wait_for_review_and_nothing_of_them(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.2371) as gate:
        text = json.dumps(ask(gate, ROBBERY, astronaut).to_json())
    assert "person" not in text.replace('"people"', "")
    assert not {"candidates", "band", "rank", "subject_ref"} & json.loads(text).keys()
    assert json.loads(text)["n_candidates"] == 1
    assert "7629" not in text
    assert LIST_NOTICE in text


def test_an_empty_list_has_the_same_shape_and_the_same_sentence(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.9) as gate:
        nobody = ask(gate, ROBBERY, astronaut).to_json()
    with a_gate(tmp_path / "two", 0.1) as gate:
        somebody = ask(gate, ROBBERY, astronaut).to_json()
    assert nobody.keys() == somebody.keys()
    assert nobody["notice"] == LIST_NOTICE
    assert (nobody["n_candidates"], somebody["n_candidates"]) == (0, 1)


def test_an_allowed_search_leaves_an_intent_and_its_result(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        reply = ask(gate, ROBBERY, astronaut)
        intent, result = records(tmp_path)
    assert (intent["kind"], intent["decision"], result["kind"]) == ("intent", "allowed", "result")
    assert (result["intent"], result["outcome"], result["n_candidates"]) == (intent["seq"], "searched", 1)
    assert (reply.log.intent, reply.log.result) == (intent["seq"], result["seq"])


def test_the_public_part_holds_no_case_no_officer_and_no_offense(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        ask(gate, ROBBERY, astronaut)
        # Salted commitments hold any four digits by chance.
        text = re.sub(rb'"[0-9a-f]{64}"', b'""', (tmp_path / "log" / "entries").read_bytes())
    for secret in (b"24-001234", b"8841", b"1201", b"person-0"):
        assert secret not in text


@pytest.mark.parametrize("field", ["case_number", "offense_level", "offense_code", "requester", "agency"])
def test_a_request_without_a_field_is_refused_in_words(tmp_path: Path, astronaut: bytes, field: str) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        left_out: dict[str, Any] = {field: None}
        reply = ask(gate, replace(ROBBERY, **left_out), astronaut)
    assert reply.decision == "refused"
    assert all(rule.say.endswith(".") and rule.cite for rule in reply.failed_rules)
    assert reply.n_candidates == 0


def test_a_refusal_names_every_rule_that_failed(tmp_path: Path, astronaut: bytes) -> None:
    shoplifting = replace(ROBBERY, case_number=None, offense_code="2303")
    with a_gate(tmp_path, 0.1) as gate:
        reply = ask(gate, shoplifting, astronaut)
        intent, result = records(tmp_path)
    assert len(reply.failed_rules) >= 3
    assert intent["rules"] == [rule.rule_id for rule in reply.failed_rules]
    assert result["outcome"] == "refused"


def test_a_refused_probe_is_never_looked_at(tmp_path: Path) -> None:
    embedder = FourNumbers()
    with a_gate(tmp_path, 0.1, embedder=embedder) as gate:
        reply = ask(gate, replace(ROBBERY, profile="moratorium"), b"not even a photo")
    assert (reply.decision, embedder.calls) == ("refused", 0)


def test_a_profile_that_does_not_exist_is_a_recorded_refusal(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        reply = ask(gate, replace(ROBBERY, profile="wishful"), astronaut)
        assert [record["kind"] for record in records(tmp_path)] == ["intent", "result"]
    assert [rule.rule_id for rule in reply.failed_rules] == ["FG-PROFILE"]


NOT_IN_FORCE = {
    "none": (InForce(None), "No accuracy certificate is in force"),
    "unreadable": (InForce(None, "The file was changed."), "The file was changed."),
    "another model": (
        InForce(a_certificate(a_result(embedder_digest="cd" * 32))),
        "the gallery was made by another (abababababab)",
    ),
    "expired": (InForce(replace(CERTIFICATE, valid_until="2026-11-21")), "expired on 2026-11-21"),
    "not yet valid": (InForce(replace(CERTIFICATE, issued_on="2026-11-23")), "holds from 2026-11-23 on"),
    "dates that are none": (InForce(replace(CERTIFICATE, valid_until="never")), "wanted a date"),
    "no searches": (InForce(replace(CERTIFICATE, searches=None)), "how often a search returns a wrong"),
    "drawn people": (InForce(replace(CERTIFICATE, synthetic=True)), "SYNTHETIC people only"),
    "a group above the bound": (InForce(CERTIFICATE, bounds=Bounds(fpir=0.09)), "F (0.095)"),
}


@pytest.mark.parametrize("why", NOT_IN_FORCE)
def test_without_a_certificate_that_holds_nothing_is_searched_and_the_refusal_is_recorded(
    tmp_path: Path, astronaut: bytes, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    in_force, words = NOT_IN_FORCE[why]
    embedder = FourNumbers()
    searched: list[object] = []
    with a_gate(tmp_path, 0.1, in_force=in_force, embedder=embedder) as gate:
        monkeypatch.setattr(Gallery, "search", lambda *_, **__: searched.append("searched"))
        reply = ask(gate, ROBBERY, astronaut)
        intent, result = records(tmp_path)
    assert [rule.rule_id for rule in reply.failed_rules] == ["FG-CERTIFICATE"]
    assert words in reply.failed_rules[0].say
    assert (searched, embedder.calls) == ([], 0)
    assert (intent["decision"], intent["rules"], result["outcome"]) == (
        "refused",
        ["FG-CERTIFICATE"],
        "refused",
    )


def test_a_gallery_that_outgrew_its_certificate_closes_the_gate(tmp_path: Path, astronaut: bytes) -> None:
    searches = CERTIFICATE.searches
    assert searches is not None
    small = InForce(replace(IN_FORCE.certificate or CERTIFICATE, searches=replace(searches, gallery_size=1)))
    with a_gate(tmp_path, 0.1, in_force=small) as gate:
        assert ask(gate, ROBBERY, astronaut).decision == "allowed"
        gate.gallery.enroll(replace(people(0.2, 0.3), template_id=np.array(["a", "b"], dtype=object),
                                    subject_id=np.array(["a", "b"], dtype=object)))  # fmt: skip
        reply = ask(gate, ROBBERY, astronaut)
    assert "less than 90 % of the 3 enrolled" in reply.failed_rules[0].say


def test_a_gate_that_stays_open_over_the_last_day_closes_at_midnight(
    tmp_path: Path, astronaut: bytes
) -> None:
    last = InForce(replace(CERTIFICATE, valid_until="2026-11-22"))
    moment = [datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)]
    with a_gate(tmp_path, 0.1, in_force=last, clock=lambda: moment[0]) as gate:
        before = ask(gate, ROBBERY, astronaut)
        moment[0] += timedelta(seconds=1)
        after = ask(gate, ROBBERY, astronaut)
        moment[0] = datetime(2026, 11, 21, tzinfo=UTC)  # a clock turned back past the day of issue
        back = ask(gate, ROBBERY, astronaut)
    assert [reply.decision for reply in (before, after, back)] == ["allowed", "refused", "refused"]


def test_the_intent_names_the_certificate_and_its_upper_bounds(tmp_path: Path, astronaut: bytes) -> None:
    certificate = IN_FORCE.certificate
    assert certificate is not None
    assert certificate.searches is not None
    with a_gate(tmp_path, 0.1) as gate:
        ask(gate, ROBBERY, astronaut)
        intent, _ = records(tmp_path)
    assert (intent["certificate"], intent["threshold"]) == (certificate.serial, "0.5")
    assert float(intent["fmr_at_most"]) == certificate.overall.upper_bound
    assert float(intent["fpir_at_most"]) == certificate.searches.overall.upper_bound


@pytest.mark.parametrize(
    ("bounds", "logged"), [(NO_BOUNDS, ("", "")), (Bounds(fmr=0.002, fpir=0.2), ("0.002", "0.2"))]
)
def test_the_intent_names_how_much_error_the_agency_accepts(
    tmp_path: Path, astronaut: bytes, bounds: Bounds, logged: tuple[str, str]
) -> None:
    with a_gate(tmp_path, 0.1, in_force=replace(IN_FORCE, bounds=bounds)) as gate:
        ask(gate, ROBBERY, astronaut)
        intent, _ = records(tmp_path)
    assert (intent["bound_fmr"], intent["bound_fpir"]) == logged


def test_a_reply_shows_the_bounds_of_every_group(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        seen = ask(gate, ROBBERY, astronaut).certificate
    assert seen is not None
    female, male, unknown = seen.groups
    assert (female.fmr, female.fpir) == (0.002, 0.04)
    assert female.fpir_at_most == pytest.approx(0.095)
    assert male.fmr is None
    assert male.fmr_at_most == pytest.approx(3 / 9_000)
    assert (unknown.fmr, unknown.fmr_at_most, unknown.fpir_at_most) == (None, 1.0, 1.0)


def test_a_gallery_made_by_another_embedder_keeps_the_gate_closed(tmp_path: Path, astronaut: bytes) -> None:
    stranger = FourNumbers()
    stranger.info = replace(INFO, name="other", digest="ef" * 32)
    with a_gate(tmp_path, 0.1, embedder=stranger) as gate:
        reply = ask(gate, ROBBERY, astronaut)
    assert [rule.rule_id for rule in reply.failed_rules] == ["FG-EMBEDDER"]
    assert "four numbers" in reply.failed_rules[0].say


def test_an_unusable_probe_is_a_recorded_result(tmp_path: Path) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        with pytest.raises(UnusablePhoto, match="photo"):
            ask(gate, ROBBERY, b"not a photo")
        assert records(tmp_path)[1]["outcome"].startswith("unusable probe: ")


def test_two_faces_in_a_probe_are_refused_and_counted(tmp_path: Path) -> None:
    photo = skimage_data.astronaut()[:300, 80:380]
    buffer = io.BytesIO()
    Image.fromarray(np.hstack([photo, photo])).save(buffer, "PNG")
    with a_gate(tmp_path, 0.1) as gate:
        with pytest.raises(UnusablePhoto, match="2 faces"):
            ask(gate, ROBBERY, buffer.getvalue())
        assert records(tmp_path)[1]["outcome"] == "unusable probe: several-faces"


@pytest.mark.parametrize(
    ("broken", "outcome"), [(MemoryError("out of memory"), "error"), (KeyboardInterrupt(), "interrupted")]
)
def test_a_photo_that_breaks_the_network_leaves_its_records_and_no_search(
    tmp_path: Path,
    astronaut: bytes,
    monkeypatch: pytest.MonkeyPatch,
    broken: BaseException,
    outcome: str,
) -> None:
    def breaks(*_: object) -> Vectors:
        raise broken

    monkeypatch.setattr(FourNumbers, "embed", breaks)
    with a_gate(tmp_path, 0.1) as gate:
        with pytest.raises(type(broken)):
            ask(gate, ROBBERY, astronaut)
        assert [one.get("outcome", one["kind"]) for one in records(tmp_path)] == ["intent", outcome]


def test_counters_that_cannot_be_read_after_the_search_leave_a_result_and_show_nobody(
    tmp_path: Path, astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> None:
        msg = "the ledger cannot be used: disk I/O error; nothing may be searched"
        raise AuditError(msg)

    monkeypatch.setattr("facegate.gate.search.after_search", unreadable)
    with a_gate(tmp_path, 0.1) as gate:
        with pytest.raises(AuditError, match="disk I/O error"):
            ask(gate, ROBBERY, astronaut)
        assert records(tmp_path)[1]["outcome"] == "error"


def test_what_others_recorded_while_the_photo_was_looked_at_counts(
    tmp_path: Path, astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The officer is suspended between the first question and the intent."""
    with a_gate(tmp_path, 0.1) as gate:

        def suspended_meanwhile(_: FourNumbers, chips: Any) -> Vectors:  # noqa: ANN401  as it is called
            register_officer(
                gate.ledger, agency=ROBBERY.agency or "", officer=ROBBERY.requester or "",
                role="investigator", trained_until="2027-12-31", standing="suspended", at=gate.clock(),
            )  # fmt: skip
            return np.zeros((len(chips), 4), dtype=np.float32)

        monkeypatch.setattr(FourNumbers, "embed", suspended_meanwhile)
        reply = ask(gate, ROBBERY, astronaut)
    assert [rule.rule_id for rule in reply.failed_rules] == ["FG-OFFICER"]


def test_ctrl_c_while_a_refusal_is_put_in_words_leaves_its_result_record(
    tmp_path: Path, astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("facegate.gate.search.explained", interrupted)
    with a_gate(tmp_path, 0.1) as gate:
        with pytest.raises(KeyboardInterrupt):
            ask(gate, replace(ROBBERY, offense_code="2303"), astronaut)
        assert records(tmp_path)[1]["outcome"] == "interrupted"


def test_ctrl_c_in_mid_search_leaves_a_result_record(
    tmp_path: Path, astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with a_gate(tmp_path, 0.1) as gate:
        monkeypatch.setattr(Gallery, "search", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ask(gate, ROBBERY, astronaut)
        assert records(tmp_path)[1]["outcome"] == "interrupted"


def test_no_intent_record_no_search(
    tmp_path: Path, astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []

    def noting(*_: object, **__: object) -> None:
        searched.append("searched")

    with a_gate(tmp_path, 0.1) as gate:
        monkeypatch.setattr(Gallery, "search", noting)
        permit = permit_for(gate, ROBBERY, astronaut)
        gate.ledger.log.close()
        with pytest.raises((AuditError, RuntimeError)):
            gate.search(ROBBERY, astronaut, permit=permit)
    assert searched == []


def test_no_result_record_no_candidates(
    tmp_path: Path, astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        real = AuditLog.append_many

        def full_at_the_result(self: AuditLog, records: Sequence[Record], *, cover: bool) -> range:
            if records[0].public["kind"] == "result":
                msg = "cannot write the log: No space left on device"
                raise AuditError(msg)
            return real(self, records, cover=cover)

        monkeypatch.setattr(AuditLog, "append_many", full_at_the_result)
        with pytest.raises(AuditError, match="No space left"):
            ask(gate, ROBBERY, astronaut)
    assert len(verify_log(tmp_path / "log").open_intents) == 1


def test_one_intent_is_good_for_one_search_only(
    tmp_path: Path, astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens: list[Any] = []
    real = Gallery.search

    def noting_the_token(self: Gallery, probe: Vectors, **options: Any) -> CandidateList:  # noqa: ANN401  passed on
        tokens.append(options["token"])
        return real(self, probe, **options)

    with a_gate(tmp_path, 0.1) as gate:
        monkeypatch.setattr(Gallery, "search", noting_the_token)
        ask(gate, ROBBERY, astronaut)
    with pytest.raises(RuntimeError, match="spent"):
        tokens[0].spend()


def test_whoever_is_withdrawn_is_gone_from_the_next_search_on(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1, 0.2) as gate:
        before = ask(gate, ROBBERY, astronaut)
        gate.gallery.withdraw([SubjectId("person-0")])
        after = ask(gate, ROBBERY, astronaut)
    assert (before.n_candidates, after.n_candidates) == (2, 1)
    assert before.gallery.digest != after.gallery.digest


def test_the_list_is_cut_after_sorting_and_says_how_many_there_were(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, *([0.4] * 5), 0.1) as gate:
        reply = ask(gate, replace(ROBBERY, candidate_limit=2), astronaut)
        assert (reply.n_candidates, reply.n_at_or_above) == (2, 6)
        assert sealed_candidates(gate)[0][0] == "person-5"


def test_a_log_of_many_attempts_verifies_and_decides_itself_again(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        for _ in range(4):
            ask(gate, ROBBERY, astronaut)
            ask(gate, replace(ROBBERY, case_number=""), astronaut)
        outcomes = [record["outcome"] for record in records(tmp_path) if record["kind"] == "result"]
    held, again = verify_log(tmp_path / "log"), replay_log(tmp_path / "log")
    assert outcomes == ["searched", "refused"] * 3 + ["refused"] * 2
    assert held.open_intents == ()
    assert (again.n_same, again.differences) == (8, ())


def test_the_fourth_variant_of_a_probe_waits_for_a_supervisor(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        replies = [ask(gate, ROBBERY, astronaut) for _ in range(4)]
    assert [rule.rule_id for rule in replies[-1].failed_rules] == ["FG-VARIANTS"]
    assert [reply.decision for reply in replies[:3]] == ["allowed"] * 3


@pytest.mark.parametrize("field", ["case_number", "requester", "agency"])
@pytest.mark.parametrize("value", [None, "", " "])
def test_what_cannot_be_counted_is_refused_by_its_own_rule_and_no_cap(
    tmp_path: Path, astronaut: bytes, field: str, value: str | None
) -> None:
    left_out: dict[str, Any] = {field: value}
    with a_gate(tmp_path, 0.1) as gate:
        rules = {rule.rule_id for rule in ask(gate, replace(ROBBERY, **left_out), astronaut).failed_rules}
    assert {"case_number": "FG-CASE-NUMBER", "requester": "FG-REQUESTER", "agency": "FG-AGENCY"}[
        field
    ] in rules
    assert not [
        rule for rule in rules if rule.startswith(("FG-CAP", "FG-VARIANTS", "FG-BREAKER", "FG-GALLERY-B"))
    ]


def test_a_search_without_a_permit_is_refused(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        reply = gate.search(ROBBERY, astronaut)
    assert [rule.rule_id for rule in reply.failed_rules] == ["FG-PERMIT"]


def test_a_permit_is_good_for_one_search(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        permit = permit_for(gate, ROBBERY, astronaut)
        first = gate.search(ROBBERY, astronaut, permit=permit)
        second = gate.search(ROBBERY, astronaut, permit=permit)
    assert (first.decision, [rule.rule_id for rule in second.failed_rules]) == ("allowed", ["FG-PERMIT"])


def test_nobody_approves_his_own_search(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        failed = gate.may(replace(ROBBERY, approver=ROBBERY.requester), astronaut)
    assert [rule.rule_id for rule in failed] == ["FG-APPROVER"]


def test_asking_whether_it_may_leaves_no_record(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        size = gate.ledger.log.size
        assert gate.may(ROBBERY, astronaut) == ()
        assert gate.ledger.log.size == size


def test_a_clock_that_goes_backward_closes_the_gate(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        ask(gate, ROBBERY, astronaut)
        back = replace(gate, clock=lambda: NOW - timedelta(hours=1))
        reply = ask(back, ROBBERY, astronaut)
    assert "FG-CLOCK" in [rule.rule_id for rule in reply.failed_rules]


def test_a_changed_usage_policy_closes_the_gate(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1, usage_policy=b"Anybody may search.") as gate:
        reply = ask(gate, ROBBERY, astronaut)
    assert [rule.rule_id for rule in reply.failed_rules] == ["FG-USAGE-POLICY"]


@pytest.mark.parametrize(
    "field", ["case_number", "offense_level", "offense_code", "requester", "agency", "profile"]
)
@pytest.mark.parametrize(
    "odd", ["\udcff", "x" * 70_000, "24-001234\n", "\uff12\uff14-\uff10\uff11", "\x00", " "]
)
def test_an_odd_claim_is_a_recorded_refusal(tmp_path: Path, astronaut: bytes, field: str, odd: str) -> None:
    claims: dict[str, Any] = {field: odd}
    with a_gate(tmp_path, 0.1) as gate:
        reply = ask(gate, replace(ROBBERY, **claims), astronaut)
    assert reply.decision == "refused"
    assert [record["kind"] for record in records(tmp_path)] == ["intent", "result"]


def sealed_approached(gate: Gate) -> list[str]:
    """Read whom the last result came near without showing them."""
    opening = [opening for entry, opening in gate.ledger.log.read() if entry.kind == "result"][-1]
    assert opening is not None
    return [subject for subject, _ in json.loads(opening.values["approached"])]


def test_whom_a_search_came_near_is_counted_and_sealed_and_not_told(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1, 0.54, 0.57) as gate:  # the threshold is at 0.5, the margin 0.06
        reply = ask(gate, ROBBERY, astronaut)
        assert sealed_approached(gate) == ["person-1"]
        counted = gate.ledger.rows("SELECT subject, shown FROM limits_shown ORDER BY subject")
        assert [tuple(row) for row in counted] == [("person-0", 1), ("person-1", 0)]
    assert reply.n_candidates == reply.n_at_or_above == 1
    assert records(tmp_path)[-1]["n_candidates"] == 1
    assert "person-1" not in repr(reply)


def test_whom_a_short_list_cut_off_was_come_near(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1, 0.2, 0.9) as gate:
        ask(gate, replace(ROBBERY, candidate_limit=1), astronaut)
        assert sealed_approached(gate) == ["person-1"]


def register(gate: Gate, officer: str, **known: str) -> None:
    """Register an officer at the license authority, whose desk runs the comparisons."""
    at = gate.clock()
    register_officer(
        gate.ledger, agency="CODMV0000", officer=officer, trained_until="2027-12-31", at=at, **known
    )


def test_a_namesake_at_another_agency_approves_nothing(tmp_path: Path, astronaut: bytes) -> None:
    """One id, two agencies: whoever runs the comparison there must not be taken for who approves here."""
    with a_gate(tmp_path, 0.1) as gate:
        register(gate, "D8841", role="supervisor", unit="MVIU")
        request = replace(ROBBERY, operator="D8841", approver="D8841")
        rules = {rule.rule_id for rule in ask(gate, request, astronaut).failed_rules}
    assert "FG-APPROVER" in rules


def test_nobody_approves_himself_under_his_id_in_capitals(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        register(gate, "Ab77", role="supervisor", unit="MVIU")
        request = replace(ROBBERY, requester="aB77", operator="Ab77", approver="Ab77")
        assert "FG-APPROVER" in {rule.rule_id for rule in gate.may(request, astronaut)}


def test_whoever_was_shown_too_often_is_left_out_as_if_he_had_not_matched(
    tmp_path: Path, astronaut: bytes
) -> None:
    """Officer and public learn no more than from a search that finds one person less."""
    with a_gate(tmp_path / "one", 0.1, 0.2, limits=Limits(subject_agency_searches=1)) as gate:
        ask(gate, ROBBERY, astronaut)
        gate.gallery.enroll(replace(people(0.3), template_id=np.array(["z"], dtype=object),
                                    subject_id=np.array(["zed"], dtype=object)))  # fmt: skip
        reply = ask(gate, ROBBERY, astronaut)
        sealed = [opening for _, opening in gate.ledger.log.read()][-1]
        assert [who for who, _ in sealed_candidates(gate)] == ["zed"]
    assert (reply.decision, reply.failed_rules) == ("allowed", ())
    assert (reply.n_candidates, reply.n_at_or_above) == (1, 1)
    assert sealed is not None
    assert [who for who, _ in json.loads(sealed.values["omitted"])] == ["person-0", "person-1"]
    (_, first), (_, second) = by_twos(records(tmp_path / "one"))
    told = {"n_candidates", "n_at_or_above", "seq", "time", "intent", "search_id", "sealed"}
    assert {name: first[name] for name in first.keys() - told} == {
        name: second[name] for name in second.keys() - told
    }
    assert first["sealed"].keys() == second["sealed"].keys()


def test_a_list_that_left_out_everybody_is_closed_like_an_empty_one(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1, limits=Limits(subject_agency_searches=1)) as gate:
        ask(gate, ROBBERY, astronaut)
        reply = ask(gate, ROBBERY, astronaut)
        last = [entry.kind for entry, _ in gate.ledger.log.read()][-2:]
    assert records(tmp_path)[-1]["outcome"] == "searched"
    assert (reply.decision, reply.n_candidates, reply.n_at_or_above) == ("allowed", 0, 0)
    assert last == ["result", "review-closed"]


def by_twos(found: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Pair intents with results."""
    return list(zip(found[::2], found[1::2], strict=True))


def test_every_intent_names_the_caps_that_it_was_counted_against(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        loose = replace(gate, limits=Limits(case_probes=50))
        for one in (gate, loose, gate):
            ask(one, ROBBERY, astronaut)
        recorded = [entry.public for entry, _ in gate.ledger.log.read() if entry.kind == "limits"]
    named = [intent["limits_digest"] for intent, _ in by_twos(records(tmp_path))]
    assert named[0] == named[2] != named[1]
    assert {one["digest"]: one["case_probes"] for one in recorded} == {named[0]: 10, named[1]: 50}
    assert len(recorded) == 2


def test_of_a_withheld_list_not_even_the_length_is_public(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1, 0.2, limits=Limits(gallery_least=1)) as gate:
        reply = ask(gate, ROBBERY, astronaut)
    assert [rule.rule_id for rule in reply.failed_rules] == ["FG-GALLERY-BUDGET"]
    withheld = records(tmp_path)[-1]
    assert (withheld["outcome"], withheld["n_candidates"], withheld["n_at_or_above"]) == ("withheld", 0, 0)


def test_a_warrant_that_the_requester_filed_himself_is_none(tmp_path: Path, astronaut: bytes) -> None:
    paper = Instrument("warrant", "Denver District Court", "26SW1", "2026-11-01", "2026-12-31")
    immigration = replace(ROBBERY, offense_code="0301", instrument=paper)
    with a_gate(tmp_path, 0.1) as gate:
        for by, refused in (("8841", True), ("502", False)):
            file_paper(
                gate.ledger, agency="CO0160000", kind="warrant", case_number="24-001234", court=paper.court,
                number=paper.number, issued=paper.issued, expires=paper.expires, filed_by=by, at=gate.clock(),
            )  # fmt: skip
            rules = {rule.rule_id for rule in gate.may(immigration, astronaut)}
            assert ("FG-IMMIGRATION" in rules) is refused
