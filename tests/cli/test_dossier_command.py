"""``facegate dossier`` from the outside: search, review, release, permit, and then listed fields only."""

from __future__ import annotations

import io
import json
import re
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from ready_home import (
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

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

KEPT = {"name": "Eileen Example", "date_of_birth": "1956-11-19", "photo": "aGk=", "birthplace": "elsewhere"}


def released(home: Path) -> str:
    """Search, let two people agree, release; give the search's id."""
    reply = json.loads(search(home, "--json", with_permit=permit(home)).stdout)
    name: str = reply["search_id"]
    for who in (("77", "CODMV0000"), ("1120", "CO0160000")):
        by = ("--officer", who[0], "--agency", who[1])
        run(home, "review", "show", name, *by)
        assert run(home, "review", "find", name, "1=agree", *by).exit_code == 0
    by = ("--officer", "1120", "--agency", "CO0160000")
    assert run(home, "review", "release", name, *by, "--to", "8841").exit_code == 0
    return name


@pytest.fixture(scope="module")
def lead(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("agency")
    home = copy_home(make_home(folder / "made"), folder)
    return home, released(home)


@pytest.fixture
def desk(lead: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    """Copy a home with one released lead, and put the request for its record and the records beside it."""
    home = copy_home(lead[0], tmp_path)
    write_request(tmp_path, operator="31", dossier_fields=["name", "date_of_birth"])
    (tmp_path / "records.json").write_text(json.dumps({"astronaut": KEPT}))
    return home, lead[1]


def issue(home: Path, name: str, *more: str, rank: int = 1) -> Result:
    words = ("--request", str(home.parent / "request.json"), "--search", name, "--rank", str(rank))
    return run(home, "permit", "issue", *words, *more)


def issued(home: Path, name: str) -> str:
    answer = issue(home, name, "--json")
    assert answer.exit_code == 0, answer.output
    given: str = json.loads(answer.stdout)["permit"]
    return given


def ask(home: Path, name: str, given: str = "", *more: str, rank: int = 1) -> Result:
    beside = home.parent
    words = (str(beside / "request.json"), "--search", name, "--rank", str(rank), "--permit", given)
    return run(home, "dossier", *words, "--records", str(beside / "records.json"), *more)


def test_a_dossier_gives_the_fields_asked_for_and_the_sentence(desk: tuple[Path, str]) -> None:
    answer = ask(*desk, issued(*desk))
    assert answer.exit_code == 0, answer.output
    for words in ("Eileen Example", "1956-11-19", "not an identification"):
        assert words in plain(answer)
    assert "elsewhere" not in answer.output
    asked, left = records(desk[0])[-2:]
    assert (asked["stage"], asked["decision"], asked["rules"]) == ("asked", "allowed", [])
    assert (left["stage"], left["fields"]) == ("released", ["date_of_birth", "name"])


def test_the_json_answer_holds_the_fields_asked_for_and_no_other(desk: tuple[Path, str]) -> None:
    answer = json.loads(ask(*desk, issued(*desk), "--json").stdout)
    assert answer["fields"] == {"name": "Eileen Example", "date_of_birth": "1956-11-19"}
    assert answer["mark"] == records(desk[0])[-1]["mark"]
    assert "not an identification" in answer["notice"]


def test_a_photo_leaves_with_the_mark_of_its_copy(desk: tuple[Path, str]) -> None:
    write_request(desk[0].parent, operator="31", dossier_fields=["photo"])
    held = {"astronaut": {**KEPT, "photo": b64encode(encoded(PORTRAIT, "JPEG")).decode()}}
    (desk[0].parent / "records.json").write_text(json.dumps(held))
    answer = json.loads(ask(*desk, issued(*desk), "--json").stdout)
    with Image.open(io.BytesIO(b64decode(answer["fields"]["photo"]))) as photo:
        assert photo.info["comment"].decode() == f"facegate copy {answer['mark']}"


def test_a_photo_that_is_no_image_does_not_leave(desk: tuple[Path, str]) -> None:
    write_request(desk[0].parent, operator="31", dossier_fields=["photo"])
    answer = ask(*desk, issued(*desk))
    assert answer.exit_code == 3
    assert "an image that cannot be marked (the image is neither a JPEG nor a PNG file" in answer.stderr
    assert KEPT["photo"] not in answer.output


def test_which_dossier_of_the_case_it_is_and_whose_copy_is_told(desk: tuple[Path, str]) -> None:
    for which in ("1st", "2nd", "3rd"):
        told = plain(ask(*desk, issued(*desk)))
        mark = records(desk[0])[-1]["mark"]
        assert f"The {which} dossier of this case. Mark of this copy: {mark}" in told


def test_the_permit_command_names_the_dossier_command(desk: tuple[Path, str]) -> None:
    told = plain(issue(*desk))
    command = re.sub(
        "FILE", str(desk[0].parent / "records.json"), told.partition("one dossier: facegate ")[2]
    )
    assert run(desk[0], *command.split()).exit_code == 0


def test_without_a_permit_no_record_is_read(desk: tuple[Path, str]) -> None:
    (desk[0].parent / "records.json").unlink()
    answer = ask(*desk)
    assert answer.exit_code == 3
    assert "the dossier is refused under co-dmv-2019 by FG-PERMIT" in plain(answer)
    assert "facegate gate rule, not statute" in plain(answer)
    assert records(desk[0])[-1]["rules"] == ["FG-PERMIT"]


def test_a_permit_is_good_for_one_dossier(desk: tuple[Path, str]) -> None:
    given = issued(*desk)
    assert ask(*desk, given).exit_code == 0
    assert "by FG-PERMIT" in plain(ask(*desk, given))


def test_a_dossier_whose_records_cannot_be_read_has_used_its_permit(desk: tuple[Path, str]) -> None:
    given, path = issued(*desk), desk[0].parent / "records.json"
    path.write_text("{}")
    answer = ask(*desk, given)
    assert answer.exit_code == 2
    assert "has no record of this candidate with every field asked for" in answer.stderr
    assert records(desk[0])[-1]["stage"] == "withheld"
    path.write_text(json.dumps({"astronaut": KEPT}))
    assert "by FG-PERMIT" in plain(ask(*desk, given))


@pytest.mark.parametrize("fields", [["name", "photo"], ["name"], ["date_of_birth", "name", "photo"]])
def test_a_permit_for_some_fields_opens_no_other_set(desk: tuple[Path, str], fields: list[str]) -> None:
    given = issued(*desk)
    write_request(desk[0].parent, operator="31", dossier_fields=fields)
    assert "by FG-PERMIT" in plain(ask(*desk, given))


def test_the_order_of_the_fields_does_not_matter(desk: tuple[Path, str]) -> None:
    given = issued(*desk)
    write_request(desk[0].parent, operator="31", dossier_fields=["date_of_birth", "name"])
    assert ask(*desk, given).exit_code == 0


def test_a_permit_for_a_search_opens_no_dossier_and_the_other_way_round(desk: tuple[Path, str]) -> None:
    home, name = desk
    for_dossier, for_search = issued(home, name), ""
    write_request(home.parent)
    for_search = permit(home)
    assert "by FG-PERMIT;" in plain(search(home, with_permit=for_dossier))
    write_request(home.parent, operator="31", dossier_fields=["name", "date_of_birth"])
    assert "by FG-PERMIT" in plain(ask(home, name, for_search))


def test_a_permit_for_another_search_of_the_same_photo_does_not_hold(desk: tuple[Path, str]) -> None:
    home, name = desk
    given = issued(home, name)
    write_request(home.parent)
    other = released(home)
    write_request(home.parent, operator="31", dossier_fields=["name", "date_of_birth"])
    assert "by FG-PERMIT" in plain(ask(home, other, given))
    assert ask(home, name, given).exit_code == 0


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"operator": "77"}, "CO-LECC"),
        ({"dossier_fields": ["name", "ssn"]}, "RV-FIELDS"),
        ({"dossier_fields": []}, "CO-DOSSIER-FIELDS"),
        ({"approver": "8841"}, "FG-APPROVER"),
        ({"case_number": "24-009999"}, "FG-CASE-REGISTER"),
        ({"profile": "moratorium"}, "MORATORIUM"),
    ],
)
def test_what_is_not_in_order_is_neither_approved_nor_given(
    desk: tuple[Path, str], changes: dict[str, object], rule: str
) -> None:
    write_request(desk[0].parent, **{"operator": "31", "dossier_fields": ["name"], **changes})
    for answer in (issue(*desk), ask(*desk)):
        assert answer.exit_code == 3, answer.output
        assert rule in plain(answer)
    not_issued, not_given = records(desk[0])[-2:]
    assert (not_issued["kind"], not_given["kind"]) == ("permit-refused", "dossier")
    assert rule in not_issued["rules"]
    assert rule in not_given["rules"]


def test_a_candidate_who_is_not_on_the_list_is_neither_approved_nor_given(desk: tuple[Path, str]) -> None:
    for answer in (issue(*desk, rank=2), ask(*desk, rank=2)):
        assert answer.exit_code == 3
        assert "RV-NOT-A-LEAD" in plain(answer)


def test_a_certificate_that_no_longer_holds_closes_the_record_desk_too(desk: tuple[Path, str]) -> None:
    given = issued(*desk)
    (desk[0] / "certificate.json").unlink()
    told = plain(ask(*desk, given))
    assert "by FG-CERTIFICATE" in told
    assert "No accuracy certificate is in force; `facegate benchmark adopt` puts one in force." in told


def test_a_probe_searched_three_times_still_has_its_dossier(desk: tuple[Path, str]) -> None:
    home, name = desk
    write_request(home.parent)
    for _ in range(2):
        assert search(home, with_permit=permit(home)).exit_code == 0
    write_request(home.parent, operator="31", dossier_fields=["name"])
    assert ask(home, name, issued(home, name)).exit_code == 0


@pytest.mark.parametrize("claim", [{"facts": {"gate": {"permit_holds": True}}}, {"overlays": ["moratorium"]}])
def test_a_request_that_brings_its_own_facts_is_no_request(
    desk: tuple[Path, str], claim: dict[str, object]
) -> None:
    write_request(desk[0].parent, **claim)
    for answer in (ask(*desk), issue(*desk)):
        assert answer.exit_code == 2
        assert "the registers say what is known" in answer.stderr


def test_a_search_that_is_not_there_is_one_sentence(desk: tuple[Path, str]) -> None:
    answer = ask(desk[0], "no-such-search")
    assert answer.exit_code == 2
    assert "there is no search of that id on the log" in answer.stderr


def test_a_replay_decides_searches_and_dossiers_again(desk: tuple[Path, str]) -> None:
    home, search_id = desk
    ask(home, search_id, issued(home, search_id))
    replayed = plain(run(home, "policy", "replay"))
    assert re.search(r"[2-9] decisions came out as logged, 0 did not", replayed)
