"""The published log, receipts checked offline, and what the service tells of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.audit.signed.receipt import parse_receipt, verify_receipt
from facegate.client.desk import Desk
from facegate.client.line import GET, Asked, place
from facegate.client.replies.service import About, Alive, Ready
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.audit.signed.notes import VerifierKey
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
    from facegate.audit.witnesses.witness_policy import WitnessPolicy

BYTES = "application/octet-stream"
TEXT = "text/plain"


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """A receipt, not checked yet.

    Parameters
    ----------
    index : int
        Of which record, from 0.
    data : bytes
        A ``.tlog-proof`` file.
    witnessed : bool
        The service says that it carries cosignatures of witnesses.
    """

    index: int
    data: bytes
    witnessed: bool


class LogDesk(Desk):
    """``/log`` and ``/v1/receipts``: the tamper-evident log. All but receipts is for anybody."""

    __slots__ = ()

    def checkpoint(self) -> bytes:
        """Give the signed checkpoint: how many records are published, and the root over them."""
        return self._bytes("/log/checkpoint", TEXT)

    def tile(self, path: str) -> bytes:
        """Give one tile of hashes or bundle of records by its path under C2SP tlog-tiles, ``0/x001/234``."""
        return self._bytes(place("log", "tile", path, slashes=True), BYTES)

    def record(self, index: int) -> bytes:
        """Give the public part of one published record, byte for byte as it was hashed."""
        return self._bytes(place("log", "records", index), "application/json")

    def receipt(self, index: int) -> ReceiptFile:
        """Give the receipt of a record to whoever may see the search it is about."""
        answer = self._line.fetch(Asked(method=GET, path=place("v1", "receipts", index), accept=TEXT))
        return ReceiptFile(index, answer.content, answer.headers.get("facegate-witnessed") == "yes")

    def verified(
        self, index: int, *, keys: Iterable[VerifierKey], policy: WitnessPolicy | None = None
    ) -> SignedCheckpoint:
        """Fetch a record with its receipt, and check both here; the service's word counts for nothing.

        Parameters
        ----------
        index : int
            Place of the record, from 0.
        keys : iterable of VerifierKey
            The log's, from another source than this service; `facegate.audit.signed.notes.parse_keys` reads
            them.
        policy : WitnessPolicy, optional
            Whose cosignatures are needed; without one nobody but the log vouches.

        Returns
        -------
        SignedCheckpoint
            The state of the log that holds the record, and who signed it.

        Raises
        ------
        VerificationError
            If the record is not on the log at that place, or was not signed for by whom it must be.
        """
        return check_receipt(self.receipt(index), self.record(index), keys=keys, policy=policy)

    def _bytes(self, path: str, kind: str) -> bytes:
        return self._line.fetch(Asked(method=GET, path=path, accept=kind)).content


class ServiceDesk(Desk):
    """``/.well-known/facegate.json``, ``/livez``, ``/readyz``, ``/metrics``."""

    __slots__ = ()

    def about(self) -> About:
        """Read what is needed to check this installation from outside. For anybody."""
        return self._line.get("/.well-known/facegate.json", About)

    def alive(self) -> Alive:
        """Ask whether the process is up."""
        return self._line.get("/livez", Alive, again=False)

    def ready(self) -> Ready:
        """Ask whether searches can be asked for.

        Raises
        ------
        Closed
            With every reason why not.
        """
        return self._line.get("/readyz", Ready, again=False)

    def metrics(self) -> str:
        """Give every count in the form of Prometheus. For administrators and auditors."""
        return self._line.fetch(Asked(method=GET, path="/metrics", accept=TEXT)).text


def check_receipt(
    receipt: ReceiptFile, record: bytes, *, keys: Iterable[VerifierKey], policy: WitnessPolicy | None = None
) -> SignedCheckpoint:
    """Check, offline, that a receipt is of this record and of the place that was asked for.

    Raises
    ------
    VerificationError
        As `facegate.audit.signed.receipt.verify_receipt`; or if it is the receipt of another place.
    """
    held = parse_receipt(receipt.data)
    if held.index != receipt.index:
        msg = f"the receipt is of record {held.index}, wanted one of record {receipt.index}"
        raise VerificationError(msg)
    return verify_receipt(held, record, keys=keys, policy=policy)
