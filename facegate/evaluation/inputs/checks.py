"""What scores made elsewhere are checked for, before anything is computed from them.

- Each check leaves a finding, also where it found nothing: a reader can see what was looked for.
- Contradictions stop the run: whichever side is wrong, a table made from them would be too.
- Messages name a file and a line, never a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facegate.errors import InputError
from facegate.evaluation.inputs.spec import Fault
from facegate.evaluation.provenance import Finding

if TYPE_CHECKING:
    from facegate.evaluation.inputs.rows import ScoreRows

Flags: TypeAlias = NDArray[np.bool_]
STOPS = "the run stops"
KEPT = "kept"
LEFT_OUT = "left out"
NOT_CHECKED = "cannot be checked: the input names no {}"
OTHER_PHOTOS = '; if they are other photos of the same two people, to keep them, say duplicates = "keep"'
HOW = {Fault.STOP: STOPS, Fault.LEAVE_OUT: LEFT_OUT, Fault.KEEP: KEPT}


@dataclass(slots=True)
class Checks:
    """Findings so far, and the rows that are still kept."""

    rows: ScoreRows
    keep: Flags
    findings: list[Finding] = field(default_factory=list)

    def say(self, what: str, count: int, treated: str) -> None:
        """Note one finding."""
        self.findings.append(Finding(what, count, treated))

    def judge(self, what: str, bad: Flags, fault: Fault, *, hint: str = "") -> None:
        """Stop at rows at fault, leave them out, or keep them; say how many there are.

        Raises
        ------
        InputError
            If there are any and the fault is to stop; names the first of them.
        """
        bad = bad & self.keep
        count = int(np.count_nonzero(bad))
        if count and fault is Fault.STOP:
            msg = f"{what}: {count:,}, the first at {self.rows.place(int(np.argmax(bad)))}{hint}"
            raise InputError(msg)
        if fault is Fault.LEAVE_OUT:
            self.keep &= ~bad
        self.say(what, count, HOW[fault])


def check_rows(
    rows: ScoreRows,
    *,
    nan: Fault,
    duplicates: Fault,
) -> tuple[Flags, tuple[Finding, ...]]:
    """Check comparisons as their files list them.

    Parameters
    ----------
    rows : ScoreRows
        All of them.
    nan, duplicates : Fault
        What to do with missing scores, and with rows that repeat.

    Returns
    -------
    keep : ndarray of shape (n,), bool
        Rows to compute from.
    findings : tuple of Finding
        What was looked for and found.

    Raises
    ------
    InputError
        On a fault that stops the run; one sentence with count, file and line.
    """
    checks = Checks(rows, np.ones(len(rows), dtype=np.bool_))
    leave_out = '; to leave them out and count them, say {} = "leave-out"'
    _self_pairs(checks)  # first: their scores are often missing or infinite, and mean nothing
    checks.judge("scores that are not numbers", np.isnan(rows.score), nan, hint=leave_out.format("nan"))
    checks.judge("scores that are infinite", np.isinf(rows.score), Fault.STOP, hint="; wanted finite numbers")
    flag = "; wanted yes where both are one person, else no"
    checks.judge("mated flags that contradict the subjects", rows.contradicted, Fault.STOP, hint=flag)
    one = "; wanted the same one in every row"
    checks.judge("people in more than one group", _two_groups(rows), Fault.STOP, hint=one)
    checks.judge("templates of more than one person", _two_people(rows), Fault.STOP, hint=one)
    _repeats(checks, duplicates, leave_out.format("duplicates") + ("" if rows.templates else OTHER_PHOTOS))
    _both_orders(checks)
    kept = rows.score[checks.keep]
    if not kept.size:
        msg = f"of {len(rows):,} rows none is left to measure"
        raise InputError(msg)
    equal = kept.size if float(kept.min()) == float(kept.max()) else 0
    checks.say("scores that are all equal, so that no threshold tells pairs apart", equal, KEPT)
    checks.say("distances blurred by rounding; give them in a larger unit", rows.blurred, KEPT)
    return checks.keep, tuple(checks.findings)


def _two_groups(rows: ScoreRows) -> Flags:
    """Mark rows that give a person another group than another row does."""
    if not rows.people:
        return np.asarray(rows.mated & (rows.group[0] != rows.group[1]))
    return _differ(rows.person, rows.group, len(rows.people))


def _two_people(rows: ScoreRows) -> Flags:
    """Mark rows that give a template another person than another row does."""
    if not rows.templates:
        return np.zeros(len(rows), dtype=np.bool_)
    return _differ(rows.template, rows.person, len(rows.templates))


def _differ(thing: NDArray[np.int32], of: NDArray[np.int32], n_things: int) -> Flags:
    """Mark rows where a thing is of something else than where it stands first."""
    first = np.full(n_things, np.iinfo(np.int64).max)
    position = np.arange(thing.shape[1])
    for side in (1, 0):
        np.minimum.at(first, thing[side], 2 * position + side)
    owner = of[first % 2, first // 2]
    return np.asarray((owner[thing[0]] != of[0]) | (owner[thing[1]] != of[1]))


def _self_pairs(checks: Checks) -> None:
    """Leave out a template compared with itself: it says nothing of two photos."""
    what = "templates compared with themselves"
    if not checks.rows.templates:
        checks.say(what, 0, NOT_CHECKED.format("templates"))
        return
    checks.judge(what, checks.rows.template[0] == checks.rows.template[1], Fault.LEAVE_OUT)


def _repeats(checks: Checks, duplicates: Fault, hint: str) -> None:
    """Find rows that repeat: the same two, in the same order, with the same score."""
    rows = checks.rows
    named, n_named = _named(rows)
    what = "rows that repeat an earlier one"
    if named is None:
        checks.say(what, 0, NOT_CHECKED.format("people"))
        return
    key = named[0].astype(np.int64) * n_named + named[1]
    order = np.lexsort((np.arange(len(rows)), rows.score, key))
    order = order[checks.keep[order]]
    same_pair = key[order[1:]] == key[order[:-1]]
    same_score = rows.score[order[1:]] == rows.score[order[:-1]]
    again = np.zeros(len(rows), dtype=np.bool_)
    if rows.templates:
        again[np.maximum(order[1:], order[:-1])[same_pair & ~same_score]] = True
        hint_of_two = "; wanted one score for each order of a pair"
        checks.judge("pairs of templates with two different scores", again, Fault.STOP, hint=hint_of_two)
        again[:] = False
    again[order[1:][same_pair & same_score]] = True
    checks.judge(what, again, duplicates, hint=hint)


def _both_orders(checks: Checks) -> None:
    """Count pairs that stand there in both orders: two comparisons, as one matcher may score them apart."""
    rows = checks.rows
    named, n_named = _named(rows)
    what = "pairs in both orders"
    if named is None:
        checks.say(what, 0, NOT_CHECKED.format("people"))
        return
    one, other = named[0][checks.keep].astype(np.int64), named[1][checks.keep].astype(np.int64)
    pair = np.minimum(one, other) * n_named + np.maximum(one, other)
    # sorted, the two orders of a pair stand side by side: an even number and the odd one after it
    code = np.sort((2 * pair + (one > other))[one != other])
    code = code[np.diff(code, prepend=-1) != 0]
    count = np.count_nonzero((np.diff(code) == 1) & (code[:-1] % 2 == 0))
    checks.say(what, int(count), "kept: two comparisons each")


def _named(rows: ScoreRows) -> tuple[NDArray[np.int32] | None, int]:
    """Take what tells rows apart: templates, else people, else nothing."""
    if rows.templates:
        return rows.template, len(rows.templates)
    return (rows.person, len(rows.people)) if rows.people else (None, 0)
