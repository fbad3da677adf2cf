"""Errors as the service tells them: RFC 9457 ``application/problem+json``, with the law where that refused.

One table says which exception becomes which status; nothing else in the service chooses one. A fault that
nobody foresaw becomes a 500 that says nothing of itself: what went wrong stands in the service's own log.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse

from facegate.errors import (
    AuditError,
    CertificateError,
    FacegateError,
    GalleryError,
    InputError,
    MeasurementError,
    PolicyRefusal,
    StorageError,
    UnusablePhoto,
    VerificationError,
)
from facegate.server.role_words import words_of_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facegate.records import FailedRule

PROBLEM_JSON: Final = "application/problem+json"
_PLAIN: Final = {
    "invalid-request": "Something in the form is missing or wrong",
    "policy-refusal": "The law refuses this",
    "unusable-photo": "This photo cannot be used",
    "missing-role": "This is for another role",
    "not-signed-in": "Not signed in",
    "login-not-fresh": "Prove once more that it is you",
    "code-wanted": "A one-time code is wanted as well",
    "pass-phrase-to-be-changed": "Choose a pass phrase of your own",
    "account-waits": "This account waits for a second administrator",
    "second-administrator-wanted": "Another administrator must confirm this",
    "key-of-a-person": "A person makes his own key",
}
"""Titles where the word of the kind would be jargon to a reader of a page."""
TYPES: Final = "https://facegate.invalid/problems/"
"""Names problems, and is no address: ``.invalid`` is reserved for that (RFC 2606)."""


@dataclass(slots=True)
class Problem(Exception):  # noqa: N818  RFC 9457 calls it a problem
    """What the service answers in the place of what was asked for.

    Parameters
    ----------
    status : HTTPStatus
        Of the reply.
    kind : str
        Short stable word, the last part of ``type``, such as ``policy-refusal``.
    detail : str
        One sentence: what, got, wanted.
    rules : sequence of FailedRule
        Every rule that refused, where the law is the reason.
    receipt : mapping or None
        Where it stands on the log, if it was logged.
    headers : mapping of str to str
        Such as ``Retry-After``.
    more : mapping
        Further members of the reply, such as ``errors`` of a form.
    """

    status: HTTPStatus
    kind: str
    detail: str
    rules: Sequence[FailedRule] = ()
    receipt: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Exception.__init__(self, self.detail)

    @property
    def title(self) -> str:
        """What went wrong, in a few plain words."""
        return _PLAIN.get(self.kind, self.kind.replace("-", " ").capitalize())

    @property
    def errors(self) -> tuple[Mapping[str, str], ...]:
        """Fields of a form that are wrong, each with ``field`` and ``words``, for pages."""
        told = self.more.get("errors", ())
        return tuple({"field": one["field"], "words": one.get("words") or one["wanted"]} for one in told)

    def to_json(self) -> dict[str, Any]:
        """Give the members of the reply (RFC 9457, section 3)."""
        said: dict[str, Any] = {
            "type": f"{TYPES}{self.kind}",
            "title": self.title,
            "status": int(self.status),
            "detail": self.detail,
            **self.more,
        }
        if self.rules:
            said["rules"] = [
                {"id": one.rule_id, "say": one.say, "cite": one.cite, "checked": one.checked}
                for one in self.rules
            ]
        if self.receipt is not None:
            said["receipt"] = dict(self.receipt)
            said["instance"] = f"/log/records/{self.receipt['index']}"
        return said

    def response(self) -> JSONResponse:
        """Give the reply."""
        return JSONResponse(self.to_json(), int(self.status), dict(self.headers), PROBLEM_JSON)


_STATUS: Final[tuple[tuple[type[FacegateError], HTTPStatus, str], ...]] = (
    # The first that fits; a class stands before what it is made from.
    (InputError, HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request"),
    (PolicyRefusal, HTTPStatus.FORBIDDEN, "policy-refusal"),
    (CertificateError, HTTPStatus.SERVICE_UNAVAILABLE, "certificate-not-in-force"),
    (VerificationError, HTTPStatus.SERVICE_UNAVAILABLE, "log-does-not-hold"),
    (AuditError, HTTPStatus.SERVICE_UNAVAILABLE, "log-down"),
    (StorageError, HTTPStatus.SERVICE_UNAVAILABLE, "storage-down"),
    (GalleryError, HTTPStatus.SERVICE_UNAVAILABLE, "gallery-down"),
    (MeasurementError, HTTPStatus.UNPROCESSABLE_ENTITY, "not-measurable"),
    (FacegateError, HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
)


def problem_of(error: FacegateError) -> Problem:
    """Put an error that facegate raised on purpose in the form of a problem.

    Parameters
    ----------
    error : FacegateError
        Its message is one sentence for people, and never holds a vector, a name or a key.

    Returns
    -------
    Problem
        With the status of the first class in the table that it is of.
    """
    if isinstance(error, UnusablePhoto):
        return _of_photo(error)
    if isinstance(error, InputError) and error.about:
        return to_mend(str(error), {error.about: str(error)}, kind="invalid-request")
    for kind, status, word in _STATUS:
        if isinstance(error, kind):
            headers = {"Retry-After": "60"} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
            return Problem(status, word, str(error), headers=headers)
    raise error


_OF_PHOTOS: Final = {
    "too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported-format": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
}


def _of_photo(error: UnusablePhoto) -> Problem:
    """Say why a photo gives no template; of several faces, where they are (left, top, right, bottom)."""
    status = _OF_PHOTOS.get(error.reason, HTTPStatus.UNPROCESSABLE_ENTITY)
    more: dict[str, Any] = {"reason": error.reason}
    if error.boxes:
        more["boxes"] = [list(box) for box in error.boxes]
    return Problem(status, "unusable-photo", str(error), more=more)


def to_mend(detail: str, at: Mapping[str, str], *, kind: str = "form-to-be-mended") -> Problem:
    """Refuse a form, and say at its fields what is wanted.

    Parameters
    ----------
    detail : str
        One sentence: what, got, wanted.
    at : mapping of str to str
        By field, what is said there.
    kind : str
        The last part of ``type``, see `Problem`.
    """
    errors = [{"field": name, "words": words} for name, words in at.items()]
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, kind, detail, more={"errors": errors})


def unknown_caller(
    detail: str = "This needs somebody who is known: an API key, a token or a session.",
) -> Problem:
    """Say that nobody is known here (RFC 9110, section 15.5.2)."""
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        "not-signed-in",
        detail,
        headers={"WWW-Authenticate": 'Bearer realm="facegate"'},
    )


def no_role(operation: str, detail: str = "") -> Problem:
    """Say that the caller's roles do not open this door, and whose do.

    Parameters
    ----------
    operation : str
        What was asked for.
    detail : str
        In the place of the words that `facegate.server.role_words` has for it.
    """
    return Problem(HTTPStatus.FORBIDDEN, "missing-role", detail or words_of_refusal(operation))


def not_fresh() -> Problem:
    """Ask for a second factor or a login of now (RFC 9470, section 3)."""
    challenge = 'Bearer error="insufficient_user_authentication", acr_values="fresh"'
    detail = "an approval asks for a one-time code, or for a login of the last minutes"
    return Problem(
        HTTPStatus.UNAUTHORIZED, "login-not-fresh", detail, headers={"WWW-Authenticate": challenge}
    )


def not_here(what: str) -> Problem:
    """Say that there is no such thing, or that it is not the caller's to see: nobody learns which."""
    return Problem(HTTPStatus.NOT_FOUND, "not-found", f"there is no such {what} here")
