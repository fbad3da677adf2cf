"""``facegate log fsck``: rebuild everything from the entries, compare, and mend what can be made again."""

from pathlib import Path
from typing import Annotated

import typer

from facegate.audit.log import AuditLog
from facegate.audit.watching.fsck import (
    Finding,
    check_openings,
    check_published,
    check_tree,
    mend_leaves,
    mend_published,
)
from facegate.cli.console import console, progress
from facegate.cli.desk import HomeFolder, home_of
from facegate.errors import AuditError, VerificationError
from facegate.gate.books import BOOKS, index_of
from facegate.gate.home import Home
from facegate.gate.ledger.rebuilt import ledger_differences, make_ledger_anew


def fsck(
    published: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Check this published folder as well.", show_default=False),
    ] = None,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Make leaves, index and published tiles anew where they are wrong."),
    ] = False,
    tree_only: Annotated[
        bool,
        typer.Option(
            "--tree-only",
            help="Root, leaves and published tiles alone: seconds, not minutes, a million records.",
        ),
    ] = False,
    home: HomeFolder = None,
) -> None:
    """Rebuild root, leaves, published tiles and the index from the log's entries, and compare.

    Also opens every commitment with what is kept for it. One line each, PASS or FAIL. Entries and openings
    are the ground and are never written: what is wrong with them is told, not mended.

    Exit code 0 if all holds (after --repair: if all that was wrong was made anew), 8 if not, 7 if there is
    no log.
    """
    place = home_of(home)
    findings = _check(place, published, whole=not tree_only)
    if repair and any(_blocking(one) for one in findings):
        console.print("Nothing is repaired: what everything else is made from does not hold.", soft_wrap=True)
    elif repair and any(one.mendable for one in findings):
        for one in findings:
            if one.mendable:
                _mend(one, place, published)
        console.print("Made anew; checked again:")
        findings = _check(place, published, whole=not tree_only)
    if not all(one.holds for one in findings):
        raise typer.Exit(VerificationError.exit_code)


def _blocking(finding: Finding) -> bool:
    return not finding.holds and finding.about == "entries"


def _check(place: Home, published: Path | None, *, whole: bool) -> list[Finding]:
    """Check one part after the other, and print each; openings and index only if it is to be the whole."""
    with progress() as bar:
        tree = bar.add_task("records hashed", total=None)
        findings = list(
            check_tree(place.log, progress=lambda done, total: bar.update(tree, completed=done, total=total))
        )
        holds = findings[0].holds
        if holds and whole:
            opened = bar.add_task("records opened", total=None)
            findings.append(
                check_openings(
                    place.log, progress=lambda done, total: bar.update(opened, completed=done, total=total)
                )
            )
            bar.update(opened, visible=False)
        bar.update(tree, visible=False)
    if holds and published is not None:
        findings.append(check_published(place.log, published))
    if holds and whole:
        findings.append(_ledger(place))
    for one in findings:
        word = "PASS" if one.holds else "FAIL"
        console.print(f"{word}  {one.about:<10} {one.said}", markup=False, soft_wrap=True)
    if not whole:
        console.print("Openings and index were not looked at.")
    return findings


def _ledger(place: Home) -> Finding:
    """Hold the index against one made anew from the log."""
    index = index_of(place)
    try:
        size, apart = ledger_differences(index, place.log, BOOKS)
    except VerificationError as error:
        return Finding("index", f"not judged: {error}", holds=False)
    except AuditError as error:
        return Finding("index", str(error), holds=False, mendable=True)
    if size is None:
        return Finding("index", f"{index.whole_name} is not there; it is made when it is needed", holds=True)
    if apart:
        said = f"{index.whole_name} differs from one made anew from the log in: {', '.join(apart)}"
        return Finding("index", said, holds=False, mendable=True)
    return Finding("index", f"{index.whole_name} made anew from {size} records is the same", holds=True)


def _mend(finding: Finding, place: Home, published: Path | None) -> None:
    if finding.about == "leaves":
        mend_leaves(place.log)
    elif finding.about == "index":
        with AuditLog.open(place.log, origin=place.origin) as log:
            make_ledger_anew(index_of(place), log, BOOKS)
    elif published is not None:
        mend_published(place.log, published)
