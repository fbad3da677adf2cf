"""The public site: what its pages say and link to, what no file of it holds, and that its files verify."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest
from case_room import AT, a_home
from site_room import POLICY, WITNESS, YEARS, source_of, the_home, the_site

from facegate.audit.entry import INTENT
from facegate.audit.reading import read_public, read_records
from facegate.audit.witnesses.witness_policy import parse_policy
from facegate.errors import InputError, VerificationError
from facegate.gate.ledger.event import Event
from facegate.gate.opening import law_in_force
from facegate.oversight.log_reader import PublicLog
from facegate.oversight.quorum import WITNESSES
from facegate.oversight.registry import report_kind
from facegate.oversight.site.headlines import headlines, immigration, refusals
from facegate.oversight.site.laws import law_texts
from facegate.oversight.site.pages import SITE_FILE, site_files
from facegate.oversight.site.published_reports import (
    EVERY_ROW,
    NAMES,
    attempts_by_year,
    default_years,
    figure,
    make_reports,
)
from facegate.oversight.site.source import read_source, witnessing_by_log
from facegate.oversight.verify_report import verify_report

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.audit.canonical import JSONValue

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """What the tests ask of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[int] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tables: list[dict[str, int]] = []
        self.without_scope = 0
        self.text = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.links += [held[name] or "" for name in ("href", "src") if name in held]
        self.ids += [held["id"] or ""] if "id" in held else []
        if tag == "table":
            self.tables.append({"caption": 0, "th": 0})
        elif tag in {"caption", "th"} and "table" in self.open:
            self.tables[-1][tag] += 1
            self.without_scope += tag == "th" and held.get("scope") not in {"col", "row"}

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self.text += " " if tag in {"td", "th"} else ""

    def handle_data(self, data: str) -> None:
        self.text += data


def pages() -> list[Path]:
    return sorted(the_site().rglob("*.html"))


def words_of(name: str) -> str:
    return " ".join(Page(the_site() / name).text.split())


def test_every_page_is_well_formed_with_one_main_heading_and_none_skipped() -> None:
    for path in pages():
        page = Page(path)
        assert not page.open, path
        assert page.headings.count(1) == 1, path
        assert page.headings[0] == 1, path
        steps = zip(page.headings, page.headings[1:], strict=False)
        assert all(later <= earlier + 1 for earlier, later in steps), path
        assert len(page.ids) == len(set(page.ids)), path


def test_every_table_has_one_caption_and_every_heading_cell_its_scope() -> None:
    for path in pages():
        page = Page(path)
        assert all(table["caption"] == 1 and table["th"] for table in page.tables), path
        assert page.without_scope == 0, path


def test_every_link_is_relative_and_leads_to_a_file_of_the_site() -> None:
    for path in pages():
        for link in Page(path).links:
            if link.startswith("#"):
                assert link[1:] in Page(path).ids, (path, link)
            elif link != "data:,":
                assert re.match(r"[a-z]+:|/", link) is None, (path, link)
                assert (path.parent / link).resolve().is_file(), (path, link)


def test_no_page_can_fetch_anything_from_elsewhere() -> None:
    for path in pages():
        assert "default-src 'none'; style-src 'self' file:; script-src 'self' file:" in path.read_text(
            "utf-8"
        )


def test_the_same_log_keys_and_day_give_the_same_bytes() -> None:
    assert site_files(source_of(the_home()), YEARS) == site_files(source_of(the_home()), YEARS)
    later = AT.replace(hour=AT.hour + 2)
    assert site_files(source_of(the_home(), at=later), YEARS) == site_files(source_of(the_home()), YEARS)


def test_nothing_that_the_log_seals_stands_in_any_file() -> None:
    sealed = sealed_words()
    assert {"24-001234", "24-007777", "8841", "5566", "person-of-another-case"} <= sealed
    held = "\n".join(path.read_bytes().decode("latin-1") for path in the_site().rglob("*") if path.is_file())
    found = {word for word in sealed if re.search(rf"(?<![\w+/=]){re.escape(word)}(?![\w+/=])", held)}
    assert not found


def sealed_words() -> set[str]:
    """List every sealed value, and every text inside one, that no public field, law or certificate says."""
    values: set[str] = set()
    for _, opening in read_records(the_home().log):
        for value in opening.values.values() if opening else ():
            values |= {value, *texts(as_json(value))}
    public = [dict(entry.public) for entry, _ in read_public(the_home().log)]
    laws = [one.text for one in law_texts(source_of(the_home()))]
    said = json.dumps([public, laws]) + the_home().certificate.read_text()
    return {one for one in values if len(one) >= 3 and one not in said and one not in {"[]", "true", "false"}}


def as_json(value: str) -> JSONValue:
    try:
        read: JSONValue = json.loads(value)
    except ValueError:
        return value
    return read


def texts(value: JSONValue) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, (list, tuple)):
        return [text for one in value for text in texts(one)]
    return [text for one in value.values() for text in texts(one)] if isinstance(value, dict) else []


def test_the_first_page_prints_the_figures_of_the_reports() -> None:
    said = words_of("index.html")
    for figure_said in (
        "requests to search 4",
        "refused, because a rule was not met 2",
        "searches made 2",
        "of these released to investigators as a lead 1",
        "leads proved wrong 1",
        "searches by hand, entered afterwards 1",
        "CO-CASE-NUMBER An image comparison is made only for a case",
    ):
        assert figure_said in said


def test_requests_about_immigration_are_printed_when_they_are_all_zero() -> None:
    said = words_of("index.html")
    for what in ("asked by an immigration authority", "asked for an immigration authority"):
        assert f"{what} 0 0 0 0 0" in said


def test_the_first_page_says_why_the_gate_is_closed_and_which_certificate_holds() -> None:
    said = words_of("index.html")
    assert "Closed. Until this is mended, searches are refused: FG-USAGE-POLICY" in said
    assert "An accuracy certificate is in force. It is valid until 2027-11-22." in said
    assert "F two different people taken for one 0.43 % (1 in 233)" in said


def test_without_a_certificate_the_first_page_says_so(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    home.certificate.unlink()
    made = site_files(source_of(home), YEARS)
    assert b"No accuracy certificate is in force" in made["index.html"]
    assert "certificate.json" not in made


def test_a_law_that_cannot_be_read_is_on_the_first_page_and_the_site_is_made_all_the_same(
    tmp_path: Path,
) -> None:
    home = a_home(tmp_path)
    home.profiles.mkdir()
    (home.profiles / "broken.cedar").write_text("nonsense")
    made = site_files(source_of(home, engine=law_in_force(home)), YEARS)
    assert b"The law cannot be read, so everything is refused" in made["index.html"]


def test_a_usage_policy_is_shown_only_if_it_is_the_published_one(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    (home.folder / "usage-policy.txt").write_bytes(b"another policy")
    made = site_files(source_of(home), YEARS)
    assert "policies/usage-policy.txt" not in made
    assert b"another policy" not in made["policies.html"]
    assert b"is not the one that was published" in made["policies.html"]


def test_a_text_that_decided_is_shown_rule_by_rule_beside_its_cedar() -> None:
    used = next(one for one in law_texts(source_of(the_home())) if one.name == "co-dmv-2019")
    assert (used.record is not None, used.offered) == (True, True)
    rule = next(one for one in used.rules if one.rule_id == "CO-CASE-NUMBER")
    assert (
        rule.say
        == "An image comparison is made only for a case, and the request names no usable case number."
    )
    assert rule.cedar.startswith('@id("CO-CASE-NUMBER")')
    assert rule.cedar.endswith("unless { context has caseNumber };")
    assert (the_site() / f"policies/{used.stem}.cedar").read_text() == used.text


def test_every_rule_shown_has_the_part_of_the_text_that_is_its_own() -> None:
    for text in law_texts(source_of(the_home())):
        for rule in text.rules:
            assert f'@id("{rule.rule_id}")' in rule.cedar
            assert rule.cedar.count("@id(") == 1
            assert rule.cedar.endswith(";"), rule.rule_id


def test_without_witnesses_on_record_the_site_says_not_yet_witnessed() -> None:
    assert "Not yet witnessed: the log names no witnesses" in words_of("index.html")


def test_a_quorum_that_is_met_is_said_with_who_and_the_policy_published() -> None:
    made = site_files(source_of(the_home(), witnessed=True), YEARS)
    assert b"Witnessed: the quorum outside is met by defender." in made["index.html"]
    assert made["log/witness-policy.txt"].decode() == POLICY
    assert b"2026-11-22 15:00:00 UTC" in made["log/index.html"]


def test_a_quorum_that_is_not_met_is_said_with_the_reason() -> None:
    alone = source_of(the_home())
    policy = parse_policy(POLICY)
    made = read_source(the_home(), alone.signed, keys=alone.keys, engine=alone.engine, at=AT, policy=policy)
    assert not made.witnessing.met
    assert made.witnessing.said.startswith("Not yet witnessed: the quorum outside of witnesses is not met")


def test_the_keys_of_the_site_verify_the_log_of_the_site() -> None:
    (line,) = (the_site() / "log/keys.txt").read_text().splitlines()
    assert line == source_of(the_home()).keys[0].line()


@pytest.mark.parametrize("name", [one for one in NAMES if not report_kind(one).needs_openings])
def test_reports_without_sealed_fields_verify_against_the_log_of_the_site(name: str) -> None:
    data = (the_site() / f"reports/{name}-2026.json").read_bytes()
    assert verify_report(data, PublicLog(the_site() / "log")).name == name


def test_an_edited_number_fails_to_verify_and_is_named() -> None:
    data = (the_site() / "reports/searches-2026.json").read_bytes()
    edited = data.replace(b'["refused",2]', b'["refused",1]')
    with pytest.raises(
        VerificationError, match=r"table outcomes, row 2 .refused., attempts: the report says 1"
    ):
        verify_report(edited, PublicLog(the_site() / "log"))


def test_every_report_is_there_as_page_file_and_text() -> None:
    listed = json.loads((the_site() / SITE_FILE).read_text())["reports"]
    assert [one["file"] for one in listed] == [f"{name}-2026" for name in NAMES]
    for one in listed:
        for ending in ("html", "json", "txt"):
            assert (the_site() / f"reports/{one['file']}.{ending}").is_file()


def test_no_report_of_the_site_counts_people_who_were_searched_for() -> None:
    made = make_reports(source_of(the_home()), YEARS)
    assert not any(table.people for one in made.values() for table in one.report.tables)


def test_every_headline_names_rows_that_its_report_has() -> None:
    made = make_reports(source_of(the_home()), YEARS)
    lines = (*headlines(made, YEARS), *immigration(made, 2026), *refusals(made, YEARS, {}))
    for line in lines:
        for one in line.figures:
            where, name, row, _ = one.source.split("/")
            table = next(t for t in made[where].report.tables if t.name == name)
            assert row == EVERY_ROW or row in {cells[0] for cells in table.rows}, one.source


def test_a_figure_of_a_column_that_no_report_has_is_an_error_of_ours() -> None:
    made = make_reports(source_of(the_home()), YEARS)
    with pytest.raises(RuntimeError, match="has no table outcomes with a column nothing"):
        figure(made, "searches-2026", "outcomes", "refused", "nothing")


def an_event(year: int, kind: str = INTENT) -> Event:
    return Event(0, kind, datetime(year, 6, 1, tzinfo=UTC), {}, {})


def test_years_are_counted_from_the_first_record_to_the_last_without_a_gap() -> None:
    events = (an_event(2024), an_event(2024), an_event(2026, "officer"))
    assert attempts_by_year(events) == {2024: 2, 2025: 0, 2026: 0}
    assert attempts_by_year(()) == {}


def test_the_year_before_is_reported_on_only_if_the_log_was_there() -> None:
    assert default_years((an_event(2025),), AT) == (2026, 2025)
    assert default_years((an_event(2026),), AT) == (2026,)
    assert default_years((), AT) == (2026,)


def test_a_year_before_the_log_is_made_of_zeros_and_links_to_the_other() -> None:
    made = site_files(source_of(the_home()), (2026, 2025))
    assert b'href="searches-2025.html"' in made["reports/searches-2026.html"]
    assert b"For 2025 every agency that was registered then" in made["index.html"]


def test_a_log_without_its_sealed_part_makes_no_site(tmp_path: Path) -> None:
    home = a_home(tmp_path)
    (home.log / "sealed.db").unlink()
    with pytest.raises(InputError, match=r"the sealed part of .* is not there"):
        source_of(home)


def test_witnesses_that_the_log_names_are_looked_for_without_a_policy() -> None:
    source = source_of(the_home(), witnessed=True)
    named = {"name": "defender", "key": WITNESS.key.line(), "outside_policing": "yes"}
    public: dict[str, JSONValue] = {
        "policy_digest": "ab" * 32,
        "published_at": "example",
        "quorum": "outside",
        "witnesses": [named],
    }
    event = Event(99, WITNESSES, AT, public, {})
    found = witnessing_by_log(source.signed, (event,))
    assert found.said == "Cosigned by defender; whether that is enough for the quorum was not checked here."
    assert witnessing_by_log(source_of(the_home()).signed, (event,)).said.startswith(
        "Not yet witnessed: none"
    )
