"""Every governance and transparency report there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.oversight.governance.access_census import ACCESS_CENSUS
from facegate.oversight.governance.audit_calendar import AUDIT_CALENDAR
from facegate.oversight.governance.charged_against_searched import CHARGED_AGAINST_SEARCHED
from facegate.oversight.governance.cjis_weekly import CJIS_WEEKLY
from facegate.oversight.governance.clets_misuse import CLETS_MISUSE
from facegate.oversight.governance.hit_rate import HIT_RATE
from facegate.oversight.governance.home_against_benefit import HOME_AGAINST_BENEFIT
from facegate.oversight.governance.level_1_count import LEVEL_1_COUNT
from facegate.oversight.governance.nlets_disclosure import NLETS_DISCLOSURE
from facegate.oversight.governance.policy_changes import POLICY_CHANGES
from facegate.oversight.governance.retention_classes import RETENTION_CLASSES
from facegate.oversight.governance.searches import SEARCHES
from facegate.oversight.governance.self_assessment import SELF_ASSESSMENT
from facegate.oversight.governance.sharing_matrix import SHARING_MATRIX
from facegate.oversight.governance.training import TRAINING
from facegate.oversight.governance.witness_quorum import WITNESS_QUORUM

if TYPE_CHECKING:
    from facegate.oversight.report_kind import ReportKind

KINDS: tuple[ReportKind, ...] = (
    SEARCHES,
    NLETS_DISCLOSURE,
    HOME_AGAINST_BENEFIT,
    SHARING_MATRIX,
    HIT_RATE,
    ACCESS_CENSUS,
    AUDIT_CALENDAR,
    POLICY_CHANGES,
    CJIS_WEEKLY,
    CLETS_MISUSE,
    TRAINING,
    SELF_ASSESSMENT,
    LEVEL_1_COUNT,
    CHARGED_AGAINST_SEARCHED,
    RETENTION_CLASSES,
    WITNESS_QUORUM,
)
