"""``facegate oversight site``: write the public site of an agency's log."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from facegate.cli.console import console, progress
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.cli.log_export import signing_keys
from facegate.cli.log_files import PolicyFile, read_policy
from facegate.errors import InputError
from facegate.gate.opening import law_in_force
from facegate.gate.witnessing import sign_and_witness
from facegate.oversight.site.pages import site_files
from facegate.oversight.site.published_reports import default_years
from facegate.oversight.site.source import SiteSource, read_source
from facegate.oversight.site.writing import demand_site_or_nothing, write_site


def site(
    out: Annotated[
        Path,
        typer.Argument(
            help="Folder of the site: a new or empty one, or a site to bring up to date.", show_default=False
        ),
    ],
    *,
    year: Annotated[
        list[int] | None,
        typer.Option(
            min=1970,
            max=9998,
            help="A calendar year to report on; may be given again. Left out: the current one and the last.",
            show_default=False,
        ),
    ] = None,
    policy: PolicyFile = None,
    home: HomeFolder = None,
) -> None:
    """Write the public site: the log, what is counted from it, the laws, and a page that checks it all.

    Plain files with relative links: any web server serves them, and they open from a USB stick. Holds no
    sealed field. The log is signed, and the witnesses of the policy are asked to cosign it, as by
    `facegate log export`. Run it again to bring the site up to date.
    """
    place, at = home_of(home), now()
    keys = signing_keys(place)
    demand_site_or_nothing(out, keys.origin)
    asked = None if policy is None else read_policy(policy)
    signed, told = sign_and_witness(place, keys, asked, at)
    source = read_source(
        place,
        signed,
        keys=keys.vkeys,
        engine=law_in_force(place),
        at=at,
        policy=asked,
        policy_text="" if policy is None else _text(policy),
    )
    years = tuple(sorted(set(year), reverse=True)) if year else default_years(source.events, at)
    with progress() as bar:
        pages = site_files(source, years, _shown(bar, "reports made"))
        write_site(out, place, source, pages, _shown(bar, "records published"))
    _print_made(out, source, years, n_pages=len(pages), told=told)


def _shown(bar: Progress, what: str) -> Callable[[int, int], None]:
    """Show how far something is, once it has begun."""
    task = bar.add_task(what, total=None, visible=False)
    return lambda done, total: bar.update(task, completed=done, total=total, visible=True)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"the policy, {path}, cannot be read: {error}"
        raise InputError(msg) from error


def _print_made(out: Path, source: SiteSource, years: tuple[int, ...], *, n_pages: int, told: str) -> None:
    log = source.log
    shown = ", ".join(map(str, years))
    lines = (
        f"{out} is the public site of {log.origin}: {n_pages} files on {shown}, and {log.size:,} records.",
        f"The log is {told}",
        f"root  {log.root}",
        f"Look at it:  python -m http.server -d {out}    and open http://127.0.0.1:8000/",
        f"Check it:    facegate log verify {out / 'log'} --key {out / 'log' / 'keys.txt'}",
        "It opens from a stick as well: index.html. Give the root to somebody outside, who keeps it.",
    )
    console.print("\n".join(lines), markup=False, soft_wrap=True)
