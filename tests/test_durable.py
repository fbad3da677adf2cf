"""Files are whole or absent, whichever step fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from facegate.durable import replace_bytes, replacing
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
