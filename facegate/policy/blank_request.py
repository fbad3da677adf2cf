"""A blank request in TOML: every field explained, with an example value to be replaced.

What the law at hand makes of it is not filled in: a form that claims a felony, a warrant or an emergency
by itself would be signed as it stands. Those stay false or commented out.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from facegate.policy.facts import AgencyFacts, GateFacts, OfficerFacts
from facegate.policy.request_fields import EXIGENCY_WORDS, INSTRUMENT_WORDS, REQUEST_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facegate.policy.profile import Profile
    from facegate.policy.request_fields import FieldWords

TABLES = {"instrument": INSTRUMENT_WORDS, "exigency": EXIGENCY_WORDS}
LINE = 100
HEAD = """\
# A request under {profile}, to be filled in.
# Nothing in it is real: replace the example values, and take out a line that you cannot answer.
# Then ask, without searching anything:
#
#     facegate policy explain FILE.toml
#
# It names every rule that would refuse, and what is still missing.
"""
OVERLAYS = """\
# Overlays laid over the law: each only takes away. Wanted: names shown by facegate policy list.
# overlays = ["no-immigration"]
"""
TAIL = """\
# Registers are taken to be in order. To ask what happens when they are not, take off the #:
#
# [facts.requester]        # also operator, approver, declarer
# {officer}
#
# [facts.agency]           # also beneficiary
# {agency}
#
# [facts.gate]             # any of:
{gate}
"""


def blank_request(profile: Profile) -> str:
    """Write a request to fill in, for one law.

    Parameters
    ----------
    profile : Profile
        Its levels and its form of citation are given as the examples.

    Returns
    -------
    str
        TOML that `facegate.policy.request_file.read_request_file` reads as it stands.
    """
    simple = {name: words for name, words in REQUEST_WORDS.items() if name not in TABLES}
    blocks = [HEAD.format(profile=profile.name)]
    blocks += ["\n".join(_field(name, words, profile)) + "\n" for name, words in simple.items()]
    blocks += [OVERLAYS, *("\n".join(_paper(name)) + "\n" for name in TABLES)]
    return "\n".join([*blocks, _registers()])


def _field(name: str, words: FieldWords, profile: Profile) -> Iterator[str]:
    """Write one field: what it says, what it may hold, an example."""
    own: Mapping[str, tuple[str, str]] = {
        "profile": (words.wanted, profile.name.partition("+")[0]),
        "offense_level": (f"one of {', '.join(profile.levels)}", profile.levels[0]),
    }
    if profile.citation:
        wanted = f"{REQUEST_WORDS['charge_citation'].wanted}; written as in the example"
        own = {**own, "charge_citation": (wanted, profile.citation)}
    wanted, example = own.get(name, (words.wanted, words.example))
    yield from _comment(f"{words.says} Wanted: {wanted}.")
    off = "# " if name == "dossier_fields" else ""  # asked for by another action only
    yield f"{off}{name} = {json.dumps(example)}"


def _paper(name: str) -> Iterator[str]:
    """Write a table that stays commented out until there is such a paper."""
    yield from _comment(f"{REQUEST_WORDS[name].says} Take off the # where there is one.")
    yield f"# [{name}]"
    for key, words in TABLES[name].items():
        yield from _comment(f"# {words.says} Wanted: {words.wanted}.")
        yield f"# {key} = {json.dumps(words.example)}"


def _comment(text: str) -> Iterator[str]:
    """Break a comment into lines."""
    line = "#"
    for word in text.split():
        if len(line) + 1 + len(word) > LINE:
            yield line
            line = "#"
        line += f" {word}"
    yield line


def _registers() -> str:
    officer = ", ".join(OfficerFacts.__dataclass_fields__)
    agency = ", ".join(AgencyFacts.__dataclass_fields__)
    gate = "\n".join(_comment(", ".join(GateFacts.__dataclass_fields__)))
    return TAIL.format(
        officer=f"trained = false  # any of {officer}", agency=f"blocked = true  # any of {agency}", gate=gate
    )
