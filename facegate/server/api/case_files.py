"""``/v1/cases/{record}/case-files``: what the defense is owed about a case, in one zip, checked offline."""

from typing import Annotated, Final

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.responses import Response

from facegate.oversight.case_file.export import ExportedCase
from facegate.server.acts import case_files as acts
from facegate.server.api.cases import Record
from facegate.server.api.once import KeylessOf
from facegate.server.api.replies import Form

router = APIRouter(prefix="/v1/cases", tags=["cases"])

ZIP: Final = "application/zip"
RECORD: Final = "Facegate-Record"
MANIFEST: Final = "Facegate-Manifest"
_HEADERS: Final = {
    "Content-Disposition": {
        "description": "`attachment`, under a name that says nothing of the case.",
        "schema": {"type": "string"},
    },
    RECORD: {
        "description": "The record of the log that says it was made.",
        "schema": {"type": "integer", "minimum": 0},
    },
    MANIFEST: {
        "description": "SHA-256 of its manifest, which that record names.",
        "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
    },
}


class CaseFileForm(Form):
    """Who receives the file, in one line; it is sealed on the log."""

    recipient: Annotated[str, StringConstraints(pattern=acts.RECIPIENT_FORM)]


@router.post(
    "/{record}/case-files",
    status_code=201,
    response_class=Response,
    responses={
        201: {
            "description": "The case file.",
            "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
            "headers": _HEADERS,
        }
    },
)
def make_case_file(asked: KeylessOf, record: Record, form: CaseFileForm) -> Response:
    """Make the case file: every record the log holds of a case, opened, signed, with an offline verifier.

    For supervisors of the case's agency and for auditors; asks for a fresh login. Refused searches are in it,
    and a closed case has one as well. Each file that is made is a record of the log, with its recipient
    sealed. A request with an Idempotency-Key is refused with 400: a reply kept under it would be one more
    copy of all that the log seals, handed out again without a record. Asked for again, another file is made
    and recorded.
    """
    made = acts.export(asked.service, asked.caller, record, recipient=form.recipient)
    return case_file_reply(made, status=201)


def case_file_reply(made: ExportedCase, *, status: int) -> Response:
    """Answer with a case file, to be kept by whoever asked and by nothing on the way."""
    headers = {
        "Content-Disposition": f'attachment; filename="{acts.file_name(made)}"',
        "Cache-Control": "no-store",
        RECORD: str(made.record),
        MANIFEST: made.manifest_digest,
    }
    return Response(made.data, status, headers, ZIP)
