"""The secret behind case-bound subject references: made before anybody is shown a list, and never again.

A reference is a keyed hash of person and case. Under another key the same person in the same case has another
reference: corroborations, corrections and released lists would speak of people whom nobody finds any more. So
a key that is missing once a list was shown is no first use but a loss, and is said to be one.

Not noticed here: another key of the same length put in the place of the lost one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from facegate.gate.home import Home
    from facegate.gate.ledger.ledger import Ledger


def reference_key(home: Home, ledger: Ledger, random_bytes: Callable[[int], bytes]) -> bytes:
    """Read the reference key of an agency's folder, or make it before its first use.

    Parameters
    ----------
    home : Home
        The folder.
    ledger : Ledger
        Knows whether a list was shown already.
    random_bytes : callable
        Source of secret bytes, such as `secrets.token_bytes`.

    Returns
    -------
    bytes
        32 bytes.

    Raises
    ------
    InputError
        If the file holds anything but 32 bytes, cannot be read, or is missing after a list was shown.
    AuditError
        If the key cannot be written.
    """
    shown = "SELECT 1 FROM review_steps WHERE kind IN ('review-opened', 'release') AND rule = '' LIMIT 1"
    return home.reference_key(random_bytes, known=bool(ledger.value(shown)))
