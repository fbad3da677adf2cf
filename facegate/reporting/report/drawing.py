"""Drawings as SVG that stands inside a page: no font, style sheet or picture from anywhere else.

- The same numbers give the same bytes: no date, a fixed salt for ids, ids named by figure.
- Text stays text, so it can be searched, selected and read aloud.
- Group names are foreign input: no markup and no formulas are read out of them.
"""

from __future__ import annotations

import io
import re
import warnings
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

from facegate.reporting.report.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.typing import RcKeyType

WIDTH = 7.5  # inches of 72 points: 720 CSS pixels
BLACK = "#000000"
GRAY = "#6b6b6b"
PALE = "#d9d9d9"
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#8a7500", "#000000")
"""Okabe and Ito's colors, yellow darkened for white paper; lines differ in dash and marker too."""
DASHES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LONGEST_NAME = 30
STYLE: dict[RcKeyType, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "facegate",
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GRAY,
    "axes.axisbelow": True,
    "grid.color": PALE,
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "axes.formatter.useoffset": False,
}
PROLOG = re.compile(r"^.*?(?=<svg )", flags=re.DOTALL)
METADATA = re.compile(r"<metadata>.*?</metadata>", flags=re.DOTALL)
GLOBAL_STYLE = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", flags=re.DOTALL)
OPENING = re.compile(r"<svg [^>]*>", flags=re.DOTALL)
VIEW_BOX = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
IDENTIFIER = re.compile(r'(?P<before>\bid="|xlink:href="#|url\(#)(?P<name>[\w.-]+)')
TAG = re.compile(r"<[^>]+>")
USED = re.compile(r'(?:xlink:href="#|url\(#)([\w.-]+)')
OWN_ID = re.compile(r' id="([\w.-]+)"')
LONG_NUMBER = re.compile(r"(?<![\w#.])-?\d+\.\d{3,}")
UNTURNED = re.compile(r' transform="rotate\(-?0 [^)]*\)"')
FONT = re.compile(r" ?font-family: 'DejaVu Sans'[^;\"]*;?")
FONT_NAMES = "'DejaVu Sans', Verdana, Arial, sans-serif"


class Drawing:
    """An open drawing; `svg` closes it.

    Parameters
    ----------
    canvas : matplotlib Figure
        Without any window system.
    axes : matplotlib Axes
        The only axes.
    """

    __slots__ = ("_svg", "axes", "canvas")

    def __init__(self, canvas: Canvas, axes: Axes) -> None:
        self.canvas = canvas
        self.axes = axes
        self._svg = ""

    @property
    def svg(self) -> str:
        """The drawing as text; empty while it is open."""
        return self._svg

    def close(self, *, name: str, title: str, described: str) -> None:
        """Write the drawing as SVG."""
        buffer = io.StringIO()
        with warnings.catch_warnings():
            # the reader's fonts draw the text; matplotlib only measures it, in a font that lacks some scripts
            warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
            self.canvas.savefig(
                buffer, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight",
                pad_inches=0.08,
            )  # fmt: skip
        self._svg = for_a_page(buffer.getvalue(), name=name, title=title, described=described)


@contextmanager
def drawing(
    *, name: str, title: str, described: str, height: float, width: float = WIDTH
) -> Iterator[Drawing]:
    """Open a drawing; it is written when the block ends.

    Parameters
    ----------
    name : str
        Unique in the report; begins every id.
    title, described : str
        For those who hear the page.
    height, width : float
        Inches of 72 points.
    """
    from matplotlib import rc_context  # noqa: PLC0415  half a second to load, and only reports draw
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415  the same

    with rc_context(STYLE):
        canvas = Canvas(figsize=(width, height))
        canvas.set_layout_engine("constrained")
        made = Drawing(canvas, canvas.subplots())
        yield made
        made.close(name=name, title=title, described=described)


def for_a_page(svg: str, *, name: str, title: str, described: str) -> str:
    """Make matplotlib's SVG fit for a page that holds several.

    Its style sheet would apply to the whole page and its ids would repeat, so the one goes
    and the others begin with the figure's name.

    Parameters
    ----------
    svg : str
        A whole SVG file.
    name, title, described : str
        As in `drawing`.

    Returns
    -------
    str
        One ``svg`` element with role, title and description.
    """
    box = VIEW_BOX.search(svg)
    width, height = (float(box[1]), float(box[2])) if box else (540.0, 300.0)
    body = GLOBAL_STYLE.sub("", METADATA.sub("", PROLOG.sub("", svg)))
    body = IDENTIFIER.sub(rf"\g<before>{name}-\g<name>", body)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
        f'aria-labelledby="{name}-title {name}-desc" '
        f'width="{width * 4 / 3:.0f}" height="{height * 4 / 3:.0f}" '
        f'viewBox="0 0 {width:g} {height:g}" font-family="{FONT_NAMES}" stroke-linejoin="round" '
        'stroke-linecap="butt">\n'
        f'<title id="{name}-title">{escape(printable(title))}</title>\n'
        f'<desc id="{name}-desc">{escape(printable(described))}</desc>'
    )
    return OPENING.sub(lambda _: opening, without_ballast(body), count=1).strip() + "\n"


def without_ballast(svg: str) -> str:
    """Drop what draws nothing: ids nobody names, groups around nothing, digits below a hundredth.

    A map of 48 groups has thousands of squares: this keeps the page below two megabytes.

    Parameters
    ----------
    svg : str
        Elements as matplotlib writes them: inside text ``<`` and ``>`` are escaped.

    Returns
    -------
    str
        The same drawing.
    """
    used = set(USED.findall(svg))
    kept: list[str] = []
    left_out: list[bool] = []  # of each group that is open: whether its tags are dropped
    at = 0
    for found in TAG.finditer(svg):
        kept.append(svg[at : found.start()])
        at = found.end()
        tag = _lean(found[0], used)
        if tag == "</g>" and left_out.pop():
            continue
        if tag.startswith("<g") and not tag.endswith("/>") and tag[2] in " >":
            left_out.append(tag == "<g>")
        if tag not in ("<g>", "<g/>"):
            kept.append(tag)
    return re.sub(r"\n\s*", "\n", "".join([*kept, svg[at:]]))


def _lean(tag: str, used: set[str]) -> str:
    """Write one tag shorter; what it draws stays to a hundredth of a point."""
    tag = OWN_ID.sub(lambda found: found[0] if found[1] in used else "", tag)
    tag = UNTURNED.sub("", FONT.sub("", tag)).replace(" \nL ", "L").replace(" \nz", "z")
    return LONG_NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), tag)


def short_name(name: str) -> str:
    """Cut a long name for a drawing; the tables hold it whole.

    Examples
    --------
    >>> short_name("Black F")
    'Black F'
    >>> short_name("a" * 40)
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'
    """
    name = printable(name)
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
