"""Files are whole or absent, whichever step fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from facegate.durable import clear_swap, replace_bytes, replacing, swap_bytes
from facegate.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

FULL = OSError(28, "No space left on device")


def test_a_file_is_made_with_its_folder(tmp_path: Path) -> None:
    replace_bytes(tmp_path / "new" / "file.json", b"content")
    assert (tmp_path / "new" / "file.json").read_bytes() == b"content"


@pytest.mark.parametrize(
    "step", ["facegate.durable.os.fsync", "pathlib.Path.write_bytes", "pathlib.Path.replace"]
)
def test_whatever_step_fails_the_old_file_stands_and_nothing_else_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def refuse(*_: Any, **__: Any) -> None:  # noqa: ANN401  stands in for several functions
        raise FULL

    monkeypatch.setattr(step, refuse)
    with pytest.raises(StorageError, match="No space left on device; what stood there before still stands"):
        replace_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def interrupted_while_writing(path: Path) -> None:
    with replacing(path) as aside:
        aside.write_bytes(b"half")
        raise KeyboardInterrupt


def test_ctrl_c_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(KeyboardInterrupt):
        interrupted_while_writing(path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "contents", [[b"one", b"two"], [b"short", b"longer", b"s"], [b"a", b"b", b"c", b"d"]]
)
def test_a_swapped_file_holds_exactly_the_last_content(tmp_path: Path, contents: list[bytes]) -> None:
    path = tmp_path / "file"
    for content in contents:
        swap_bytes(path, content)
        assert path.read_bytes() == content


def test_who_reads_a_file_while_it_is_swapped_keeps_what_he_opened(tmp_path: Path) -> None:
    path = tmp_path / "file"
    swap_bytes(path, b"one")
    with path.open("rb") as file:
        swap_bytes(path, b"two")
        assert file.read() == b"one"


@pytest.mark.parametrize("step", ["os.pwrite", "os.replace"])
def test_a_swap_that_the_disk_refuses_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "file"
    swap_bytes(path, b"old")

    def refuse(*_: Any, **__: Any) -> None:  # noqa: ANN401  stands in for several functions
        raise FULL

    monkeypatch.setattr(step, refuse)
    with pytest.raises(StorageError, match="No space left on device; what stood there before still stands"):
        swap_bytes(path, b"new")
    assert path.read_bytes() == b"old"


def test_a_file_is_swapped_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("os.link", unknown)
    for content in (b"one", b"two"):
        swap_bytes(tmp_path / "file", content)
        assert (tmp_path / "file").read_bytes() == content


def test_what_a_kill_in_the_middle_of_a_swap_left_is_not_in_the_way(tmp_path: Path) -> None:
    path = tmp_path / "file"
    swap_bytes(path, b"one")
    (tmp_path / ".file.old").hardlink_to(path)  # killed before the new one took its name
    (tmp_path / ".file.spare").write_bytes(b"half of tw")
    swap_bytes(path, b"two")
    assert path.read_bytes() == b"two"


def test_nothing_is_left_beside_a_swapped_file_that_was_cleared(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"one", b"two"):
        swap_bytes(path, content)
    clear_swap(path)
    assert list(tmp_path.iterdir()) == [path]
