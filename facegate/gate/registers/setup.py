"""An agency's setup in one file: who there is, what is shared, and the papers that open the gate.

- Read strictly: a key nobody knows is refused, so a misspelled one is not silently left out.
- All of it is rehearsed before the first record is written (`Rehearsal`): one mistake, and nothing is.
- What stands already, unchanged, is skipped: the file can be loaded again after every edit.
- A suspension or departure is never lifted by loading a file: that takes an act of its own.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facegate.errors import FacegateError, InputError, PolicyRefusal
from facegate.evaluation.toml_keys import Keys
from facegate.gate.registers import activation, audits, conditions, notices, papers, people, sharing
from facegate.gate.registers.conditions import LARGEST_POLICY
from facegate.gate.registers.people_known import find_officer
from facegate.gate.registers.rehearsal import Rehearsal
from facegate.policy.engine import PolicyEngine
from facegate.request import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from facegate.gate.registers.demands import Recorder

EXAMPLE = Path(__file__).with_name("example.toml")
FILE_NAME = "agency.toml"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the file: which it is, and the function that registers it with its arguments."""

    where: str
    register: Callable[..., int]
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Setup:
    """A setup file, read.

    Parameters
    ----------
    statements : tuple of Statement
        In the order in which they are registered.
    usage_policy : bytes or None
        Text of the usage policy, if the file names one: it belongs into the agency's folder.
    """

    statements: tuple[Statement, ...]
    usage_policy: bytes | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of applying a setup.

    Parameters
    ----------
    recorded : mapping of str to int
        Records written, by kind.
    n_unchanged : int
        Statements that stood already.
    """

    recorded: Mapping[str, int]
    n_unchanged: int


def read_setup(text: str, *, folder: Path | None = None) -> Setup:
    """Read a setup file.

    Parameters
    ----------
    text : str
        TOML; see `example_setup`.
    folder : Path or None
        Where files named in it are; without it they must be stated by their digests.

    Raises
    ------
    InputError
        If it is not TOML, a key is unknown, missing or of a wrong type, or a file cannot be read.
    """
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        msg = f"{FILE_NAME} is not TOML: {error}"
        raise InputError(msg) from error
    keys = Keys(tables, FILE_NAME, "")
    keys.only((*_READERS, "usage_policy", "audit_calendar"))
    policy = _usage_policy(keys, folder)
    found: list[Statement] = []
    for name, reader in _READERS.items():
        if name == "audit":
            found += [policy[0]] if policy is not None else []
            found += _audit_calendar(keys)
        for number, table in enumerate(keys.tables(name) if keys.has(name) else [], 1):
            found += (
                Statement(f"[[{name}]] number {number}", function, fields)
                for function, fields in reader(table, folder)
            )
    return Setup(tuple(found), None if policy is None else policy[1])


def apply_setup(ledger: Recorder, setup: Setup, at: datetime) -> Applied:
    """Record what a setup states, all of it or, if anything is wrong, nothing.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    setup : Setup
        What is stated.
    at : datetime
        When.

    Raises
    ------
    InputError, PolicyRefusal
        If a statement cannot be registered; the message names it, and nothing was recorded.
    AuditError
        If the log fails in the middle; loading the file again goes on where it stopped.
    """
    with Rehearsal(ledger) as rehearsal:
        for one in setup.statements:
            try:
                one.register(rehearsal, **one.fields, at=at)
            except FacegateError as error:
                msg = f"{FILE_NAME}, {one.where}: {error}; nothing was recorded"
                raise type(error)(msg) from error
    counts: dict[str, int] = {}
    for planned in rehearsal.planned:
        ledger.record(planned.kind, at=at, public=planned.public, sealed=planned.sealed)
        counts[planned.kind] = counts.get(planned.kind, 0) + 1
    return Applied(counts, rehearsal.n_unchanged)


def example_setup(today: date | None = None) -> str:
    """Give a commented setup file of a Colorado pilot, with the digest of the law as it is shipped.

    Parameters
    ----------
    today : date or None
        Day by which its terms are moved: what lies behind stays behind, what runs still runs. None leaves
        them as they were written in the autumn of 2026, to end in 2027.
    """
    digest = PolicyEngine.load().profile("co-dmv-2019").digest
    text = EXAMPLE.read_text(encoding="utf-8").replace("POLICY_DIGEST", digest)
    if today is None:
        return text
    return text.replace("2027-", f"{today.year + 1}-").replace("2026-", f"{today.year - 1}-")


def digest_of_file(path: Path) -> str:
    """Give the SHA-256 of a file, 64 hexadecimal digits.

    Raises
    ------
    InputError
        If it cannot be read, is empty, or has more than 4 MiB.
    """
    return hashlib.sha256(_read(path)).hexdigest()


Found = tuple["Callable[..., int]", dict[str, Any]]


def _agency(table: Keys, _: Path | None) -> Iterator[Found]:
    table.only(("ori", "name", "class", "state", "case_pattern"))
    fields = {name: table.text(name) for name in ("ori", "name", "state", "case_pattern")}
    yield people.register_agency, {**fields, "agency_class": table.text("class")}


def _officer(table: Keys, _: Path | None) -> Iterator[Found]:
    table.only(("agency", "id", "role", "unit", "rank", "trained_until", "standing"))
    fields = {
        "agency": table.text("agency"),
        "officer": table.text("id"),
        "role": table.text("role"),
        "unit": table.text("unit", ""),
        "rank": table.text("rank", ""),
        "trained_until": _day(table, "trained_until"),
        "standing": table.text("standing", "active"),
    }
    yield _register_officer, fields


def _register_officer(ledger: Recorder, *, agency: str, officer: str, standing: str, **rest: Any) -> int:  # noqa: ANN401  as read
    """Register an officer from a file, which never lifts a suspension."""
    before = find_officer(ledger, agency, officer)
    if before is not None and before.standing != "active" and standing == "active":
        msg = f"this officer is {before.standing}, and no file lifts that: see `facegate agency officer`"
        raise PolicyRefusal(msg)
    return people.register_officer(ledger, agency=agency, officer=officer, standing=standing, **rest)


def _gallery(table: Keys, _: Path | None) -> Iterator[Found]:
    texts = ("owner", "state", "kind", "source", "authority")
    table.only(("id", *texts, "taken_on", "count", "license", "withheld_count"))
    fields: dict[str, Any] = {name: table.text(name) for name in texts}
    fields |= {name: table.count(name, least=0) for name in ("count", "withheld_count")}
    fields |= {"gallery": table.text("id"), "license_terms": table.text("license")}
    yield conditions.register_gallery, {**fields, "taken_on": _day(table, "taken_on")}


def _authority(table: Keys, _: Path | None) -> Iterator[Found]:
    table.only(("gallery", "statute", "section", "entities", "signed_by"))
    fields: dict[str, Any] = {name: table.text(name) for name in ("gallery", "statute", "section")}
    fields |= {name: table.texts(name, []) for name in ("entities", "signed_by")}
    yield conditions.file_authority, fields


def _sharing(table: Keys, _: Path | None) -> Iterator[Found]:
    table.only(("gallery", "to", "actions", "purposes", "from", "until", "shared"))
    shared = table.flag("shared", default=True)
    # Left out, it lets in for the least there is, and keeps out of everything.
    least = [str(Action.IMAGE_COMPARISON)] if shared else sorted(sharing.ACTIONS)
    actions = table.texts("actions", least)
    if not actions:
        table.refuse("actions", "names no action; wanted at least one, such as imageComparison")
    purposes = table.texts("purposes", [])
    if not purposes:
        table.refuse("purposes", "names no purpose; wanted at least one")
    for action, purpose in product(actions, purposes):
        yield (
            sharing.share,
            {
                "gallery": table.text("gallery"),
                "to": table.text("to"),
                "action": action,
                "purpose": purpose,
                "first_day": _day(table, "from"),
                "last_day": _day(table, "until", ""),
                "shared": shared,
            },
        )


def _block(table: Keys, _: Path | None) -> Iterator[Found]:
    table.only(("block", "from", "until", "reason"))
    fields = {"block": table.text("block"), "reason": table.text("reason")}
    days = {"first_day": _day(table, "from"), "last_day": _day(table, "until", "")}
    yield people.block_agency, {**fields, **days}


def _audit(table: Keys, _: Path | None) -> Iterator[Found]:
    table.only(("period_end", "filed_on", "auditor", "outside_policing", "next_due", "findings_open"))
    fields: dict[str, Any] = {name: _day(table, name) for name in ("period_end", "filed_on", "next_due")}
    fields |= {"auditor": table.text("auditor"), "findings_open": table.count("findings_open", least=0)}
    if table.has("outside_policing"):
        fields["outside_policing"] = table.flag("outside_policing", default=False)
    yield audits.file_audit, fields


def _notice(table: Keys, _: Path | None) -> Iterator[Found]:
    table.only(("opens", "closes", "subject"))
    days = {name: _day(table, name) for name in ("opens", "closes")}
    yield notices.give_notice, {**days, "subject": table.text("subject")}


def _activation(table: Keys, _: Path | None) -> Iterator[Found]:
    texts = ("profile", "policy_digest", "authority")
    table.only((*texts, "overlays", "from", "until", "objections", "signed_by"))
    fields: dict[str, Any] = {name: table.text(name) for name in texts}
    fields |= {name: table.texts(name, []) for name in ("overlays", "signed_by")}
    fields |= {"first_day": _day(table, "from"), "last_day": _day(table, "until", "")}
    yield activation.activate_policy, {**fields, "objections": table.text("objections", "")}


def _release_form(table: Keys, folder: Path | None) -> Iterator[Found]:
    table.only(("agency", "file", "digest", "signed_by", "signed_on", "no_resale"))
    fields: dict[str, Any] = {name: table.text(name) for name in ("agency", "signed_by")}
    fields |= {"digest": _file(table, folder)[0], "signed_on": _day(table, "signed_on")}
    yield papers.file_release_form, {**fields, "no_resale": table.flag("no_resale", default=False)}


_READERS: Mapping[str, Callable[[Keys, Path | None], Iterator[Found]]] = {
    "agency": _agency,
    "officer": _officer,
    "gallery": _gallery,
    "authority": _authority,
    "sharing": _sharing,
    "block": _block,
    "audit": _audit,
    "notice": _notice,
    "activation": _activation,
    "release_form": _release_form,
}
"""Tables of the file in the order in which they are registered: each may rest on those before it."""


def _usage_policy(keys: Keys, folder: Path | None) -> tuple[Statement, bytes | None] | None:
    if not keys.has("usage_policy"):
        return None
    table = keys.table("usage_policy")
    table.only(("title", "file", "digest", "published_at"))
    digest, text = _file(table, folder)
    fields = {"digest": digest, "title": table.text("title"), "published_at": table.text("published_at")}
    return Statement("[usage_policy]", conditions.publish_policy, fields), text


def _audit_calendar(keys: Keys) -> Iterator[Statement]:
    if not keys.has("audit_calendar"):
        return
    table = keys.table("audit_calendar")
    table.only(("audit_every_days", "signed_by"))
    fields = {
        "every_days": table.count("audit_every_days", least=1),
        "signed_by": table.texts("signed_by", []),
    }
    yield Statement("[audit_calendar]", audits.set_audit_term, fields)


def _file(table: Keys, folder: Path | None) -> tuple[str, bytes | None]:
    """Give the digest of a file named, with its bytes, or the digest that is stated instead."""
    if table.has("file") == table.has("digest"):
        table.refuse("file", "or digest: wanted one of the two")
    if table.has("digest"):
        return table.text("digest"), None
    named = Path(table.text("file"))
    if folder is None or named.is_absolute() or ".." in named.parts:
        table.refuse("file", "must lie in the folder of this file, or below it")
    try:
        text = _read(folder / named)
    except InputError as error:
        table.refuse("file", f"is of no use: {error}")
    return hashlib.sha256(text).hexdigest(), text


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as opened:
            text = opened.read(LARGEST_POLICY + 1)
    except (OSError, ValueError) as error:
        msg = f"cannot read {path}: {getattr(error, 'strerror', None) or 'no name of a file'}"
        raise InputError(msg) from error
    if not 0 < len(text) <= LARGEST_POLICY:
        msg = f"{path} is empty or has more than {LARGEST_POLICY:,} bytes"
        raise InputError(msg)
    return text


def _day(table: Keys, key: str, default: str | None = None) -> str:
    """Take a day, with or without quotes."""
    value = table.get(key, (str, date), "a day such as 2026-11-22", default)
    if isinstance(value, datetime):
        table.refuse(key, "is a time, wanted a day such as 2026-11-22")
    return value.isoformat() if isinstance(value, date) else str(value)
