"""Facts of a dossier: looked up as for a search, and of the probe what its search recorded."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import pytest
from certified import a_certificate, a_result
from ready_agency import ORIGIN, REQUEST, USAGE_POLICY, copy_ready

from facegate.audit.log import AuditLog
from facegate.decision import Metric
from facegate.errors import InputError
from facegate.gallery.gallery import Gallery
from facegate.gate.books import BOOKS
from facegate.gate.dossier_desk import Asked, DossierDesk
from facegate.gate.in_force import InForce
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.config import Limits
from facegate.gate.permits import permits_issued
from facegate.gate.review.dossier import DossierRefusal
from facegate.gate.standing_facts import Standing, search_made, standing_facts
from facegate.policy.engine import PolicyEngine
from facegate.templates import TEXT_COLUMNS, EmbedderInfo, Origin, TemplateSet, tool_version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.policy.facts import GateFacts

ENGINE = PolicyEngine.load()
INFO = EmbedderInfo("four numbers", "ab" * 32, 4, Metric.EUCLIDEAN)
HELD = InForce(a_certificate(a_result(embedder_digest=INFO.digest)))
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PROBE = "9f" * 32
KEY = bytes(range(32))
SEARCH = "01a2008d-7400-7000-8000-000000000001"
REQUESTED = replace(REQUEST, action="dossier", operator="31", dossier_fields=("name",))


@contextmanager
def a_place(folder: Path, **changes: Any) -> Iterator[Standing]:  # noqa: ANN401  any field of Standing
    """Open a ready agency with one person enrolled."""
    copy_ready(folder)
    columns = {name: np.array(["somebody"], dtype=object) for name in TEXT_COLUMNS}
    columns["failure"] = np.array([""], dtype=object)
    origin = Origin("test", "cd" * 32, synthetic=False, tool_version=tool_version())
    numbers: dict[str, Any] = {
        "quality": np.ones(1, dtype=np.float32),
        "vectors": np.zeros((1, 4), dtype=np.float32),
    }
    with (
        patch("os.fsync"),  # that a record waits for the disk is tested with the log
        Gallery.create(folder / "gallery", INFO) as gallery,
        AuditLog.open(folder / "log", origin=ORIGIN) as log,
        Ledger.open(folder / "ledger.db", log, BOOKS, random_bytes=secrets.token_bytes) as ledger,
    ):
        gallery.enroll(TemplateSet(INFO, origin, **columns, **numbers))
        yield replace(Standing(gallery, ENGINE, ledger, Limits(), HELD, USAGE_POLICY), **changes)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Standing]:
    with a_place(tmp_path) as opened:
        yield opened


def searched(place: Standing, *, outcome: str = "searched", times: int = 1, **changes: str) -> None:
    """Put a search on the log, or several with the same photo; the first has the id `SEARCH`."""
    for number in range(1, times + 1):
        public: dict[str, Any] = {
            "search_id": f"{SEARCH[:-1]}{number}",
            "action": "imageComparison",
            "agency": "CO0160000",
            "profile": "co-dmv-2019",
            "decision": "allowed",
            "embedder_digest": INFO.digest,
            "flags": [] if number == 1 else ["variant-in-case", "variant-of-officer-today"],
        }
        sealed = {"case_number": "24-001234", "requester": "8841", "probe_digest": PROBE}
        public |= {key: value for key, value in changes.items() if key in public}
        sealed |= {key: value for key, value in changes.items() if key in sealed}
        intent = place.ledger.record("intent", at=NOW, public=public, sealed=sealed)
        came = {"search_id": public["search_id"], "intent": intent, "outcome": outcome}
        counts = {"n_candidates": 0, "n_at_or_above": 0}
        place.ledger.record("result", at=NOW, public={**came, **counts}, sealed={"candidates": "[]"})


def facts(place: Standing, at: datetime = NOW) -> GateFacts:
    return standing_facts(place, REQUESTED, search_made(place.ledger, SEARCH), at).gate


@dataclass
class Unread:
    """A source of records that fails the test if it is asked."""

    def read(self, subject_id: str, fields: tuple[str, ...]) -> dict[str, str]:
        pytest.fail(f"a record was read: {subject_id} {fields}")


def test_everything_but_the_permit_stands_after_a_search_that_was_in_order(place: Standing) -> None:
    searched(place)
    known = facts(place)
    wanting = [name for name in known.__slots__ if getattr(known, name) is False]
    assert wanting == ["paper_on_file", "permit_holds"]  # the law asked wants no judicial paper


def test_a_search_that_is_not_on_the_log_has_no_facts(place: Standing) -> None:
    with pytest.raises(InputError, match="no search of that id on the log"):
        search_made(place.ledger, "' OR 1=1 --")


@pytest.mark.parametrize(
    "outcome", ["withheld", "refused", "error", "interrupted", "unusable probe: no-face"]
)
def test_a_search_that_was_not_completed_showed_no_photo(place: Standing, outcome: str) -> None:
    searched(place, outcome=outcome)
    assert not facts(place).probe_is_photo


def test_a_withheld_list_that_waits_keeps_the_record_desk_closed(place: Standing) -> None:
    searched(place, outcome="withheld")
    assert not facts(place).within_subject_cap


def test_a_search_by_another_model_does_not_fit_the_gallery(place: Standing) -> None:
    searched(place, embedder_digest="cd" * 32)
    assert not facts(place).embedder_fits


@pytest.mark.parametrize(
    "in_force", [InForce(None), InForce(a_certificate(a_result(embedder_digest="cd" * 32)))]
)
def test_a_certificate_that_does_not_hold_is_a_false_fact(tmp_path: Path, in_force: InForce) -> None:
    with a_place(tmp_path, in_force=in_force) as place:
        searched(place)
        assert not facts(place).certificate_holds


def test_a_certificate_expires_for_the_record_desk_too(place: Standing) -> None:
    searched(place)
    assert not facts(place, NOW + timedelta(days=366)).certificate_holds


def test_a_dossier_is_no_variant_of_the_probe_it_rests_on(place: Standing) -> None:
    searched(place, times=3)
    assert facts(place).variants_cleared
    assert facts(place).within_case_cap


def test_a_case_that_used_its_one_probe_up_still_has_its_dossier(tmp_path: Path) -> None:
    with a_place(tmp_path, limits=Limits(case_probes=1, officer_day_probes=1)) as place:
        searched(place)
        known = facts(place)
    assert known.within_case_cap
    assert known.within_officer_cap


def test_a_permit_binds_photo_search_candidate_and_fields(place: Standing) -> None:
    searched(place, times=2)
    desk, asked = DossierDesk(place, KEY), Asked(REQUESTED, SEARCH, 1)
    permit = desk.approve(asked, at=NOW).permit_id

    def holds(one: Asked) -> bool:
        made = search_made(place.ledger, one.search_id)
        return standing_facts(
            place, one.dossier, made, NOW, permit=permit, only_for=one.bound
        ).gate.permit_holds

    assert holds(asked)
    assert not holds(replace(asked, rank=2))
    assert not holds(replace(asked, search_id=f"{SEARCH[:-1]}2"))
    assert not holds(replace(asked, request=replace(REQUESTED, dossier_fields=("name", "photo"))))
    assert not holds(replace(asked, request=replace(REQUESTED, case_number="24-001235")))


def test_a_permit_of_the_record_desk_expires(place: Standing) -> None:
    searched(place)
    asked = Asked(REQUESTED, SEARCH, 1)
    permit, made = DossierDesk(place, KEY).approve(asked, at=NOW), search_made(place.ledger, SEARCH)
    for later, holds in ((timedelta(hours=71), True), (timedelta(hours=72), False)):
        known = standing_facts(
            place, REQUESTED, made, NOW + later, permit=permit.permit_id, only_for=asked.bound
        )
        assert known.gate.permit_holds is holds


def test_a_probe_that_was_erased_binds_no_permit_and_none_is_issued(place: Standing) -> None:
    searched(place, probe_digest="")
    asked = Asked(REQUESTED, SEARCH, 1)
    permit = DossierDesk(place, KEY).approve(asked, at=NOW).permit_id
    made = search_made(place.ledger, SEARCH)
    known = standing_facts(place, REQUESTED, made, NOW, permit=permit, only_for=asked.bound)
    assert not known.gate.permit_holds
    assert "FG-PERMIT" in [rule.rule_id for rule in DossierDesk(place, KEY).may(asked, at=NOW)]


def test_what_the_search_lacks_is_named_before_a_permit_is_issued(place: Standing) -> None:
    searched(place)
    size = place.ledger.log.size
    failed = DossierDesk(place, KEY).may(Asked(REQUESTED, SEARCH, 1), at=NOW)
    assert [rule.rule_id for rule in failed] == ["RV-NOT-RELEASED"]
    assert place.ledger.log.size == size


def test_a_refused_dossier_does_not_use_its_permit_up(place: Standing) -> None:
    searched(place)
    desk, asked = DossierDesk(place, KEY), Asked(REQUESTED, SEARCH, 1)
    permit = desk.approve(asked, at=NOW).permit_id
    with pytest.raises(DossierRefusal, match="RV-NOT-RELEASED"):
        desk.ask(asked, Unread(), permit=permit, at=NOW)
    assert [one.used_by for one in permits_issued(place.ledger)] == [None]


def test_an_overlay_in_force_is_asked_whatever_the_request_says(
    place: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched(place)
    monkeypatch.setattr("facegate.gate.dossier_desk.overlays_in_force", lambda *_: ("moratorium",))
    failed = DossierDesk(place, KEY).may(Asked(REQUESTED, SEARCH, 1), at=NOW)
    assert "MORATORIUM" in [rule.rule_id for rule in failed]


@pytest.mark.parametrize(
    ("in_force", "words"),
    [
        (InForce(None), "No accuracy certificate is in force; `facegate benchmark adopt`"),
        (InForce(None, "The certificate cannot be relied on: it is torn."), "it is torn"),
        (
            InForce(a_certificate(a_result(embedder_digest="cd" * 32))),
            "is for model four numbers (cdcdcdcdcdcd), the gallery",
        ),
    ],
)
def test_a_dossier_is_told_what_is_wrong_with_the_certificate(
    tmp_path: Path, in_force: InForce, words: str
) -> None:
    with a_place(tmp_path, in_force=in_force) as place:
        searched(place)
        desk, asked = DossierDesk(place, KEY), Asked(REQUESTED, SEARCH, 1)
        with pytest.raises(DossierRefusal) as refusal:
            desk.ask(asked, Unread(), permit="", at=NOW)
        for failed in (refusal.value.failed, desk.may(asked, at=NOW)):
            [say] = [rule.say for rule in failed if rule.rule_id == "FG-CERTIFICATE"]
            assert words in say


def test_a_dossier_is_told_which_model_its_search_was_by(place: Standing) -> None:
    searched(place, embedder_digest="cd" * 32)
    failed = DossierDesk(place, KEY).may(Asked(REQUESTED, SEARCH, 1), at=NOW)
    [say] = [rule.say for rule in failed if rule.rule_id == "FG-EMBEDDER"]
    assert say == (
        "The gallery was made by embedder four numbers (abababababab), "
        "the search was by another (cdcdcdcdcdcd)."
    )


def test_a_clock_set_back_refuses_a_dossier_by_the_law_and_it_is_recorded(place: Standing) -> None:
    searched(place)
    with pytest.raises(DossierRefusal, match="FG-CLOCK"):
        DossierDesk(place, KEY).ask(
            Asked(REQUESTED, SEARCH, 1), Unread(), permit="", at=NOW - timedelta(days=1)
        )
    last = [entry for entry, _ in place.ledger.log.read()][-1]
    assert (last.kind, "FG-CLOCK" in str(last.public["rules"])) == ("dossier", True)


def test_a_permit_for_a_dossier_binds_its_purpose_and_its_warrant(place: Standing) -> None:
    searched(place)
    asked = Asked(REQUESTED, SEARCH, 1)
    permit, made = DossierDesk(place, KEY).approve(asked, at=NOW).permit_id, search_made(place.ledger, SEARCH)
    for changes in (
        {"purpose": "identify_witness"},
        {"probe_role": "witness"},
        {"charge_citation": "18-4-203"},
    ):
        other: dict[str, Any] = dict(changes)
        known = standing_facts(
            place, replace(REQUESTED, **other), made, NOW, permit=permit, only_for=asked.bound
        )
        assert not known.gate.permit_holds


def test_one_thread_asks_at_a_time(place: Standing, monkeypatch: pytest.MonkeyPatch) -> None:
    searched(place)
    inside: list[int] = []
    most: list[int] = []

    def slowly(*_: object, **__: object) -> None:
        inside.append(1)
        time.sleep(0.01)
        most.append(len(inside))
        inside.pop()

    monkeypatch.setattr("facegate.gate.dossier_desk.ask_dossier", slowly)
    desk, asked = DossierDesk(place, KEY), Asked(REQUESTED, SEARCH, 1)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: desk.ask(asked, Unread(), permit="", at=NOW), range(8)))
    assert most == [1] * 8
