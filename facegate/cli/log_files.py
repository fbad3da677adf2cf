"""Files that the commands on a published log are given: the log's keys, and the policy on witnesses."""

from pathlib import Path
from typing import Annotated

import typer

from facegate.audit.signed.notes import VerifierKey, parse_keys
from facegate.audit.witnesses.quorum import WitnessPolicy
from facegate.audit.witnesses.witness_policy import parse_policy
from facegate.errors import InputError

LARGEST_FILE = 1_000_000  # bytes

KeyFile = Annotated[
    Path | None,
    typer.Option(
        "--key",
        metavar="VKEYFILE",
        help="File with the log's verifier keys, one a line (HOME/keys/log.vkey), from a source you trust.",
        show_default=False,
    ),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="FILE",
        help="Policy (C2SP tlog-policy) that says which witnesses must have cosigned.",
        show_default=False,
    ),
]


def read_policy(path: Path) -> WitnessPolicy:
    """Read a policy file."""
    return parse_policy(_text(path, "the policy"))


def read_keys(path: Path | None, policy: WitnessPolicy | None) -> tuple[VerifierKey, ...]:
    """Read the log's keys from their file, or take those that the policy names.

    Raises
    ------
    InputError
        If there are none: a log that nobody vouched for is not verified by anything it says itself.
    """
    if path is not None:
        return parse_keys(_text(path, "the log's key"))
    if policy is not None and policy.log_keys:
        return policy.log_keys
    msg = "a published log is checked with its key: pass --key VKEYFILE (its keeper's HOME/keys/log.vkey)"
    raise InputError(msg)


def _text(path: Path, what: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        text = data.decode()
    except OSError as error:
        msg = f"{what}, {path}, cannot be read: {error.strerror}"
        raise InputError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{what}, {path}, is not UTF-8 text"
        raise InputError(msg) from error
    if len(data) > LARGEST_FILE:
        msg = f"{what}, {path}, is longer than {LARGEST_FILE:,} bytes"
        raise InputError(msg)
    return text
