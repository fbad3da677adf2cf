"""Settings come from the environment, once, and say where things are."""

from __future__ import annotations

from pathlib import Path

from facegate.settings import Settings


def test_without_variables_there_is_no_data_and_the_home_is_beside_you() -> None:
    settings = Settings.from_environment({})
    assert (settings.data, settings.home) == (None, Path("home"))


def test_a_variable_set_to_nothing_counts_as_not_set() -> None:
    empty = Settings.from_environment({"FACEGATE_DATA": "", "FACEGATE_HOME": "", "FACEGATE_CACHE": ""})
    assert empty == Settings.from_environment({})


def test_a_relative_data_folder_is_made_absolute(tmp_path: Path) -> None:
    assert Settings.from_environment({"FACEGATE_DATA": str(tmp_path / "x" / "..")}).data == tmp_path.resolve()


def test_each_variable_is_read() -> None:
    settings = Settings.from_environment({"FACEGATE_CACHE": "/c", "FACEGATE_HOME": "/h"})
    assert (settings.cache, settings.home) == (Path("/c"), Path("/h"))
