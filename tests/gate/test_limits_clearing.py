"""What waits for a supervisor, and who may clear it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from limits_desk import AGENCY, NOW, SmallDesk, days, fresh_probe

from attacks import answered, record_intent, record_result  # isort: skip
from facegate.errors import AuditError, InputError, PolicyRefusal
from facegate.gate.limits.caps import gallery_share
from facegate.gate.limits.clearing import Clearance, clear, record_clearance, waiting
from facegate.gate.limits.config import Limits
from facegate.gate.limits.listing import Listing
from facegate.records import FailedRule

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.limits.clearing import Waiting


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SmallDesk]:
    made = SmallDesk(tmp_path)
    yield made
    made.ledger.close()


def cleared(
    desk: SmallDesk, item: Waiting, supervisor: str = "1120", *, known: bool = True
) -> tuple[int, ...]:
    return clear(
        desk.ledger,
        desk.limits,
        item,
        supervisor=supervisor,
        supervisor_known=known,
        reason="Looked.",
        at=NOW,
    )


def leave_out(desk: SmallDesk) -> Waiting:
    for n in range(10):
        desk.ask(fresh_probe(n), case=f"26-{n}", officer=f"o{n}", found=("ada",))
    assert desk.ask(fresh_probe(50), case="26-50", officer="o50", found=("ada",)) == "left out ada"
    (item,) = waiting(desk.ledger, desk.limits, NOW)
    return item


def test_whoever_was_left_out_is_listed_by_case_with_every_officer_of_it(desk: SmallDesk) -> None:
    leave_out(desk)
    assert desk.ask(fresh_probe(60), case="26-50", officer="o60", found=("ada",)) == "left out ada"
    (item,) = waiting(desk.ledger, desk.limits, NOW)
    assert (item.what, item.case_number, item.subjects) == ("omitted", "26-50", ("ada",))
    assert sorted(item.officer.split(",")) == ["o50", "o60"]
    assert waiting(desk.ledger, desk.limits, NOW + days(366)) == ()


def test_a_subject_who_was_cleared_may_be_shown_once_more_and_no_oftener(desk: SmallDesk) -> None:
    cleared(desk, leave_out(desk))
    assert waiting(desk.ledger, desk.limits, NOW) == ()
    assert desk.ask(fresh_probe(51), case="26-50", officer="o50", found=("ada",)) == "searched"
    assert desk.ask(fresh_probe(52), case="26-50", officer="o50", found=("ada",)) == "left out ada"


def test_a_list_withheld_by_an_earlier_version_still_waits_and_is_cleared(desk: SmallDesk) -> None:
    """Such a log holds results withheld under FG-CAP-SUBJECT; what they blocked stays blocked."""
    request, marks = desk.request("8841", "26-1"), fresh_probe(1)
    intent = record_intent(desk.ledger, request, marks, desk.facts(marks), NOW, allowed=True)
    rule = FailedRule("FG-CAP-SUBJECT", "Withheld.", "", "")
    record_result(desk.ledger, intent, Listing(answered(["ada"]), (), (rule,)), NOW)
    assert not desk.facts(fresh_probe(2)).within_subject_cap
    (item,) = waiting(desk.ledger, desk.limits, NOW)
    assert (item.what, item.subjects) == ("subject", ("ada",))
    cleared(desk, item)
    assert desk.facts(fresh_probe(2)).within_subject_cap


SMALL = 100


def use_up(desk: SmallDesk) -> Waiting:
    """Show the agency three of a gallery of a hundred, which is all; a list of one more is withheld."""
    assert desk.ask(fresh_probe(1), found=("ada", "ben", "cid"), size=SMALL) == "searched"
    (item,) = waiting(desk.ledger, desk.limits, NOW, gallery_size=SMALL)
    assert (item.what, item.intent, item.rules) == ("gallery", -1, "FG-GALLERY-BUDGET")
    assert waiting(desk.ledger, desk.limits, NOW) == ()
    return item


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[SmallDesk]:
    made = SmallDesk(tmp_path, Limits(gallery_least=3))
    yield made
    made.ledger.close()


def test_each_clearance_of_the_gallery_grants_one_more_share_of_the_same_size(narrow: SmallDesk) -> None:
    item = use_up(narrow)
    assert not narrow.facts(fresh_probe(2), size=SMALL).within_gallery_budget
    cleared(narrow, item)
    assert waiting(narrow.ledger, narrow.limits, NOW, gallery_size=SMALL) == ()
    answers = [
        narrow.ask(fresh_probe(n), case=f"26-{n}", found=(f"s{n}",), size=SMALL) for n in range(10, 14)
    ]
    assert answers == ["searched"] * 3 + ["refused"]
    cleared(narrow, item)
    assert narrow.facts(fresh_probe(20), case="26-20", size=SMALL).within_gallery_budget


def test_a_share_that_was_granted_ends_with_the_window(narrow: SmallDesk) -> None:
    cleared(narrow, use_up(narrow))
    for later, share in ((364, 6), (366, 3)):
        since = int((NOW + days(later - 365)).timestamp())
        assert gallery_share(narrow.ledger, narrow.limits, AGENCY, since, gallery_size=SMALL) == share


def test_a_list_withheld_by_the_share_is_free_again_with_its_officer_and_its_case(narrow: SmallDesk) -> None:
    assert narrow.ask(fresh_probe(1), found=("ada", "ben"), size=SMALL) == "searched"
    asked = narrow.ask(fresh_probe(2), case="26-2", officer="7", found=("cid", "dan"), size=SMALL)
    (item,) = waiting(narrow.ledger, narrow.limits, NOW, gallery_size=SMALL)
    assert (asked, item.what, item.officer, item.case_number) == ("withheld", "gallery", "7", "26-2")
    cleared(narrow, item)
    assert waiting(narrow.ledger, narrow.limits, NOW, gallery_size=SMALL) == ()
    again = narrow.ask(fresh_probe(3), case="26-2", officer="7", found=("cid", "dan"), size=SMALL)
    assert again == "searched"


@pytest.mark.parametrize("who", ["8841", "o9", "O9"])
def test_whoever_searched_within_the_window_grants_no_share(narrow: SmallDesk, who: str) -> None:
    narrow.ask(fresh_probe(90), officer="o9", case="25-1", now=NOW - days(300))
    with pytest.raises(PolicyRefusal, match="whoever made the searches concerned cannot clear them"):
        cleared(narrow, use_up(narrow), who)
    assert not narrow.facts(fresh_probe(2), size=SMALL).within_gallery_budget


def test_a_share_is_granted_by_nobody_unknown_and_to_no_other_agency(narrow: SmallDesk) -> None:
    item = use_up(narrow)
    with pytest.raises(PolicyRefusal, match="no supervisor or coordinator in good standing"):
        cleared(narrow, item, known=False)
    cleared(narrow, replace(item, agency="CO0170000"))
    assert not narrow.facts(fresh_probe(2), size=SMALL).within_gallery_budget


def test_a_ledger_made_again_holds_the_same_clearances(narrow: SmallDesk) -> None:
    cleared(narrow, use_up(narrow))
    before = narrow.facts(fresh_probe(2), size=SMALL)
    narrow.reopen_from_the_log()
    assert narrow.facts(fresh_probe(2), size=SMALL) == before


def test_a_clearance_of_variants_gives_three_more(desk: SmallDesk) -> None:
    answers = [desk.ask(fresh_probe(1)) for _ in range(4)]
    (item,) = waiting(desk.ledger, desk.limits, NOW)
    assert (answers[-1], item.what) == ("refused", "variants")
    cleared(desk, item)
    assert [desk.ask(fresh_probe(1)) for _ in range(4)] == ["searched"] * 3 + ["refused"]


def test_whoever_is_not_registered_or_is_concerned_clears_nothing(desk: SmallDesk) -> None:
    item = leave_out(desk)
    with pytest.raises(PolicyRefusal, match="no supervisor or coordinator in good standing"):
        cleared(desk, item, known=False)
    with pytest.raises(PolicyRefusal, match="whoever made the searches concerned cannot clear them"):
        cleared(desk, item, "o50")
    assert waiting(desk.ledger, desk.limits, NOW) == (item,)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"what": "everything"},
            "a clearance is of variants, subject, gallery, breaker, officer, got 'everything'",
        ),
        ({"agency": "denver"}, "is its ORI"),
        ({"supervisor": "a b"}, "officer id must be 1 to 32"),
        ({"reason": ""}, "needs its reason"),
        ({"probe_digest": ""}, "must name the probe_digest"),
    ],
)
def test_what_is_not_of_its_form_is_one_sentence(
    desk: SmallDesk, changed: dict[str, str], message: str
) -> None:
    good = {
        "agency": AGENCY,
        "what": "variants",
        "supervisor": "1",
        "reason": "ok",
        "probe_digest": "ab" * 32,
    }
    with pytest.raises(InputError, match=message):
        record_clearance(
            desk.ledger, desk.limits, Clearance(**{**good, **changed}), supervisor_known=True, at=NOW
        )
    assert desk.log.size == 0


def test_a_breaker_is_cleared_for_the_day(desk: SmallDesk) -> None:
    for n in range(30):
        desk.ask(fresh_probe(n), case=f"26-{n}", officer=f"o{n}")
    (item,) = waiting(desk.ledger, desk.limits, NOW)
    assert item.what == "breaker"
    assert desk.ask(fresh_probe(90), case="26-90", officer="o90") == "refused"
    cleared(desk, item)
    assert desk.ask(fresh_probe(90), case="26-90", officer="o90") == "searched"


def test_clearing_somebody_left_out_does_not_free_a_list_that_waits_for_the_share(desk: SmallDesk) -> None:
    item = leave_out(desk)
    request = desk.request("o50", "26-50")
    facts = desk.facts(fresh_probe(70))
    intent = record_intent(desk.ledger, request, fresh_probe(70), facts, NOW, allowed=True)
    over = FailedRule("FG-GALLERY-BUDGET", "Over.", "facegate", "checked")
    record_result(desk.ledger, intent, Listing(answered(("bob",), ()), withheld=(over,)), NOW)
    cleared(desk, item)
    assert not desk.facts(fresh_probe(71), officer="o50", case="26-50").within_gallery_budget


def test_of_several_left_out_only_those_cleared_stop_waiting(
    desk: SmallDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(10):
        desk.ask(fresh_probe(n), case=f"26-{n}", officer=f"o{n}", found=("ada", "bea"))
    desk.ask(fresh_probe(50), case="26-50", officer="o50", found=("ada", "bea"))
    (item,) = waiting(desk.ledger, desk.limits, NOW)
    record, calls = desk.ledger.record, []

    def full_at_the_second(*arguments: Any, **named: Any) -> int:  # noqa: ANN401  passed on
        calls.append(1)
        if len(calls) > 1:
            msg = "the disk is full"
            raise AuditError(msg)
        return record(*arguments, **named)

    monkeypatch.setattr(desk.ledger, "record", full_at_the_second)
    with pytest.raises(AuditError):
        cleared(desk, item)
    assert [one.subjects for one in waiting(desk.ledger, desk.limits, NOW)] == [("bea",)]
