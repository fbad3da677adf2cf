"""Every file of the public site but those of the published log, from what was read: a pure function."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from facegate.audit.canonical import canonical_json
from facegate.oversight.quorum import membership
from facegate.oversight.report_form import ONE_DAY, encode_report
from facegate.oversight.report_text import NOT_RECORDED, cell_text, report_text
from facegate.oversight.site.headlines import IMMIGRATION_COLUMNS, headlines, immigration, refusals
from facegate.oversight.site.laws import law_texts, laws_in_force, plain_sentences
from facegate.oversight.site.published_reports import (
    AUDITS,
    IMMIGRATION,
    MISUSE,
    SEARCHES,
    attempts_by_year,
    make_reports,
    report_kinds,
    stem,
)
from facegate.oversight.site.standing import certificate_shown, closed_by
from facegate.reporting.report.page import template_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from facegate.oversight.report import Cell, Table
    from facegate.oversight.site.laws import LawText
    from facegate.oversight.site.published_reports import MadeReport
    from facegate.oversight.site.source import SiteSource

SCHEMA: Final = "facegate/site/v1"
SITE_FILE: Final = "site.json"
"""Which reports the site holds, for the page that checks them; and the mark by which a folder is a site."""
LOG: Final = "log"
SCRIPTS: Final = ("recount.js", "verify.js")
_PACKAGE: Final = "facegate.oversight.site"
SENTENCE: Final = 40  # characters
SHORT: Final = 12
_COUNTS: Final = frozenset({"<5", "withheld"})


@dataclass(frozen=True, slots=True)
class _Site:
    """What every page may show."""

    source: SiteSource
    years: tuple[int, ...]
    made: Mapping[str, MadeReport]
    texts: tuple[LawText, ...]
    environment: Environment

    def page(self, template: str, *, up: str = "", **shown: object) -> bytes:
        """Write one page; ``up`` leads from its folder to the site's."""
        made = self.environment.get_template(template)
        return made.render(up=up, source=self.source, years=self.years, **shown).encode()


def site_files(
    source: SiteSource, years: Sequence[int], progress: Callable[[int, int], None] | None = None
) -> dict[str, bytes]:
    """Write the site.

    Parameters
    ----------
    source : SiteSource
        What was read.
    years : sequence of int
        Calendar years to report on, the newest first; at least one.
    progress : callable, optional
        Called with (reports made, reports in all).

    Returns
    -------
    dict of str to bytes
        By path under the site's folder. The same source and years, the same bytes.
    """
    made = make_reports(source, years, progress)
    site = _Site(source, tuple(years), made, law_texts(source), _environment())
    found = {
        "index.html": _index(site),
        "reports.html": site.page("reports.html.j2", kinds=report_kinds(), stem=stem, attempts=_years(site)),
        "policies.html": _policies(site),
        "verify.html": site.page("verify.html.j2"),
        **{name: (files(_PACKAGE) / name).read_bytes() for name in SCRIPTS},
        "site.css": style(),
        SITE_FILE: _site_file(site),
        f"{LOG}/index.html": _log(site),
        f"{LOG}/keys.txt": "".join(f"{key.line()}\n" for key in source.keys).encode(),
    }
    if source.witnessing.policy:
        found[f"{LOG}/witness-policy.txt"] = source.witnessing.policy.encode()
    if source.certificate:
        found["certificate.json"] = source.certificate
    if _usage_policy(source)["published"]:
        found["policies/usage-policy.txt"] = source.usage_policy or b""
    return {**found, **_reports(site), **_texts(site)}


def style() -> bytes:
    """Write the site's style: that of the house's other pages, and what only this site needs."""
    own = (files(_PACKAGE) / "site.css").read_text("utf-8")
    return f"{template_text('page.css')}\n{own}".encode()


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["cell"] = cell_text
    made.globals["are_counts"] = are_counts
    made.globals["width"] = width
    made.globals["not_recorded"] = NOT_RECORDED
    return made


def are_counts(table: Table, column: int) -> bool:
    """Tell whether a column holds nothing but counts, so that it is set to the right."""
    return bool(table.rows) and all(_is_count(row[column]) for row in table.rows)


def width(table: Table, column: int) -> str:
    """Say whether a column holds sentences, which want room on a narrow screen, or days, kept whole."""
    longest = max((len(cell_text(row[column])) for row in table.rows), default=0)
    return "long" if longest > SENTENCE else "short" if longest <= SHORT else "plain"


def _is_count(cell: Cell) -> bool:
    return cell is None or isinstance(cell, int) or cell in _COUNTS


def _index(site: _Site) -> bytes:
    source, made, years = site.source, site.made, site.years
    audits = next(t for t in made[stem(AUDITS, years[0])].report.tables if t.name == "audit-calendar")
    ended = [year for year in years if year < source.at.year]
    return site.page(
        "index.html.j2",
        headlines=headlines(made, years),
        immigration=immigration(made, years[0]),
        immigration_columns=IMMIGRATION_COLUMNS,
        immigration_report=stem(IMMIGRATION, years[0]),
        refusals=refusals(made, years, plain_sentences(site.texts)),
        closed=closed_by(source),
        certificate=certificate_shown(source),
        laws=laws_in_force(source),
        audits=audits,
        audits_report=stem(AUDITS, years[0]),
        misuse_report=stem(MISUSE, ended[0]) if ended else "",
        non_filers=_non_filers(made, ended[0]) if ended else (),
        ended=ended[0] if ended else None,
        searches_report=stem(SEARCHES, years[0]),
        begun=source.events[0].time.date() if source.events else source.at.date(),
    )


def _non_filers(made: Mapping[str, MadeReport], year: int) -> tuple[tuple[Cell, ...], ...]:
    return next(t for t in made[stem(MISUSE, year)].report.tables if t.name == "misuse-non-filers").rows


def _years(site: _Site) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(attempts_by_year(site.source.events).items(), reverse=True))


def _reports(site: _Site) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, one in site.made.items():
        found[f"reports/{name}.json"] = encode_report(one.report)
        found[f"reports/{name}.txt"] = report_text(one.report).encode()
        last_day = one.report.period.end - ONE_DAY
        found[f"reports/{name}.html"] = site.page(
            "report.html.j2",
            up="../",
            one=one,
            report=one.report,
            last_day=last_day,
            unfinished=not one.report.period.over(site.source.at),
            others=[year for year in site.years if year != one.year],
            stem=stem,
        )
    return found


def _policies(site: _Site) -> bytes:
    return site.page(
        "policies.html.j2",
        laws=laws_in_force(site.source),
        used=[one for one in site.texts if one.record is not None],
        offered=[one for one in site.texts if one.offered],
        usage=_usage_policy(site.source),
    )


def _texts(site: _Site) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for one in site.texts:
        found[f"policies/{one.stem}.cedar"] = one.text.encode("ascii")
        found[f"policies/{one.stem}.html"] = site.page("law_text.html.j2", up="../", text=one)
    return found


def _usage_policy(source: SiteSource) -> dict[str, object]:
    """Compare the usage policy in the agency's folder with the one that was published last."""
    published = [one for one in source.events if one.kind == "usage-policy"]
    last = published[-1] if published else None
    here = None if source.usage_policy is None else hashlib.sha256(source.usage_policy).hexdigest()
    same = last is not None and here == last.text("digest")
    return {
        "record": last,
        "published": same,
        "text": source.usage_policy.decode(errors="replace") if same and source.usage_policy else "",
    }


def _log(site: _Site) -> bytes:
    events = site.source.events
    return site.page(
        "log.html.j2",
        up="../",
        note=site.source.signed.encode().decode(),
        kinds=sorted(Counter(one.kind for one in events).items()),
        last=events[-1].time if events else None,
        membership=membership(events),
        policy_digest=hashlib.sha256(site.source.witnessing.policy.encode()).hexdigest(),
    )


def _site_file(site: _Site) -> bytes:
    log = site.source.log
    return (
        canonical_json(
            {
                "schema": SCHEMA,
                "as_of": site.source.at.date().isoformat(),
                "log": {"origin": log.origin, "size": log.size, "root": log.root},
                "witness_policy": bool(site.source.witnessing.policy),
                "reports": [
                    {"file": name, "needs_openings": one.report.needs_openings}
                    for name, one in site.made.items()
                ],
            }
        )
        + b"\n"
    )
