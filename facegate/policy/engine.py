"""The engine: one request, one time, one profile; permitted, or refused with every rule that failed.

Cedar fails open. A forbid whose evaluation meets an error is *skipped*, and the request may be allowed. So:

1. every entity the question names is there, or Cedar is not asked;
2. permitted means: Cedar said Allow, named the permit, and reported no error at all;
3. whatever else comes back (Deny, NoDecision, an error, a crash, an answer nobody understands) is a refusal;
4. a refusal always names a rule, and what should never happen raises an alarm with it.

No clock, no network, no randomness: the same request at the same time has the same decision and digests.

References
----------
``cedar-policy/cedar`` issue 2428: skipping a policy that errors is Cedar's stated behavior.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import cedarpy

from facegate.errors import InputError
from facegate.policy.offenses import OffenseCatalogue
from facegate.policy.period import Period
from facegate.policy.profile import SHIPPED, Profile, Schema, lay_over, load_profiles, spoken
from facegate.policy.query import (
    ACTIONS,
    NO_ACTION,
    CedarQuery,
    Kept,
    Known,
    cedar_query,
    digest_of,
    once,
)
from facegate.policy.rule import PROFILE_NAME
from facegate.records import FailedRule
from facegate.request import Action

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from facegate.policy.facts import Facts
    from facegate.request import SearchRequest

GATE_RULE = "facegate gate rule, not statute"
CHECKED = "2026-11-22 checked"
CANNOT_DECIDE = FailedRule(
    "FG-ENGINE",
    "The policy engine could not decide this request, so it is refused, and an alarm was raised.",
    GATE_RULE,
    CHECKED,
)
NOT_PERMITTED = FailedRule(
    "FG-NO-PERMIT", "Nothing in the profile permits this request, so it is refused.", GATE_RULE, CHECKED
)
NO_SUCH_ACTION = FailedRule(
    "FG-ACTION",
    f"There is no such action; there are {', '.join(Action)}.",
    GATE_RULE,
    CHECKED,
)
NO_SUCH_PROFILE = "FG-PROFILE"
LONGEST_ALARM = 300

Answer: TypeAlias = tuple[tuple[FailedRule, ...], str | None]
"""The failed rules (none only for a clean Allow) and an alarm."""


@dataclass(frozen=True, slots=True)
class PolicyDecision:
    """What the law says to one request at one time.

    Parameters
    ----------
    permitted : bool
        The profile permits the request. Never true beside a failed rule or an alarm.
    failed : tuple of FailedRule
        Every rule that failed, in the order of the text; never empty in a refusal.
    profile : str
        The profile that decided. If there is none of that name, what was asked for; empty if that could not
        be a name.
    policy_digest : str
        SHA-256 of the text evaluated (the profile, then the gate rules); empty if there is no such profile.
    schema_digest, catalogue_digest : str
        SHA-256 of the schema and of the offense table.
    request_digest : str
        SHA-256 over what Cedar was asked. To be sealed: it covers a case number and an officer id.
    question : str
        What Cedar was asked, as canonical JSON; to be sealed. `PolicyEngine.replay` asks it again.
    alarm : str or None
        What went wrong inside, for the operator; holds no case number and no id.
    """

    permitted: bool
    failed: tuple[FailedRule, ...]
    profile: str
    policy_digest: str
    schema_digest: str
    catalogue_digest: str
    request_digest: str
    question: str = field(repr=False)
    alarm: str | None = None

    def __post_init__(self) -> None:
        if self.permitted == bool(self.failed) or (self.permitted and self.alarm is not None):
            msg = "a decision is either permitted, without alarm, or names a failed rule"
            raise RuntimeError(msg)


@dataclass(frozen=True, slots=True)
class PolicyEngine:
    """Every profile of one folder, ready to decide.

    Parameters
    ----------
    profiles : Mapping of str to Profile
        By name.
    schema : Schema
        What the profiles were held to.
    catalogue : OffenseCatalogue
        Which offense codes exist.
    combined : dict
        Profiles with overlays, as they are asked for; leave it empty.
    described : dict
        What was known in earlier questions, as it was written down; leave it empty.
    known : dict
        Entities as Cedar read them; leave it empty.
    """

    profiles: Mapping[str, Profile] = field(repr=False)
    schema: Schema
    catalogue: OffenseCatalogue
    combined: dict[tuple[str, tuple[str, ...]], Profile] = field(default_factory=dict, repr=False)
    described: Kept = field(default_factory=dict, repr=False)
    known: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, folder: Path | None = None) -> PolicyEngine:
        """Read and check a folder of profiles, and the offense catalogue.

        Parameters
        ----------
        folder : Path or None
            Holds the ``.cedar`` files; by default the profiles shipped with
            facegate. The gate rules are laid over every profile, whatever the folder.

        Raises
        ------
        InputError
            Naming file and rule, if any text does not pass; no profile is loaded then.
        """
        place = folder or SHIPPED
        catalogue = OffenseCatalogue.load(profiles=place)
        schema, profiles = load_profiles(place, catalogue=catalogue)
        return cls(profiles, schema, catalogue)

    def profile(self, name: str) -> Profile:
        """Find a law to show: a profile, or a profile with overlays (``co-dmv-2019+no-immigration``).

        Raises
        ------
        InputError
            If there is none of that name; the message lists those there are.
        """
        first, *overlays = name.split("+")
        return self._law(self._named(first), tuple(overlays))

    def decide(
        self, request: SearchRequest, facts: Facts, now: datetime, *, overlays: tuple[str, ...] = ()
    ) -> PolicyDecision:
        """Decide one request.

        Parameters
        ----------
        request : SearchRequest
            What the requester states, complete or not.
        facts : Facts
            What registers and counters know of it.
        now : datetime
            Time of the request, with its zone.
        overlays : tuple of str
            Laid over the profile by whoever runs the gate; a requester cannot take one off.

        Returns
        -------
        PolicyDecision
            Permitted, or refused with every failed rule. A profile, overlay or action that does not exist
            is a refusal, too, so that the attempt is logged.

        Raises
        ------
        InputError
            If the time has no zone: nothing is decided, nothing is permitted.

        Examples
        --------
        >>> from datetime import UTC, datetime
        >>> from facegate.policy.facts import in_order
        >>> from facegate.request import SearchRequest
        >>> request = SearchRequest(profile="moratorium", case_number="24-001234", offense_code="1201")
        >>> now = datetime(2026, 11, 22, tzinfo=UTC)
        >>> decision = PolicyEngine.load().decide(request, in_order(request), now)
        >>> decision.permitted, decision.failed[0].rule_id
        (False, 'MORATORIUM')
        """
        named = self.profiles.get(request.profile)
        law = self._law(named, overlays) if named and self.profiles.keys() >= set(overlays) else None
        query = cedar_query(
            request,
            facts,
            now,
            profile=named.name if named and law else "",
            period=law.period if law else Period(),
            catalogue=self.catalogue,
            allows=law.allows if law else (),
            kept=self.described,
        )
        question = query.text
        if law is None:
            # A name that is no name is not repeated: decisions are written to a public log.
            asked = request.profile if PROFILE_NAME.fullmatch(request.profile) else ""
            return self._decision(asked, "", question, (self._no_such_profile(),), alarm=None)
        if request.action not in ACTIONS:
            return self._decision(law.name, law.digest, question, (NO_SUCH_ACTION,), alarm=None)
        failed, alarm = self._answer(law, query)
        return self._decision(law.name, law.digest, question, failed, alarm)

    def digest(self, profile: str, overlays: tuple[str, ...] = ()) -> str:
        """Give the digest of a law's text; empty for a law that does not exist."""
        named = self.profiles.get(profile)
        return self._law(named, overlays).digest if named and self.profiles.keys() >= set(overlays) else ""

    def replay(self, law: Profile, question: str) -> tuple[FailedRule, ...]:
        """Ask a sealed question again: every rule it fails, none meaning permitted.

        Parameters
        ----------
        law : Profile
            With the text that decided then.
        question : str
            As `PolicyDecision.question` gave it.

        Raises
        ------
        InputError
            If it is no question.
        """
        query = CedarQuery.from_text(question)
        if query.request["action"]["id"] == NO_ACTION:
            return (NO_SUCH_ACTION,)
        failed, _ = self._answer(law, query)
        return failed

    def _named(self, name: str) -> Profile:
        try:
            return self.profiles[name]
        except KeyError as error:
            msg = f"no profile {name!r}; there are {', '.join(self.profiles)}"
            raise InputError(msg) from error

    def _law(self, profile: Profile, overlays: tuple[str, ...]) -> Profile:
        """Give a profile with overlays laid over it, put together once."""
        if not overlays:
            return profile
        key = (profile.name, tuple(sorted(set(overlays))))
        if key not in self.combined:
            self.combined[key] = lay_over(profile, [self._named(name) for name in key[1]])
        return self.combined[key]

    def _answer(self, profile: Profile, query: CedarQuery) -> Answer:
        """Ask Cedar, refusing whatever is not a clean Allow."""
        if missing := query.missing_entities():  # 1
            names = ", ".join(missing)
            return (CANNOT_DECIDE,), f"the question to Cedar names entities that are not there: {names}"
        try:
            asked = {**query.request, "context": query.context_json}
            handle = self._entities(query.known)
            return _read(cedarpy.is_authorized(asked, profile.handle, handle, self.schema.handle), profile)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  a panic in Cedar is no Exception, yet must refuse
            return (CANNOT_DECIDE,), _without_values(f"Cedar failed: {type(error).__name__}: {error}")

    def _entities(self, known: Known) -> Any:  # noqa: ANN401  cedarpy has no types
        """Read entities against the schema, or take them as they were read before.

        The law, the gate's facts and the offense are the same for many requests, people and agencies for
        some. The key is the whole text: whatever changes is another text.
        """
        handle, key = None, ""
        for part in known.parts:
            key += part.text
            handle = once(self.known, key, partial(self._added, handle, part.text))
        return handle

    def _added(self, base: Any, text: str) -> Any:  # noqa: ANN401  cedarpy has no types
        schema = self.schema.handle
        if base is None:
            return cedarpy.Entities.from_json_str(text, schema=schema)
        return base.with_added_json_str(text, schema)

    def _no_such_profile(self) -> FailedRule:
        names = ", ".join(self.profiles)
        say = f"There is no such profile, or no such overlay of it, so no law was applied; there are {names}."
        return FailedRule(NO_SUCH_PROFILE, say, GATE_RULE, CHECKED)

    def _decision(
        self,
        profile: str,
        policy_digest: str,
        question: str,
        failed: tuple[FailedRule, ...],
        alarm: str | None,
    ) -> PolicyDecision:
        return PolicyDecision(
            permitted=not failed,
            failed=failed,
            profile=profile,
            policy_digest=policy_digest,
            schema_digest=self.schema.digest,
            catalogue_digest=self.catalogue.digest,
            request_digest=digest_of(question),
            question=question,
            alarm=alarm,
        )


def _read(answer: Any, profile: Profile) -> Answer:  # noqa: ANN401  cedarpy has no types
    """Read what Cedar answered; only a clean Allow yields no failed rule."""
    errors = list(answer.diagnostics.errors)
    ids = answer.diagnostics.id_annotations_by_reason
    reasons = sorted(int(reason.removeprefix("policy")) for reason in answer.diagnostics.reasons)
    named = [profile.rules[number] for number in reasons]
    if errors:  # 2, 3: an error means that some rule was skipped, whatever the decision says
        denied = [spoken(rule, profile).failed for rule in named if rule.effect == "forbid"]
        alarm = f"Cedar reported {len(errors)} error(s), the first: {errors[0]}"
        return (*denied, CANNOT_DECIDE), _without_values(alarm)
    if [ids.get(f"policy{number}") for number in reasons] != [rule.rule_id for rule in named]:
        return (CANNOT_DECIDE,), "Cedar counts the rules differently from facegate"
    effects = {rule.effect for rule in named}
    if answer.decision == cedarpy.Decision.Allow and effects == {"permit"}:
        return (), None
    if answer.decision == cedarpy.Decision.Deny and effects <= {"forbid"}:
        return tuple(spoken(rule, profile).failed for rule in named) or (NOT_PERMITTED,), None
    return (CANNOT_DECIDE,), f"Cedar answered {answer.decision} on grounds of {sorted(effects)}"


def _without_values(text: str) -> str:
    """Strike out everything quoted: Cedar's messages repeat ids and fields, and an alarm must not."""
    return re.sub(r'"[^"]*"?', '"..."', " ".join(text.split()))[:LONGEST_ALARM]
