"""Colorado's and Washington's statutes in plain Python, written from the statutes and not from the Cedar."""

from __future__ import annotations

from dataclasses import replace

from asked import EXIGENCY, GOOD, ORDER, WARRANT, Asked, Law
from twin_gate import emergency, operator_stated, paper_kind, stated, suspicion

from facegate.request import PURPOSES

FINDING = {"missing_person", "deceased_person"}


def level_is_any(asked: Asked) -> bool:
    return asked.request.offense_level == "any"


def court_order_to_find(asked: Asked) -> bool:
    """Tell whether a court ordered the finding of a missing or the naming of a deceased person."""
    return paper_kind(asked) == "order" and asked.request.purpose in FINDING


def by_immigration_status(asked: Asked) -> bool:
    """Tell whether the search is, or could be, made to enforce immigration law."""
    return asked.request.purpose not in PURPOSES - {"immigration_enforcement"}


def trained_operator(asked: Asked) -> bool:
    request, facts = asked.request, asked.facts
    operator = facts.requester if request.operator in {"self", request.requester} else facts.operator
    return operator_stated(asked) and operator.known and operator.active and operator.trained


def colorado_statute(asked: Asked) -> set[str]:
    for_leads = asked.request.purpose == "criminal_investigation" and stated(asked.request.fact_narrative)
    grounds = (
        paper_kind(asked) == "warrant",  # 307(1)(a)
        for_leads,  # (b)
        suspicion(asked) == 2,  # (c)
        court_order_to_find(asked),  # (d)
    )
    broken = {
        "LEVEL-ANY": not level_is_any(asked),
        "LIVE": asked.request.channel == "live" and not any(grounds),
        "TRAIT": by_immigration_status(asked),
    }
    return {f"CO22-{rule}" for rule, is_broken in broken.items() if is_broken}


def washington(asked: Asked) -> set[str]:
    grounds = (
        paper_kind(asked) == "warrant",  # 080(1)(a)
        emergency(asked) is not None,  # (b)
        court_order_to_find(asked),  # (c)
    )
    broken = {
        "LEVEL-ANY": not level_is_any(asked),
        "LIVE": asked.request.channel == "live" and not any(grounds),
        "TRAIT": by_immigration_status(asked),
        "OPERATOR": not trained_operator(asked),
    }
    return {f"WA-{rule}" for rule, is_broken in broken.items() if is_broken}


COLORADO = Asked(replace(GOOD, profile="co-sb22-113", offense_level="any"))
WASHINGTON = Asked(replace(GOOD, profile="wa-43.386", offense_level="any"))


def _live_cases(base: Asked) -> tuple[Asked, ...]:
    """Live video on each ground alone, on half of each, and on none."""
    bare = base.but(channel="live", fact_narrative=None, suspicion="none")
    return (
        bare,
        bare.but(instrument=WARRANT),
        bare.but(instrument=WARRANT, purpose="missing_person"),
        bare.but(instrument=ORDER),
        bare.but(instrument=ORDER, purpose="missing_person"),
        bare.but(instrument=ORDER, purpose="deceased_person"),
        bare.but(instrument=ORDER, purpose="identify_witness"),
        bare.but(instrument=ORDER, purpose=None),
        bare.but(purpose="missing_person"),
        bare.but(purpose="missing_person", fact_narrative="She was seen there."),
        bare.but(fact_narrative="He was seen there."),
        bare.but(suspicion="reasonable"),
        bare.but(suspicion="probable_cause"),
        bare.but(suspicion="probable_cause", purpose="missing_person"),
        bare.but(suspicion=None, purpose="missing_person"),
        bare.but(exigency=EXIGENCY),
        bare.but(exigency=replace(EXIGENCY, declared_by="8841")),
        base.but(instrument=WARRANT, purpose="immigration_enforcement"),
    )


LAWS = (
    Law("co-sb22-113", COLORADO, colorado_statute, _live_cases(COLORADO)),
    Law("wa-43.386", WASHINGTON, washington, _live_cases(WASHINGTON)),
)
