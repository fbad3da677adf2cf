"""Accounts, keys and sessions, as they are answered. Secrets are kept out of every ``repr``."""

from pydantic import AwareDatetime, Field

from facegate.client.replies.reply import Reply


class Account(Reply):
    """An account; never anything that opens it.

    Parameters
    ----------
    id, name : str
        UUIDv7, and how it signs in.
    roles : tuple of str
        Such as ``searcher``.
    officer, agency, issuer : str
        Officer id, ORI and identity provider; empty for none.
    has_second_factor, disabled : bool
        One-time codes are in force; it opens nothing.
    created : datetime
        UTC.
    unconfirmed_by : str
        Id of the administrator who made, reset or widened it, while another one's word is awaited: it opens
        nothing. Empty if it does not wait.
    key_days : int or None
        Days of the API key that its holder may make until `key_until`; None if none is allowed.
    key_until : datetime or None
        UTC.
    """

    id: str
    name: str
    roles: tuple[str, ...]
    officer: str
    agency: str
    issuer: str
    has_second_factor: bool
    disabled: bool
    created: AwareDatetime
    unconfirmed_by: str
    key_days: int | None
    key_until: AwareDatetime | None


class MadeAccount(Reply):
    """An account, and its first pass phrase: answered once and never again; None if it signs in elsewhere."""

    account: Account
    first_phrase: str | None = Field(repr=False)


class ApiKey(Reply):
    """An API key without its secret.

    Parameters
    ----------
    id, account : str
        UUIDv7 of the key, and of its account.
    starts : str
        First characters, by which its owner tells it from his others.
    created, expires : datetime
        From when until when it opens anything, UTC.
    last_used, revoked : datetime or None
        None if that never happened.
    """

    id: str
    account: str
    starts: str
    created: AwareDatetime
    expires: AwareDatetime
    last_used: AwareDatetime | None
    revoked: AwareDatetime | None


class IssuedKey(Reply):
    """An API key, and its secret: answered once and never again."""

    key: ApiKey
    secret: str = Field(repr=False)


class Seed(Reply):
    """The seed of one-time codes, plain and as an ``otpauth`` address: answered once and never again."""

    secret: str = Field(repr=False)
    uri: str = Field(repr=False)


class Session(Reply):
    """A session of one's own: which browser, from when until when, last seen when, UTC."""

    id: str
    browser: str
    began: AwareDatetime
    seen: AwareDatetime
    expires: AwareDatetime
