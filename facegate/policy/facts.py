"""What registers and counters know about a request: facts, where the request itself holds only claims.

- An officer, agency or case that no register knows has the facts of nobody: every one false or empty.
- Nothing is true by default. A fact nobody looked up is false, and a false fact refuses.
- `in_order` gives the facts of a request about which every register and counter says yes: what a law says
  to a request by itself, without an agency's registers. Dry runs and comparisons of laws start from it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from facegate.request import Action

if TYPE_CHECKING:
    from facegate.request import SearchRequest

ROLES = frozenset({"investigator", "examiner", "supervisor", "coordinator", "records", "prosecutor"})
"""What an officer is registered as. Only a supervisor or coordinator approves."""


@dataclass(frozen=True, slots=True)
class OfficerFacts:
    """What the register of officers knows of one person at the time of the request.

    Parameters
    ----------
    known : bool
        The register has the id, at the agency the request names.
    active : bool
        In good standing: neither suspended nor gone.
    trained : bool
        Training has not lapsed.
    role : str
        One of `ROLES`; empty if unknown.
    unit : str
        Unit within the agency, such as ``MVIU``; empty if none is recorded.
    agency_class : str
        Class of the person's own agency, one of `facegate.request.AGENCY_CLASSES`.
    """

    known: bool = False
    active: bool = False
    trained: bool = False
    role: str = ""
    unit: str = ""
    agency_class: str = ""


@dataclass(frozen=True, slots=True)
class AgencyFacts:
    """What the register of agencies knows of one agency at the time of the request.

    Parameters
    ----------
    known : bool
        The register has the ORI.
    blocked : bool
        It stands on the block list, by ORI, prefix of the ORI, or class.
    agency_class : str
        One of `facegate.request.AGENCY_CLASSES`; empty if unknown.
    """

    known: bool = False
    blocked: bool = False
    agency_class: str = ""


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What the agency's registers and counters say of one request; true is in order, false refuses.

    Parameters
    ----------
    case_registered : bool
        The case is in the register and open.
    case_by_another : bool
        Somebody other than the requester registered it.
    case_number_fits : bool
        The number has the form the agency uses.
    offense_fits_case : bool
        The offense stated is the one the case is registered with, by somebody other than the requester.
    same_state : bool
        The gallery is of the requesting agency's own state.
    shared : bool
        The owner of the gallery shares it with this agency, and with the one it acts for, for this action and
        purpose.
    release_form_on_file : bool
        The release form named in the request was filed for this agency.
    paper_on_file : bool
        The judicial paper named in the request was filed for its case; without that it counts as none.
    permit_holds : bool
        A permit for this case, probe, gallery and requester was issued, has not expired and is not used.
    probe_is_photo : bool
        What was sent is a photo file, not an embedding.
    certificate_holds, embedder_fits : bool
        The accuracy certificate holds for this model, threshold, day and size of gallery; the gallery was
        made by the model in use.
    authority_on_file, usage_policy_published, audit_current, notice_over : bool
        The statute or order under which the gallery is kept is on file; the published usage policy is the
        one in force; no audit is overdue; the notice period is over.
    right_door : bool
        What is asked for is what is done here: comparing faces at one door, releasing records at another.
    policy_activated : bool
        Two people put this very text (profile, overlays, digest) in force, on a stated authority.
    exigency_settled : bool
        No emergency of this agency is past its deadline without the judicial paper that must follow it.
    clock_forward : bool
        The clock has not gone back behind the last record.
    within_case_cap, within_officer_cap, within_agency_cap : bool
        One more probe stays within the caps of the case, the officer and the agency.
    within_subject_cap : bool
        Nobody was shown to this agency so often that the next probe could trace the edge of a list.
    within_gallery_budget : bool
        The agency has not been shown more different people than its share of the gallery.
    breaker_closed : bool
        The agency's searches of the day stay under three times the median of its last 30 days.
    variants_cleared : bool
        Fewer than three variants of this probe were searched, or a supervisor cleared it.
    """

    case_registered: bool = False
    case_by_another: bool = False
    case_number_fits: bool = False
    offense_fits_case: bool = False
    same_state: bool = False
    shared: bool = False
    release_form_on_file: bool = False
    paper_on_file: bool = False
    permit_holds: bool = False
    probe_is_photo: bool = False
    certificate_holds: bool = False
    embedder_fits: bool = False
    authority_on_file: bool = False
    usage_policy_published: bool = False
    audit_current: bool = False
    notice_over: bool = False
    right_door: bool = False
    policy_activated: bool = False
    exigency_settled: bool = False
    clock_forward: bool = False
    within_case_cap: bool = False
    within_officer_cap: bool = False
    within_agency_cap: bool = False
    within_subject_cap: bool = False
    within_gallery_budget: bool = False
    breaker_closed: bool = False
    variants_cleared: bool = False


NOBODY = OfficerFacts()
NO_AGENCY = AgencyFacts()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known about one request at one time.

    Parameters
    ----------
    requester : OfficerFacts
        Who asks.
    operator, approver, declarer : OfficerFacts
        Who runs the comparison; who approves; who declares the emergency. `NOBODY` where none is named.
    agency, beneficiary : AgencyFacts
        The requesting agency; the one it acts for (itself, if so stated).
    gate : GateFacts
        Registers and counters.
    """

    requester: OfficerFacts = NOBODY
    operator: OfficerFacts = NOBODY
    approver: OfficerFacts = NOBODY
    declarer: OfficerFacts = NOBODY
    agency: AgencyFacts = NO_AGENCY
    beneficiary: AgencyFacts = NO_AGENCY
    gate: GateFacts = GateFacts()


ALL_CLEAR = replace(GateFacts(), **{one.name: True for one in fields(GateFacts)})
INVESTIGATOR = OfficerFacts(
    known=True, active=True, trained=True, role="investigator", unit="", agency_class="police"
)
EXAMINER = replace(INVESTIGATOR, role="examiner")
LICENSE_EXAMINER = replace(EXAMINER, agency_class="license_authority")
SUPERVISOR = replace(INVESTIGATOR, role="supervisor")
POLICE = AgencyFacts(known=True, blocked=False, agency_class="police")


DESKS = {Action.DOSSIER: "LECC"}
"""Unit taken to do what is asked, where a law names one: Colorado's record desk; all else is ``MVIU``."""


ASSUMED = (
    "No register was asked. The requester is taken for an active, trained investigator of a police agency, "
    "whoever approves or declares an emergency for a supervisor, and whoever runs the comparison for a "
    "trained examiner of the unit whose task it is; agency, case, permit, certificate and caps are taken to "
    "be in order."
)
"""What `in_order` takes for granted, in words for whoever reads the answer."""


def in_order(request: SearchRequest) -> Facts:
    """Give the facts of a request about which every register and counter says yes.

    Parameters
    ----------
    request : SearchRequest
        The requester is taken for an investigator of a police agency, whoever approves or declares for a
        supervisor, and whoever runs the comparison for an examiner of the license authority, of the unit
        whose task it is.

    Returns
    -------
    Facts
        For a dry run: nobody was asked, and no register was opened.
    """
    return Facts(
        requester=INVESTIGATOR if request.requester else NOBODY,
        operator=replace(LICENSE_EXAMINER, unit=_unit(request)) if request.operator else NOBODY,
        approver=SUPERVISOR if request.approver else NOBODY,
        declarer=SUPERVISOR if request.exigency else NOBODY,
        agency=POLICE if request.agency else NO_AGENCY,
        beneficiary=POLICE if request.on_behalf_of else NO_AGENCY,
        gate=ALL_CLEAR,
    )


def _unit(request: SearchRequest) -> str:
    return DESKS.get(Action(request.action), "MVIU") if request.action in set(Action) else ""
