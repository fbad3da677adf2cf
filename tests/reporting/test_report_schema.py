"""The published schema: made from the records, accepting a result and no mutated one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from sample_result import full_result, poor_result

from facegate.reporting.schema import published_schema, result_schema, schema_text

VALIDATOR = Draft202012Validator(result_schema())


def full() -> Any:  # noqa: ANN401  JSON of any shape
    return json.loads(full_result().to_json())


def test_the_committed_schema_is_the_one_the_records_make() -> None:
    assert published_schema() == schema_text(), (
        "the records changed: write facegate.reporting.schema.schema_text() to benchmark-2.schema.json"
    )


def test_it_is_itself_a_valid_schema() -> None:
    Draft202012Validator.check_schema(result_schema())


@pytest.mark.parametrize("result", [full_result(), poor_result()], ids=["full", "poor"])
def test_a_result_is_valid(result: Any) -> None:  # noqa: ANN401  either result
    assert list(VALIDATOR.iter_errors(json.loads(result.to_json()))) == []


def test_every_record_and_nearly_every_field_is_described() -> None:
    records = [result_schema(), *result_schema()["$defs"].values()]
    assert all(record["description"] for record in records)
    bare = [
        name for record in records for name, one in record["properties"].items() if "description" not in one
    ]
    # records whose one-line docstring describes all fields
    assert set(bare) <= {"first", "second", "fmr", "name", "value", "undefined", "group", "low", "high"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), "facegate-benchmark/1"),
        (("name",), None),
        (("main", "non_mated"), 1.5),
        (("main", "at", 0, "threshold", "in_sample"), "yes"),
        (("main", "at", 0, "overall", "fmr", "estimate"), "0.1"),
        (("main", "groups", 0, "surprise"), 1),
        (("provenance", "metric"), "taxicab"),
        (("identification", "mixes", 0, "people", "Black F"), "many"),
        (("identification", "searches"), None),
    ],
)
def test_a_mutated_result_is_refused(path: tuple[str | int, ...], value: object) -> None:
    about = full()
    inner = about
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert not VALIDATOR.is_valid(about)


def test_a_missing_field_is_refused() -> None:
    about = full()
    del about["main"]["at"][0]["worst_group"]
    assert not VALIDATOR.is_valid(about)
