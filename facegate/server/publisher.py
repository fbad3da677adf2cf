"""Publishing beside the work: what was recorded stands in the public folder a few seconds later.

::

    HOME/public/checkpoint   HOME/public/tile/...     the log as anybody reads it (C2SP tlog-tiles)

- One thread looks whether the log has grown, signs its newest state and brings the folder up to date, by the
  one way there is (`facegate.audit.published.publish`). Whoever searches waits for none of it.
- Signing and publishing read the whole tree, so the pause grows with the time it takes.
- Where the operator names witnesses (``witness_policy`` in ``server.toml``), they are asked for every state
  that is published. While too few have cosigned the last one, they are asked again, once a minute.
- What fails is told to the operator and tried again; a folder that shows another history is never changed.

Not covered: whoever reads between a search and its publication does not see it yet. Its receipt says so.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final, Self

from facegate.audit.published.publish import publish
from facegate.audit.witnesses.witness_policy import LARGEST_POLICY, parse_policy
from facegate.errors import FacegateError, InputError, VerificationError
from facegate.gate.witnessing import sign_and_witness
from facegate.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from facegate.audit.keys.log_keys import LogKeys
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
    from facegate.audit.witnesses.quorum import WitnessPolicy
    from facegate.gate.home import Home
    from facegate.server.config import ServerConfig
    from facegate.server.desk import Desk

ASK_AGAIN_SECONDS: Final = 60.0
OVERDUE_SECONDS: Final = 60.0
"""After which what cannot be published is no hiccup any more, and the service is not ready."""
EVERY_SECONDS: Final = 5.0
REST: Final = 20.0  # times as long as publishing took: at most a twentieth of the time goes into it

_log = logging.getLogger(__name__)


def public_folder(home: Home) -> Path:
    """Give the folder of the published log."""
    return home.folder / "public"


def signing_keys(home: Home) -> LogKeys:
    """Read the keys that sign the log's states.

    Raises
    ------
    InputError
        If there are none, or they cannot be used.
    AuditError
        If a token cannot be reached.
    """
    try:
        keys = home.log_keys(pin=Settings.from_environment().token_pin)
    except InputError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        msg = f"{error}. Nothing can be signed without it: put {home.keys} back from its backup"
        raise InputError(msg) from error
    if keys is None:
        msg = (
            f"the log has no keys in {home.keys}: put that folder back from its backup; for a log that never "
            "had any, `facegate keys init` makes them"
        )
        raise InputError(msg)
    return keys


def witness_policy(config: ServerConfig) -> WitnessPolicy | None:
    """Read the policy that names the witnesses to be asked; None where the operator names none.

    Raises
    ------
    InputError
        If the file cannot be read, or is no policy.
    """
    path = config.witness_policy
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST_POLICY + 1).decode()
        return parse_policy(text)
    except OSError as error:
        msg = f"witness_policy names {path}, which cannot be read: {error.strerror}"
        raise InputError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"witness_policy names {path}, which is not UTF-8 text"
        raise InputError(msg) from error
    except InputError as error:
        msg = f"witness_policy names {path}, which is no policy: {error}"
        raise InputError(msg) from error


class Publisher:
    """Keeps the public folder up to date; use it as a context manager around the service.

    Parameters
    ----------
    desk : Desk
        Log and keys.
    policy : WitnessPolicy, optional
        Witnesses to be asked each time; nobody if left out.
    every_seconds : float
        Longest pause between a record and its publication, while publishing is quick; above 0.
    """

    def __init__(
        self, desk: Desk, *, policy: WitnessPolicy | None = None, every_seconds: float = EVERY_SECONDS
    ) -> None:
        self._desk = desk
        self._policy = policy
        self._every = every_seconds
        self._stopping = threading.Event()
        self._turn = threading.Lock()
        self._thread: threading.Thread | None = None
        self._size = -1
        self._said = ""
        self._failing_since = 0.0  # monotonic seconds; means nothing while `_said` is empty
        self._unmet = ""
        self._ask_at = 0.0  # monotonic seconds

    @property
    def size(self) -> int:
        """Records published by this object; -1 before the first time."""
        return self._size

    @property
    def trouble(self) -> str:
        """Why it failed the last time, one sentence; empty if it did not."""
        return self._said

    @property
    def overdue(self) -> str:
        """Why nothing could be published for a minute or longer, one sentence; empty if it could."""
        lasts = time.monotonic() - self._failing_since
        return self._said if lasts >= OVERDUE_SECONDS else ""

    @property
    def unwitnessed(self) -> str:
        """Why too few witnesses have cosigned what is published; empty if they have, or none are asked."""
        return self._unmet

    def publish(self) -> bool:
        """Publish now, if the log has grown since the last time, or witnesses are to be asked again.

        Returns
        -------
        bool
            Whether anything was published.

        Raises
        ------
        FacegateError
            If it could not be: no keys, a disk that refuses, somebody else publishing, a folder that shows
            another history.
        """
        with self._turn:
            asks_again = bool(self._unmet) and time.monotonic() >= self._ask_at
            if self._desk.ledger.log.size == self._size and not asks_again:
                return False
            home = self._desk.home
            signed, _ = sign_and_witness(home, signing_keys(home), self._policy, self._desk.clock())
            publish(home.log, public_folder(home), signed.encode())
            self._size = signed.checkpoint.size
            self._hold_against_policy(signed)
            return True

    def _hold_against_policy(self, signed: SignedCheckpoint) -> None:
        """Tell the operator when too few witnesses cosigned, once, and when they are enough again."""
        if self._policy is None:
            return
        before, self._unmet = self._unmet, ""
        try:
            self._policy.demand(signed, now=self._desk.clock())
        except VerificationError as error:
            self._unmet, self._ask_at = str(error), time.monotonic() + ASK_AGAIN_SECONDS
        if self._unmet and self._unmet != before:
            _log.warning("what is published is not yet witnessed: %s", self._unmet)
        elif before and not self._unmet:
            _log.info("what is published is witnessed again")

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        self._try()  # what was recorded last

    def _run(self) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            began = time.monotonic()
            self._try()
            pause = max(self._every, REST * (time.monotonic() - began))

    def _try(self) -> None:
        try:
            self.publish()
        except (FacegateError, OSError) as error:
            said = str(error)
            if said != self._said:  # told once, not every few seconds
                _log.error("the log was not published: %s", said)
            if not self._said:
                self._failing_since = time.monotonic()
            self._said = said
        else:
            self._said = ""
