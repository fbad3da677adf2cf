"""Michigan's practice and New Jersey's lack of a law in plain Python, written from what is known of them."""

from __future__ import annotations

from dataclasses import replace

from asked import GOOD, Asked, Law
from twin_gate import operator_stated, stated, suspicion

from facegate.request import PURPOSES


def michigan(asked: Asked) -> set[str]:
    request, facts = asked.request, asked.facts
    operator = facts.requester if request.operator in {"self", request.requester} else facts.operator
    examiner = operator.known and operator.active and operator.trained and operator.role == "examiner"
    broken = {
        "LEVEL-ANY": request.offense_level != "any",
        "REASON": request.purpose not in PURPOSES or not stated(request.duty_statement),
        "MOBILE": request.channel == "mobile" and suspicion(asked) != 2,
        "EXAMINER": not (operator_stated(asked) and examiner),
    }
    return {f"MI-{rule}" for rule, is_broken in broken.items() if is_broken}


def new_jersey(asked: Asked) -> set[str]:
    """Refuse whatever is asked: there is no law that could let it in."""
    del asked
    return {"NJ-NO-STATUTE"}


MICHIGAN = Asked(replace(GOOD, profile="mi-snap", offense_level="any"))
MOBILE = MICHIGAN.but(channel="mobile", suspicion="probable_cause")

LAWS = (
    Law(
        "mi-snap",
        MICHIGAN,
        michigan,
        (
            MOBILE,
            MOBILE.but(suspicion="reasonable"),
            MOBILE.but(suspicion="none"),
            MOBILE.but(suspicion=None),
            MOBILE.but(channel="live"),
            MICHIGAN.but(suspicion=None),
            MICHIGAN.but(purpose=None, duty_statement=None),
        ),
    ),
    Law("nj", Asked(GOOD, overlays=("nj",)), new_jersey),
)
