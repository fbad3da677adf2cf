"""``/api/v1/recognition``: CompreFace's names, for a client that is pointed at the gate instead.

::

    curl -X POST "https://facegate.example/api/v1/recognition/recognize?status=true" \
        -H "x-api-key: fg_live_..." -H "X-Facegate-Profile: co-dmv-2019" -H "X-Facegate-Case: 24-001234" \
        -H "X-Facegate-Offense: 0901" -H "X-Facegate-Permit: ..." -F file=@probe.jpg

- It is the same act as ``POST /v1/searches``, and demands the same: case, offense, law, permit and all the
  rest of a request, as headers (see `stated_headers`).
- Nobody is shown before two reviewers have compared and the list was released: until then `subjects` is empty
  and ``facegate`` says what is the case. It is read later at ``GET .../recognize/{search_id}``.
- A subject is a reference that is bound to its case. There is no similarity, and no embedding, ever.
- `limit`, `prediction_count`, `det_prob_threshold` and `face_plugins` are taken and change nothing: a photo
  of several faces is refused, and the law says how long a list may be.

What else CompreFace offers (subjects, faces, verification, detection) is not here: 404, with why.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Query, Request, UploadFile
from pydantic import Field
from starlette.responses import Response

from facegate.faces.detect import FaceBox
from facegate.server.acts import searches
from facegate.server.acts.recognized import recognize
from facegate.server.api.once import JSON, AskingOf
from facegate.server.api.replies import Reply
from facegate.server.api.search_reply import ReceiptReply, SearchReply, filled, made_reply, standing_reply
from facegate.server.api.searches import SearchName
from facegate.server.api.stated_headers import described, form_of
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation
from facegate.server.problems import Problem, not_here

router = APIRouter(prefix="/api/v1", tags=["compreface"])

DETECTOR: Final = "detector"
CALCULATOR: Final = "calculator"
ADDRESS: Final = "address"
RECOGNIZE: Final = "recognition/recognize"
EVERY_METHOD: Final = ["GET", "POST", "PUT", "PATCH", "DELETE"]
WHY_NOT: Final[Mapping[str, str]] = {
    # What a path begins with, and why it is not here.
    "recognition/subjects": "people are enrolled by the license authority's enrollers, not by who searches",
    "recognition/faces": "photos are enrolled by the license authority's enrollers, and not given away",
    "recognition/embeddings": "embeddings are neither taken nor given: from one, a face can be made",
    "verification": "two photos are not compared outside of a case: ask for a search of a case",
    "detection": "faces are looked for only as part of a search of a case",
}
KEY_IN_ADDRESS: Final = (
    "images are never given to an address that holds a key: whoever reads a log has it; revoke that key"
)

FilePart = Annotated[UploadFile, File(description="Photo of one face: JPEG, PNG or WebP, at most 10 MB.")]
Plain = Annotated[str | None, Query(max_length=200, description="Taken, and changes nothing.")]
Status = Annotated[bool, Query(description="Say how long finding the face took, and by which models.")]


class BoxReply(Reply):
    """Where the face is, in pixels of the photo as it is kept: upright, at most 8 megapixels."""

    probability: float | None = None
    """Null: the detector's own score is none."""
    x_max: int
    y_max: int
    x_min: int
    y_min: int


class SubjectReply(Reply):
    """One lead of a released list: a reference bound to its case, without a similarity."""

    subject: str


class FaceReply(Reply):
    """The face of the photo; ``box`` is null when read later."""

    box: BoxReply | None
    subjects: list[SubjectReply]
    execution_time: dict[str, float] | None = None
    """Milliseconds that finding the face took; what the search took is not told: it could tell who is in."""


class GateReply(Reply):
    """What is the case; ``waiting`` candidates are seen by nobody but their reviewers."""

    search_id: str
    decision: str
    status: str
    waiting: int
    notice: str
    receipt: ReceiptReply


class RecognizeReply(Reply):
    """CompreFace's form of reply; ``subjects`` is empty until the list was released to whoever asks."""

    result: Annotated[list[FaceReply], Field(min_length=1, max_length=1)]
    plugins_versions: dict[str, str] | None = None
    facegate: GateReply


@router.post(
    "/recognition/recognize", response_model=RecognizeReply, openapi_extra={"parameters": described()}
)
def ask(
    asked: AskingOf,
    request: Request,
    file: FilePart,
    *,
    limit: Plain = None,  # noqa: ARG001  CompreFace's, taken so that its clients need not change
    prediction_count: Plain = None,  # noqa: ARG001  likewise
    det_prob_threshold: Plain = None,  # noqa: ARG001  likewise
    face_plugins: Plain = None,  # noqa: ARG001  likewise
    status: Status = False,
) -> Response:
    """Ask for one face search by CompreFace's names; the law decides first, as for ``POST /v1/searches``.

    A refusal is 403 and names every rule that failed. Candidates wait for two reviewers: nobody is in
    ``subjects`` before the list was released.
    """
    form, data = form_of(request.headers.items()), file.file.read()

    def act() -> Answer:
        found = recognize(asked.service, asked.caller, form.request(), data, permit=form.permit)
        said = made_reply(asked.service, found.made)
        times = {DETECTOR: float(round(found.found_in_ms))}
        return Answer(int(HTTPStatus.OK), _written(_reply(said, found.box, times), status=status), JSON)

    options = b"status" if status else b""
    return asked.once(Operation.SEARCH_ASK, act, form.model_dump_json().encode(), options, data)


@router.get("/recognition/recognize/{search_id}", response_model=RecognizeReply)
def read(service: ServiceOf, caller: CallerOf, search_id: SearchName) -> Response:
    """Say how a search stands, in the same form; to whoever received its list, with its leads."""
    standing = searches.read_search(service, caller, str(search_id))
    said = standing_reply(service, standing)
    return Response(_written(_reply(said, None, None), status=False), headers=JSON)


@router.api_route("/static/{rest:path}", methods=EVERY_METHOD, include_in_schema=False)
def static_image() -> Response:
    """Refuse an address that holds a key, and repeat nothing of it."""
    raise Problem(HTTPStatus.NOT_FOUND, "not-found", KEY_IN_ADDRESS)


@router.api_route("/{path:path}", methods=EVERY_METHOD, include_in_schema=False)
def not_offered(path: str) -> Response:
    """Say why something that CompreFace has is not here, or by which method what is here is asked for."""
    asked, _, search = path.removeprefix(RECOGNIZE).partition("/")
    if path.startswith(RECOGNIZE) and not asked:
        raise _other_method("GET" if search else "POST")
    fits = [start for start in WHY_NOT if path == start or path.startswith(f"{start}/")]
    if not fits:
        raise not_here(ADDRESS)
    # No 501: that is a method no address of the server knows (RFC 9110, section 15.6.2).
    raise Problem(HTTPStatus.NOT_FOUND, "not-offered", WHY_NOT[fits[0]])


def _other_method(takes: str) -> Problem:
    """Say by which method an address is asked, since this was none of it (RFC 9110, section 15.5.6)."""
    detail = f"this address takes {takes}: POST asks for a search, GET with the id of a search reads it"
    return Problem(HTTPStatus.METHOD_NOT_ALLOWED, "method-not-allowed", detail, headers={"Allow": takes})


def _reply(said: SearchReply, box: FaceBox | None, times: dict[str, float] | None) -> RecognizeReply:
    leads = [SubjectReply(subject=one.subject_ref) for one in said.candidates if one.subject_ref is not None]
    versions = {CALCULATOR: f"{said.model.name or 'another'} {said.model.digest}"}
    found = {} if box is None else {DETECTOR: f"dlib {box.detector}"}
    return RecognizeReply(
        result=[FaceReply(box=_box(box), subjects=leads, execution_time=times)],
        plugins_versions={**versions, **found},
        facegate=GateReply(
            search_id=said.search_id,
            decision=said.decision,
            status=said.status,
            waiting=said.n_candidates,
            notice=said.notice,
            receipt=said.receipt,
        ),
    )


def _box(box: FaceBox | None) -> BoxReply | None:
    if box is None:
        return None
    return BoxReply(x_max=box.right, y_max=box.bottom, x_min=box.left, y_min=box.top)


def _written(reply: RecognizeReply, *, status: bool) -> bytes:
    """Write a reply, as long as any other whoever was found."""
    hidden: dict[str, Any] = {} if status else {"plugins_versions": True, "result": {0: {"execution_time"}}}
    gate = reply.facegate.model_copy(update={"status": "", "waiting": 0})
    nobody = reply.result[0].model_copy(update={"subjects": []})
    same = reply.model_copy(update={"result": [nobody], "facegate": gate})
    return filled(
        reply.model_dump_json(exclude=hidden).encode(), len(same.model_dump_json(exclude=hidden).encode())
    )
