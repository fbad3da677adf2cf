"""Check a facegate case file without facegate, without a network, and without trusting whoever made it.

    python3 verify.py CASE.zip [--key VERIFIER_KEY ...] [--policy FILE]

Python 3.9 or later; nothing else. One line a check, PASS or FAIL; exit code 0 if every check passes, else 1.

The key decides. Without --key the log's key is taken from the file itself: then the checks show that the file
is of one piece, not whose it is. Compare the fingerprint with the published key, or give that key with --key.
A witness policy in the file was chosen by whoever made the file; --policy takes the reader's own instead.

What no check can show: that the cover says what the records say, and that no record was left out.
ML-DSA (FIPS 204) is not in Python's library: such signatures are neither checked nor counted. What cannot be
said without them fails, as a thing that cannot be judged here; `facegate case check` judges it.

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

FORM, ENTRY_FORM, OPENED_FORM = "facegate/case-file/v1", "facegate/entry/v1", "facegate/openings/v1"
LOG_KEY, WITNESS_KEY, MLDSA_KEY = 0x01, 0x04, 0x06
KEY_BYTES = {LOG_KEY: 32, WITNESS_KEY: 32, MLDSA_KEY: 1312}
LAST_SECOND = 253402300799  # the year 9999
UNLISTED = {"MANIFEST.json", "MANIFEST.note"}
POLICY = "witnesses.policy"
BESIDE = {"case.html", "case.txt", "verify.py", "checkpoint", "certificate.json", "issuer.pub", POLICY}
COPIES = ("request", "result", "findings", "steps")
RECORD_FILES = (".entry", ".tlog-proof", ".openings.json")
KEPT_SHUT = {"probe_template"}  # the probe's face as numbers: sealed, and opened by a court alone
ON_A_RESULT = {"review-opened", "finding", "review-closed", "release"}  # steps that need one
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
COUNT = "(0|[1-9][0-9]{0,15})"

CANNOT_SHOW = (
    "The cover (case.html, case.txt) is the word of whoever signed the file: no check reads it.",
    (
        "That the file is complete cannot be shown by it: a record or a search that was left out leaves no "
        "trace in it. A court can have the log opened and count."
    ),
)
CANNOT_JUDGE = "it cannot be judged here: verify.py counts no ML-DSA signature; `facegate case check` does"


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
    value = json.loads(data.decode(), parse_float=no_fraction)
    demand(canonical(value).encode() == data, f"{name} is not in canonical form: somebody wrote it again")
    return value


def no_fraction(text: str) -> Any:
    """Refuse a fraction: the log holds none."""
    demand(False, f"{text[:20]} is no whole number")  # noqa: FBT003  never holds


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
        named = 1 <= len(name.encode()) <= 255 and not re.search(r"[\s\x00-\x1f]", name)
        demand(named and KEY_BYTES.get(self.kind) == len(self.public), f"{line[:60]!r} is no verifier key")

    @property
    def fingerprint(self) -> str:
        """Eight groups that can be read over the telephone."""
        return " ".join(re.findall("....", hashlib.sha256(self.line.encode()).hexdigest()[:32]))


def signed_text(data: bytes, keys: Iterable[Key]) -> tuple[bytes, set[str], set[str]]:
    """Read a signed note: its text, whose signatures count, and whose are ML-DSA and were not checked.

    A bad signature by one of the keys refuses all. One with the time 0 says nothing about a time: it does not
    count, and refuses nothing.
    """
    demand(not re.search(rb"[\x00-\x09\x0b-\x1f]", data), "a signed note holds a control character")
    text, blank, lines = data.decode().rpartition("\n\n")
    demand(blank and lines.endswith("\n"), "a signed note has no signature lines")
    signed = (text + "\n").encode()
    found: set[str] = set()
    unread: set[str] = set()
    for line in lines[:-1].split("\n"):
        dash, name, coded = line.split(" ")
        blob = unbase64(coded)
        demand(dash == "\u2014" and len(blob) > 4, "a signature line of a note is malformed")
        for key in (one for one in keys if (one.name, one.id) == (name, blob[:4])):
            if key.kind == MLDSA_KEY:
                unread.add(key.line)
            elif signed_at(key, signed, blob[4:]):
                found.add(key.line)
    return signed, found, unread


def signed_at(key: Key, signed: bytes, blob: bytes) -> int:
    """Give the time of a signature that holds, in seconds; 1 for the log's own, which states none."""
    at, message, signature = 1, signed, blob
    if key.kind == WITNESS_KEY:
        at, signature = int.from_bytes(blob[:8], "big"), blob[8:]
        message = f"cosignature/v1\ntime {at}\n".encode() + signed
    holds = at <= LAST_SECOND and is_signed(key.public, message, signature)
    demand(holds, f"the signature of {key.name} does not hold")
    return at


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


class Policy:
    """A witness policy (C2SP tlog-policy): logs that are believed, witnesses, how many must cosign.

    No key and no member may stand in it twice, under whatever names: one body must not count as two.
    """

    def __init__(self, text: bytes) -> None:
        self.logs: list[Key] = []
        self.witnesses: dict[str, Key] = {}
        self.groups: dict[str, tuple[int, list[str]]] = {}
        self.quorum = ""
        for line in text.decode().split("\n"):
            words = re.split("[ \t]+", line.strip(" \t"))
            demand(not CONTROL.search(line), "the witness policy holds a control character")
            if words[0] and not words[0].startswith("#"):
                demand(
                    self.takes(*words), f"the witness policy has a line that makes no sense: {line[:60]!r}"
                )
        publics = [one.public for one in (*self.logs, *self.witnesses.values())]
        members = [one for _, names in self.groups.values() for one in names]
        demand(len(set(publics)) == len(publics), "the witness policy counts one public key as two")
        demand(len(set(members)) == len(members), "the witness policy counts one member twice")
        demand(self.quorum, "the witness policy states no quorum")
        longest = max(map(len, (self.logs, self.witnesses, self.groups)))
        demand(longest <= 256 and len(text.decode()) <= 1_000_000, "the witness policy is too long")

    def takes(self, kind: str, *rest: str) -> bool:
        """Take one line; whether it makes sense."""
        known = {*self.witnesses, *self.groups}
        if kind == "log" and len(rest) in {1, 2}:
            self.logs.append(Key(rest[0]))
            return self.logs[-1].name.isprintable()
        if kind == "quorum" and len(rest) == 1 and not self.quorum:
            self.quorum = rest[0]
            return rest[0] in known | {"none"}
        if len(rest) < 2 or rest[0] in known | {"none"}:
            return False
        if kind == "witness" and len(rest) in {2, 3}:
            self.witnesses[rest[0]] = Key(rest[1])
            return self.witnesses[rest[0]].kind != LOG_KEY
        name, count, *members = rest
        needed = {"all": str(len(members)), "any": "1"}.get(count, count)
        if kind != "group" or not re.fullmatch("[1-9][0-9]{0,5}", needed):
            return False
        self.groups[name] = int(needed), members
        return int(needed) <= len(members) and known >= set(members)

    def met_by(self, names: Iterable[str]) -> bool:
        """Whether these witnesses together are enough."""
        met = {"none", *names}
        for name, (needed, members) in self.groups.items():
            met |= {name} if sum(one in met for one in members) >= needed else set()
        return self.quorum in met


# The checks. Each gives one sentence, or raises.


class CaseFile:
    """One case file, checked from the outside in."""

    def __init__(self, data: bytes, outside: list[str], policy: bytes | None) -> None:
        self.data, self.outside, self.policy = data, outside, policy
        self.entries: dict[int, Any] = {}
        self.opened: dict[int, dict[str, str]] = {}
        self.erased: list[int] = []
        self.keys: list[Key] = []

    def of_kind(self, *kinds: str) -> list[Any]:
        """List the records of some kinds, in the order of the log."""
        return [self.entries[at] for at in sorted(self.entries) if self.entries[at]["kind"] in kinds]

    def about(self, search_id: str) -> list[Any]:
        """List the records of one search, in the order of the log."""
        held = [self.entries[at] for at in sorted(self.entries)]
        return [one for one in held if one.get("search_id") == search_id]

    def copy_of(self, records: list[Any]) -> bytes:
        """Write records opened, as they stand in the files made for reading."""
        shown = [
            {
                "index": one["seq"],
                "public": {name: one[name] for name in one if name not in {"schema", "seq", "sealed"}},
                "opened": self.opened[one["seq"]],
            }
            for one in records
        ]
        return (json.dumps(shown, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()

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
        theirs = [one.line for one in Policy(self.policy).logs] if self.policy is not None else []
        self.outside = self.outside or theirs
        keys = [Key(line) for line in self.outside or log["keys"]]
        demand(len({one.line for one in keys}) == len(keys), "a key of the log is named twice")
        self.keys = [one for one in keys if one.kind == LOG_KEY and one.name == log["origin"]]
        text, found, _ = signed_text(self.files["MANIFEST.note"], self.keys)
        demand(found, f"it is not signed by a known Ed25519 key of the log {log['origin']}")
        digest = hashlib.sha256(self.files["MANIFEST.json"]).hexdigest()
        wanted = f"{FORM}\nmanifest sha256 {digest}\nlog {log['origin']}\n"
        demand(text.decode() == wanted, "the signature is over another manifest")
        return f"The manifest is signed by the log {log['origin']}."

    def checkpoint_is_signed(self) -> str:
        text, found, _ = signed_text(self.files["checkpoint"], self.keys)
        demand(found, "it is not signed by a known key of the log")
        origin, self.size, self.root = checkpoint_of(text)
        log = self.manifest["log"]
        same = (origin, self.size, self.root.hex()) == (log["origin"], log["size"], log["root"])
        demand(same, "it is of another state of the log than the manifest names")
        return f"The log's checkpoint, over {self.size} records, is signed by the log."

    def witnesses_cosigned(self) -> str:
        text = self.files.get(POLICY) if self.policy is None else self.policy
        whose = "the policy in the file" if self.policy is None else "your policy"
        if text is None:
            return "No witness policy is in the file: nobody but the log itself vouches for the checkpoint."
        policy = Policy(text)
        own = [one for one in policy.logs if one.name == self.manifest["log"]["origin"]]
        named = policy.witnesses
        _, found, unread = signed_text(self.files["checkpoint"], [*own, *named.values()])
        if policy.logs and not found & {one.line for one in own}:
            demand(not unread & {one.line for one in own}, CANNOT_JUDGE)
            demand(False, f"the log that signed is none that {whose} names")  # noqa: FBT003  never holds
        counted = {name for name, key in named.items() if key.line in found}
        if not policy.met_by(counted):
            unsure = {name for name, key in named.items() if key.line in unread}
            demand(not policy.met_by(counted | unsure), CANNOT_JUDGE)
            demand(False, f"fewer witnesses cosigned it than {whose} asks for")  # noqa: FBT003  as above
        if policy.quorum == "none":
            return (
                f"No witness is asked for by {whose}: nobody but the log itself vouches for the checkpoint."
            )
        told = f"{len(counted)} witnesses cosigned the checkpoint, as {whose} asks."
        chosen = " Whoever made the file chose them: whether they are independent of the log, judge yourself."
        return told if self.policy is not None else told + chosen

    def records_are_in_the_log(self) -> str:
        for name in (one for one in self.files if one.endswith(".entry")):
            data = self.files[name]
            index, proof, checkpoint = receipt_of(self.files[name[:-6] + ".tlog-proof"])
            demand(checkpoint == self.files["checkpoint"], f"the receipt of {name} is of another checkpoint")
            root = root_from(hashlib.sha256(b"\0" + data).digest(), index, self.size, proof)
            demand(root == self.root, f"{name} is not record {index} of the log")
            entry = parsed(data, name)
            demand(entry["schema"] == ENTRY_FORM, f"{name} is of another form than {ENTRY_FORM}")
            demand(entry["seq"] == index == place(name), f"{name} is not the record it is named after")
            self.entries[index] = entry
        n_receipts = sum(one.endswith(".tlog-proof") for one in self.files)
        demand(n_receipts == len(self.entries) > 0, "a receipt without a record, or a record twice")
        return f"All {n_receipts} records are in the log, each unchanged and in its place."

    def openings_fit(self) -> str:
        for name in (one for one in self.files if one.endswith(".openings.json")):
            held = parsed(self.files[name], name)
            index, gone, fields = place(name), held["erased"], held["fields"]
            sealed = self.entries[index]["sealed"]
            shut = [] if gone else sorted(KEPT_SHUT & set(sealed))
            form = {"form": OPENED_FORM, "index": index, "erased": gone, "withheld": shut, "fields": fields}
            demand(held == form and type(gone) is bool, f"{name} is of another form, or opens another record")
            whole = set() if gone else set(sealed) - KEPT_SHUT
            demand(set(fields) == whole, f"{name} does not open the fields it should, and no others")
            for field, shown in fields.items():
                salt = bytes.fromhex(shown["salt"])
                text = b"\0".join((b"facegate/commit/v1", field.encode(), salt + shown["value"].encode()))
                same = len(salt) == 32 and hashlib.sha256(text).hexdigest() == sealed[field]
                demand(same and len(shown) == 2, f"{name}: {field} is not what the log committed to")
            self.opened[index] = {field: shown["value"] for field, shown in fields.items()}
            self.erased += [index] if gone else []
        demand(set(self.opened) == set(self.entries), "a record has no openings, or openings no record")
        return f"All {sum(map(len, self.opened.values()))} opened fields are what the log committed to."

    def what_is_missing_was_erased(self) -> str:
        told = []
        runs = [(one["seq"], *run) for one in self.of_kind("erasure") for run in one["records"] or [()]]
        for run in runs:
            sound = [type(one) for one in run] == [int] * 3 and 0 <= run[1] <= run[2] < run[0]
            demand(sound, f"record {run[0]} is no erasure of records before it")
        for index in sorted(self.erased):
            by = [at for at, first, last in runs if first <= index <= last]
            demand(by, f"record {index} is said to be erased, and no erasure in the file names it")
            told.append(f"record {index} ({self.entries[index]['kind']}, by record {by[0]})")
        return f"Erased, and opened by nobody: {', '.join(told)}." if told else "No record in it was erased."

    def readable_copies_agree(self) -> str:
        intents = self.of_kind("intent")
        for asked in intents:
            about = [one for one in self.about(asked["search_id"]) if one["seq"] != asked["seq"]]
            found = [one for one in about if one["kind"] == "result"][:1]
            steps = [one for one in about if one not in found]
            copies = {
                "request": [asked],
                "result": found,
                "findings": [one for one in steps if one["kind"] == "finding"],
                "steps": [one for one in steps if one["kind"] != "finding"],
            }
            for name, records in copies.items():
                path = f"searches/{asked['search_id']}/{name}.json"
                same = self.files[path] == self.copy_of(records)
                demand(same, f"{path} does not say what the records of its search say, or not all of it")
        return f"The {len(COPIES) * len(intents)} readable copies say all that the records of a search say."

    def results_belong_to_their_searches(self) -> str:
        without = []
        for asked in self.of_kind("intent"):
            about = self.about(asked["search_id"])
            found = [one["intent"] for one in about if one["kind"] == "result"]
            demand(
                set(found) <= {asked["seq"]}, f"a result answers another search than that of {asked['seq']}"
            )
            taken = [one for one in about if one["kind"] in ON_A_RESULT and one.get("decision") == "allowed"]
            demand(found or not taken, f"the result of the search of record {asked['seq']} was left out")
            without += [] if found else [asked["seq"]]
        if not without:
            return "Every search in the file has its result."
        named = ", ".join(map(str, without))
        return (
            f"No result is in the file of the searches of records {named}: they broke off or it was left out."
        )

    def searches_are_of_the_case(self) -> str:
        wanted, intents = self.manifest["case"], self.of_kind("intent")
        number = wanted["number"].strip().casefold()
        for one in intents:
            stated = self.opened[one["seq"]].get("case_number", "")
            demand(stated.strip().casefold() == number, f"record {one['seq']} is of another case")
        n_searches = len({one["search_id"] for one in intents})
        same = n_searches == len(intents) == wanted["n_searches"]
        demand(same, "the manifest counts other searches than there are")
        return f"All {len(intents)} searches state the case number of this file."

    def every_file_has_its_place(self) -> str:
        ids = [one["search_id"] for one in self.of_kind("intent")]
        wanted = {f"searches/{one}/{name}.json" for one in ids for name in COPIES}
        for index, entry in self.entries.items():
            folder = f"searches/{entry['search_id']}" if entry.get("search_id") in ids else "records"
            wanted |= {f"{folder}/{index:06}{ending}" for ending in RECORD_FILES}
        strange = sorted(wanted ^ set(self.files) - UNLISTED - BESIDE)
        demand(not strange, f"{''.join(strange[:1])} is missing, or stands where no file of a record belongs")
        return "Every record stands in the folder of its search, and no other file beside them."

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
        form = held["format"] == "facegate-certificate/1" and len(held) == 3
        demand(form, "certificate.json is of another form than facegate-certificate/1")
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
    CaseFile.what_is_missing_was_erased,
    CaseFile.searches_are_of_the_case,
    CaseFile.every_file_has_its_place,
    CaseFile.readable_copies_agree,
    CaseFile.results_belong_to_their_searches,
    CaseFile.laws_are_those_named,
    CaseFile.certificate_is_signed,
)


def place(name: str) -> int:
    """Read which record a file is named after."""
    return int(name.rpartition("/")[2].partition(".")[0])


def check(data: bytes, outside: list[str], say: Callable[[str], object], policy: bytes | None = None) -> bool:
    """Make every check in order, up to the first that fails; whether none does."""
    case = CaseFile(data, outside, policy)
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
        whose = (
            "Checked with the key given" if case.outside else "The key was taken from the file; compare it"
        )
        say(f"NOTE  {whose}: {key.line}")
        say(f"NOTE  Its fingerprint: {key.fingerprint}")
    for sentence in CANNOT_SHOW:
        say(f"NOTE  {sentence}")
    return True


def main(words: list[str] | None = None) -> int:
    """Check the file named on the command line."""
    about, limits = "Check a facegate case file, offline.", f"What no check can show. {' '.join(CANNOT_SHOW)}"
    reader = argparse.ArgumentParser(description=about, epilog=limits)
    reader.add_argument("file", help="the zip")
    reader.add_argument("--key", action="append", default=[], help="the log's published verifier key")
    reader.add_argument("--policy", help="your own witness policy, instead of the one in the file")
    given = reader.parse_args(words)
    try:
        data = Path(given.file).read_bytes()
        policy = Path(given.policy).read_bytes() if given.policy else None
    except OSError as error:
        print(f"FAIL  {error.filename} cannot be read: {error.strerror}.")  # noqa: T201  a program of its own
        return 1
    return 0 if check(data, given.key, print, policy) else 1


if __name__ == "__main__":
    sys.exit(main())
