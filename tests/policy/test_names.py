"""Names that Cedar lets pass and that would void a rule."""

from __future__ import annotations

import pytest
from asked import shipped_engine

from facegate.errors import InputError
from facegate.policy.names import refuse_void_names

ENGINE = shipped_engine()
RULE = ENGINE.profile("moratorium").rules[:1]


def hold(condition: str, *, scope: str = "principal, action, resource") -> None:
    refuse_void_names(
        f"forbid ({scope}) when {{ {condition} }};",
        RULE,
        profiles=list(ENGINE.profiles),
        schema=ENGINE.schema.handle,
        catalogue=ENGINE.catalogue,
    )


@pytest.mark.parametrize(
    "condition",
    [
        "context has offense",
        "context has offense && context.offense has wide",
        "context has instrument && context.instrument has kind",
        'context has offense && context.offense in FaceGate::OffenseClass::"CO-Level-1-List"',
        'context has offense && context.offense == FaceGate::Offense::"1201"',
        'resource == FaceGate::Profile::"moratorium"',
        'principal == FaceGate::Officer::"nobody-knows"',
    ],
)
def test_names_that_exist_pass(condition: str) -> None:
    hold(condition)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("context has ofense", "`has ofense` tests what the schema does not declare"),
        ("context has offense && context.offense has wyde", "`has wyde` tests"),
        ("context has gate && context.gate has clock", "`has clock` tests"),
        ("context has instrument && context.instrument has knd", "`has knd` tests"),
        ("!(context has casenumber)", "`has casenumber` tests"),
        ("if context has casenumber then true else false", "`has casenumber` tests"),
        ("principal has badge", "`has badge` tests"),
        (
            'context has offense && context.offense == FaceGate::Offense::"1213"',
            'no FaceGate::Offense::"1213"',
        ),
        (
            'context has offense && context.offense in [FaceGate::OffenseClass::"CO-Levle-1"]',
            'no FaceGate::OffenseClass::"CO-Levle-1"',
        ),
        ('resource == FaceGate::Profile::"co-dmv-2091"', 'no FaceGate::Profile::"co-dmv-2091"'),
    ],
)
def test_a_name_that_does_not_exist_is_refused_by_file_and_rule(condition: str, message: str) -> None:
    with pytest.raises(InputError, match=rf"moratorium\.cedar, rule MORATORIUM: .*{message}"):
        hold(condition)


def test_a_profile_that_does_not_exist_is_refused_in_the_scope_too() -> None:
    with pytest.raises(InputError, match='there is no FaceGate::Profile::"nope"'):
        hold("true", scope='principal, action, resource == FaceGate::Profile::"nope"')
