"""The register of suspected misuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from facegate.client.desk import Desk
from facegate.client.line import place
from facegate.client.replies.misuse import (
    MisuseCaseOpened,
    MisuseCases,
    MisuseCaseWithSteps,
    MisuseStepRecorded,
    OversightDocket,
    OversightDocketOpened,
)
from facegate.client.replies.reply import Recorded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facegate.client.replies.misuse import State

Kind = TypeVar("Kind")


class MisuseDesk(Desk):
    """``/v1/misuse``. What acts here is asked under a new Idempotency-Key: sent again, it acts once."""

    __slots__ = ()

    def listed(
        self,
        *,
        agency: str | None = None,
        state: State | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> MisuseCases:
        """List cases, the newest first; none about the caller.

        Parameters
        ----------
        agency, state : str, optional
            Only those about this agency (ORI), only those in this state.
        before : int, optional
            Only those with a lower number.
        limit : int
            At most so many, 1 to 500.
        """
        return self._line.get(
            "/v1/misuse", MisuseCases, agency=agency, state=state, before=before, limit=limit
        )

    def get(self, number: int) -> MisuseCaseWithSteps:
        """Read one case with everything recorded about it."""
        return self._line.get(place("v1", "misuse", number), MisuseCaseWithSteps)

    def file(
        self,
        misuse_class: str,
        narrative: str,
        *,
        source: Literal["complaint", "detector", "audit"] = "complaint",
        agency: str | None = None,
        officer: str | None = None,
        searches: Sequence[str] = (),
    ) -> MisuseCaseOpened:
        """File suspected misuse; all but agency, class and source is sealed.

        Parameters
        ----------
        misuse_class, narrative : str
            Of which class, and what happened.
        source : str
            Where it comes from.
        agency, officer : str, optional
            About whom, where that is known.
        searches : sequence of str
            Ids of the searches it is about, at most 1000.
        """
        body = {"misuse_class": misuse_class, "narrative": narrative, "source": source}
        about = _said(agency=agency, officer=officer)
        return self._act(("v1", "misuse"), MisuseCaseOpened, {**body, **about, "searches": list(searches)})

    def note(self, number: int, text: str) -> MisuseStepRecorded:
        """Add what was done about a pending case."""
        return self._step(number, {"step": "note", "text": text})

    def close(
        self,
        number: int,
        state: Literal["confirmed", "cleared"],
        reason: str,
        *,
        outcome: str | None = None,
        outcome_text: str | None = None,
        officer: str | None = None,
        suspend: bool = False,
        decline_suspension: str | None = None,
    ) -> MisuseStepRecorded:
        """Decide a case.

        Parameters
        ----------
        number, state, reason : int, str, str
            Which, how, and why.
        outcome, outcome_text : str, optional
            What came of it.
        officer : str, optional
            Who it was, if that was not known.
        suspend, decline_suspension : bool, str, optional
            Whether his standing is suspended; or why not, where the law asks.
        """
        more = _said(
            outcome=outcome, outcome_text=outcome_text, officer=officer, decline_suspension=decline_suspension
        )
        body = {"step": "close", "state": state, "reason": reason, "suspend": suspend}
        return self._step(number, {**body, **more})

    def set_outcome(
        self, number: int, outcome: str, *, outcome_text: str | None = None
    ) -> MisuseStepRecorded:
        """Record what came of a confirmed case."""
        more = _said(outcome_text=outcome_text)
        return self._step(number, {"step": "outcome", "outcome": outcome, **more})

    def reopen(self, number: int, reason: str) -> MisuseStepRecorded:
        """Open a closed case again."""
        return self._step(number, {"step": "reopen", "reason": reason})

    def file_statement(
        self,
        year: int,
        *,
        opened: int,
        confirmed: int,
        cleared: int,
        pending: int,
        outcomes: Mapping[str, int] | None = None,
    ) -> Recorded:
        """File the yearly statement of one's own agency; it is held against the log.

        Parameters
        ----------
        year : int
            One that is over.
        opened, confirmed, cleared, pending : int
            The agency's own counts; all zero is a filing, silence is none.
        outcomes : mapping of str to int, optional
            How often what came of one.
        """
        counts = {"opened": opened, "confirmed": confirmed, "cleared": cleared, "pending": pending}
        body = {"year": year, **counts, "outcomes": dict(outcomes or {})}
        return self._act(("v1", "misuse", "statements"), Recorded, body)

    def docket(self) -> OversightDocket:
        """Read what is owed in the register."""
        return self._line.get("/v1/misuse/docket", OversightDocket)

    def open_docket(self) -> OversightDocketOpened:
        """Open the docket for the oversight body; that it looked is put on the log."""
        return self._act(("v1", "misuse", "docket", "openings"), OversightDocketOpened, None)

    def _step(self, number: int, body: Mapping[str, Any]) -> MisuseStepRecorded:
        return self._act(("v1", "misuse", number, "steps"), MisuseStepRecorded, dict(body))

    def _act(self, parts: tuple[object, ...], kind: type[Kind], body: object) -> Kind:
        return self._line.act(place(*parts), kind, body)


def _said(**fields: str | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}
