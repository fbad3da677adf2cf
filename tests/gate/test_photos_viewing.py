"""Who sees the photos of a search: reviewers as they see the list, recipients what was released to them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from photo_files import a_store, pixels, png
from PIL import Image
from review_room import (
    ASKER,
    CHIEF,
    FIRST,
    KEY,
    NOW,
    PARTNER,
    REGISTER,
    SECOND,
    SUSPENDED,
    THIRD,
    UNKNOWN,
    a_lead,
    a_ledger,
    days,
    found,
    last_refusal,
    records,
    released,
    reviewed,
    searched,
)

from facegate.errors import GalleryError, InputError, PolicyRefusal
from facegate.gate.photos.caption import marked_copy
from facegate.gate.photos.viewing import (
    ReviewImages,
    Viewer,
    mark_in,
    released_images,
    review_images,
    reviewer_mark,
    viewers_of,
)
from facegate.gate.review.correction import correct
from facegate.gate.review.showing import open_for_review
from facegate.records import SubjectId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.photos.store import PhotoStore
    from facegate.gate.review.registry import Person


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(tmp_path) as opened:
        yield opened


@pytest.fixture
def store(tmp_path: Path) -> PhotoStore:
    made = a_store(tmp_path)
    made.keep_subject(SubjectId("person-1"), png(1))
    made.keep_subject(SubjectId("person-2"), png(2))
    return made


@pytest.fixture
def search(ledger: Ledger, store: PhotoStore) -> str:
    name = searched(ledger, "person-1", "person-2")
    store.keep_probe(name, png(9))
    return name


def look(ledger: Ledger, store: PhotoStore, search: str, who: Person, **more: Any) -> ReviewImages:  # noqa: ANN401  any option
    return review_images(ledger, REGISTER, store, search, **{"reviewer": who, "key": KEY, "at": NOW, **more})


def received(ledger: Ledger, store: PhotoStore, search: str, who: Person = ASKER) -> ReviewImages:
    return released_images(ledger, REGISTER, store, search, recipient=who, key=KEY, at=NOW)


def photo_in(copy: bytes | None) -> bytes:
    """Cut the strip off, and give the pixels of the photo above it."""
    assert copy is not None
    height, width, _ = pixels().shape
    return np.asarray(Image.open(io.BytesIO(copy)))[:height, :width].tobytes()


def test_a_reviewer_sees_the_probe_and_each_candidate_beside_his_reference(
    ledger: Ledger, store: PhotoStore, search: str
) -> None:
    seen = look(ledger, store, search, FIRST)
    sheet = open_for_review(ledger, REGISTER, search, reviewer=FIRST, key=KEY, at=NOW)
    assert photo_in(seen.probe) == pixels(9).tobytes()
    assert [photo_in(one.image) for one in seen.candidates] == [pixels(n).tobytes() for n in (1, 2)]
    assert [(rank, ref) for rank, ref, _ in seen.candidates] == [
        (one.rank, one.subject_ref) for one in sheet.candidates
    ]


def test_that_a_reviewer_looked_is_the_same_record_as_for_the_list_and_only_once(
    ledger: Ledger, store: PhotoStore, search: str
) -> None:
    look(ledger, store, search, FIRST)
    look(ledger, store, search, FIRST)
    open_for_review(ledger, REGISTER, search, reviewer=FIRST, key=KEY, at=NOW)
    assert len(records(ledger, "review-opened")) == 1


@pytest.mark.parametrize(
    ("who", "rule"), [(ASKER, "RV-OWN-SEARCH"), (SUSPENDED, "RV-OFFICER"), (UNKNOWN, "RV-OFFICER")]
)
def test_whoever_may_not_see_the_list_sees_no_photo_and_his_try_is_recorded(
    ledger: Ledger, store: PhotoStore, search: str, who: Person, rule: str
) -> None:
    with pytest.raises(PolicyRefusal):
        look(ledger, store, search, who)
    assert last_refusal(ledger) == ("review-opened", rule)


def test_nobody_who_comes_after_the_review_sees_photos(
    ledger: Ledger, store: PhotoStore, search: str
) -> None:
    reviewed(ledger, search, "agree", "agree")
    with pytest.raises(PolicyRefusal, match="nothing to review"):
        look(ledger, store, search, THIRD)
    assert look(ledger, store, search, FIRST).probe


def test_where_the_law_lets_him_the_requester_sees_his_own(
    ledger: Ledger, store: PhotoStore, search: str
) -> None:
    assert look(ledger, store, search, ASKER, requester_may_review=True).probe


def test_a_photo_that_is_not_kept_is_none(ledger: Ledger, store: PhotoStore, search: str) -> None:
    store.erase_probe(search)
    store.erase_subject(SubjectId("person-1"))
    seen = look(ledger, store, search, FIRST)
    assert seen.probe is None
    assert [one.image is None for one in seen.candidates] == [True, False]


@pytest.mark.parametrize(("only", "opened"), [(0, [0]), (1, [1]), (2, [2]), (3, []), (None, [0, 1, 2])])
def test_one_photo_can_be_asked_for_alone(
    ledger: Ledger, store: PhotoStore, search: str, only: int | None, opened: list[int]
) -> None:
    seen = look(ledger, store, search, FIRST, only=only)
    images = [seen.probe, *(one.image for one in seen.candidates)]
    assert [place for place, image in enumerate(images) if image is not None] == opened
    assert len(seen.candidates) == 2


def test_a_photo_that_was_tampered_with_is_not_shown(
    ledger: Ledger, store: PhotoStore, search: str, tmp_path: Path
) -> None:
    for file in (tmp_path / "photos" / "subjects").iterdir():
        file.write_bytes(file.read_bytes()[:-1] + b"\x00\x01")
    with pytest.raises(GalleryError, match="was changed or is another's"):
        look(ledger, store, search, FIRST)


def test_what_the_first_reviewer_found_changes_nothing_the_second_sees(
    ledger: Ledger, store: PhotoStore, search: str
) -> None:
    before = look(ledger, store, search, SECOND)
    look(ledger, store, search, FIRST)
    found(ledger, search, FIRST, "disagree", "agree")
    assert look(ledger, store, search, SECOND) == before


def test_a_leaked_image_names_the_reviewer_whose_copy_it_is(
    ledger: Ledger, store: PhotoStore, search: str
) -> None:
    seen, other = look(ledger, store, search, FIRST), look(ledger, store, search, SECOND)
    marks = {mark_in(image or b"") for image in (seen.probe, *(one.image for one in seen.candidates))}
    assert marks == {seen.mark} != {other.mark}
    assert viewers_of(ledger, seen.mark, key=KEY) == (Viewer(search, FIRST, "reviewer"),)
    assert viewers_of(ledger, seen.mark, key=bytes(32)) == ()


def test_the_mark_of_a_reviewer_s_images_is_not_that_of_a_release(
    ledger: Ledger, store: PhotoStore, search: str
) -> None:
    reviewed(ledger, search, "agree", "agree")
    assert released(ledger, search, to=PARTNER).mark != reviewer_mark(KEY, search, PARTNER)
    assert store.probe(search)


def test_the_strip_shows_the_mark_and_touches_no_pixel_of_the_photo() -> None:
    one, other = marked_copy(png(), "abcdefghijklmnop"), marked_copy(png(), "qrstuvwxyz234567")
    shown = [np.asarray(Image.open(io.BytesIO(copy))) for copy in (one, other)]
    assert photo_in(one) == photo_in(other) == pixels().tobytes()
    assert shown[0][12:].min() < 100  # letters, on white
    assert shown[0].shape != shown[1].shape or (shown[0] != shown[1]).any()


def test_an_image_of_somebody_else_bears_no_mark() -> None:
    assert [mark_in(data) for data in (png(), b"", b"no image", png()[:40])] == ["", "", "", ""]


def test_a_recipient_sees_the_probe_and_the_released_leads_under_the_mark_of_his_list(
    ledger: Ledger, store: PhotoStore
) -> None:
    search = a_lead(ledger)  # the second candidate was withheld
    store.keep_probe(search, png(9))
    mark, seen = records(ledger, "release")[-1]["mark"], received(ledger, store, search)
    assert [(one.rank, photo_in(one.image)) for one in seen.candidates] == [(1, pixels(1).tobytes())]
    assert seen.mark == mark == mark_in(seen.probe or b"")
    assert viewers_of(ledger, str(mark), key=KEY) == (Viewer(search, ASKER, "recipient"),)


@pytest.mark.parametrize("who", [PARTNER, CHIEF, FIRST])
def test_whoever_received_nothing_sees_nothing_and_his_try_is_recorded(
    ledger: Ledger, store: PhotoStore, who: Person
) -> None:
    search = a_lead(ledger)
    with pytest.raises(PolicyRefusal, match="was not released to whoever asks"):
        received(ledger, store, search, who)
    assert last_refusal(ledger) == ("release", "RV-NOT-RECEIVED")


def test_before_the_release_whoever_asked_sees_no_photo(
    ledger: Ledger, store: PhotoStore, search: str
) -> None:
    reviewed(ledger, search, "agree", "agree")
    with pytest.raises(PolicyRefusal, match="RV-NOT-RECEIVED"):
        received(ledger, store, search)


def test_a_lead_that_was_proved_wrong_is_shown_no_more(ledger: Ledger, store: PhotoStore) -> None:
    search = a_lead(ledger)
    correct(ledger, REGISTER, search, rank=1, reason="was_elsewhere", reference="E-9", by=CHIEF, at=NOW)
    assert received(ledger, store, search).candidates == ()


def test_the_clock_must_go_forward_for_photos_too(ledger: Ledger, store: PhotoStore) -> None:
    search = a_lead(ledger)
    with pytest.raises(PolicyRefusal, match="RV-CLOCK"):
        released_images(ledger, REGISTER, store, search, recipient=ASKER, key=KEY, at=NOW - days(1))


def test_photos_of_a_search_that_is_not_there_are_an_input_error(ledger: Ledger, store: PhotoStore) -> None:
    with pytest.raises(InputError, match="no search of that id"):
        look(ledger, store, "nobody", FIRST)
    with pytest.raises(InputError, match="no search of that id"):
        received(ledger, store, "nobody")
