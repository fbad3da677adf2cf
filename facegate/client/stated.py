"""What a search states, as the service reads it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facegate.request import SearchRequest


def stated(request: SearchRequest, **more: str) -> dict[str, Any]:
    """Give a request as JSON values; what was left out is left out.

    Parameters
    ----------
    request : SearchRequest
        Requester and agency are filled in by the service with the caller's own.
    **more : str
        Further members, such as ``permit``.

    Examples
    --------
    >>> from facegate.request import SearchRequest
    >>> stated(SearchRequest("co-dmv-2019", case_number="24-001234"), permit="p")["permit"]
    'p'
    """
    said = {name: value for name, value in asdict(request).items() if value is not None}
    return {**said, "dossier_fields": list(request.dossier_fields), **more}


def stated_text(request: SearchRequest, **more: str) -> str:
    """Give the same as text: part ``request`` of a form."""
    return json.dumps(stated(request, **more), ensure_ascii=False)
