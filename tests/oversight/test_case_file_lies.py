"""One changed case file for each way to lie: both checkers find it, whoever signed the new list."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from case_room import AT, case_file, forged, log_key, offline, within
from certified import every_byte
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facegate.audit.canonical import canonical_json, parse_canonical
from facegate.audit.signed.signing import Ed25519Cosigner, Ed25519Signer
from facegate.oversight.case_file import offline_verifier
from facegate.oversight.case_file.archive import pack, unpack
from facegate.oversight.case_file.check import check_case_file
from facegate.oversight.case_file.manifest import MANIFEST, NOTE, parse_manifest, sign_manifest

if TYPE_CHECKING:
    from collections.abc import Callable

Files = dict[str, bytes]
STRANGER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)


def first(files: Files, ending: str, *, folder: str = "searches/") -> str:
    return next(name for name in sorted(files) if name.startswith(folder) and name.endswith(ending))


def edit(files: Files, name: str, change: Callable[[Any], object]) -> None:
    held: Any = parse_canonical(files[name])
    change(held)
    files[name] = canonical_json(held)


def another_score(files: Files) -> None:
    name = next(
        one for one in files if one.endswith(".openings.json") and b'"candidates":{"salt"' in files[one]
    )
    edit(files, name, lambda held: held["fields"]["candidates"].update(value='[["person-1","0.99"]]'))


def a_field_kept_back(files: Files) -> None:
    edit(files, first(files, ".openings.json"), lambda held: held["fields"].pop("requester"))


def a_field_called_withheld(files: Files) -> None:
    def change(held: Any) -> None:  # noqa: ANN401  read from JSON
        held["fields"].pop("requester")
        held["withheld"].append("requester")

    edit(files, first(files, ".openings.json"), change)


def openings_left_out(files: Files) -> None:
    del files[first(files, ".openings.json")]


def openings_of_another_record(files: Files) -> None:
    names = sorted(one for one in files if one.endswith(".openings.json"))
    files[names[0]], files[names[1]] = files[names[1]], files[names[0]]


def another_entry(files: Files) -> None:
    edit(files, first(files, ".entry"), lambda held: held.update(decision="refused"))


def an_entry_written_otherwise(files: Files) -> None:
    name = first(files, ".entry")
    files[name] = json.dumps(json.loads(files[name])).encode()


def a_receipt_left_out(files: Files) -> None:
    del files[first(files, ".tlog-proof")]


def a_receipt_too_many(files: Files) -> None:
    files["records/999999.tlog-proof"] = files[first(files, ".tlog-proof")]


def a_receipt_of_another_record(files: Files) -> None:
    names = sorted(one for one in files if one.endswith(".tlog-proof"))
    files[names[0]] = files[names[1]]


def a_record_under_another_name(files: Files) -> None:
    stem = first(files, ".entry").removesuffix(".entry")
    for ending in (".entry", ".tlog-proof", ".openings.json"):
        files[f"{stem[:-6]}999999{ending}"] = files.pop(stem + ending)


def a_hash_of_a_proof(files: Files) -> None:
    name = first(files, ".tlog-proof")
    lines = files[name].split(b"\n")
    lines[2], lines[3] = lines[3], lines[2]
    files[name] = b"\n".join(lines)


def a_readable_copy(files: Files) -> None:
    name = first(files, "request.json")
    files[name] = files[name].replace(b'"8841"', b'"8842"')


def a_search_left_out(files: Files) -> None:
    folder = first(files, "request.json").removesuffix("request.json")
    for name in [one for one in files if one.startswith(folder)]:
        del files[name]


def a_law_left_out(files: Files) -> None:
    name = next(one for one in files if one.endswith(".entry") and b'"kind":"policy-text"' in files[one])
    for ending in (".entry", ".tlog-proof", ".openings.json"):
        del files[name.removesuffix(".entry") + ending]


def another_rate(files: Files) -> None:
    files["certificate.json"] = files["certificate.json"].replace(
        b'"upper_bound": 0.0575', b'"upper_bound": 0.0001'
    )


def another_issuer(files: Files) -> None:
    words = files["issuer.pub"].split(b" ")
    files["issuer.pub"] = b" ".join([words[0], b"nobody.example/x", *words[2:]])


def a_certificate_with_a_field_more(files: Files) -> None:
    files["certificate.json"] = files["certificate.json"].replace(b"{", b'{"note": "", ', 1)


def no_issuer(files: Files) -> None:
    del files["issuer.pub"]


def another_checkpoint(files: Files) -> None:
    files["checkpoint"] = files["checkpoint"].replace(b"\n52\n", b"\n53\n")


def a_policy_nobody_met(files: Files) -> None:
    signer = Ed25519Cosigner("w.example", STRANGER)
    line = signer.key.line()
    files["witnesses.policy"] = f"witness w {line}\nquorum w\n".encode()


def the_result(files: Files) -> tuple[str, str]:
    """Give stem and readable copy of the first search's result."""
    name = next(one for one in sorted(files) if one.endswith(".entry") and b'"kind":"result"' in files[one])
    return name.removesuffix(".entry"), f"{name.rpartition('/')[0]}/result.json"


def a_result_called_erased(files: Files) -> None:
    stem, copy = the_result(files)
    edit(files, f"{stem}.openings.json", lambda held: held.update(erased=True, fields={}, withheld=[]))
    [shown] = json.loads(files[copy])
    text = json.dumps([{**shown, "opened": {}}], ensure_ascii=False, indent=1, sort_keys=True)
    files[copy] = f"{text}\n".encode()


def a_copy_that_says_nothing(files: Files) -> None:
    files[the_result(files)[1]] = b"[]\n"


def a_result_left_out(files: Files) -> None:
    stem, copy = the_result(files)
    for ending in (".entry", ".tlog-proof", ".openings.json"):
        del files[stem + ending]
    files[copy] = b"[]\n"


def a_result_put_elsewhere(files: Files) -> None:
    stem, copy = the_result(files)
    for ending in (".entry", ".tlog-proof", ".openings.json"):
        files[f"records/{stem.rpartition('/')[2]}{ending}"] = files.pop(stem + ending)
    files[copy] = b"[]\n"


def a_copy_nobody_made(files: Files) -> None:
    files[the_result(files)[1].replace("result.json", "Result.json")] = b"[]\n"


def a_field_withheld_that_is_not_sealed(files: Files) -> None:
    name = f"{the_result(files)[0]}.openings.json"
    edit(files, name, lambda held: held["withheld"].append("probe_template"))


def openings_of_another_form(files: Files) -> None:
    edit(files, first(files, ".openings.json"), lambda held: held.update(form="other"))


def openings_with_a_field_more(files: Files) -> None:
    edit(files, first(files, ".openings.json"), lambda held: held.update(note="nothing to see"))


LIES = [
    a_result_called_erased,
    a_copy_that_says_nothing,
    a_result_left_out,
    a_result_put_elsewhere,
    a_copy_nobody_made,
    a_field_withheld_that_is_not_sealed,
    openings_of_another_form,
    openings_with_a_field_more,
    another_score,
    a_field_kept_back,
    a_field_called_withheld,
    openings_left_out,
    openings_of_another_record,
    another_entry,
    an_entry_written_otherwise,
    a_receipt_left_out,
    a_receipt_too_many,
    a_receipt_of_another_record,
    a_record_under_another_name,
    a_hash_of_a_proof,
    a_readable_copy,
    a_search_left_out,
    a_law_left_out,
    another_rate,
    another_issuer,
    a_certificate_with_a_field_more,
    no_issuer,
    another_checkpoint,
    a_policy_nobody_met,
]


def test_the_file_as_it_was_made_passes_both() -> None:
    assert offline(case_file()) == offline(case_file(), log_key()) == ""
    assert within(case_file()) == within(case_file(), log_key()) == ""


def test_signed_again_without_a_change_it_passes_both() -> None:
    same = forged(lambda _: None)
    assert same == case_file()


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_found_by_both_even_if_the_log_signed_it(lie: Callable[[Files], object]) -> None:
    data = forged(lie)
    assert data != case_file()
    assert offline(data, log_key())
    assert within(data, log_key())


@pytest.mark.parametrize(
    ("lie", "why"),
    [
        (a_result_called_erased, "is said to be erased, and no erasure in the file names it"),
        (a_copy_that_says_nothing, "does not say what the records of its search say, or not all of it"),
        (a_result_left_out, "was left out"),
        (a_copy_nobody_made, "stands where no file of a record belongs"),
    ],
)
def test_what_hides_a_result_is_found_for_its_own_reason(lie: Callable[[Files], object], why: str) -> None:
    data = forged(lie)
    assert why in offline(data)
    assert why in within(data)


def test_a_result_that_may_have_been_left_out_is_told() -> None:
    """Of a search on which no step was taken nobody can tell: both say so, and pass the file."""

    def change(files: Files) -> None:
        results = [
            one for one in sorted(files) if b'"kind":"result"' in files[one] and one.endswith(".entry")
        ]
        stem = results[-1].removesuffix(".entry")
        for ending in (".entry", ".tlog-proof", ".openings.json"):
            del files[stem + ending]
        files[f"{stem.rpartition('/')[0]}/result.json"] = b"[]\n"

    data, said = forged(change), list[str]()
    assert offline_verifier.check(data, [], said.append)
    told = "they broke off or it was left out"
    for sentences in (said, check_case_file(data).passed):
        assert any("No result is in the file of the searches" in one and told in one for one in sentences)


@pytest.mark.parametrize(
    "about",
    [{"number": "24-000001"}, {"n_searches": 2}, {"size": 51}, {"root": "ab" * 32}, {"origin": "x.example"}],
)
def test_a_manifest_that_says_something_else_is_found_by_both(about: dict[str, Any]) -> None:
    if "origin" in about:  # nobody has the key of that log
        with pytest.raises(Exception, match="Ed25519 key of the log"):
            forged(lambda _: None, **about)
        return
    data = forged(lambda _: None, **about)
    assert offline(data)
    assert within(data)


def test_a_file_that_nobody_listed_is_found_by_both() -> None:
    data = pack({**unpack(case_file()), "searches/extra.txt": b"nothing"})
    assert "nobody listed" in offline(data)
    assert "nobody listed" in within(data)


def test_a_changed_cover_or_verifier_is_found_by_both() -> None:
    for name in ("case.html", "case.txt", "verify.py"):
        files = unpack(case_file())
        data = pack(
            {**files, name: files[name].replace(b"candidate", b"culprit  ").replace(b"PASS", b"OKAY")}
        )
        assert f"{name} is not the file" in offline(data)
        assert f"{name} is not the file" in within(data)


def test_a_file_signed_by_a_stranger_is_found_only_with_the_published_key() -> None:
    """Without the key from outside, a whole forgery with a key of its own is of one piece."""
    files = unpack(case_file())
    manifest = parse_manifest(files[MANIFEST])
    note = sign_manifest(manifest, [Ed25519Signer(manifest.origin, STRANGER)], at=AT)
    data = pack({**files, NOTE: note})
    assert "not signed by a known" in offline(data, log_key())
    assert "not signed by a known" in within(data, log_key())


def test_a_signature_over_another_manifest_is_found_by_both() -> None:
    files, other = unpack(case_file()), unpack(forged(lambda held: held.update(extra=b"")))
    data = pack({**files, NOTE: other[NOTE]})
    assert "another manifest" in offline(data)
    assert "another manifest" in within(data)


def test_a_manifest_with_a_field_more_or_spaces_is_found_by_both() -> None:
    files = unpack(case_file())
    for text in (files[MANIFEST] + b"\n", files[MANIFEST].replace(b'"form"', b'"fork"')):
        data = pack({**files, MANIFEST: text})
        assert offline(data)
        assert within(data)


def flips(data: bytes, step: int, offset: int = 0) -> None:
    """Change one bit of every ``step``-th byte; both must find each."""
    for place in range(offset, len(data), step):
        changed = data[:place] + bytes([data[place] ^ (1 << place % 8)]) + data[place + 1 :]
        assert offline(changed), place
        assert within(changed), place


def test_a_change_of_one_byte_in_a_thousand_is_found_by_both() -> None:
    flips(case_file(), 997)


@pytest.mark.slow
@pytest.mark.parametrize("offset", range(8))
def test_a_change_of_any_byte_is_found_by_both(offset: int) -> None:
    flips(case_file(), 8, offset)


def test_a_change_of_a_byte_of_the_signatures_is_found_behind_the_zip() -> None:
    """The zip is written again around the change, so that nothing but the signatures can find it."""
    files = unpack(case_file())
    for name in (NOTE, "checkpoint"):
        for changed in islice(every_byte(files[name]), None, None, 5):
            data = pack({**files, name: changed})
            assert offline(data)
            assert within(data)
