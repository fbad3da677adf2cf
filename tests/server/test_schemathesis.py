"""Thousands of calls made from the service's own description, by every role, against the whole service.

Every check that schemathesis has is on. A positive case may be refused for what it says (422: no such law, a
case number not of its agency's form, a key that was used), which no schema can know; that it is refused for
its form is a failure, and so is any 5xx but a 503 that says why.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pytest
import schemathesis
from attacked import INQUIRY, attacked
from desk_room import stated
from hypothesis import given, settings
from hypothesis import strategies as st
from ready_home import PHOTO
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from whole_service import ORIGIN

from facegate.server.idempotency_key import KEY_FORM, read_key
from facegate.server.problems import PROBLEM_JSON, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attacked import Attacked
    from schemathesis.auths import AuthContext
    from schemathesis.engine.recorder import ScenarioRecorder
    from schemathesis.hooks import HookContext

PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")
REASONS: Final = frozenset({
    "no-log-keys", "not-ready", "storage-down", "log-down", "gallery-down", "unavailable",
    "certificate-not-in-force", "certificate-replaced",
})  # fmt: skip
ANSWERED: Final = ["2xx", "3xx", "401", "403", "404", "409", "413", "415", "422", "429", "503"]
OF_ROUTES: Final = frozenset({"unsupported_method", "allow_header_conformance"})
TWO_AT_ONE_PLACE: Final = ("/api/v1/", "/v1/policies/explain", "/v1/reports/verify")
"""Where another route answers other methods: under CompreFace's paths with why a thing is not offered, at the
others as for a law, or a report, of that name."""
CREDENTIALS: Final = frozenset({"two-credentials", "credential-in-address"})
"""That one is shown and not two, no description can say: it has alternatives, and no exclusion."""
NOT_OFFERED: Final = (501, "not-offered")
"""What CompreFace has and this has not, under that one's paths."""
FREE: Final = stated(requester=None, agency=None, approver=None)
INSIDE_A_TEXT: Final = ("body.request", "header.X-Facegate-")
"""Fields whose text is JSON, or percent-encoded: what stands in it, no schema of a text can say."""


@dataclass
class Outcome:
    """What came of a run.

    Parameters
    ----------
    cases : int
        Requests made.
    by_status : Counter
        Of the replies.
    failures : Counter
        By operation and what failed.
    """

    cases: int = 0
    by_status: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)

    def add(self, scenario: ScenarioRecorder) -> None:
        """Count a scenario, and look at every reply once more."""
        for place, held in scenario.checks.items():
            for check in held:
                if check.failure_info is None:
                    continue
                said = check.failure_info.failure
                found = f"{said.operation}: {check.name}: {said.title}: {said.message}"
                one = scenario.interactions.get(place)
                if not (_of_a_route(found, check.name) or (one and _reason(one.response) in CREDENTIALS)):
                    self.failures[found] += 1
        for name, one in scenario.interactions.items():
            self.cases += 1
            if one.response is None:
                continue
            self.by_status[one.response.status_code] += 1
            case = scenario.cases[name].value if name in scenario.cases else None
            positive = case is not None and case.meta is not None and case.meta.generation.mode.is_positive
            if trouble := _trouble(one.response, positive=positive):
                self.failures[f"{scenario.label}: {trouble}"] += 1


def _of_a_route(found: str, check: str) -> bool:
    """Whether what was found is that an address has more methods than are described, and rightly so."""
    return check in OF_ROUTES and any(path in found for path in TWO_AT_ONE_PLACE)


def _reason(response: Any) -> str:  # noqa: ANN401  schemathesis's, or None
    """Give the last part of a problem's type; nothing of any other reply."""
    if response is None or response.headers.get("content-type") != [PROBLEM_JSON]:
        return ""
    return str(response.json()["type"]).rsplit("/", 1)[-1]


def _trouble(response: Any, *, positive: bool) -> str:  # noqa: ANN401  schemathesis's
    """Say what is wrong with a reply that none of the checks looks for; nothing if nothing is."""
    status, reason = response.status_code, _reason(response)
    if not reason:
        return "" if status < 400 else f"{status} without a reason"
    said = response.json()
    if status >= 500:
        return (
            ""
            if (status, reason) == NOT_OFFERED or (status == 503 and reason in REASONS)
            else f"{status} {reason}"
        )
    wrong = [
        one
        for one in said.get("errors", ())
        # Where the whole sentence is the field's, a register demands more than a form can say.
        if one.get("words") != said["detail"] and not one["field"].startswith(INSIDE_A_TEXT)
    ]
    return f"a form true to its schema is refused for its form: {wrong}" if positive and wrong else ""


def fuzz(room: Attacked, who: str, *, examples: int, phases: tuple[str, ...] = PHASES) -> Outcome:
    """Call every operation of the description as somebody.

    Parameters
    ----------
    room : Attacked
        The service.
    who : str
        One of its accounts; empty for nobody.
    examples : int
        Most of each operation, in the phases that draw at random.
    phases : tuple of str
        Of `PHASES`.
    """
    config = SchemathesisConfig.from_dict({
        "seed": 1,
        "base-url": ORIGIN,
        "headers": {"Host": "127.0.0.1:8443"},
        "continue-on-failure": True,
        "generation": {"max-examples": examples, "database": "none"},
        "phases": {name: {"enabled": name in phases} for name in PHASES},
        "checks": {
            "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "501", "503"]},
            "positive_data_acceptance": {"expected-statuses": ANSWERED},
        },
    })  # fmt: skip
    schema = schemathesis.openapi.from_dict(room.app.openapi(), config=config)
    schema.app = room.app
    schema.hook("map_body")(_a_request)
    if who:
        schema.auth(refresh_interval=None)(_provider(room, who))
    outcome = Outcome()
    for event in from_schema(schema).execute():
        if isinstance(event, events.FatalError):
            raise event.exception
        if isinstance(event, events.NonFatalError):
            outcome.failures[f"{event.label}: {event.value!r}"] += 1
        if isinstance(event, events.ScenarioFinished):
            outcome.add(event.recorder)
    said = ", ".join(f"{status}: {n}" for status, n in sorted(outcome.by_status.items()))
    sys.stdout.write(f"\n{who or 'nobody'}: {outcome.cases:,} cases ({said})\n")
    return outcome


def _a_request(_: HookContext, body: Any) -> Any:  # noqa: ANN401  as it is called
    """Put what was drawn for a request's text into one field of a request, and a photo beside it.

    No text that is drawn is a request in JSON, so none would come past the form.
    """
    if isinstance(body, dict) and isinstance(text := body.get("request"), str) and "probe" in body:
        names = sorted(FREE)
        place = names[len(text) % len(names)]
        return {**body, "request": json.dumps({**FREE, place: text}), "probe": PHOTO}
    return body


def _provider(room: Attacked, who: str) -> type:
    """Make what signs each case; who was signed out on the way is signed in again."""

    class Signed:
        def get(self, case: Any, context: AuthContext) -> dict[str, str]:  # noqa: ANN401, ARG002  as it is called
            return room.shown(who)

        def set(self, case: Any, data: dict[str, str], context: AuthContext) -> None:  # noqa: ANN401, ARG002  likewise
            case.headers.update(data)

    return Signed


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("fuzzed")) as made:
        made.publish()
        yield made


def test_calls_made_from_the_description_find_no_fault(room: Attacked) -> None:
    outcome = fuzz(room, "searcher", examples=2, phases=("fuzzing",))
    assert outcome.failures == {}
    assert outcome.cases >= 150


@pytest.mark.slow
@pytest.mark.parametrize("who", ["", "searcher", "supervisor", "administrator"])
def test_thousands_of_calls_at_every_edge_of_the_description_find_no_fault(room: Attacked, who: str) -> None:
    outcome = fuzz(room, who, examples=4)
    assert outcome.failures == {}
    assert outcome.cases >= 3_000  # 12,000 and more by all four


@pytest.mark.slow
@pytest.mark.parametrize("who", ["second", "enroller", "auditor", INQUIRY, "tester"])
def test_hundreds_of_calls_of_every_other_role_and_what_follows_from_them_find_no_fault(
    room: Attacked, who: str
) -> None:
    outcome = fuzz(room, who, examples=6, phases=("fuzzing", "stateful"))
    assert outcome.failures == {}
    assert outcome.cases >= 400


@given(key=st.text(max_size=20) | st.from_regex(KEY_FORM, fullmatch=True))
@settings(deadline=None, max_examples=200)
def test_a_key_is_taken_exactly_if_it_is_of_the_form_that_is_described(key: str) -> None:
    described = re.search(KEY_FORM, key.strip()) is not None and not key.strip().endswith("\n")
    try:
        taken = read_key(key) is not None
    except Problem:
        taken = False
    assert taken == described
