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
from typing import TYPE_CHECKING, Any, TypeAlias

import cedarpy

from facegate.errors import InputError
from facegate.policy.offenses import OffenseCatalogue
from facegate.policy.profile import SHIPPED, Profile, Schema, load_profiles
from facegate.policy.query import CedarQuery, Period, cedar_query
from facegate.policy.rule import PROFILE_NAME
from facegate.records import FailedRule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from facegate.records import SearchRequest

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
    """

    profiles: Mapping[str, Profile] = field(repr=False)
    schema: Schema
    catalogue: OffenseCatalogue

    @classmethod
    def load(cls, folder: Path | None = None) -> PolicyEngine:
        """Read and check a folder of profiles, and the offense catalogue.

        Parameters
        ----------
        folder : Path or None
            Holds one ``.cedarschema`` and the ``.cedar`` files; by default the profiles shipped with
            facegate. The gate rules are laid over every profile, whatever the folder.

        Raises
        ------
        InputError
            Naming file and rule, if any text does not pass; no profile is loaded then.
        """
        catalogue = OffenseCatalogue.load()
        schema, profiles = load_profiles(folder or SHIPPED, catalogue=catalogue)
        return cls(profiles, schema, catalogue)

    def profile(self, name: str) -> Profile:
        """Find a profile to show.

        Raises
        ------
        InputError
            If there is none of that name; the message lists those there are.
        """
        try:
            return self.profiles[name]
        except KeyError as error:
            msg = f"no profile {name!r}; there are {', '.join(self.profiles)}"
            raise InputError(msg) from error

    def decide(self, request: SearchRequest, now: datetime) -> PolicyDecision:
        """Decide one request.

        Parameters
        ----------
        request : SearchRequest
            What the requester states, complete or not.
        now : datetime
            Time of the request, with its zone.

        Returns
        -------
        PolicyDecision
            Permitted, or refused with every failed rule. A profile that does not exist is a refusal, too,
            so that the attempt is logged.

        Raises
        ------
        InputError
            If the time has no zone: nothing is decided, nothing is permitted.

        Examples
        --------
        >>> from datetime import UTC, datetime
        >>> from facegate.records import SearchRequest
        >>> request = SearchRequest(profile="moratorium", case_number="24-001234", offense_code="1201",
        ...                         offense_level="1", requester="8841", agency="CO0160000")
        >>> decision = PolicyEngine.load().decide(request, datetime(2026, 11, 22, tzinfo=UTC))
        >>> decision.permitted, [rule.rule_id for rule in decision.failed]
        (False, ['MORATORIUM'])
        """
        profile = self.profiles.get(request.profile)
        query = cedar_query(
            request,
            profile=profile.name if profile else "",
            period=profile.period if profile else Period(),
            now=now,
            catalogue=self.catalogue,
        )
        if profile is None:
            # A name that is no name is not repeated: decisions are written to a public log.
            asked = request.profile if PROFILE_NAME.fullmatch(request.profile) else ""
            return self._decision(asked, "", query, (self._no_such_profile(),), alarm=None)
        failed, alarm = self._answer(profile, query)
        return self._decision(profile.name, profile.digest, query, failed, alarm)

    def _answer(self, profile: Profile, query: CedarQuery) -> Answer:
        """Ask Cedar, refusing whatever is not a clean Allow."""
        if missing := query.missing_entities():  # 1
            names = ", ".join(missing)
            return (CANNOT_DECIDE,), f"the question to Cedar names entities that are not there: {names}"
        try:
            return _read(self._ask(profile, query), profile)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001  a panic in Cedar is no Exception, yet must refuse
            return (CANNOT_DECIDE,), _without_values(f"Cedar failed: {type(error).__name__}: {error}")

    def _ask(self, profile: Profile, query: CedarQuery) -> Any:  # noqa: ANN401  cedarpy has no types
        """Put the question, checked against the schema on the way in."""
        entities = cedarpy.Entities.from_json_str(query.entities_json, schema=self.schema.handle)
        return cedarpy.is_authorized(query.request, profile.handle, entities, self.schema.handle)

    def _no_such_profile(self) -> FailedRule:
        names = ", ".join(self.profiles)
        say = f"There is no profile of that name, so no law was applied; there are {names}."
        return FailedRule("FG-PROFILE", say, GATE_RULE, CHECKED)

    def _decision(
        self,
        profile: str,
        policy_digest: str,
        query: CedarQuery,
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
            request_digest=query.digest,
            alarm=alarm,
        )


def _read(answer: Any, profile: Profile) -> Answer:  # noqa: ANN401  cedarpy has no types
    """Read what Cedar answered; only a clean Allow yields no failed rule."""
    errors = list(answer.diagnostics.errors)
    ids = answer.diagnostics.id_annotations_by_reason
    reasons = sorted(int(reason.removeprefix("policy")) for reason in answer.diagnostics.reasons)
    named = [profile.rules[number] for number in reasons]
    if errors:  # 2, 3: an error means that some rule was skipped, whatever the decision says
        denied = [rule.failed for rule in named if rule.effect == "forbid"]
        alarm = f"Cedar reported {len(errors)} error(s), the first: {errors[0]}"
        return (*denied, CANNOT_DECIDE), _without_values(alarm)
    if [ids.get(f"policy{number}") for number in reasons] != [rule.rule_id for rule in named]:
        return (CANNOT_DECIDE,), "Cedar counts the rules differently from facegate"
    effects = {rule.effect for rule in named}
    if answer.decision == cedarpy.Decision.Allow and effects == {"permit"}:
        return (), None
    if answer.decision == cedarpy.Decision.Deny and effects <= {"forbid"}:
        return tuple(rule.failed for rule in named) or (NOT_PERMITTED,), None
    return (CANNOT_DECIDE,), f"Cedar answered {answer.decision} on grounds of {sorted(effects)}"


def _without_values(text: str) -> str:
    """Strike out everything quoted: Cedar's messages repeat ids and fields, and an alarm must not."""
    return re.sub(r'"[^"]*"?', '"..."', " ".join(text.split()))[:LONGEST_ALARM]
