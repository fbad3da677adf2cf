"""Check a facegate case file without facegate, without a network, and without trusting whoever made it.

    python3 verify.py CASE.zip [--key VERIFIER_KEY ...]

Python 3.9 or later; nothing else. One line a check, PASS or FAIL; exit code 0 if every check passes, else 1.

The key decides. Without --key the log's key is taken from the file itself: then the checks show that the file
is of one piece, not whose it is. Compare the fingerprint with the published key, or give that key with --key.

Written from the published texts, not from facegate: zip (stored files, sorted by name), signed notes and
cosignatures (C2SP signed-note, tlog-cosignature), checkpoints, receipts, witness policies (tlog-checkpoint,
tlog-proof, tlog-policy), Merkle inclusion (RFC 6962), Ed25519 (RFC 8032), canonical JSON (RFC 8785).
"""

# A check is named after what it checks; the numbers are those of the texts above; JSON may hold anything.
# ruff: noqa: D102, PLR2004, ANN401

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import struct
import sys
import zlib
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z

FORM = "facegate/case-file/v1"
LOG_KEY, WITNESS_KEY = 0x01, 0x04
UNLISTED = {"MANIFEST.json", "MANIFEST.note"}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
READABLE = re.compile(r"searches/.*/[a-z]+\.json")
COUNT = "(0|[1-9][0-9]{0,15})"


class Failed(Exception):  # noqa: N818  a finding about a file, not a fault of this program
    """A check does not pass; the message says why."""


def demand(holds: object, why: str) -> None:
    """Stop a check that does not pass."""
    if not holds:
        raise Failed(why)


def unbase64(text: str) -> bytes:
    """Read base64 in its one form: with spare bits set, two texts would mean the same bytes."""
    data = base64.b64decode(text, validate=True)
    demand(base64.b64encode(data).decode() == text, f"{text[:40]!r} is not base64 in its one form")
    return data


# Ed25519: RFC 8032, section 5.1.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def added(a: Point, b: Point) -> Point:
    """Add two points (5.1.4)."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    return (f - e) * (h - g) % P, (h + g) * (f + e) % P, (h - g) * (h + g) % P, (f - e) * (f + e) % P


def times(number: int, point: Point) -> Point:
    """Add a point to itself so many times."""
    total = (0, 1, 1, 0)
    while number:
        total = added(total, point) if number & 1 else total
        point, number = added(point, point), number >> 1
    return total


def point_of(data: bytes) -> Point | None:
    """Read a point (5.1.3); None for bytes that are none, or are not its one form."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if len(data) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def bytes_of(point: Point) -> bytes:
    """Write a point (5.1.2)."""
    shrink = pow(point[2], P - 2, P)
    x, y = point[0] * shrink % P, point[1] * shrink % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether an Ed25519 signature holds (5.1.7, without the cofactor): S B - k A is R, byte for byte."""
    key, base = point_of(public), point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    s = int.from_bytes(signature[32:], "little")
    if key is None or base is None or len(signature) != 64 or s >= ORDER:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % ORDER
    minus = (P - key[0], key[1], key[2], P - key[3])
    return bytes_of(added(times(s, base), times(k, minus))) == signature[:32]


# Canonical JSON: RFC 8785.


def canonical(value: Any) -> str:
    """Write a value in its one form."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return f"[{','.join(map(canonical, value))}]"
    return number_text(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def number_text(value: float) -> str:
    """Write a fraction as ECMAScript does (3.2.2.3)."""
    if value == 0:
        return "0"
    sign, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits, minus = "".join(map(str, figures)), "-" * sign
    point = len(digits) + int(exponent)
    if len(digits) <= point <= 21:
        return minus + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{minus}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{minus}{digits[0]}{rest}e{point - 1:+d}"


def parsed(data: bytes, name: str) -> Any:
    """Read JSON, and demand its one form."""
    value = json.loads(data.decode())
    demand(canonical(value).encode() == data, f"{name} is not in canonical form: somebody wrote it again")
    return value


# The zip: nothing in it lies outside what is checked.


def packed(files: dict[str, bytes]) -> bytes:
    """Write the zip that these files must be."""
    parts, directory, at = [], b"", 0
    for name in sorted(files):
        data, path = files[name], name.encode("ascii")
        about = struct.pack("<HHHIIIHH", 0, 0, 33, zlib.crc32(data), len(data), len(data), len(path), 0)
        directory += b"PK\1\2" + struct.pack("<HHH", 788, 20, 0) + about
        directory += struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, at) + path
        parts.append(b"PK\3\4" + struct.pack("<HH", 20, 0) + about + path + data)
        at += len(parts[-1])
    ending = struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(directory), at, 0)
    return b"".join(parts) + directory + b"PK\5\6" + ending


def unpacked(data: bytes) -> dict[str, bytes]:
    """Read the files of a zip, and demand that writing them again gives the same bytes."""
    files: dict[str, bytes] = {}
    at = 0
    while data[at : at + 4] == b"PK\3\4" and at + 30 <= len(data):
        size, name_length = struct.unpack_from("<IH", data, at + 22)
        start = at + 30 + name_length
        name = data[at + 30 : start].decode("ascii", "replace")
        demand(NAME.fullmatch(name) and name not in files, f"{name[:80]!r} is no name, or there twice")
        files[name] = data[start : start + size]
        at = start + size
    same = len(files) < 2**16 and packed(files) == data
    demand(same, "the zip was changed, damaged, or packed again by another program: ask for the original")
    return files


# Keys, signed notes, checkpoints, receipts.


class Key:
    """A verifier key: name+id+base64 of type and public key (C2SP signed-note)."""

    def __init__(self, line: str) -> None:
        name, number, coded = line.split("+", 2)
        data = unbase64(coded)
        self.line, self.name, self.kind, self.public = line, name, data[0], data[1:]
        self.id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        demand(self.id.hex() == number, f"the verifier key {line[:60]!r} does not fit its own id")

    @property
    def fingerprint(self) -> str:
        """Eight groups that can be read over the telephone."""
        return " ".join(re.findall("....", hashlib.sha256(self.line.encode()).hexdigest()[:32]))


def signed_text(data: bytes, keys: Iterable[Key]) -> tuple[bytes, set[str]]:
    """Read a signed note: its text, and which keys signed it; a bad signature by one of them refuses all."""
    text, blank, lines = data.decode().rpartition("\n\n")
    demand(blank and lines.endswith("\n"), "a signed note has no signature lines")
    signed, found = (text + "\n").encode(), set()
    for line in lines[:-1].split("\n"):
        dash, name, coded = line.split(" ")
        demand(dash == "\u2014", "a signature line of a note is malformed")
        blob = unbase64(coded)
        for key in (one for one in keys if (one.name, one.id) == (name, blob[:4])):
            holds = is_signed(key.public, signed, blob[4:])
            if key.kind == WITNESS_KEY:
                at = int.from_bytes(blob[4:12], "big")
                message = f"cosignature/v1\ntime {at}\n".encode() + signed
                holds = at > 0 and is_signed(key.public, message, blob[12:])
            demand(holds, f"the signature of {name} does not hold")
            found.add(key.line)
    return signed, found


def checkpoint_of(text: bytes) -> tuple[str, int, bytes]:
    """Read origin, size and root of a checkpoint."""
    origin, size, root, rest = text.decode().split("\n")
    held = unbase64(root)
    demand(re.fullmatch(COUNT, size) and len(held) == 32 and not rest, "the checkpoint is malformed")
    return origin, int(size), held


def receipt_of(data: bytes) -> tuple[int, list[bytes], bytes]:
    """Read a receipt: index, inclusion proof and checkpoint (C2SP tlog-proof)."""
    head, _, checkpoint = data.partition(b"\n\n")
    first, *lines = head.decode("ascii").split("\n")
    lines = lines[1:] if lines[0].startswith("extra ") else lines
    index = re.fullmatch("index " + COUNT, lines[0])
    proof = [unbase64(line) for line in lines[1:]]
    sound = first == "c2sp.org/tlog-proof@v1" and index and all(len(one) == 32 for one in proof)
    demand(sound, "a receipt is malformed")
    return int(index[1] if index else ""), proof, checkpoint


def root_from(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """Compute the root that an inclusion proof leads to (RFC 9162, 2.1.3.2)."""
    fn, sn, found = index, size - 1, leaf
    demand(fn <= sn, f"record {index} is not in a log of {size} records")
    for sibling in proof:
        demand(sn, "a proof is too long")
        if fn & 1 or fn == sn:
            found = hashlib.sha256(b"\1" + sibling + found).digest()
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = hashlib.sha256(b"\1" + found + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    demand(sn == 0, "a proof is too short")
    return found


def policy_of(text: bytes, signed: Iterable[str]) -> tuple[list[Key], object]:
    """Read a witness policy (C2SP tlog-policy): its keys, and whether those who signed make its quorum."""
    made: dict[str, bool] = {"none": True}
    keys, quorum = [], False
    for words in (line.partition("#")[0].split() for line in text.decode().split("\n")):
        if words[:1] == ["witness"]:
            keys.append(Key(words[2]))
            made[words[1]] = words[2] in signed
        elif words[:1] == ["group"]:
            held = [made[one] for one in words[3:]]
            wanted = {"all": len(held), "any": 1}.get(words[2]) or int(words[2])
            made[words[1]] = sum(held) >= wanted
        elif words[:1] == ["quorum"]:
            quorum = made[words[1]]
    return keys, quorum


# The checks. Each gives one sentence, or raises.


class CaseFile:
    """One case file, checked from the outside in."""

    def __init__(self, data: bytes, outside: list[str]) -> None:
        self.data, self.outside = data, outside
        self.entries: dict[int, Any] = {}
        self.opened: dict[int, dict[str, str]] = {}
        self.keys: list[Key] = []

    def of_kind(self, kind: str) -> list[Any]:
        """List the records of one kind."""
        return [one for one in self.entries.values() if one["kind"] == kind]

    def zip_is_whole(self) -> str:
        self.files = unpacked(self.data)
        return f"The zip is byte for byte as it was written ({len(self.files)} files)."

    def manifest_lists_every_file(self) -> str:
        self.manifest = parsed(self.files["MANIFEST.json"], "MANIFEST.json")
        demand(self.manifest["form"] == FORM, f"the manifest is of another form than {FORM}")
        listed = self.manifest["files"]
        demand(
            set(listed) == set(self.files) - UNLISTED, "a file is missing, or there though nobody listed it"
        )
        for name, digest in listed.items():
            same = hashlib.sha256(self.files[name]).hexdigest() == digest
            demand(same, f"{name} is not the file that the manifest lists")
        return "MANIFEST.json lists every file with its SHA-256."

    def manifest_is_signed(self) -> str:
        log = self.manifest["log"]
        keys = [Key(line) for line in self.outside or log["keys"]]
        self.keys = [one for one in keys if one.kind == LOG_KEY and one.name == log["origin"]]
        text, found = signed_text(self.files["MANIFEST.note"], self.keys)
        demand(found, f"it is not signed by a known Ed25519 key of the log {log['origin']}")
        digest = hashlib.sha256(self.files["MANIFEST.json"]).hexdigest()
        wanted = f"{FORM}\nmanifest sha256 {digest}\nlog {log['origin']}\n"
        demand(text.decode() == wanted, "the signature is over another manifest")
        return f"The manifest is signed by the log {log['origin']}."

    def checkpoint_is_signed(self) -> str:
        text, found = signed_text(self.files["checkpoint"], self.keys)
        demand(found, "it is not signed by a known key of the log")
        origin, self.size, self.root = checkpoint_of(text)
        log = self.manifest["log"]
        same = (origin, self.size, self.root.hex()) == (log["origin"], log["size"], log["root"])
        demand(same, "it is of another state of the log than the manifest names")
        return f"The log's checkpoint, over {self.size} records, is signed by the log."

    def witnesses_cosigned(self) -> str:
        if "witnesses.policy" not in self.files:
            return "No witness policy is in the file: nobody but the log itself vouches for the checkpoint."
        policy = self.files["witnesses.policy"]
        keys = [one for one in policy_of(policy, ())[0] if one.kind == WITNESS_KEY]
        _, found = signed_text(self.files["checkpoint"], keys)
        demand(
            policy_of(policy, found)[1], "fewer witnesses cosigned the checkpoint than the policy asks for"
        )
        return f"{len(found)} independent witnesses cosigned the checkpoint, as the policy in the file asks."

    def records_are_in_the_log(self) -> str:
        for name in (one for one in self.files if one.endswith(".entry")):
            data = self.files[name]
            index, proof, checkpoint = receipt_of(self.files[name[:-6] + ".tlog-proof"])
            demand(checkpoint == self.files["checkpoint"], f"the receipt of {name} is of another checkpoint")
            root = root_from(hashlib.sha256(b"\0" + data).digest(), index, self.size, proof)
            demand(root == self.root, f"{name} is not record {index} of the log")
            entry = parsed(data, name)
            demand(entry["seq"] == index == place(name), f"{name} is not the record it is named after")
            self.entries[index] = entry
        n_receipts = sum(one.endswith(".tlog-proof") for one in self.files)
        demand(n_receipts == len(self.entries) > 0, "a receipt without a record, or a record twice")
        return f"All {n_receipts} records are in the log, each unchanged and in its place."

    def openings_fit(self) -> str:
        erased = []
        for name in (one for one in self.files if one.endswith(".openings.json")):
            held = parsed(self.files[name], name)
            index, fields = held["index"], held["fields"]
            sealed = self.entries[index]["sealed"]
            shut = set(sealed) if held["erased"] else set(held["withheld"]) & {"probe_template"}
            whole = index == place(name) and set(fields) == set(sealed) - shut
            demand(whole, f"{name} does not open every field of its record")
            for field, shown in fields.items():
                salt = bytes.fromhex(shown["salt"])
                text = b"\0".join((b"facegate/commit/v1", field.encode(), salt + shown["value"].encode()))
                same = len(salt) == 32 and hashlib.sha256(text).hexdigest() == sealed[field]
                demand(same, f"{name}: {field} is not what the log committed to")
            self.opened[index] = {field: shown["value"] for field, shown in fields.items()}
            erased += [index] if held["erased"] else []
        demand(set(self.opened) == set(self.entries), "a record has no openings, or openings no record")
        gone = f" Erased, and opened by nobody: records {erased}." if erased else ""
        return f"All {sum(map(len, self.opened.values()))} opened fields are what the log committed to.{gone}"

    def readable_copies_agree(self) -> str:
        names = [one for one in self.files if READABLE.fullmatch(one)]
        for name in names:
            for one in json.loads(self.files[name]):
                entry = self.entries[one["index"]]
                public = {key: entry[key] for key in entry if key not in {"schema", "seq", "sealed"}}
                same = one["public"] == public and one["opened"] == self.opened[one["index"]]
                demand(same, f"{name} says something else than record {one['index']}")
        return f"The {len(names)} readable copies say what the records say."

    def searches_are_of_the_case(self) -> str:
        wanted, intents = self.manifest["case"], self.of_kind("intent")
        number = wanted["number"].strip().casefold()
        for one in intents:
            stated = self.opened[one["seq"]].get("case_number", "")
            demand(stated.strip().casefold() == number, f"record {one['seq']} is of another case")
        demand(len(intents) == wanted["n_searches"], "the manifest counts other searches than there are")
        return f"All {len(intents)} searches state the case number of this file."

    def laws_are_those_named(self) -> str:
        texts = {one["digest"]: one["text"] for one in self.of_kind("policy-text")}
        for digest, text in texts.items():
            demand(hashlib.sha256(text.encode()).hexdigest() == digest, f"a text of law is not {digest}")
        named = {one for entry in self.entries.values() for one in entry.get("policy_texts", "").split()}
        demand(named <= set(texts), "a text of law that a search names is missing")
        return f"All {len(texts)} texts of law have the digests that the searches name."

    def certificate_is_signed(self) -> str:
        if "certificate.json" not in self.files:
            return "No certificate is in the file: the cover says what is known of the error rates."
        held = json.loads(self.files["certificate.json"])
        body = canonical(held["certificate"]).encode()
        serial = hashlib.sha256(body).hexdigest()[:32]
        form, name, _, coded = self.files["issuer.pub"].decode().split()
        message = b"facegate-certificate/1\n" + body
        signed = is_signed(unbase64(coded), message, unbase64(held["signature"]))
        known = form == "facegate-issuer/1" and name == held["certificate"]["issuer"]
        demand(signed and known, "it does not bear its issuer's signature")
        named = {one["certificate"] for one in self.of_kind("intent")}
        demand(serial in named, "it is not one that a search of the case relied on")
        return f"The certificate {serial} is signed by {name}, and a search relied on it."


CHECKS = (
    CaseFile.zip_is_whole,
    CaseFile.manifest_lists_every_file,
    CaseFile.manifest_is_signed,
    CaseFile.checkpoint_is_signed,
    CaseFile.witnesses_cosigned,
    CaseFile.records_are_in_the_log,
    CaseFile.openings_fit,
    CaseFile.readable_copies_agree,
    CaseFile.searches_are_of_the_case,
    CaseFile.laws_are_those_named,
    CaseFile.certificate_is_signed,
)


def place(name: str) -> int:
    """Read which record a file is named after."""
    return int(name.rpartition("/")[2].partition(".")[0])


def check(data: bytes, outside: list[str], say: Callable[[str], object]) -> bool:
    """Make every check in order, up to the first that fails; whether none does."""
    case = CaseFile(data, outside)
    for one in CHECKS:
        try:
            say(f"PASS  {one(case)}")
        except Failed as failure:
            say(f"FAIL  {one.__name__.replace('_', ' ')}: {failure}.")
            return False
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
            say(f"FAIL  {one.__name__.replace('_', ' ')}: the file is malformed ({error!r}).")
            return False
    for key in case.keys:
        whose = "Checked with the key given" if outside else "The key was taken from the file; compare it"
        say(f"NOTE  {whose}: {key.line}")
        say(f"NOTE  Its fingerprint: {key.fingerprint}")
    return True


def main(words: list[str] | None = None) -> int:
    """Check the file named on the command line."""
    reader = argparse.ArgumentParser(description="Check a facegate case file, offline.")
    reader.add_argument("file", help="the zip")
    reader.add_argument("--key", action="append", default=[], help="the log's published verifier key")
    given = reader.parse_args(words)
    try:
        data = Path(given.file).read_bytes()
    except OSError as error:
        print(f"FAIL  {given.file} cannot be read: {error.strerror}.")  # noqa: T201  a program of its own
        return 1
    return 0 if check(data, given.key, print) else 1


if __name__ == "__main__":
    sys.exit(main())
