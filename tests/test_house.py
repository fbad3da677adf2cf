"""The house itself: the order of rooms, the single doors, and the lock."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "facegate").rglob("*.py"))
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def calls(name: str) -> set[str]:
    """Files of the package that call something of this name."""
    return {
        str(path.relative_to(ROOT / "facegate"))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name
    }


def test_each_room_imports_only_the_rooms_above_it() -> None:
    checker = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run([checker, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  our own tool
    assert found.returncode == 0, found.stdout


def test_only_the_gate_makes_a_token_for_a_search() -> None:
    assert calls("SearchToken") == {"gate/search.py"}


def test_nothing_that_serves_makes_a_token_that_leaves_no_record() -> None:
    serving = ("gate/", "cli/", "policy/", "audit/")
    assert not [path for path in calls("UnsafeMeasurementToken") if path.startswith(serving)]


def test_no_check_of_the_package_is_an_assert() -> None:
    asserting = [
        str(path)
        for path in SOURCES
        if any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    ]
    assert asserting == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    pinned = re.findall(r"^[a-z0-9_.-]+==", text, flags=re.MULTILINE)
    assert pinned
    assert text.count("--hash=sha256:") >= len(pinned)
    assert "://" not in text
    assert "index-url" not in text


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_no_lock_asks_for_a_source_build_of_dlib(lock: Path) -> None:
    assert not re.search(r"^dlib==", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_dlib_comes_from_the_wheel() -> None:
    installed = {distribution.metadata["Name"].lower() for distribution in distributions()}
    assert "dlib-bin" in installed
    assert "dlib" not in installed
