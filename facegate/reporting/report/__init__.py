"""A result as one HTML page and one PDF of the same content; nothing here computes a number.

`content` lays a result out as blocks, which `page` writes as HTML and `paper` as PDF, so
both hold the same sentences.
"""

from facegate.reporting.report.page import report_html
from facegate.reporting.report.paper import report_pdf

__all__ = ["report_html", "report_pdf"]
