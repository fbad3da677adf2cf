"""A run's folder is whole or absent, and an earlier run survives whatever fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from facegate.errors import InputError, StorageError
from facegate.reporting.run_folder import write_run

FILES = {"result.json": b"{}", "tables/rates.csv": b"a\n"}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_all_files_stand_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "one", FILES)
    assert contents(tmp_path / "runs") == {f"one/{name}": text for name, text in FILES.items()}


def test_an_earlier_run_is_not_overwritten_unasked(tmp_path: Path) -> None:
    write_run(tmp_path / "one", FILES)
    with pytest.raises(
        InputError, match="exists already; choose another folder with -o, or replace it with --force"
    ):
        write_run(tmp_path / "one", {"result.json": b"new"})
    assert contents(tmp_path / "one") == FILES


def test_an_earlier_run_is_replaced_whole_when_asked(tmp_path: Path) -> None:
    write_run(tmp_path / "one", FILES)
    write_run(tmp_path / "one", {"result.json": b"new"}, replace=True)
    assert contents(tmp_path) == {"one/result.json": b"new"}


def test_a_folder_that_is_no_run_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(InputError, match="is not a run"):
        write_run(tmp_path / "mine", FILES, replace=True)
    assert contents(tmp_path) == {"mine/thesis.txt": b"years"}


@pytest.mark.parametrize(
    ("failure", "expected"),
    [(OSError(28, "No space left"), StorageError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
@pytest.mark.parametrize("step", ["write_bytes", "rename"])
def test_whatever_fails_the_earlier_run_still_stands_and_nothing_is_half_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    failure: BaseException,
    expected: type[BaseException],
) -> None:
    write_run(tmp_path / "one", FILES)
    real = getattr(Path, step)

    def breaks(self: Path, target: object, **options: object) -> object:
        landing = step == "rename" and target == tmp_path / "one" and "tables" not in str(self)
        if (step == "write_bytes" and self.name == "rates.csv") or (landing and not done):
            done.append(True)
            raise failure
        return real(self, target, **options)

    done: list[bool] = []
    monkeypatch.setattr(Path, step, breaks)
    with pytest.raises(expected):
        write_run(tmp_path / "one", {**FILES, "result.json": b"new"}, replace=True)
    assert done
    assert contents(tmp_path) == {f"one/{name}": text for name, text in FILES.items()}
