"""What permits are asked for, sealed: photo and words, kept together, destroyed apart or for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from photo_files import a_store, png

from facegate.errors import GalleryError, InputError
from facegate.gate.photos.asked import LONGEST_WORDS

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.gate.photos.asked import AskedFiles

WORDS = b'{"case_number": "24-001234"}'


@pytest.fixture
def kept(tmp_path: Path) -> AskedFiles:
    made = a_store(tmp_path).asked
    made.keep("one", png(), WORDS)
    return made


def files(folder: Path) -> list[Path]:
    return [one for one in folder.rglob("*") if one.is_file() and one.name != "photos.key"]


def test_both_come_back_as_they_were_also_after_opening_again(kept: AskedFiles, tmp_path: Path) -> None:
    for one in (kept, a_store(tmp_path).asked):
        assert (one.photo("one"), one.words("one")) == (png(), WORDS)
    assert (kept.photo("two"), kept.words("two")) == (None, None)


def test_neither_stands_on_the_disk_in_the_clear(kept: AskedFiles, tmp_path: Path) -> None:
    kept.restate("one", WORDS + b" ")
    assert len(files(tmp_path)) == 4
    for one in files(tmp_path):
        assert b"24-001234" not in one.read_bytes()
        assert b"PNG" not in one.read_bytes()
        assert "one" not in one.name


def test_the_photo_goes_alone_and_the_words_stay(kept: AskedFiles) -> None:
    assert kept.erase_photo("one")
    assert (kept.photo("one"), kept.words("one")) == (None, WORDS)
    assert not kept.erase_photo("one")


def test_destroyed_nothing_of_it_is_left(kept: AskedFiles, tmp_path: Path) -> None:
    kept.erase("one")
    assert files(tmp_path) == []


def test_keeping_only_some_destroys_the_rest(kept: AskedFiles, tmp_path: Path) -> None:
    kept.keep("two", png(), WORDS)
    assert kept.keep_only(["two"]) == 2
    assert (kept.words("one"), kept.words("two"), len(files(tmp_path))) == (None, WORDS, 4)


def test_words_put_in_the_place_of_anothers_do_not_open(kept: AskedFiles, tmp_path: Path) -> None:
    (first,) = (tmp_path / "photos" / "asked-words").iterdir()
    kept.keep("two", png(), b"{}")
    (second,) = set((tmp_path / "photos" / "asked-words").iterdir()) - {first}
    first.write_bytes(second.read_bytes())
    with pytest.raises(GalleryError, match="another's"):
        kept.words("one")


def test_what_is_no_clean_png_or_too_long_is_not_kept(kept: AskedFiles, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no whole PNG"):
        kept.keep("two", b"<svg/>", WORDS)
    with pytest.raises(InputError, match="words, wanted at most"):
        kept.restate("two", bytes(LONGEST_WORDS + 1))
    assert len(files(tmp_path)) == 4
