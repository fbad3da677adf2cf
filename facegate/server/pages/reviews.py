"""The review desk: two people compare by eye, each without the other's word, and speak once.

- A list is opened by following its link; that it was opened is on the log before anything is shown.
- What was chosen is shown again before it is recorded: a finding is never changed.
"""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from facegate.gate.review.state import REVIEWERS, Opinion, Stage
from facegate.policy.forms import MOST_CANDIDATES
from facegate.server.acts import review_desk as desk
from facegate.server.acts import reviews as acts
from facegate.server.asking import ServiceOf
from facegate.server.pages.calling import PageCallerOf, see
from facegate.server.pages.forms import Form, ListFormOf
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import REFUSALS, errors_of, problem_from, status_of
from facegate.server.problems import Problem, to_mend
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)

WORDS: Final = {
    Opinion.AGREE: ("I agree", "The two photos may show the same person."),
    Opinion.DISAGREE: ("I disagree", "At least one difference cannot be explained by age, light or pose."),
    Opinion.INCONCLUSIVE: ("Inconclusive", "The photos do not carry a decision either way."),
}
COMPARE: Final = (
    ("Outline", "shape of head and face, hairline, forehead, cheeks, chin and jaw, neck"),
    ("Eyes and brows", "shape and distance of the lids, their folds, the line of the brows"),
    ("Nose and mouth", "root, bridge, tip and nostrils; lips, corners, the groove above"),
    ("Ears", "outer rim, inner folds, lobe, how far they stand out"),
    ("Lines and marks", "wrinkles, scars, moles, freckles, tattoos, and where exactly they are"),
    (
        "What changes",
        "hair, beard, glasses, make-up, weight and age explain a difference; they prove nothing",
    ),
)
"""What to look at, top to bottom; the parts follow the feature list that examiners use (see the template)."""

Place = Annotated[int, Path(ge=0, le=MOST_CANDIDATES)]


@router.get("/reviews")
def show_desk(request: Request, service: ServiceOf, caller: PageCallerOf) -> Response:
    """List what waits for this reviewer."""
    waits = desk.list_desk(service, caller)
    return page(request, service, caller, "reviews.html.j2", waits=waits, Yours=desk.Yours, needed=REVIEWERS)


@router.get("/reviews/{search_id}")
def show_search(request: Request, service: ServiceOf, caller: PageCallerOf, search_id: UUID) -> Response:
    """Show one search: the list to compare, or what came of it."""
    found = desk.open_desk(service, caller, str(search_id))
    return _search(request, service, caller, found)


@router.get("/reviews/{search_id}/images/{place}")
def show_image(service: ServiceOf, caller: PageCallerOf, search_id: UUID, place: Place) -> Response:
    """Give one photo under this reviewer's mark, for the page alone."""
    png = acts.image(service, caller, str(search_id), place)
    named = "probe" if place == 0 else f"candidate-{place}"
    # inline, for it stands on our own page; no other origin may show it (Cross-Origin-Resource-Policy)
    headers = {"Content-Disposition": f'inline; filename="{named}.png"', "Cache-Control": "no-store"}
    return Response(png, media_type="image/png", headers=headers)


@router.post("/reviews/{search_id}")
def check(
    request: Request, service: ServiceOf, caller: PageCallerOf, search_id: UUID, form: ListFormOf
) -> Response:
    """Show what was chosen once more, and nothing is recorded; or go back to change it."""
    found = desk.open_desk(service, caller, str(search_id))
    chosen = _chosen(form)
    if found.sheet is None or found.mine is not None:
        return see(f"/reviews/{search_id}")
    if form.ticked("change"):
        return _search(request, service, caller, found, chosen=chosen)
    if missing := [one.rank for one in found.sheet.candidates if one.rank not in chosen]:
        return _search(request, service, caller, found, chosen=chosen, problem=_left_out(missing))
    return page(request, service, caller, "review_check.html.j2", found=found, chosen=chosen, words=WORDS)


@router.post("/reviews/{search_id}/finding")
def record(
    request: Request, service: ServiceOf, caller: PageCallerOf, search_id: UUID, form: ListFormOf
) -> Response:
    """Record the finding, once and for all."""
    chosen = _chosen(form)
    try:
        acts.find(service, caller, str(search_id), {rank: str(one) for rank, one in chosen.items()})
    except REFUSALS as error:
        found = desk.open_desk(service, caller, str(search_id))
        return _search(request, service, caller, found, chosen=chosen, problem=problem_from(error))
    return see(f"/reviews/{search_id}")


def _search(
    request: Request,
    service: Service,
    caller: PageCallerOf,
    found: desk.ForReview,
    *,
    chosen: Mapping[int, Opinion] | None = None,
    problem: Problem | None = None,
) -> Response:
    return page(
        request, service, caller, "review.html.j2",
        status=status_of(problem), problem=problem, errors=errors_of(problem),
        found=found, chosen=chosen or {}, words=WORDS, compare=COMPARE, Stage=Stage, needed=REVIEWERS,
    )  # fmt: skip


def _chosen(form: Form) -> dict[int, Opinion]:
    """Read what was chosen; a field that no candidate has, or a word that is none, was not chosen."""
    named = ((name.removeprefix("opinion-"), word) for name, word in form.fields.items())
    return {
        int(rank): Opinion(word)
        for rank, word in named
        if rank.isdecimal()
        and rank.isascii()
        and len(rank) <= len(str(MOST_CANDIDATES))
        and word in set(Opinion)
    }


def _left_out(ranks: list[int]) -> Problem:
    at = {f"opinion-{rank}": f"candidate {rank}: choose one of three" for rank in ranks}
    detail = "every candidate is compared; wanted one answer for each"
    return to_mend(detail, at, kind="not-every-candidate")
