"""A request and its photo as two parts of one form: ``request``, JSON, and ``probe``, the file.

The photo's file name and stated type are never looked at: what it is, its bytes say.
"""

from typing import Annotated

from fastapi import File, Form, UploadFile
from pydantic import BeforeValidator, Field, Json

from facegate.policy.request_file import read_json
from facegate.server.api.request_form import RequestForm

LONGEST_REQUEST = 65_536
"""Characters."""


class SearchForm(RequestForm):
    """What a searcher states, and the permit it was approved by."""

    permit: Annotated[str, Field(max_length=64)] = ""


def _once_each(text: object) -> object:
    """Refuse JSON that is too long, or in which a key comes twice: of two, somebody reads the other one."""
    if not isinstance(text, str):
        return text
    if len(text) > LONGEST_REQUEST:
        msg = f"the request has {len(text):,} characters, wanted at most {LONGEST_REQUEST:,}"
        raise ValueError(msg)
    read_json(text)
    return text


SearchPart = Annotated[
    Json[SearchForm],
    BeforeValidator(_once_each),
    Form(description="The request as JSON."),
]
RequestPart = Annotated[
    Json[RequestForm],
    BeforeValidator(_once_each),
    Form(description="The request as JSON."),
]
ProbePart = Annotated[UploadFile, File(description="Photo of one face: JPEG, PNG or WebP, at most 10 MB.")]
