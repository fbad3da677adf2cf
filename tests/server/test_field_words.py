"""What is wrong with a field or a role, told in words that repeat nothing of what was sent."""

from __future__ import annotations

from datetime import date
from typing import Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from facegate.server.edge.field_words import words_of
from facegate.server.identity.roles import Operation
from facegate.server.role_words import DOES, words_of_refusal

PRIVATE = "subject-4711"


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field("x", min_length=1, max_length=8, pattern="^[a-z]*$")
    count: int = Field(1, ge=1, le=9)
    share: float = 0.5
    flag: bool = True
    kind: Literal["one", "two"] = "one"
    listed: list[int] = Field([], max_length=1)


class Loose(BaseModel):
    day: date = date(2026, 1, 1)
    search: UUID = UUID(int=0)
    count: int = 1


@pytest.mark.parametrize(
    ("form", "sent", "words"),
    [
        (Sent, {"name": 4711}, "is a whole number; wanted text"),
        (Sent, {"name": ""}, "is too short; wanted at least 1 characters"),
        (Sent, {"name": PRIVATE}, "is too long; wanted at most 8 characters"),
        (Sent, {"name": "A"}, "is not of its form; wanted text that fits ^[a-z]*$"),
        (Sent, {"count": PRIVATE}, "is text; wanted a whole number"),
        (Sent, {"count": 99}, "is too large; wanted at most 9"),
        (Sent, {"share": None}, "is null; wanted a number"),
        (Sent, {"flag": 1}, "is a whole number; wanted true or false"),
        (Sent, {"kind": PRIVATE}, "is none of those that are taken; wanted 'one' or 'two'"),
        (Sent, {"listed": {PRIVATE: 1}}, "is an object; wanted a list"),
        (Sent, {"listed": [1, 2]}, "has too many entries; wanted at most 1"),
        (Sent, {PRIVATE: 1}, "is no field that is known here; leave it out"),
        (Loose, {"day": PRIVATE}, "is not a day, such as 2026-09-01"),
        (Loose, {"search": PRIVATE}, "is not a UUID, such as 01936f00-0000-7000-8000-000000000000"),
        (Loose, {"count": PRIVATE}, "is not a whole number"),
    ],
)
def test_each_kind_of_trouble_has_its_words(form: type[BaseModel], sent: object, words: str) -> None:
    with pytest.raises(ValidationError) as found:
        form.model_validate(sent)
    (error,) = found.value.errors()
    assert words_of(error) == words
    assert PRIVATE not in words


def test_trouble_of_a_kind_that_has_no_words_repeats_nothing() -> None:
    assert PRIVATE not in words_of(
        {"type": "value_error", "msg": PRIVATE, "input": PRIVATE, "ctx": {"error": PRIVATE}}
    )


def test_every_operation_is_told_in_words_of_its_own() -> None:
    assert set(DOES) == set(Operation)
    assert len(set(DOES.values())) == len(DOES)
    assert not any(str(one) in words_of_refusal(one) for one in Operation if "." in one)
