"""Tiny sets in the layout of the public ones (no pixels are read), and the real ones where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facegate.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

LFW_HEADER = "person,n_images,sex,race,race_source,age_class\n"


def put(folder: Path, *paths: str) -> None:
    """Write files whose content is their own path."""
    for path in paths:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(path.encode())


def small_lfw(folder: Path) -> Path:
    """Three people, four photos."""
    put(
        folder,
        "lfw-deepfunneled/Ann_Low/Ann_Low_0001.jpg",
        "lfw-deepfunneled/Ann_Low/Ann_Low_0002.jpg",
        "lfw-deepfunneled/Bo_Day/Bo_Day_0001.jpg",
        "lfw-deepfunneled/Cy_Ray/Cy_Ray_0001.jpg",
    )
    rows = ("Ann_Low,2,F,Black,mica_human,Youth", "Bo_Day,1,M,White,kumar_attr,", "Cy_Ray,1,,,,Child|Youth")
    (folder / "person_labels.csv").write_text(LFW_HEADER + "\n".join(rows) + "\n")
    return folder


def small_meds(folder: Path) -> Path:
    """Two people; a frontal and a profile of the first, a frontal of the second."""
    put(
        folder,
        *(f"images/{name}" for name in ("S001-01-t10_01.jpg", "S001-02-t10_01.jpg", "S002-01-t10_01.jpg")),
    )
    (folder / "labels.csv").write_text(
        "img_name,subject_id,age_phd,sex,rac,hgt,label\n"
        "S001-01-t10_01.jpg,1,17.9,M,B,601,Frontal\n"
        "S001-02-t10_01.jpg,1,26.0,M,B,601,Left Profile\n"
        "S002-01-t10_01.jpg,2,,F,W,500,Frontal\n"
    )
    return folder


def small_london(folder: Path) -> Path:
    """Two people with a neutral and a smiling photo each."""
    put(folder, "001_03.jpg", "001_08.jpg", "031_03.jpg", "031_08.jpg")
    (folder / "info.csv").write_text(
        "face_id,face_age,face_gender,face_eth\n001,24,female,east_asian/white\n031,NA,male,west_asian\n"
    )
    return folder


def small_folder(folder: Path, labels: str | None = None) -> Path:
    """Two people with three photos, and a label file if given."""
    put(folder, "ada/1.jpg", "ada/2.PNG", "ben/1.jpeg")
    if labels is not None:
        (folder / "labels.csv").write_text(labels)
    return folder


def settings_with_data() -> Settings:
    """Read the settings, or skip the test that asks where no data folder is named."""
    settings = Settings.from_environment()
    if settings.data is None:
        pytest.skip("FACEGATE_DATA is not set: no real data set here")
    return settings
