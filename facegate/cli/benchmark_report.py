"""``facegate benchmark report``: the page and the paper of a finished run."""

from typing import Annotated

import typer

from facegate.cli.benchmark_runs import RunFolder, files_of, read_all_pairs
from facegate.cli.console import console
from facegate.durable import replace_bytes
from facegate.reporting.report import report_html, report_pdf

PAGE, PAPER = "report.html", "report.pdf"


def report(
    folder: RunFolder,
    *,
    pdf: Annotated[bool, typer.Option(help="Make the PDF too; it takes a few seconds.")] = True,
) -> None:
    """Write what a run found as a page to read, a PDF to print, and CSV tables.

    The page is one file that needs no network: page one for staff, then figures,
    tables, the method and a checklist. Nothing is computed here; every number
    comes from result.json.
    """
    result = read_all_pairs(folder)
    replace_bytes(folder / PAGE, report_html(result).encode())
    written = [PAGE]
    if pdf:
        replace_bytes(folder / PAPER, report_pdf(result))
        written.append(PAPER)
    for name, content in files_of(result).items():
        if name.startswith("tables/"):
            (folder / name).parent.mkdir(exist_ok=True)
            replace_bytes(folder / name, content)
    console.print(f"Written to {folder}: {', '.join(written)}, tables/*.csv.", markup=False, soft_wrap=True)
