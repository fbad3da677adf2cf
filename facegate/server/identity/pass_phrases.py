"""Pass phrases: hashed by Argon2id (RFC 9106), checked in the same time whether or not there is an account.

Length counts, not kinds of characters (NIST SP 800-63B-4, 3.1.1): 15 characters where there may be no second
factor. One check takes 64 MiB and about a tenth of a second, and so few run at a time: a thousand attempts at
once wait, and take no more memory than four.
"""

from __future__ import annotations

import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from facegate.errors import InputError

LEAST: Final = 15  # characters
MOST: Final = 200
FEWEST_DIFFERENT: Final = 6
AT_ONCE: Final = 4


class PassPhrases:
    """Hashing and checking.

    Parameters
    ----------
    hasher : PasswordHasher, optional
        Argon2id with its cost; without it the second recommended choice of RFC 9106, section 4.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=3, memory_cost=1 << 16, parallelism=4)
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._nobodys = self._hasher.hash("nobody's pass phrase, to take as long as somebody's")

    def hashed(self, phrase: str) -> str:
        """Hash a phrase that `demand_phrase` let pass."""
        with self._room:
            return self._hasher.hash(_normal(phrase))

    def fits(self, phrase: str, hashed: str | None) -> bool:
        """Say whether a phrase is the one that was hashed.

        Parameters
        ----------
        phrase : str
            As typed.
        hashed : str or None
            None: there is no account, or it has no phrase. It takes as long, and is never right.
        """
        with self._room:
            try:
                self._hasher.verify(hashed or self._nobodys, _normal(phrase)[:MOST])
            except (Argon2Error, InvalidHashError):
                return False
        return hashed is not None


def demand_phrase(phrase: str, name: str) -> str:
    """Give back a phrase that may be somebody's.

    Parameters
    ----------
    phrase : str
        As typed.
    name : str
        Of the account: a phrase that holds it is the first one tried.

    Raises
    ------
    InputError
        If it is too short, too long, or easy to guess; the message does not repeat it.
    """
    typed = _normal(phrase)
    if not LEAST <= len(typed) <= MOST:
        msg = f"the pass phrase has {len(typed)} characters, wanted {LEAST} to {MOST}"
        raise InputError(msg)
    if any(unicodedata.category(one).startswith("C") for one in typed):
        msg = (
            "the pass phrase holds a character that cannot be typed; wanted letters, digits, blanks and signs"
        )
        raise InputError(msg)
    if len(set(typed.lower())) < FEWEST_DIFFERENT or name.lower() in typed.lower():
        msg = f"the pass phrase is easy to guess; wanted {FEWEST_DIFFERENT} different characters, no name"
        raise InputError(msg)
    return phrase


def _normal(phrase: str) -> str:
    """Write a phrase in one way, whatever keyboard it came from (NIST SP 800-63B-4, 3.1.1.2: NFC)."""
    return unicodedata.normalize("NFC", phrase.encode(errors="replace").decode())
