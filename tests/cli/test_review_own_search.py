"""Whether the requester may review: what the law in force here says, and nothing else."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from ready_home import copy_home, make_home, permit, plain, records, run, search

from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.registers.activation import activate_policy
from facegate.policy.engine import PolicyEngine
from facegate.policy.profile import SHIPPED

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

PROFILE = "co-dmv-2019"
ASKER, OTHER = ("8841", "CO0160000"), ("77", "CODMV0000")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("agency") / "made")


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return copy_home(made, tmp_path)


def keep_own_law(home: Path) -> None:
    """Put the agency's own texts in its folder: as shipped, but that the requester reviews."""
    place = Home(home)
    path = place.profiles / f"{PROFILE}.cedar"
    others = [one.name for one in SHIPPED.glob("*.cedar") if one.name != path.name]  # one law is read sooner
    shutil.copytree(SHIPPED, place.profiles, ignore=shutil.ignore_patterns(*others))
    text = path.read_text()
    opened = text.replace('@levels("1', '@allows("requester_reviews")\n@levels("1', 1)
    assert opened != text
    path.write_text(opened)


def activate(home: Path) -> None:
    """Let two people of the license authority sign the text kept here."""
    now = datetime.now(tz=UTC)
    with open_ledger(Home(home)) as ledger:
        activate_policy(
            ledger,
            profile=PROFILE,
            policy_digest=PolicyEngine.load(Home(home).profiles).digest(PROFILE),
            authority="C.R.S. 24-72-302(3)",
            first_day=f"{now:%Y-%m-%d}",
            signed_by=("77", "31"),
            at=now,
        )


def searched(home: Path) -> str:
    answer = search(home, "--json", with_permit=permit(home))
    assert answer.exit_code == 0, answer.output
    name: str = json.loads(answer.stdout)["search_id"]
    return name


def show(home: Path, name: str, who: tuple[str, str]) -> Result:
    return run(home, "review", "show", name, "--officer", who[0], "--agency", who[1])


def find(home: Path, name: str, who: tuple[str, str]) -> Result:
    return run(home, "review", "find", name, "1=agree", "--officer", who[0], "--agency", who[1])


def test_under_the_shipped_law_the_requester_does_not_review(home: Path) -> None:
    name = searched(home)
    for answer in (show(home, name, ASKER), find(home, name, ASKER)):
        assert (answer.exit_code, "RV-OWN-SEARCH" in plain(answer)) == (3, True)


def test_under_a_law_that_says_so_the_requester_is_one_of_two_reviewers(home: Path) -> None:
    keep_own_law(home)
    activate(home)
    name = searched(home)
    for who in (ASKER, OTHER):
        assert show(home, name, who).exit_code == 0
        assert find(home, name, who).exit_code == 0
    assert [one["kind"] for one in records(home)][-3:] == ["review-opened", "finding", "review-closed"]


def test_under_a_law_that_says_so_he_is_still_only_one_of_them(home: Path) -> None:
    keep_own_law(home)
    activate(home)
    name = searched(home)
    show(home, name, ASKER)
    assert find(home, name, ASKER).exit_code == 0
    assert "RV-TWICE" in plain(find(home, name, ASKER))


def test_a_text_that_nobody_signed_opens_nothing(home: Path) -> None:
    name = searched(home)
    keep_own_law(home)
    answer = show(home, name, ASKER)
    assert (answer.exit_code, "RV-OWN-SEARCH" in plain(answer)) == (3, True)


def test_a_law_that_cannot_be_read_opens_nothing(home: Path) -> None:
    name = searched(home)
    keep_own_law(home)
    activate(home)
    (Home(home).profiles / f"{PROFILE}.cedar").write_text("permit (principal, action, resource);")
    answer = show(home, name, ASKER)
    assert (answer.exit_code, "RV-OWN-SEARCH" in plain(answer)) == (3, True)


def test_no_shipped_law_lets_the_requester_review() -> None:
    engine = PolicyEngine.load()
    assert not [name for name in engine.profiles if "requester_reviews" in engine.profile(name).allows]
