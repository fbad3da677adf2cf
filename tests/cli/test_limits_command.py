"""``facegate limits`` on the records of real searches: the caps, what waits, and who may clear it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ready_home import copy_home, make_home, permit, plain, records, run, search

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("agency"))


@pytest.fixture(scope="module")
def searched_often(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Search four times with one probe; the fourth is refused."""
    home = copy_home(made, tmp_path_factory.mktemp("searched"))
    permits = [permit(home) for _ in range(4)]
    codes = [search(home, with_permit=one).exit_code for one in permits]
    assert codes == [0, 0, 0, 3]
    return home


@pytest.fixture
def fresh(made: Path, tmp_path: Path) -> Path:
    return copy_home(made, tmp_path)


@pytest.fixture
def waiting(searched_often: Path, tmp_path: Path) -> Path:
    return copy_home(searched_often, tmp_path)


def show(home: Path) -> str:
    answer = run(home, "limits", "show")
    assert answer.exit_code == 0, answer.output
    return plain(answer)


def clear(home: Path, number: int = 1, supervisor: str = "1120", reason: str = "Looked at it.") -> Result:
    return run(home, "limits", "clear", str(number), "--supervisor", supervisor, "--reason", reason)


def row(text: str, name: str) -> list[str]:
    """Give the cells that follow a name."""
    return text.partition(f"{name} ")[2].replace("┃", "").split()


def test_without_a_search_the_caps_are_the_defaults_and_nothing_waits(fresh: Path) -> None:
    told = show(fresh)
    assert row(told, "case_probes")[:2] == ["10", "10"]
    assert "Nothing waits for a supervisor." in told
    assert "Loosened" not in told


def test_a_cap_that_is_looser_than_the_default_is_named_and_a_tighter_one_is_not(fresh: Path) -> None:
    (fresh / "limits.toml").write_text("agency_day_probes = 400\nwindow_days = 30\ncase_probes = 5\n")
    told = show(fresh)
    assert "Loosened: agency_day_probes is 400, looser than the default 200." in told
    assert "Loosened: window_days is 30, looser than the default 365." in told
    assert told.count("Loosened") == 2
    assert row(told, "case_probes")[:2] == ["5", "10"]


@pytest.mark.parametrize("text", ["case_probs = 5", "case_probes = 0", "case_probes = true", "case_probes"])
def test_caps_that_are_not_understood_are_one_sentence_and_nothing_is_searched(
    fresh: Path, text: str
) -> None:
    given = permit(fresh)
    (fresh / "limits.toml").write_text(text)
    for answer in (run(fresh, "limits", "show"), search(fresh, with_permit=given)):
        assert answer.exit_code == 2
        assert answer.stderr.startswith("facegate: limits.toml")
    assert records(fresh)[-1]["kind"] == "permit"


def test_the_day_of_an_agency_is_counted_in_searches_and_probes(waiting: Path) -> None:
    # Three searches with one photo are one probe, of 200; the breaker stands at its floor.
    assert row(show(waiting).partition("Today")[2], "CO0160000")[:5] == ["3", "1", "0", "%", "30"]


def test_a_probe_searched_three_times_waits_with_officer_and_case(waiting: Path) -> None:
    told = show(waiting).partition("Waits for a supervisor")[2]
    assert row(told, "1 variants")[:4] == ["CO0160000", "8841", "24-001234", "FG-VARIANTS"]
    assert "facegate limits clear NUMBER" in told


def test_what_a_supervisor_cleared_waits_no_more_and_is_searched_again(waiting: Path) -> None:
    answer = clear(waiting)
    assert answer.exit_code == 0, answer.output
    seq = max(record["seq"] for record in records(waiting))
    assert f"Cleared: variants of CO0160000; record {seq} of the log." in plain(answer)
    assert records(waiting)[-1]["kind"] == "clearance"
    assert "Nothing waits for a supervisor." in show(waiting)
    again = search(waiting, with_permit=permit(waiting))
    assert again.exit_code == 0
    assert "This is search 4 with variants of one probe" in plain(again)


@pytest.mark.parametrize("who", ["8841", "77", "502", "9999"])
def test_whoever_is_no_supervisor_of_the_agency_clears_nothing(waiting: Path, who: str) -> None:
    size = len(records(waiting))
    answer = clear(waiting, supervisor=who)
    assert answer.exit_code == 3
    assert "no supervisor or coordinator in good standing" in answer.stderr
    assert len(records(waiting)) == size


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": 0}, "1 things wait for a supervisor, got number 0"),
        ({"number": 2}, "1 things wait for a supervisor, got number 2"),
        ({"reason": ""}, "needs its reason in 1 to 100 plain characters"),
        ({"reason": "x" * 101}, "needs its reason in 1 to 100 plain characters"),
        ({"supervisor": "a b"}, "1 to 32 plain letters"),
    ],
)
def test_a_clearance_that_is_none_is_one_sentence(waiting: Path, changes: dict[str, Any], words: str) -> None:
    answer = clear(waiting, **changes)
    assert answer.exit_code == 2
    assert words in answer.stderr


def n_found(home: Path) -> int:
    """Search once more, and give how many candidates wait."""
    answer = search(home, with_permit=permit(home))
    assert answer.exit_code == 0, answer.output
    results = [record for record in records(home) if record["kind"] == "result"]
    return int(results[-1]["n_candidates"])


def test_whoever_was_left_out_waits_by_case_unnamed_and_is_cleared_for_one_more_showing(fresh: Path) -> None:
    (fresh / "limits.toml").write_text("subject_agency_searches = 1\nvariants = 9\n")
    assert [n_found(fresh), n_found(fresh)] == [1, 0]
    told = show(fresh)
    assert row(told, "1 omitted")[:5] == ["CO0160000", "8841", "24-001234", "FG-CAP-SUBJECT", "1"]
    assert "lists of this case were incomplete" in told
    assert "astronaut" not in told
    assert "no supervisor or coordinator" in clear(fresh, supervisor="8841").stderr
    assert clear(fresh).exit_code == 0
    assert "Nothing waits for a supervisor." in show(fresh)
    assert [n_found(fresh), n_found(fresh)] == [1, 0]


def grant(home: Path, agency: str = "CO0160000", supervisor: str = "1120") -> Result:
    return run(home, "limits", "clear", "--gallery", agency, "--supervisor", supervisor, "--reason", "Ok.")


def test_a_share_of_the_gallery_that_is_used_up_is_granted_once_more(fresh: Path) -> None:
    (fresh / "limits.toml").write_text("gallery_least = 1\n")
    assert n_found(fresh) == 1
    shares = show(fresh).partition("Share of the gallery")[2]
    assert row(shares, "CO0160000")[:3] == ["1", "1", "0"]
    assert row(shares, "1 gallery")[:2] == ["CO0160000", "FG-GALLERY-BUDGET"]
    assert grant(fresh, supervisor="8841").exit_code == 3
    assert grant(fresh).exit_code == 0
    assert row(show(fresh).partition("Share of the gallery")[2], "CO0160000")[:3] == ["1", "2", "1"]
    assert records(fresh)[-1]["what"] == "gallery"


def test_no_share_is_granted_before_it_is_used_up(fresh: Path) -> None:
    answer = grant(fresh)
    assert (answer.exit_code, records(fresh)[-1]["kind"] == "clearance") == (2, False)
    assert "'CO0160000' has not used up its share of the gallery" in answer.stderr


@pytest.mark.parametrize(("named", "got"), [((), "neither"), (("1", "--gallery", "CO0160000"), "both")])
def test_a_clearance_is_of_a_number_or_of_a_share(fresh: Path, named: tuple[str, ...], got: str) -> None:
    answer = run(fresh, "limits", "clear", *named, "--supervisor", "1120", "--reason", "Ok.")
    assert answer.exit_code == 2
    assert f"got {got}" in answer.stderr


def test_a_breaker_that_opened_is_cleared_for_the_day(fresh: Path) -> None:
    (fresh / "limits.toml").write_text("breaker_floor = 1\n")
    spare = permit(fresh)
    search(fresh, with_permit=permit(fresh))
    assert "by FG-BREAKER;" in plain(search(fresh, with_permit=spare))
    assert "1 reached" in show(fresh)
    assert clear(fresh).exit_code == 0
    assert search(fresh, with_permit=spare).exit_code == 0
