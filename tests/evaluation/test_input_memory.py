"""How much memory there is, as Linux tells it, and the sentence when it is too little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facegate.errors import InputError
from facegate.evaluation.inputs.memory import available_memory, require_memory

if TYPE_CHECKING:
    from pathlib import Path


def test_the_smaller_of_machine_and_container_counts(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 9000 kB\nMemAvailable:    4000 kB\n", encoding="ascii")
    assert available_memory(meminfo=meminfo, group=tmp_path / "none") == 4000 * 1024
    (tmp_path / "memory.max").write_text("3000\n", encoding="ascii")
    (tmp_path / "memory.current").write_text("1000\n", encoding="ascii")
    assert available_memory(meminfo=meminfo, group=tmp_path) == 2000
    (tmp_path / "memory.max").write_text("max\n", encoding="ascii")
    assert available_memory(meminfo=meminfo, group=tmp_path) == 4000 * 1024


def test_a_system_that_does_not_tell_refuses_nothing(tmp_path: Path) -> None:
    assert available_memory(meminfo=tmp_path / "none", group=tmp_path) is None
    require_memory(1 << 60, "many scores", available=None)


def test_too_little_memory_is_said_with_both_numbers() -> None:
    require_memory(100, "some scores", available=100)
    with pytest.raises(
        InputError, match="some scores need about 3 MiB of memory, this machine has 2 MiB free"
    ):
        require_memory(3 << 20, "some scores", available=2 << 20)
