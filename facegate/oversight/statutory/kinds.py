"""Every statutory report there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.oversight.statutory.european import EU_26_10
from facegate.oversight.statutory.judges import DEMOGRAPHICS, PER_JUDGE
from facegate.oversight.statutory.maine import ME_6001
from facegate.oversight.statutory.maryland import MD_510
from facegate.oversight.statutory.massachusetts import MA_DOCUMENTATION, MA_EOPSS
from facegate.oversight.statutory.montana import MT_111
from facegate.oversight.statutory.utah import UT_106
from facegate.oversight.statutory.virginia import VA_1APR
from facegate.oversight.statutory.williams import WILLIAMS_NIL

if TYPE_CHECKING:
    from facegate.oversight.report_kind import ReportKind

KINDS: tuple[ReportKind, ...] = (
    MD_510,
    *PER_JUDGE.values(),
    *DEMOGRAPHICS.values(),
    MT_111,
    UT_106,
    VA_1APR,
    MA_EOPSS,
    MA_DOCUMENTATION,
    ME_6001,
    EU_26_10,
    WILLIAMS_NIL,
)
