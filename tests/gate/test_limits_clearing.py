"""What waits for a supervisor, and who may clear it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from limits_desk import AGENCY, NOW, SmallDesk, fresh_probe

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.limits.clearing import Clearance, clear, record_clearance, waiting

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


def withhold(desk: SmallDesk) -> Waiting:
    for n in range(10):
        desk.ask(fresh_probe(n), case=f"26-{n}", officer=f"o{n}", found=("ada",))
    assert desk.ask(fresh_probe(50), case="26-50", officer="o50", found=("ada",)) == "withheld"
    (item,) = waiting(desk.ledger, desk.limits, NOW)
    return item


def test_a_cleared_list_may_be_shown_once_more_and_no_oftener(desk: SmallDesk) -> None:
    cleared(desk, withhold(desk))
    assert waiting(desk.ledger, desk.limits, NOW) == ()
    assert desk.ask(fresh_probe(51), case="26-50", officer="o50", found=("ada",)) == "searched"
    assert desk.ask(fresh_probe(52), case="26-50", officer="o50", found=("ada",)) == "withheld"


def test_a_clearance_of_variants_gives_three_more(desk: SmallDesk) -> None:
    answers = [desk.ask(fresh_probe(1)) for _ in range(4)]
    (item,) = waiting(desk.ledger, desk.limits, NOW)
    assert (answers[-1], item.what) == ("refused", "variants")
    cleared(desk, item)
    assert [desk.ask(fresh_probe(1)) for _ in range(4)] == ["searched"] * 3 + ["refused"]


def test_whoever_is_not_registered_or_is_concerned_clears_nothing(desk: SmallDesk) -> None:
    item = withhold(desk)
    with pytest.raises(PolicyRefusal, match="no supervisor or coordinator in good standing"):
        cleared(desk, item, known=False)
    with pytest.raises(PolicyRefusal, match="whoever made the searches concerned cannot clear them"):
        cleared(desk, item, "o50")
    assert waiting(desk.ledger, desk.limits, NOW) == (item,)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"what": "everything"}, "a clearance is of variants, subject, breaker, officer, got 'everything'"),
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
        record_clearance(desk.ledger, Clearance(**{**good, **changed}), supervisor_known=True, at=NOW)
    assert desk.log.size == 0


def test_a_breaker_is_cleared_for_the_day(desk: SmallDesk) -> None:
    for n in range(30):
        desk.ask(fresh_probe(n), case=f"26-{n}", officer=f"o{n}")
    (item,) = waiting(desk.ledger, desk.limits, NOW)
    assert item.what == "breaker"
    assert desk.ask(fresh_probe(90), case="26-90", officer="o90") == "refused"
    cleared(desk, item)
    assert desk.ask(fresh_probe(90), case="26-90", officer="o90") == "searched"
