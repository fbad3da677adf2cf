"""``/log``: the published log as static files (C2SP tlog-tiles), and receipts of single records.

Full tiles never change and are kept by caches for good. Everything else is asked for again each time, and
answered with 304 where it is the same.
"""

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from facegate.audit.published.tiles import CHECKPOINT
from facegate.audit.signed.receipt import SUFFIX
from facegate.server.acts import public_log as acts
from facegate.server.acts import receipts
from facegate.server.api.accepting import JSON, TEXT
from facegate.server.asking import CallerOf, ServiceOf

router = APIRouter(tags=["log"])

BYTES = "application/octet-stream"
FOR_GOOD = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
Index = Annotated[int, Path(ge=0, le=2**53 - 1, description="Place of the record on the log, from 0.")]
TilePath = Annotated[
    str,
    Path(
        max_length=acts.LONGEST_PATH,
        description="Of a tile under C2SP tlog-tiles, such as 0/x001/234 or entries/000.p/12.",
    ),
]
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "It is the one the client has."}}


@router.get(
    f"/log/{CHECKPOINT}",
    response_class=Response,
    responses={200: {"content": {TEXT: {"schema": {"type": "string"}}}}, **NOT_MODIFIED},
)
def get_checkpoint(service: ServiceOf, caller: CallerOf, request: Request) -> Response:
    """Give the signed checkpoint: how many records are published, and the root over them. For anybody."""
    return _file(request, acts.checkpoint(service, caller), f"{TEXT}; charset=utf-8", ASK_AGAIN)


@router.get(
    "/log/tile/{path:path}",
    response_class=Response,
    responses={200: {"content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}}, **NOT_MODIFIED},
)
def get_tile(service: ServiceOf, caller: CallerOf, request: Request, path: TilePath) -> Response:
    """Give one tile of hashes, or one bundle of records. For anybody."""
    found = acts.tile(service, caller, path)
    return _file(request, found.data, BYTES, FOR_GOOD if found.full else ASK_AGAIN)


@router.get(
    "/log/records/{index}",
    response_class=Response,
    responses={200: {"content": {JSON: {"schema": {"type": "object"}}}}, **NOT_MODIFIED},
)
def get_record(service: ServiceOf, caller: CallerOf, request: Request, index: Index) -> Response:
    """Give the public part of one published record, byte for byte as it was hashed. For anybody."""
    return _file(request, acts.record(service, caller, index), JSON, FOR_GOOD)


@router.get(
    "/v1/receipts/{index}",
    response_class=Response,
    responses={200: {"content": {TEXT: {"schema": {"type": "string"}}}}},
)
def get_receipt(service: ServiceOf, caller: CallerOf, index: Index) -> Response:
    """Give the receipt of a record (``.tlog-proof``) to whoever may see the search it is about.

    It is checked offline against the record (``/log/records/{index}``) with ``facegate log receipt``. The
    header ``Facegate-Witnessed`` says whether it carries cosignatures: ``yes`` or ``not yet``.
    """
    issued = receipts.issue(service, caller, index)
    headers = {
        "Content-Disposition": f'attachment; filename="record-{index}{SUFFIX}"',
        "Facegate-Witnessed": "yes" if issued.witnessed else "not yet",
    }
    return Response(issued.data, media_type=f"{TEXT}; charset=utf-8", headers=headers)


def _file(request: Request, data: bytes, kind: str, caching: str) -> Response:
    """Answer with a file, or with 304 if the client has it (RFC 9110, section 13.1.2)."""
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": caching}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)
