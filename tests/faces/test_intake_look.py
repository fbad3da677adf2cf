"""What is told of the only face of a photo: where it is, how it looks upright, and what speaks against it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from intake_photos import PATIENT, chunks_of, encoded, person
from PIL import Image, ImageFilter
from portraits import astronaut, faceless, png, two_faces

from facegate.errors import UnusablePhoto
from facegate.faces.detect import Detector, FaceBox, find_faces
from facegate.faces.intake.look import _of_the_place, face_seen, light_of, pose_of
from facegate.faces.intake.workers import IntakeWorkers
from facegate.faces.photo import only_face

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.faces.decode import Pixels

FRONT = ((70, 10), (50, 10), (10, 10), (30, 10), (40, 40))


@pytest.fixture(scope="module")
def intake() -> Iterator[IntakeWorkers]:
    with IntakeWorkers.start(1, limits=PATIENT) as workers:
        yield workers


def warnings_of(photo: Image.Image) -> str:
    return " ".join(face_seen(encoded(photo, "PNG")).warnings)


def lit(factor: float, *, more: int = 0) -> Image.Image:
    return Image.fromarray(np.clip(astronaut() * factor + more, 0, 255).astype(np.uint8))


def test_the_face_is_the_one_that_the_search_takes(intake: IntakeWorkers) -> None:
    clean = intake.clean(encoded(person(), quality=95))
    seen = intake.face(clean)
    assert seen.box == only_face(clean.data).box
    (left, top), (right, _) = seen.eyes
    assert seen.box.left < left < right < seen.box.right
    assert seen.box.top < top < (seen.box.top + seen.box.bottom) / 2


def test_bytes_are_cleaned_before_they_are_looked_at(intake: IntakeWorkers) -> None:
    sent = encoded(person(), quality=95)
    assert intake.face(sent) == intake.face(intake.clean(sent))
    with pytest.raises(UnusablePhoto, match="unsupported format"):
        intake.face(encoded(person(), "GIF"))


def test_the_preview_is_a_plain_picture_of_the_face_upright(intake: IntakeWorkers) -> None:
    preview = intake.face(encoded(person().rotate(15, fillcolor="gray"), "PNG")).preview
    assert chunks_of(preview) == [b"IHDR", b"IDAT", b"IEND"]
    shown: Pixels = np.asarray(Image.open(io.BytesIO(preview)))
    assert shown.shape == (240, 240, 3)
    assert face_seen(png(shown)).pose.tilt < 4
    assert len(find_faces(shown)) == 1


def test_a_good_photo_draws_no_warning() -> None:
    assert face_seen(png(astronaut())).warnings == ()


def test_several_faces_are_refused_with_their_boxes(intake: IntakeWorkers) -> None:
    with pytest.raises(UnusablePhoto, match="2 faces, wanted exactly one") as finding:
        intake.face(png(two_faces()))
    assert finding.value.reason == "several-faces"
    lefts = sorted(box[0] for box in finding.value.boxes)
    assert lefts[0] < 300 < lefts[1]


def test_a_photo_without_a_face_is_no_face(intake: IntakeWorkers) -> None:
    with pytest.raises(UnusablePhoto, match="no face found") as finding:
        intake.face(png(faceless()))
    assert (finding.value.reason, finding.value.boxes) == ("no-face", ())


def test_a_small_face_draws_a_warning_with_the_distance_of_the_eyes() -> None:
    assert "pixels between the eyes, wanted at least 26." in warnings_of(person((120, 112)))


def test_a_blurred_face_draws_a_warning_and_a_dim_one_not_the_same() -> None:
    blurred = person().filter(ImageFilter.GaussianBlur(4))
    assert "The face is blurred" in warnings_of(blurred)
    assert "blurred" not in warnings_of(lit(0.2))


@pytest.mark.parametrize("photo", [lit(0.15), lit(0.15, more=200)], ids=["dark", "hazy"])
def test_a_face_that_is_dark_or_hazy_draws_a_warning(photo: Image.Image) -> None:
    assert "little contrast" in warnings_of(photo)


def test_a_dark_face_with_its_features_visible_draws_none() -> None:
    assert warnings_of(lit(0.5)) == ""


def test_a_face_with_too_much_light_draws_a_warning() -> None:
    assert "nearly white: too much light" in warnings_of(lit(1.5))


def test_a_tilted_head_draws_a_warning_with_its_degrees() -> None:
    assert "tilted by 2" in warnings_of(person().rotate(25, fillcolor="gray"))


def test_a_face_over_the_edge_of_the_photo_draws_a_warning() -> None:
    box = find_faces(astronaut())[0]
    width = box.right - box.left
    cut = astronaut()[:, : box.right - width // 10]
    assert "reaches over the edge" in warnings_of(Image.fromarray(np.ascontiguousarray(cut)))


def test_a_face_that_only_the_second_detector_found_draws_a_warning() -> None:
    box = FaceBox(4, 4, 20, 20, 1.0, Detector.CNN)
    assert "second of two detectors" in "".join(_of_the_place(box, np.zeros((30, 30, 3), np.uint8)))


def test_a_nose_beside_the_eyes_is_a_turned_head() -> None:
    aside = (*FRONT[:4], (52, 40))
    assert pose_of(aside).turn == pytest.approx(12 / 40)
    assert pose_of(FRONT).turn == 0


def test_turn_and_distance_are_the_same_however_the_head_is_tilted() -> None:
    aside = (*FRONT[:4], (52, 40))
    on_the_side = tuple((-y, x) for x, y in aside)
    assert pose_of(on_the_side).tilt == pytest.approx(90)
    assert pose_of(on_the_side).turn == pytest.approx(pose_of(aside).turn)
    assert pose_of(on_the_side).eye_distance == pose_of(aside).eye_distance == 40


def test_landmarks_that_fall_together_measure_as_a_tiny_face() -> None:
    assert pose_of(((5, 5),) * 5).eye_distance == 1


def test_a_face_of_one_color_has_no_contrast_and_no_sharpness() -> None:
    light = light_of(np.full((150, 150, 3), 250, np.uint8))
    assert (light.sharpness, light.contrast, light.blown_out) == (0, 0, 1)
