"""The sealed photo store: whole or absent, bound to its id, and gone for good once erased."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from photo_files import a_store, files, png

from facegate import durable
from facegate.errors import GalleryError, InputError, StorageError
from facegate.gate.home import Home
from facegate.gate.photos.store import PhotoStore
from facegate.records import SubjectId

if TYPE_CHECKING:
    from pathlib import Path

ANNA, BERT = SubjectId("anna"), SubjectId("bert")


@pytest.fixture
def store(tmp_path: Path) -> PhotoStore:
    return a_store(tmp_path)


def test_a_probe_and_a_person_s_photo_come_back_as_they_were(store: PhotoStore) -> None:
    store.keep_probe("search-1", png(1))
    store.keep_subject(ANNA, png(2))
    assert (store.probe("search-1"), store.subject(ANNA)) == (png(1), png(2))


def test_what_was_never_kept_is_none(store: PhotoStore) -> None:
    store.keep_probe("anna", png())
    assert (store.subject(ANNA), store.probe("search-2")) == (None, None)


def test_the_store_opens_again_under_the_same_key(store: PhotoStore, tmp_path: Path) -> None:
    store.keep_subject(ANNA, png())
    assert a_store(tmp_path).subject(ANNA) == png()


def test_a_photo_kept_anew_takes_the_place_of_the_old_one(store: PhotoStore, tmp_path: Path) -> None:
    store.keep_subject(ANNA, png(1))
    store.keep_subject(ANNA, png(2))
    assert store.subject(ANNA) == png(2)
    assert len(files(tmp_path / "photos")) == 1


def test_neither_names_nor_contents_tell_who_is_kept(store: PhotoStore, tmp_path: Path) -> None:
    store.keep_subject(ANNA, png())
    [file] = files(tmp_path / "photos")
    held = b"".join([str(file).encode(), *(one.read_bytes() for one in files(tmp_path))])
    assert b"anna" not in held
    assert b"IHDR" not in held


def test_two_homes_name_the_same_person_otherwise(tmp_path: Path) -> None:
    for name in ("one", "two"):
        a_store(tmp_path / name).keep_subject(ANNA, png())
    [one], [two] = files(tmp_path / "one" / "photos"), files(tmp_path / "two" / "photos")
    assert one.name != two.name


def test_only_the_owner_reads_keys_and_folders(store: PhotoStore, tmp_path: Path) -> None:
    store.keep_probe("search-1", png())
    assert {one.stat().st_mode & 0o077 for one in files(tmp_path / "keys")} == {0}
    folders = [one for one in tmp_path.rglob("*") if one.is_dir()]
    assert {one.stat().st_mode & 0o777 for one in folders} == {0o700}


def test_the_same_photo_is_never_sealed_to_the_same_bytes(store: PhotoStore, tmp_path: Path) -> None:
    store.keep_probe("search-1", png())
    [file] = files(tmp_path / "photos")
    before = file.read_bytes()
    store.keep_probe("search-1", png())
    assert file.read_bytes() != before


def test_a_photo_put_in_another_person_s_place_is_not_shown(store: PhotoStore, tmp_path: Path) -> None:
    store.keep_subject(ANNA, png(1))
    [anna] = files(tmp_path / "photos")
    store.keep_subject(BERT, png(2))
    [bert] = set(files(tmp_path / "photos")) - {anna}
    keys = tmp_path / "keys" / "photos" / "subjects"
    shutil.copy(anna, bert)
    shutil.copy(keys / anna.stem, keys / bert.stem)
    with pytest.raises(GalleryError, match="was changed or is another's: it is not shown"):
        store.subject(BERT)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_or_shortened_file_never_opens(tmp_path: Path, data: st.DataObject) -> None:
    store = a_store(tmp_path)
    store.keep_probe("search-1", png())
    [file] = files(tmp_path / "photos")
    held = bytearray(file.read_bytes())
    at = data.draw(st.integers(0, len(held) - 1))
    if data.draw(st.booleans()):
        held[at] ^= data.draw(st.integers(1, 255))
    else:
        del held[at:]
    file.write_bytes(held)
    with pytest.raises(GalleryError, match="it is not shown"):
        store.probe("search-1")


def test_erasing_leaves_no_file_and_says_whether_there_was_one(store: PhotoStore, tmp_path: Path) -> None:
    store.keep_probe("search-1", png())
    assert store.erase_probe("search-1")
    assert store.probe("search-1") is None
    assert [one.name for one in files(tmp_path)] == ["photos.key"]
    assert not store.erase_probe("search-1")


def test_erasing_one_leaves_the_others(store: PhotoStore) -> None:
    store.keep_subject(ANNA, png(1))
    store.keep_subject(BERT, png(2))
    store.keep_probe("anna", png(3))
    assert store.erase_subject(ANNA)
    assert (store.subject(ANNA), store.subject(BERT), store.probe("anna")) == (None, png(2), png(3))


def test_a_copy_made_before_the_erasure_opens_no_more(store: PhotoStore, tmp_path: Path) -> None:
    store.keep_subject(ANNA, png())
    shutil.copytree(tmp_path / "photos", tmp_path / "backup")
    store.erase_subject(ANNA)
    shutil.copytree(tmp_path / "backup", tmp_path / "photos", dirs_exist_ok=True)
    assert store.subject(ANNA) is None
    store.keep_subject(ANNA, png(2))  # under a new key
    shutil.copytree(tmp_path / "backup", tmp_path / "photos", dirs_exist_ok=True)
    with pytest.raises(GalleryError, match="was changed"):
        store.subject(ANNA)


def test_the_key_is_overwritten_before_it_is_removed(store: PhotoStore, tmp_path: Path) -> None:
    store.keep_probe("search-1", png())
    [secret] = files(tmp_path / "keys" / "photos")
    second = tmp_path / "second-name"
    second.hardlink_to(secret)
    store.erase_probe("search-1")
    assert second.read_bytes() == bytes(32)


def test_a_kill_in_the_middle_of_an_erasure_leaves_nothing_that_opens(
    store: PhotoStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store.keep_probe("search-1", png())
    monkeypatch.setattr(type(tmp_path), "unlink", _refused)
    with pytest.raises(StorageError, match="could not destroy a photo; erase it again: Input/output error"):
        store.erase_probe("search-1")
    monkeypatch.undo()
    assert store.probe("search-1") is None
    assert store.keep_only_probes(lambda: ["search-1"]) == 0  # it names nobody who goes
    assert store.erase_probe("search-1")
    assert files(tmp_path / "photos") == []


def _refused(*_: object, **__: object) -> None:
    raise OSError(5, "Input/output error")


def test_a_photo_kept_after_a_half_erasure_is_sealed_under_a_fresh_key(
    store: PhotoStore, tmp_path: Path
) -> None:
    store.keep_probe("search-1", png(1))
    [secret] = files(tmp_path / "keys" / "photos")
    secret.write_bytes(bytes(32))  # overwritten, not yet removed
    assert store.probe("search-1") is None
    store.keep_probe("search-1", png(2))
    assert secret.read_bytes() != bytes(32)
    assert store.probe("search-1") == png(2)


def test_a_key_left_beside_by_a_kill_goes_with_the_photo(store: PhotoStore, tmp_path: Path) -> None:
    store.keep_probe("search-1", png())
    [secret] = files(tmp_path / "keys" / "photos")
    secret.with_name(f".{secret.name}.0badcafe").hardlink_to(secret)
    store.erase_probe("search-1")
    assert files(tmp_path / "keys" / "photos") == []


def test_keeping_only_some_destroys_the_rest_and_counts_it(store: PhotoStore, tmp_path: Path) -> None:
    for n in range(5):
        store.keep_subject(SubjectId(f"person-{n}"), png(n))
    (tmp_path / "photos" / "subjects" / "notes.txt").write_text("not ours")
    assert store.keep_only_subjects(lambda: [SubjectId("person-1"), SubjectId("person-9")]) == 4
    assert store.subject(SubjectId("person-1")) == png(1)
    assert store.keep_only_subjects(lambda: [SubjectId("person-1")]) == 0
    assert (tmp_path / "photos" / "subjects" / "notes.txt").exists()


def test_a_photo_kept_while_others_are_destroyed_stays(store: PhotoStore) -> None:
    def named() -> list[SubjectId]:
        store.keep_subject(BERT, png(2))  # by another thread, enrolled after the names were read
        return []

    store.keep_subject(ANNA, png(1))
    assert store.keep_only_subjects(named) == 1
    assert (store.subject(ANNA), store.subject(BERT)) == (None, png(2))


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["a", "A", "a\x00", "\ud800", "ä"]), st.none() | st.integers(0, 9))
    )
)
def test_whatever_is_kept_and_erased_the_store_holds_the_last_of_each(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int | None]]
) -> None:
    folder, held = tmp_path_factory.mktemp("store"), dict[str, bytes]()
    with patch("os.fsync"):
        store = a_store(folder)
        for name, shade in steps:
            if shade is None:
                assert store.erase_probe(name) == (held.pop(name, None) is not None)
            else:
                store.keep_probe(name, png(shade))
                held[name] = png(shade)
    assert {name: a_store(folder).probe(name) for name, _ in steps} == {
        name: held.get(name) for name, _ in steps
    }
    assert len(files(folder / "photos")) == len(files(folder / "keys" / "photos")) == len(held)


def test_people_without_a_photo_are_counted(store: PhotoStore) -> None:
    store.keep_subject(ANNA, png())
    assert store.without_photo([ANNA, BERT]) == 1


def test_a_disk_that_is_full_leaves_the_photo_before(
    store: PhotoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.keep_probe("search-1", png(1))
    monkeypatch.setattr(durable, "fsync_path", _refused)
    with pytest.raises(StorageError, match="what stood there before still stands"):
        store.keep_probe("search-1", png(2))
    monkeypatch.undo()
    assert store.probe("search-1") == png(1)


def test_what_is_no_clean_png_is_refused_and_leaves_nothing(store: PhotoStore, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no whole PNG"):
        store.keep_probe("search-1", b"\xff\xd8\xff a photo as it was sent")
    assert files(tmp_path / "photos") + files(tmp_path / "keys" / "photos") == []


@pytest.mark.parametrize("name", ["", "x" * 1001])
def test_an_id_must_be_one(store: PhotoStore, name: str) -> None:
    with pytest.raises(InputError, match="id of a photo has"):
        store.keep_probe(name, png())


def test_an_id_is_never_a_path(store: PhotoStore, tmp_path: Path) -> None:
    store.keep_probe("../../../outside", png())
    assert store.probe("../../../outside") == png()
    assert not list(tmp_path.parent.glob("outside*"))


def test_a_lost_key_is_said_and_never_made_again(store: PhotoStore, tmp_path: Path) -> None:
    store.keep_probe("search-1", png())
    (tmp_path / "keys" / "photos.key").unlink()
    with pytest.raises(InputError, match="is missing, and photos are kept under it: put it back"):
        a_store(tmp_path)
    assert not (tmp_path / "keys" / "photos.key").exists()


def test_a_key_that_others_can_read_is_refused(store: PhotoStore, tmp_path: Path) -> None:
    assert store.probe("search-1") is None
    (tmp_path / "keys" / "photos.key").chmod(0o644)
    with pytest.raises(InputError, match="can be read by others on this machine: chmod 600"):
        a_store(tmp_path)


def test_a_key_of_another_length_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(parents=True)
    (tmp_path / "keys" / "photos.key").write_bytes(b"short")
    with pytest.raises(InputError, match="holds 5 bytes, wanted 32"):
        a_store(tmp_path)


def test_where_no_photos_are_kept_nothing_is_made(tmp_path: Path) -> None:
    assert PhotoStore.if_kept(Home(tmp_path)) is None
    assert files(tmp_path) == []
    a_store(tmp_path)
    assert PhotoStore.if_kept(Home(tmp_path)) is not None


def test_many_threads_see_a_photo_whole_or_not_at_all(store: PhotoStore) -> None:
    seen = {png(1), png(2), None}

    def turn(n: int) -> bytes | None:
        if n % 5 == 0:
            store.erase_probe("search-1")
        elif n % 3 == 0:
            store.keep_probe("search-1", png(1 + n % 2))
        return store.probe("search-1")

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(turn, range(60))) <= seen
