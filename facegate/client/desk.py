"""What every family of endpoints rests on: the line to the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facegate.client.line import Line


class Desk:
    """One family of endpoints; its methods ask one endpoint each.

    Every method raises a `facegate.client.errors.ClientError` that says why it has no answer.

    Parameters
    ----------
    line : Line
        To the service.
    """

    __slots__ = ("_line",)

    def __init__(self, line: Line) -> None:
        self._line = line

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._line.address}>"
