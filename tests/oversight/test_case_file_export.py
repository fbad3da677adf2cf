"""What a case file holds: everything of its case, opened, and nothing of any other."""

from __future__ import annotations

import json
import re
import zipfile
from io import BytesIO
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from case_room import (
    AGENCY,
    AT,
    CASE,
    OTHER_CASE,
    OTHER_FACTS,
    OTHER_OFFICER,
    OTHER_PERSON,
    a_home,
    case_file,
    exported,
    offline,
    open_case,
    within,
)
from certified import KEY, a_certificate, a_file
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facegate.audit.reading import read_records
from facegate.audit.signed.signing import Ed25519Cosigner
from facegate.errors import InputError, VerificationError
from facegate.oversight.case_file import offline_verifier
from facegate.oversight.case_file.archive import unpack
from facegate.oversight.case_file.check import check_case_file
from facegate.oversight.case_file.export import export_case
from facegate.oversight.case_file.manifest import MANIFEST
from facegate.oversight.case_file.records import CASE_FILE
from facegate.oversight.case_file.selection import select_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from facegate.gate.home import Home
    from facegate.gate.ledger.ledger import Ledger
    from facegate.oversight.case_file.export import ExportedCase

WITNESS = Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(b"w" * 32))
POLICY = f"witness w {WITNESS.key.line()}\nquorum w\n".encode()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_home(tmp_path)


def read(data: bytes, ending: str) -> list[Any]:
    """Read every JSON file of this name, those of the first search first."""
    files = unpack(data)
    return [json.loads(files[name]) for name in sorted(files) if name.endswith(ending)]


def words(text: str) -> str:
    return " ".join(text.split())


def cover(data: bytes) -> str:
    return words(unpack(data)["case.txt"].decode())


def seqs(home: Home, kinds: Iterable[str]) -> list[int]:
    """Give the places of the first case's records of these kinds."""
    case = select_case(read_records(home.log), agency=AGENCY, number=CASE)
    return [one.seq for one in case.every() if one.kind in set(kinds)]


def test_every_search_is_in_it_those_refused_and_mistyped_too() -> None:
    found = [
        (one[0]["public"]["decision"], one[0]["opened"]["case_number"])
        for one in read(case_file(), "request.json")
    ]
    assert found == [("allowed", CASE), ("refused", CASE), ("refused", f" {CASE}")]


def test_candidates_stand_in_order_with_exact_scores_and_those_near_beside() -> None:
    opened = read(case_file(), "result.json")[0][0]["opened"]
    listed = json.loads(opened["candidates"])
    assert [who for who, _ in listed] == ["person-0", "person-1"]
    assert [float(score) for _, score in listed] == pytest.approx([0.9, 0.7])
    assert [who for who, _ in json.loads(opened["approached"])] == ["person-2"]
    for who, score in listed:
        assert f"person (id in the gallery): {who} score: {score}" in cover(case_file())


def test_both_findings_release_evidence_disclosure_and_correction_are_told() -> None:
    told = cover(case_file())
    assert len(read(case_file(), "findings.json")[0]) == 2
    assert "the two reviewers: disagree, inconclusive what came of it: not a lead; withheld" in told
    assert "PROVED WRONG since (record" in told
    for what in (
        "list released to one person",
        "evidence: cell_site",
        "state: made",
        "reason: was_elsewhere",
    ):
        assert what in told


def test_a_search_entered_afterwards_is_told_apart() -> None:
    assert "Made past the system and entered afterwards: 1." in cover(case_file())
    assert "reason: The terminal was down." in cover(case_file())


def test_each_rule_stands_with_its_source_and_whether_it_was_checked() -> None:
    told = cover(case_file())
    assert "rule not met FG-PERMIT what it says: No permit holds" in told
    assert "Colorado DMV memo, 9 September 2019, IMAGE COMPARISONS (2026-11-22 checked)" in told


def test_bounds_stand_by_group_and_the_group_recorded_is_marked() -> None:
    told = cover(case_file())
    assert "returns at least one wrong person is at most 5.75 %" in told
    assert "group F * people measured: 100 a search returns a wrong person: at most: 9.5 %" in told
    assert "group not recorded people measured: 1 a search returns a wrong person: at most: 100 %" in told


@pytest.mark.parametrize("secret", [OTHER_CASE, OTHER_OFFICER, OTHER_FACTS, OTHER_PERSON])
def test_nothing_of_another_case_is_in_it(home: Home, secret: str) -> None:
    opened = (one.values for _, one in read_records(home.log) if one is not None)
    assert any(secret in value for values in opened for value in values.values())
    # A digest may hold four digits by chance: an officer's number is looked for as a word.
    held = secret if len(secret) > 4 else f'"{secret}"'
    assert held.encode() not in case_file()
    assert f" {secret} ".encode() not in case_file()


def test_the_probe_s_face_template_is_kept_shut_and_the_file_says_so(home: Home) -> None:
    templates = [
        one.values["probe_template"]
        for entry, one in read_records(home.log)
        if one and "probe_template" in one.values
    ]
    assert all(one.encode() not in case_file() for one in templates if one)
    assert read(case_file(), ".openings.json")[-1]["withheld"] == []
    assert ["probe_template"] in [one["withheld"] for one in read(case_file(), ".openings.json")]
    assert "The probe's face template" in cover(case_file())


def test_record_keys_are_in_no_opening(home: Home) -> None:
    keys = [one.record_key for _, one in read_records(home.log) if one is not None]
    assert not [key for key in keys if key.hex().encode() in case_file() or key in case_file()]


def test_the_same_log_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = exported(a_home(tmp_path / "one")), exported(a_home(tmp_path / "two"))
    assert one.data == two.data == case_file()


def test_that_it_was_made_is_a_record_which_names_the_manifest(home: Home) -> None:
    made = exported(home, recipient="Public defender", by="1120")
    entry, opening = list(read_records(home.log))[-1]
    assert (entry.seq, entry.kind) == (made.record, CASE_FILE)
    assert entry.public["manifest_digest"] == made.manifest_digest
    assert opening is not None
    assert dict(opening.values) == {
        "case_number": CASE,
        "recipient": "Public defender",
        "exported_by": "1120",
    }


def test_a_second_file_holds_the_record_of_the_first(home: Home) -> None:
    first, second = exported(home, recipient="Public defender"), exported(home)
    assert second.n_records == first.n_records + 1
    assert f"record {first.record}" in cover(second.data)
    assert offline(second.data) == within(second.data) == ""


@pytest.mark.parametrize(("agency", "number"), [(AGENCY, "24-999999"), ("CO0999999", CASE), (AGENCY, "")])
def test_a_case_that_is_not_there_leaves_no_record(home: Home, agency: str, number: str) -> None:
    size = len(list(read_records(home.log)))
    with pytest.raises(InputError, match="there is no case"):
        exported(home, agency=agency, number=number)
    assert len(list(read_records(home.log))) == size


def test_an_erased_result_is_said_with_day_and_record(home: Home) -> None:
    [gone, *_] = seqs(home, ["result"])
    with open_case(home) as ledger:
        erasure = ledger.erase([gone], at=AT, public={"authority": "order"}, sealed={})
    made = exported(home)
    assert (
        f"Record {gone} (result of a search): its sealed content was erased on 2026-11-22 by record {erasure}"
        in cover(made.data)
    )
    assert offline(made.data) == within(made.data) == ""
    assert f"records/{erasure:06}.entry" in unpack(made.data)


def test_a_search_whose_case_number_was_erased_is_counted_as_unknown(home: Home) -> None:
    gone = seqs(home, ["intent"])[1]
    with open_case(home) as ledger:
        ledger.erase([gone], at=AT, public={"authority": "order"}, sealed={})
    made = exported(home)
    assert made.n_searches == 2
    assert f"was erased (record {gone}): nobody can say any more whether they belonged to this case" in cover(
        made.data
    )
    assert offline(made.data) == within(made.data) == ""


def test_another_certificate_in_force_is_not_passed_off_as_the_one_relied_on(home: Home) -> None:
    home.certificate.write_bytes(a_file(a_certificate()))
    made = exported(home)
    assert "certificate.json" not in unpack(made.data)
    assert f"Another one is in force now ({a_certificate().serial})" in cover(made.data)
    assert offline(made.data) == within(made.data) == ""


def test_without_a_certificate_the_bounds_recorded_with_each_search_stay(home: Home) -> None:
    home.certificate.unlink()
    (home.issuers / f"{KEY.issuer.key_id}.pub").unlink()
    assert "is at most 5.75 %" in cover(exported(home).data)


def test_a_cosigned_state_is_used_and_its_witnesses_are_checked(home: Home) -> None:
    keys = home.log_keys()
    assert keys is not None
    with open_case(home) as ledger:
        signed = keys.sign(ledger.log.checkpoint, ledger.log.root_at, at=AT)
    home.cosigned.write_bytes(signed.with_signatures([WITNESS.sign(signed.note.text, at=AT)]).encode())
    made = exported(home, policy=POLICY)
    assert made.witnessed
    assert offline(made.data) == within(made.data) == ""
    assert "Witnesses have signed" in cover(made.data)
    assert "The agency chose them" in cover(made.data)


def test_a_policy_that_asks_for_no_witness_is_not_passed_off_as_witnessed(home: Home) -> None:
    made = exported(home, policy=b"quorum none\n")
    assert not made.witnessed
    assert "No independent witness has signed the state of the log" in cover(made.data)
    assert offline(made.data) == within(made.data) == ""


def test_an_erasure_that_was_itself_erased_is_accounted_for(home: Home) -> None:
    [gone, *_] = seqs(home, ["result"])
    with open_case(home) as ledger:
        first = ledger.erase([gone], at=AT, public={"authority": "order"}, sealed={"who": "502"})
        second = ledger.erase([first], at=AT, public={"authority": "order"}, sealed={})
    made = exported(home)
    assert {f"records/{one:06}.entry" for one in (first, second)} <= unpack(made.data).keys()
    assert offline(made.data) == within(made.data) == ""


def test_both_checkers_name_what_was_erased_and_by_which_record(home: Home) -> None:
    [gone, *_] = seqs(home, ["result"])
    with open_case(home) as ledger:
        erasure = ledger.erase([gone], at=AT, public={"authority": "order"}, sealed={})
    told = f"Erased, and opened by nobody: record {gone} (result, by record {erasure})."
    data, said = exported(home).data, list[str]()
    assert offline_verifier.check(data, [], said.append)
    assert f"PASS  {told}" in said
    assert told in check_case_file(data).passed


def meanwhile(home: Home, act: Callable[[Ledger], object], **changes: Any) -> ExportedCase:  # noqa: ANN401  any option
    """Export the first case; when the log was looked through once, something happens on it."""
    keys = home.log_keys()
    assert keys is not None
    left = [act]
    with open_case(home) as ledger:

        def told(done: int, total: int) -> None:
            if done == total and left:
                free = Thread(target=left.pop(), args=(ledger,))  # whoever else records takes the turn
                free.start()
                free.join(20)
                assert not free.is_alive()

        return export_case(
            ledger, home, agency=AGENCY, number=CASE, keys=keys, clock=lambda: AT, progress=told, **changes
        )


def asked_once_more(ledger: Ledger) -> None:
    """Record a refused search of the case again, as another one."""
    entry, opening = next(
        (one, held)
        for one, held in ledger.log.read()
        if held is not None and one.public.get("decision") == "refused" and held.values["case_number"] == CASE
    )
    public = {name: value for name, value in entry.public.items() if name not in {"kind", "time"}}
    public["search_id"] = "01a2008d-7400-7000-8000-00000000000a"
    ledger.record("intent", at=AT, public=public, sealed=dict(opening.values))


def test_a_search_recorded_while_the_log_is_looked_through_is_in_the_file(home: Home) -> None:
    made = meanwhile(home, asked_once_more)
    assert made.n_searches == len(read(case_file(), "request.json")) + 1
    found = [one[0]["public"]["search_id"] for one in read(made.data, "request.json")]
    assert "01a2008d-7400-7000-8000-00000000000a" in found
    assert offline(made.data) == within(made.data) == ""


def test_what_is_erased_while_the_log_is_looked_through_does_not_leave_with_the_file(home: Home) -> None:
    [gone, *_] = seqs(home, ["result"])
    made = meanwhile(
        home, lambda ledger: ledger.erase([gone], at=AT, public={"authority": "order"}, sealed={})
    )
    assert read(case_file(), "result.json")[0][0]["opened"]["candidates"]
    assert read(made.data, "result.json")[0][0]["opened"] == {}
    [shut] = [one for one in read(made.data, ".openings.json") if one["index"] == gone]
    assert (shut["erased"], shut["fields"]) == (True, {})
    assert f"Record {gone} (result of a search): its sealed content was erased" in cover(made.data)
    assert offline(made.data) == within(made.data) == ""


def test_a_case_whose_last_word_is_erased_meanwhile_is_not_there(home: Home) -> None:
    every = seqs(home, {"intent", "case", "permit", "late", "clearance"})
    size = len(list(read_records(home.log)))
    with pytest.raises(InputError, match="there is no case"):
        meanwhile(home, lambda ledger: ledger.erase(every, at=AT, public={"authority": "order"}, sealed={}))
    assert len(list(read_records(home.log))) == size + 1


def test_a_record_of_another_case_made_meanwhile_changes_no_byte_but_where_the_log_ends(home: Home) -> None:
    made = meanwhile(
        home, lambda ledger: ledger.record("clearance", at=AT, public={"agency": AGENCY}, sealed={})
    )
    before, after = unpack(case_file()), unpack(made.data)
    assert before.keys() == after.keys()
    assert all(
        before[name] == after[name]
        for name in before
        if name.endswith((".entry", ".json", ".py")) and name != MANIFEST
    )


def test_how_far_the_log_was_looked_through_is_told(home: Home) -> None:
    size, told = len(list(read_records(home.log))), list[tuple[int, int]]()
    exported(home, progress=lambda done, total: told.append((done, total)))
    assert told == [(size, size)]


def test_a_policy_that_nobody_met_makes_no_file(home: Home) -> None:
    with pytest.raises(VerificationError, match="cosigned by witnesses"):
        exported(home, policy=POLICY)


def test_the_cover_asks_for_nothing_from_anywhere() -> None:
    page = unpack(case_file())["case.html"].decode()
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert not re.findall(r"(?:src|href)=\"(?!#)", page)
    assert "url(" not in page


def test_what_a_requester_typed_cannot_become_markup_or_steer_a_terminal(home: Home) -> None:
    with open_case(home) as ledger:
        ledger.record(
            "permit-refused",
            at=AT,
            public={"agency": AGENCY, "profile": "", "rules": []},
            sealed={"case_number": CASE, "requester": "<script>alert(1)</script>\x1b[2J", "approver": ""},
        )
    files = unpack(exported(home).data)
    assert b"<script>alert" not in files["case.html"]
    assert b"\x1b" not in files["case.txt"]
    assert b"\x1b" not in files["case.html"]


def test_any_zip_program_opens_it() -> None:
    with zipfile.ZipFile(BytesIO(case_file())) as held:
        assert held.testzip() is None
        assert {"case.html", "case.txt", "verify.py", "MANIFEST.json"} <= set(held.namelist())
