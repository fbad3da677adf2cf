"""The guarded search as a whole: law first, record first, and nothing shown that has no record."""

from __future__ import annotations

import io
import itertools
import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from certified import a_certificate, a_result
from PIL import Image
from skimage import data as skimage_data

from facegate.audit.log import AuditLog
from facegate.audit.storage import read_entries
from facegate.audit.verify import verify_log
from facegate.decision import Metric, Vectors
from facegate.errors import AuditError, UnusablePhoto
from facegate.evaluation.certificates.check import Bounds
from facegate.gallery.gallery import Gallery
from facegate.gate.in_force import InForce
from facegate.gate.reply import NOTICE
from facegate.gate.search import Gate
from facegate.policy.engine import PolicyEngine
from facegate.records import CandidateList, SearchRequest, SubjectId
from facegate.templates import EmbedderInfo, Labels, Origin, TemplateSet, tool_version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INFO = EmbedderInfo("four numbers", "ab" * 32, 4, Metric.EUCLIDEAN)
NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
ROBBERY = SearchRequest(
    profile="co-dmv-2019",
    case_number="24-001234",
    offense_code="1201",
    offense_level="1",
    requester="8841",
    agency="CO0160000",
)
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
    """Open a gate over people at the given distances; clock and randomness are fixed."""
    with (
        Gallery.create(folder / "gallery", INFO) as gallery,
        AuditLog.open(folder / "log", origin="test") as log,
    ):
        gallery.enroll(people(*distances))
        seconds, counter = itertools.count(), itertools.count()
        gate = Gate(
            gallery=gallery,
            embedder=FourNumbers(),
            engine=PolicyEngine.load(),
            log=log,
            in_force=IN_FORCE,
            reference_key=bytes(32),
            clock=lambda: NOW + timedelta(seconds=next(seconds)),
            random_bytes=lambda n: next(counter).to_bytes(n),
        )
        yield replace(gate, **changes)


def records(folder: Path) -> list[dict[str, Any]]:
    """Read the public parts of all records from the log's files."""
    return [json.loads(entry) for entry in read_entries(folder / "log")]


def test_everyone_at_or_above_the_threshold_is_shown_best_first(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.5, 0.25, 0.75) as gate:
        reply = gate.search(ROBBERY, astronaut)
    assert reply.decision == "allowed"
    assert [(one.rank, one.band) for one in reply.candidates] == [(1, "0.70-0.80"), (2, "0.50-0.60")]


def test_a_reply_holds_no_vector_no_exact_score_and_no_name(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.2371) as gate:
        text = json.dumps(gate.search(ROBBERY, astronaut).to_json())
    assert "person" not in text.replace('"people"', "")
    assert "7629" not in text
    assert NOTICE in text


def test_an_empty_list_has_the_same_shape_and_the_same_sentence(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.9) as gate:
        nobody = gate.search(ROBBERY, astronaut).to_json()
    with a_gate(tmp_path / "two", 0.1) as gate:
        somebody = gate.search(ROBBERY, astronaut).to_json()
    assert nobody.keys() == somebody.keys()
    assert nobody["notice"] == NOTICE
    assert nobody["candidates"] == ()


def test_an_allowed_search_leaves_an_intent_and_its_result(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        reply = gate.search(ROBBERY, astronaut)
        intent, result = records(tmp_path)
    assert (intent["kind"], intent["decision"], result["kind"]) == ("intent", "allowed", "result")
    assert (result["intent"], result["outcome"], result["n_candidates"]) == (intent["seq"], "searched", 1)
    assert (reply.log.intent, reply.log.result) == (0, 1)


def test_the_public_part_holds_no_case_no_officer_and_no_offense(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        gate.search(ROBBERY, astronaut)
        text = (tmp_path / "log" / "entries").read_bytes()
    for secret in (b"24-001234", b"8841", b"1201", b"person-0"):
        assert secret not in text


@pytest.mark.parametrize("field", ["case_number", "offense_level", "offense_code", "requester", "agency"])
def test_a_request_without_a_field_is_refused_in_words(tmp_path: Path, astronaut: bytes, field: str) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        left_out: dict[str, Any] = {field: None}
        reply = gate.search(replace(ROBBERY, **left_out), astronaut)
    assert reply.decision == "refused"
    assert all(rule.say.endswith(".") and rule.cite for rule in reply.failed_rules)
    assert reply.candidates == ()


def test_a_refusal_names_every_rule_that_failed(tmp_path: Path, astronaut: bytes) -> None:
    shoplifting = replace(ROBBERY, case_number=None, offense_code="2303")
    with a_gate(tmp_path, 0.1) as gate:
        reply = gate.search(shoplifting, astronaut)
        intent, result = records(tmp_path)
    assert len(reply.failed_rules) >= 3
    assert intent["rules"] == [rule.rule_id for rule in reply.failed_rules]
    assert result["outcome"] == "refused"


def test_a_refused_probe_is_never_looked_at(tmp_path: Path) -> None:
    embedder = FourNumbers()
    with a_gate(tmp_path, 0.1, embedder=embedder) as gate:
        reply = gate.search(replace(ROBBERY, profile="moratorium"), b"not even a photo")
    assert (reply.decision, embedder.calls) == ("refused", 0)


def test_a_profile_that_does_not_exist_is_a_recorded_refusal(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        reply = gate.search(replace(ROBBERY, profile="wishful"), astronaut)
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
        reply = gate.search(ROBBERY, astronaut)
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
        assert gate.search(ROBBERY, astronaut).decision == "allowed"
        gate.gallery.enroll(replace(people(0.2, 0.3), template_id=np.array(["a", "b"], dtype=object),
                                    subject_id=np.array(["a", "b"], dtype=object)))  # fmt: skip
        reply = gate.search(ROBBERY, astronaut)
    assert "less than 90 % of the 3 enrolled" in reply.failed_rules[0].say


def test_a_gate_that_stays_open_over_the_last_day_closes_at_midnight(
    tmp_path: Path, astronaut: bytes
) -> None:
    last = InForce(replace(CERTIFICATE, valid_until="2026-11-22"))
    moment = [datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)]
    with a_gate(tmp_path, 0.1, in_force=last, clock=lambda: moment[0]) as gate:
        before = gate.search(ROBBERY, astronaut)
        moment[0] += timedelta(seconds=1)
        after = gate.search(ROBBERY, astronaut)
        moment[0] = datetime(2026, 11, 21, tzinfo=UTC)  # a clock turned back past the day of issue
        back = gate.search(ROBBERY, astronaut)
    assert [reply.decision for reply in (before, after, back)] == ["allowed", "refused", "refused"]


def test_the_intent_names_the_certificate_and_its_upper_bounds(tmp_path: Path, astronaut: bytes) -> None:
    certificate = IN_FORCE.certificate
    assert certificate is not None
    assert certificate.searches is not None
    with a_gate(tmp_path, 0.1) as gate:
        gate.search(ROBBERY, astronaut)
        intent, _ = records(tmp_path)
    assert (intent["certificate"], intent["threshold"]) == (certificate.serial, "0.5")
    assert float(intent["fmr_at_most"]) == certificate.overall.upper_bound
    assert float(intent["fpir_at_most"]) == certificate.searches.overall.upper_bound


def test_a_reply_shows_the_bounds_of_every_group(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        seen = gate.search(ROBBERY, astronaut).certificate
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
        reply = gate.search(ROBBERY, astronaut)
    assert [rule.rule_id for rule in reply.failed_rules] == ["FG-EMBEDDER"]
    assert "four numbers" in reply.failed_rules[0].say


def test_an_unusable_probe_is_a_recorded_result(tmp_path: Path) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        with pytest.raises(UnusablePhoto, match="photo"):
            gate.search(ROBBERY, b"not a photo")
        assert records(tmp_path)[1]["outcome"].startswith("unusable probe: ")


def test_two_faces_in_a_probe_are_refused_and_counted(tmp_path: Path) -> None:
    photo = skimage_data.astronaut()[:300, 80:380]
    buffer = io.BytesIO()
    Image.fromarray(np.hstack([photo, photo])).save(buffer, "PNG")
    with a_gate(tmp_path, 0.1) as gate:
        with pytest.raises(UnusablePhoto, match="2 faces"):
            gate.search(ROBBERY, buffer.getvalue())
        assert records(tmp_path)[1]["outcome"] == "unusable probe: several-faces"


def test_ctrl_c_in_mid_search_leaves_a_result_record(
    tmp_path: Path, astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with a_gate(tmp_path, 0.1) as gate:
        monkeypatch.setattr(Gallery, "search", interrupted)
        with pytest.raises(KeyboardInterrupt):
            gate.search(ROBBERY, astronaut)
        assert records(tmp_path)[1]["outcome"] == "interrupted"


def test_no_intent_record_no_search(
    tmp_path: Path, astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []

    def noting(*_: object, **__: object) -> None:
        searched.append("searched")

    with a_gate(tmp_path, 0.1) as gate:
        monkeypatch.setattr(Gallery, "search", noting)
        gate.log.close()
        with pytest.raises((AuditError, RuntimeError)):
            gate.search(ROBBERY, astronaut)
    assert searched == []


def test_no_result_record_no_candidates(
    tmp_path: Path, astronaut: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        real, calls = AuditLog.append, itertools.count()

        def full_at_the_second(self: AuditLog, *args: Any, **kwargs: Any) -> int:  # noqa: ANN401  passed through
            if next(calls) == 1:
                msg = "cannot write the log: No space left on device"
                raise AuditError(msg)
            return real(self, *args, **kwargs)

        monkeypatch.setattr(AuditLog, "append", full_at_the_second)
        with pytest.raises(AuditError, match="No space left"):
            gate.search(ROBBERY, astronaut)
    assert verify_log(tmp_path / "log").open_intents == (0,)


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
        gate.search(ROBBERY, astronaut)
    with pytest.raises(RuntimeError, match="spent"):
        tokens[0].spend()


def test_whoever_is_withdrawn_is_gone_from_the_next_search_on(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1, 0.2) as gate:
        before = gate.search(ROBBERY, astronaut)
        gate.gallery.withdraw([SubjectId("person-0")])
        after = gate.search(ROBBERY, astronaut)
    assert (len(before.candidates), len(after.candidates)) == (2, 1)
    assert before.gallery.digest != after.gallery.digest


def test_the_list_is_cut_after_sorting_and_says_how_many_there_were(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, *([0.4] * 5), 0.1, limit=2) as gate:
        reply = gate.search(ROBBERY, astronaut)
    assert (len(reply.candidates), reply.n_at_or_above) == (2, 6)
    assert reply.candidates[0].band == "0.80-0.90"  # float32 0.1 lies just above 0.1


def test_a_log_of_many_attempts_verifies(tmp_path: Path, astronaut: bytes) -> None:
    with a_gate(tmp_path, 0.1) as gate:
        for _ in range(5):
            gate.search(ROBBERY, astronaut)
            gate.search(replace(ROBBERY, case_number=""), astronaut)
    held = verify_log(tmp_path / "log")
    assert (held.size, held.open_intents) == (20, ())


@pytest.mark.parametrize(
    "field", ["case_number", "offense_level", "offense_code", "requester", "agency", "profile"]
)
@pytest.mark.parametrize(
    "odd", ["\udcff", "x" * 70_000, "24-001234\n", "\uff12\uff14-\uff10\uff11", "\x00", " "]
)
def test_an_odd_claim_is_a_recorded_refusal(tmp_path: Path, astronaut: bytes, field: str, odd: str) -> None:
    claims: dict[str, Any] = {field: odd}
    with a_gate(tmp_path, 0.1) as gate:
        reply = gate.search(replace(ROBBERY, **claims), astronaut)
    assert reply.decision == "refused"
    assert [record["kind"] for record in records(tmp_path)] == ["intent", "result"]
