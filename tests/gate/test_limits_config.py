"""The agency's caps file: read strictly, and what is looser is named."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from facegate.errors import InputError
from facegate.gate.limits.config import Limits, limits_digest, parse_limits, read_limits

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", [one.name for one in fields(Limits)])
@pytest.mark.parametrize("value", ["0", "-1", "true", "1.5", "'3'", "1000001", "[1]"])
def test_a_value_that_is_no_whole_number_from_one_is_refused(name: str, value: str) -> None:
    with pytest.raises(InputError, match=rf"limits.toml: key {name} is .*, wanted a whole number from 1"):
        parse_limits(f"{name} = {value}", name="limits.toml")


def test_an_unknown_key_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="key case_probe is not known; known here are case_probes"):
        parse_limits("case_probe = 5", name="limits.toml")


def test_what_is_no_toml_is_one_sentence() -> None:
    with pytest.raises(InputError, match=r"limits\.toml is no TOML"):
        parse_limits("case_probes =", name="limits.toml")


def test_a_missing_file_gives_the_defaults_and_a_folder_in_its_place_does_not(tmp_path: Path) -> None:
    assert read_limits(tmp_path / "limits.toml") == Limits()
    with pytest.raises(InputError, match="cannot read"):
        read_limits(tmp_path)


def test_only_looser_caps_are_named() -> None:
    limits = parse_limits("case_probes = 5\nagency_day_probes = 400\nwindow_days = 30", name="limits.toml")
    assert limits.loosened() == (
        "agency_day_probes is 400, looser than the default 200",
        "window_days is 30, looser than the default 365",
    )
    assert Limits().loosened() == ()


@pytest.mark.parametrize("name", [one.name for one in fields(Limits)])
def test_every_value_changes_the_digest(name: str) -> None:
    changed = parse_limits(f"{name} = 999", name="limits.toml")
    assert limits_digest(changed) != limits_digest(Limits())


def test_what_is_left_out_of_the_file_has_the_digest_of_the_default() -> None:
    assert limits_digest(parse_limits("case_probes = 10", name="limits.toml")) == limits_digest(Limits())
