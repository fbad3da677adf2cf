"""The site's folder: brought up to date, never somebody else's, and never ahead of the log it holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from case_room import AGENCY, AT, a_home, open_case
from ready_agency import ORIGIN
from site_room import YEARS, a_site, source_of, the_home, write

from facegate.audit.published.published import verify_published
from facegate.errors import InputError, StorageError, VerificationError
from facegate.gate.registers.people import register_officer
from facegate.oversight.log_reader import PublicLog
from facegate.oversight.site import writing
from facegate.oversight.site.pages import SITE_FILE, site_files
from facegate.oversight.site.writing import demand_site_or_nothing, write_site
from facegate.oversight.verify_report import verify_report

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.gate.home import Home


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def grow(home: Home) -> None:
    """Put one more record on the log."""
    with open_case(home) as ledger:
        register_officer(
            ledger,
            agency=AGENCY,
            officer="4711",
            role="investigator",
            unit="Fraud",
            trained_until="2027-11-22",
            at=AT,
        )


def test_the_published_log_of_the_site_holds(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    found = verify_published(site / "log", keys=source_of(the_home()).keys)
    assert found.log.size == source_of(the_home()).log.size


def test_made_again_from_the_same_state_nothing_changes(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*.html")}
    held = content_of(site)
    write(site, the_home(), source_of(the_home()))
    assert content_of(site) == held
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*.html")} == before


def test_a_site_is_brought_up_to_the_log_that_has_grown(tmp_path: Path) -> None:
    home, site = a_home(tmp_path), tmp_path / "site"
    write(site, home, source_of(home))
    grow(home)
    write(site, home, source_of(home))
    size = source_of(home).log.size
    assert json.loads((site / SITE_FILE).read_bytes())["log"]["size"] == size
    assert verify_published(site / "log", keys=source_of(home).keys).log.size == size
    fresh = content_of(write(tmp_path / "fresh", home, source_of(home)))
    assert {name: data for name, data in content_of(site).items() if name in fresh} == fresh


def test_pages_that_are_made_no_more_go_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    (site / "reports" / "searches-1999.html").write_text("old")
    (site / "reports" / "photo.png").write_bytes(b"ours")
    (site / "CNAME").write_text("example")
    write(site, the_home(), source_of(the_home()))
    assert not (site / "reports" / "searches-1999.html").exists()
    assert (site / "reports" / "photo.png").exists()
    assert (site / "CNAME").exists()


def test_a_folder_with_other_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"is not empty, and is no public site: it has no site.json"):
        write(tmp_path, the_home(), source_of(the_home()))
    assert content_of(tmp_path) == {"thesis.txt": b"years of work"}


def test_the_site_of_another_log_is_refused(tmp_path: Path) -> None:
    site = a_site(tmp_path)
    with pytest.raises(InputError, match=r"is the site of the log .*ready, wanted facegate.example/other"):
        demand_site_or_nothing(site, "facegate.example/other")


@pytest.mark.parametrize("text", ["nonsense", "[]", "{}", '{"schema": 1, "log": 2}'])
def test_a_site_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / SITE_FILE).write_text(text)
    with pytest.raises(InputError, match="is not that of a public site"):
        demand_site_or_nothing(tmp_path, ORIGIN)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("")
    with pytest.raises(InputError, match="is no public site"):
        demand_site_or_nothing(tmp_path / "site", ORIGIN)


def test_a_site_that_shows_more_records_than_the_log_has_is_left_as_it_is(tmp_path: Path) -> None:
    home, site = a_home(tmp_path), tmp_path / "site"
    earlier = source_of(home)
    grow(home)
    write(site, home, source_of(home))
    held = content_of(site)
    with pytest.raises(VerificationError, match="a published log never goes back"):
        write(site, home, earlier)
    assert content_of(site) == held


def test_killed_after_the_log_every_report_still_follows_from_it_and_the_next_run_finishes(
    tmp_path: Path,
) -> None:
    home, site = a_home(tmp_path), tmp_path / "site"
    write(site, home, source_of(home))
    grow(home)
    source = source_of(home)
    pages = site_files(source, YEARS)
    with patch.object(writing, "_write", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        write_site(site, home, source, pages)
    log = PublicLog(site / "log")
    assert log.state().size == source.log.size
    assert verify_report((site / "reports/searches-2026.json").read_bytes(), log).log.size < source.log.size
    write_site(site, home, source, pages)
    assert {name: (site / name).read_bytes() for name in pages} == pages


def test_killed_at_the_start_of_a_new_site_the_next_run_finishes(tmp_path: Path) -> None:
    site, source = tmp_path / "site", source_of(the_home())
    pages = site_files(source, YEARS)
    with patch.object(writing, "publish", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        write_site(site, the_home(), source, pages)
    write_site(site, the_home(), source, pages)
    assert (site / "index.html").read_bytes() == pages["index.html"]


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    site, source = a_site(tmp_path), source_of(the_home())
    with writing.only_writer(site), pytest.raises(InputError, match="somebody else is writing the site"):
        write(site, the_home(), source)


def test_a_full_disk_is_one_sentence_and_leaves_no_half_page(tmp_path: Path) -> None:
    path = tmp_path / "reports"
    path.write_text("a file where a folder must be")
    with pytest.raises(StorageError, match="the site is as old there as it was"):
        writing._write(path / "page.html", b"x")
    assert list(tmp_path.iterdir()) == [path]
