"""What the records say together: every intent has its result, and time neither runs backward nor ahead.

These findings are about the writer's honesty or clock, not about tampering after the fact, so they
are told only when every record has been found unchanged.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from facegate.audit.entry import INTENT, RESULT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.audit.entry import Entry


class Pairing:
    """Takes the records in order and keeps what does not fit.

    Parameters
    ----------
    max_skew_seconds : float
        How far a record may be dated before an earlier one, as clocks are set right and threads
        take turns; more is a complaint.
    now : datetime, optional
        The time, with its zone. A record dated later than this and the skew together is a complaint, and
        does not make those after it look late. Left out, nothing is known of the time.
    """

    def __init__(self, *, max_skew_seconds: float, now: datetime | None = None) -> None:
        self.n_by_kind: Counter[str] = Counter()
        self.dated_back: list[int] = []
        self.complaint = ""
        self._max_skew = max_skew_seconds
        self._now = now
        self._latest: datetime | None = None
        self._open: dict[int, JSONValue] = {}  # intent without a result -> its search id
        self._answered: set[int] = set()
        self._before = 0  # records looked at in an earlier pass: which of them were answered is not known

    def resume(self, size: int, *, latest: datetime | None, open_intents: Mapping[int, JSONValue]) -> None:
        """Go on after records that were looked at before.

        Parameters
        ----------
        size : int
            How many they were.
        latest : datetime or None
            The latest time of any of them.
        open_intents : mapping of int to JSONValue
            Their intents without a result, with the search id of each.
        """
        self._before, self._latest, self._open = size, latest, dict(open_intents)

    @property
    def latest(self) -> datetime | None:
        """The latest time of any record; None before the first."""
        return self._latest

    @property
    def open_searches(self) -> Mapping[int, JSONValue]:
        """Intents without a result, with the search id of each."""
        return dict(self._open)

    def is_open(self, intent: int) -> bool:
        """Whether a record is an intent without a result, as far as was looked."""
        return intent in self._open

    @property
    def open_intents(self) -> tuple[int, ...]:
        """Intents without a result: searches that broke off, or whose result was withheld."""
        return tuple(sorted(self._open))

    def take(self, entry: Entry) -> None:
        """Look at the next record."""
        self.n_by_kind[entry.kind] += 1
        self._take_time(entry)
        if entry.kind == INTENT:
            self._open[entry.seq] = entry.public.get("search_id")
        elif entry.kind == RESULT:
            self._take_result(entry)

    def _take_time(self, entry: Entry) -> None:
        if self._now is not None and (ahead := (entry.time - self._now).total_seconds()) > self._max_skew:
            self._complain(
                f"record {entry.seq} is dated {entry.time:%Y-%m-%dT%H:%M:%SZ}, {ahead:.2f} s after now, "
                f"at most {self._max_skew:g} s is allowed"
            )
            return
        if self._latest is None or entry.time >= self._latest:
            self._latest = entry.time
            return
        self.dated_back.append(entry.seq)
        back = (self._latest - entry.time).total_seconds()
        if back > self._max_skew:
            self._complain(
                f"record {entry.seq} is dated {back:.2f} s before an earlier record, "
                f"at most {self._max_skew:g} s is allowed"
            )

    def _take_result(self, entry: Entry) -> None:
        intent = entry.intent
        if intent in self._answered:
            self._complain(f"record {entry.seq} is a second result of intent {intent}")
        elif intent not in self._open and intent < self._before:
            self._complain(
                f"record {entry.seq} is the result of record {intent}, which is no intent, or has its result"
            )
        elif intent not in self._open:
            self._complain(f"record {entry.seq} is the result of record {intent}, which is no intent")
        elif self._open[intent] != entry.public.get("search_id"):
            self._complain(f"record {entry.seq} answers intent {intent}, which is of another search")
        else:
            del self._open[intent]
            self._answered.add(intent)

    def _complain(self, sentence: str) -> None:
        """Keep the first finding: it is the one that is named."""
        self.complaint = self.complaint or sentence
