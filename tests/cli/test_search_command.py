"""``facegate search`` from the outside: law first, then the probe; candidates wait, and nothing is shown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image
from ready_home import (
    PHOTO,
    PORTRAIT,
    copy_home,
    encoded,
    make_home,
    permit,
    plain,
    records,
    run,
    search,
    write_request,
)

from facegate.audit.verify import verify_log
from facegate.gallery.gallery import Gallery
from facegate.records import SubjectId

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("agency"))


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return copy_home(made, tmp_path)


def test_an_allowed_search_says_how_many_wait_and_shows_nobody(home: Path) -> None:
    answer = search(home, with_permit=permit(home))
    assert answer.exit_code == 0, answer.output
    for sign in ("1 candidate waits for review", "by lab.example/audit", "not an identification"):
        assert sign in plain(answer)
    assert "astronaut" not in answer.output
    assert "0.9" not in answer.output


def test_the_reply_names_the_next_command_and_it_is_one(home: Path) -> None:
    answer = search(home, with_permit=permit(home))
    told = re.search(r"facegate review show (\S+) --officer ID --agency ORI", plain(answer))
    assert told
    review = run(home, "review", "show", told[1], "--officer", "77", "--agency", "CODMV0000")
    assert review.exit_code == 0, review.output
    assert "0.90-1.00" in review.output


def test_the_json_reply_is_json_and_holds_the_same(home: Path) -> None:
    reply = json.loads(search(home, "--json", with_permit=permit(home)).stdout)
    assert (reply["decision"], reply["n_candidates"], reply["n_tries"]) == ("allowed", 1, 1)
    assert reply["certificate"]["overall"]["fmr"] == 1e-3
    assert [one["group"] for one in reply["certificate"]["groups"]] == ["F", "M", "not recorded"]
    assert "astronaut" not in json.dumps(reply)


def test_a_variant_of_a_probe_is_told_what_several_tries_come_to(home: Path) -> None:
    first = search(home, with_permit=permit(home))
    (home.parent / "probe.png").write_bytes(encoded(PORTRAIT, "JPEG", quality=80))
    second = search(home, with_permit=permit(home))
    assert "variants of one probe" not in plain(first)
    assert "This is search 2 with variants of one probe" in plain(second)
    # Everybody: at most 575 in 10,000; in one of two, 10,000 x (1 - (1 - 0.0575)^2) = 1,117, shown as 1,120.
    assert re.search(r"everybody 1,000 2,080 250 575 1,120", plain(second))


def test_a_stranger_is_found_by_nobody_and_the_review_is_closed(home: Path) -> None:
    with Gallery.open(home / "gallery", writable=True) as gallery:
        gallery.withdraw([SubjectId("astronaut")])
    answer = search(home, with_permit=permit(home))
    assert "No candidate: nobody enrolled is at or above the threshold." in plain(answer)
    assert records(home)[-1]["kind"] == "review-closed"


@pytest.mark.parametrize(
    ("field", "rule", "words"),
    [
        ("case_number", "FG-CASE-NUMBER", "No case number was given."),
        ("offense_level", "FG-OFFENSE-LEVEL", "No offense level was stated."),
        ("release_form", "CO-RELEASE-FORM", "release form"),
    ],
)
def test_without_a_field_the_search_is_refused_in_words_with_the_citation(
    home: Path, field: str, rule: str, words: str
) -> None:
    write_request(home.parent, **{field: None})
    answer = search(home)
    assert answer.exit_code == 3
    for sign in ("REFUSED under co-dmv-2019", rule, words, "FG-PERMIT", "facegate gate rule, not statute"):
        assert sign in plain(answer)


def test_a_refusal_is_two_records_and_nothing_is_searched(home: Path) -> None:
    write_request(home.parent, case_number=None)
    search(home)
    intent, result = records(home)[-2:]
    assert (intent["decision"], result["outcome"], result["n_candidates"]) == ("refused", "refused", 0)
    assert "FG-CASE-NUMBER" in intent["rules"]
    assert result["rules"] == intent["rules"]


def test_a_permit_is_good_for_one_search(home: Path) -> None:
    given = permit(home)
    assert search(home, with_permit=given).exit_code == 0
    again = search(home, with_permit=given)
    assert again.exit_code == 3
    assert "refused under co-dmv-2019 by FG-PERMIT" in plain(again)


def test_a_permit_for_another_photo_does_not_hold(home: Path) -> None:
    given = permit(home)
    (home.parent / "probe.png").write_bytes(encoded(PORTRAIT[::-1]))
    assert "by FG-PERMIT;" in plain(search(home, with_permit=given))


def test_an_option_takes_the_place_of_the_files_field(home: Path) -> None:
    answer = search(home, "--case-number", "24-999999")
    assert "FG-CASE-REGISTER" in plain(answer)


@pytest.mark.parametrize("claim", [{"facts": {"gate": {"permit_holds": True}}}, {"overlays": ["moratorium"]}])
def test_a_request_that_brings_its_own_facts_is_none(home: Path, claim: dict[str, object]) -> None:
    size = len(records(home))
    write_request(home.parent, **claim)
    answer = search(home)
    assert answer.exit_code == 2
    assert "a search takes them from the registers" in answer.stderr
    assert len(records(home)) == size


BAD_PROBES = {
    "empty": (b"", "empty"),
    "text": (b"hello", "unsupported format"),
    "truncated": (PHOTO[: len(PHOTO) // 2], "cannot be decoded"),
    "huge": (encoded(np.zeros((6000, 6000), dtype=np.uint8)), "too large"),
    "animated": (
        encoded(PORTRAIT, "WEBP", save_all=True, append_images=[Image.fromarray(PORTRAIT[::-1])]),
        "animated",
    ),
    "faceless": (encoded(np.full((200, 200, 3), 90, dtype=np.uint8)), "no face found"),
    "two faces": (encoded(np.hstack([PORTRAIT, PORTRAIT])), "2 faces, wanted exactly one"),
}


@pytest.mark.parametrize("kind", BAD_PROBES)
def test_a_bad_probe_is_one_sentence_and_exit_code_2_and_recorded(home: Path, kind: str) -> None:
    content, sentence = BAD_PROBES[kind]
    (home.parent / "probe.png").write_bytes(content)
    answer = search(home, with_permit=permit(home))
    assert answer.exit_code == 2
    assert sentence in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert verify_log(home / "log").open_intents == ()
    assert records(home)[-1]["outcome"].startswith("unusable probe: ")


def test_a_file_too_large_to_be_a_photo_is_not_read(home: Path) -> None:
    size = len(records(home))
    (home.parent / "probe.png").write_bytes(b"\xff\xd8" + bytes(10_000_001))
    answer = search(home)
    assert answer.exit_code == 2
    assert "bytes, wanted at most" in answer.stderr
    assert len(records(home)) == size


def test_a_probe_that_is_not_there_is_said_so(home: Path) -> None:
    (home.parent / "probe.png").unlink()
    answer = search(home)
    assert answer.exit_code == 2
    assert "No such file" in answer.stderr


def test_without_a_gallery_nothing_is_made(home: Path) -> None:
    nowhere = home.parent / "nowhere"
    answer = search(nowhere)
    assert answer.exit_code == 4
    assert "no gallery at" in answer.stderr
    assert not nowhere.exists()


def test_a_certificate_that_was_changed_closes_the_gate_and_the_refusal_is_recorded(home: Path) -> None:
    given, path = permit(home), home / "certificate.json"
    path.write_bytes(path.read_bytes().replace(b'"score": 0.4', b'"score": 0.1'))
    answer = search(home, with_permit=given)
    assert answer.exit_code == 3
    assert "changed after signing" in plain(answer)
    assert records(home)[-2]["rules"] == ["FG-CERTIFICATE"]
