"""Text that a spreadsheet opens as text: names of people and groups must not run as formulas.

- A cell that starts with ``=``, ``+``, ``-``, ``@``, a tab or a line break is a formula, or the
  start of one, to Excel, LibreOffice and Google Sheets; an id such as ``=HYPERLINK(...)`` in a data set
  would run on the reviewer's machine (OWASP, "CSV injection").
- Such text gets an apostrophe before it. So does text that starts with an apostrophe of its
  own, so that taking one off always gives the text back.
- Numbers stay numbers: they are written by us and cannot run.
"""

from __future__ import annotations

RUNS_AS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
MARK = "'"


def marked_cell(text: str) -> str:
    r"""Write text so that a spreadsheet does not run it.

    Examples
    --------
    >>> marked_cell("Black F"), marked_cell("=1+1"), marked_cell("'quoted")
    ('Black F', "'=1+1", "''quoted")
    """
    return MARK + text if text.startswith((*RUNS_AS_FORMULA, MARK)) else text


def text_of_cell(cell: str) -> str:
    """Read what `marked_cell` wrote.

    A spreadsheet that saves the file again may drop the apostrophe; the text is then read as
    it stands, which gives the same.

    Examples
    --------
    >>> text_of_cell("'=1+1"), text_of_cell("=1+1"), text_of_cell("Black F")
    ('=1+1', '=1+1', 'Black F')
    """
    return cell.removeprefix(MARK)
