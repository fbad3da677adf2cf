"""Every place of every route of the interface where a text can be put, and putting one there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from matrix_grid import OWN, grid
from matrix_plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attacked import Attacked
    from httpx import Response


class Doors:
    """Every place of every route where a text can be put, and somebody who is let through to it."""

    def __init__(self, room: Attacked) -> None:
        self.room = room
        self.plan = Plan(room)
        self.ids: dict[str, dict[str, Any]] = {}
        self.places = list(self._places())

    def _places(self) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
        for route in grid():
            if route.startswith(("DELETE", "PUT")) or "/account/" in route or route.endswith("/reset"):
                continue  # they would sign somebody out, and take nothing but ids that others take
            ids = self.ids[route] = self.plan.there(route, "")
            yield from ((route, "path", (name,)) for name in ids if f"{{{name}}}" in route)
            sent = self.plan.sent(route, ids)
            for kind in ("json", "params", "data"):
                yield from ((route, kind, leaf) for leaf in leaves(sent.get(kind, {})))
            if "files" in sent:
                yield route, "files", ()
            yield route, "headers", ()

    def put(self, place: tuple[str, str, tuple[str | int, ...]], word: str) -> Response:
        """Put a word in a place, and ask."""
        route, kind, leaf = place
        method, path = route.split()
        ids = dict(self.ids[route])
        sent = self.plan.sent(route, ids)
        if kind == "path":
            ids[str(leaf[0])] = word.replace("?", "%3F").replace("#", "%23").replace("\x00", "%00")
        if kind in {"json", "params"}:
            sent[kind] = changed(sent[kind], leaf, word)
        elif kind == "data":
            sent[kind] = self._changed_part(sent[kind], leaf, word)
        elif kind == "files":
            sent["files"] = {name: (word, data, "text/html") for name, (_, data) in sent["files"].items()}
        else:
            sent["headers"] = {**sent.get("headers", {}), **_headers(word)}
        answer: Response = self.room.as_(self._who(route)).request(method, path.format_map(ids), **sent)
        return answer

    def _changed_part(self, data: dict[str, str], leaf: tuple[str | int, ...], word: str) -> dict[str, str]:
        if leaf[0] != "request":
            return {**data, str(leaf[0]): word}
        request = json.loads(data["request"])
        names = sorted(name for name, value in request.items() if isinstance(value, str))
        return {**data, "request": json.dumps({**request, names[len(word) % len(names)]: word})}

    def _who(self, route: str) -> str:
        (cells, *_) = grid()[route].values()
        let_in = (who for who, cell in zip(OWN, cells, strict=True) if cell not in {"who", "role", "off"})
        return next(let_in, "searcher")


def _headers(word: str) -> dict[str, str]:
    plain = word.encode("ascii", "replace").decode().replace("\x00", "0")
    names = ("X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Referer", "Accept", "Idempotency-Key")
    return dict.fromkeys(names, plain)


def leaves(value: object, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the place of every text in a body."""
    if isinstance(value, dict):
        for name, held in value.items():
            yield from leaves(held, (*at, name))
    elif isinstance(value, list):
        for place, held in enumerate(value):
            yield from leaves(held, (*at, place))
    elif isinstance(value, str):
        yield at


def changed(value: Any, leaf: tuple[str | int, ...], word: str) -> Any:  # noqa: ANN401  a body
    """Copy a body with another text in one place."""
    if not leaf:
        return word
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[leaf[0]] = changed(value[leaf[0]], leaf[1:], word)
    return copy
