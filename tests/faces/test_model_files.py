"""Where the models lie, and what is said when they do not."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

import pytest

from facegate.errors import InputError
from facegate.faces import model_files
from facegate.faces.model_files import ModelFile, model_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _forgetful() -> Iterator[None]:
    model_path.cache_clear()
    yield
    model_path.cache_clear()


@pytest.mark.parametrize("model", ModelFile)
def test_every_model_is_installed(model: ModelFile) -> None:
    assert model_path(model).stat().st_size > 500_000


def test_the_package_is_located_without_importing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, model_files.PACKAGE, raising=False)
    model_path(ModelFile.NETWORK)
    assert model_files.PACKAGE not in sys.modules


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_files, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="package face_recognition_models is not installed"):
        model_path(ModelFile.NETWORK)


def test_a_missing_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spec = ModuleSpec(model_files.PACKAGE, None, origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(model_files, "find_spec", lambda _: spec)
    with pytest.raises(InputError, match=r"mmod_human_face_detector\.dat is not in the installed package"):
        model_path(ModelFile.CNN_DETECTOR)
