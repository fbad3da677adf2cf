"""Searches and permits, as they are answered."""

from pydantic import AwareDatetime

from facegate.client.replies.reply import Reply


class RefusingRule(Reply):
    """A rule that refused.

    Parameters
    ----------
    id : str
        Such as ``FG-PERMIT``.
    say, cite, checked : str or None
        The sentence, the statute and when it was held against the text; None where only the id is on record.
    """

    id: str
    say: str | None = None
    cite: str | None = None
    checked: str | None = None


class SearchReceipt(Reply):
    """Where a search stands in the log.

    Parameters
    ----------
    index, intent : int
        Its last record and the record of its intent, from 0.
    root : str or None
        Root of the whole log after it, 64 hexadecimal digits; None when read later.
    """

    index: int
    intent: int
    root: str | None = None


class Candidate(Reply):
    """One line of a released list: a lead, never an identification.

    Parameters
    ----------
    rank : int
        From 1, most alike first.
    band : str
        Range of the comparison score, such as ``0.40-0.50``; higher is more alike. Never an exact score.
    subject_ref : str or None
        Reference bound to the case, 16 hexadecimal digits; None for one that was not released as a lead.
    verdict : str
        What the reviewers found.
    """

    rank: int
    band: str
    subject_ref: str | None
    verdict: str


class Model(Reply):
    """Which model compared.

    Parameters
    ----------
    name : str or None
        None when another is in use now.
    digest : str
        SHA-256 of its file, 64 hexadecimal digits.
    """

    name: str | None
    digest: str


class Rates(Reply):
    """How often people of one group are wrongly matched or returned, as certified.

    Parameters
    ----------
    group : str
        Such as ``all``.
    people : int
        How many it was measured on.
    fmr, fpir : float or None
        False match rate and false positive identification rate, 0 to 1; None where the data cannot speak
        of one.
    fmr_at_most, fpir_at_most : float, float or None
        Upper bounds, 0 to 1.
    """

    group: str
    people: int
    fmr: float | None
    fmr_at_most: float
    fpir: float | None
    fpir_at_most: float | None


class ThresholdInForce(Reply):
    """The threshold in force, how it was set, and how often it errs.

    Parameters
    ----------
    value : float
        Comparison score; at or above it somebody is a candidate.
    native, native_name : float, str
        The same in the model's own measure, such as a Euclidean distance.
    basis : str
        How it was set.
    in_sample : bool
        It was set on the data whose rates are told.
    certificate, issuer, valid_until : str
        Serial, issuer and last day of the certificate, ISO 8601.
    dataset : str
        What was measured on.
    synthetic : bool
        Those people do not exist.
    gallery_size : int or None
        People in a gallery for which the rates hold.
    fpir_overall, fpir_by_group : Rates, tuple of Rates
        For everybody, and by group.
    """

    value: float
    native: float
    native_name: str
    basis: str
    in_sample: bool
    certificate: str
    issuer: str
    valid_until: str
    dataset: str
    synthetic: bool
    gallery_size: int | None
    fpir_overall: Rates
    fpir_by_group: tuple[Rates, ...]


class Search(Reply):
    """A search; its list is empty until it was released to whoever asks.

    Parameters
    ----------
    search_id : str
        UUIDv7.
    decision : str
        ``allowed`` or ``refused``.
    status : str
        One sentence: where its review stands.
    profile : str
        The law that decided.
    rules : tuple of RefusingRule
        Every rule that refused.
    receipt : SearchReceipt
        Where it stands in the log.
    candidates : tuple of Candidate
        The list as it was released to whoever asks; empty before.
    n_candidates, n_at_or_above : int
        How many wait for review; how many were at or above the threshold before the list was cut.
    mark : str or None
        Of this recipient's copy; None before its release to him.
    gallery_root : str
        Digest of the gallery that was searched, 64 hexadecimal digits.
    gallery_synthetic : bool or None
        Nobody in the gallery exists; None when read later.
    model : Model
        Which model compared.
    threshold : ThresholdInForce or None
        In force; None without a certificate.
    relied_on : str or None
        Serial of the certificate that the search relied on.
    n_tries : int or None
        Searches with variants of this probe, this one included; None when read later.
    probe_kept : bool or None
        The reviewers find the probe at the service; None when read later.
    reviews_needed : int
        Reviewers that are still wanted, 0 to 2.
    notice : str
        What a candidate is, and is not.
    """

    search_id: str
    decision: str
    status: str
    profile: str
    rules: tuple[RefusingRule, ...]
    receipt: SearchReceipt
    candidates: tuple[Candidate, ...]
    n_candidates: int
    n_at_or_above: int
    mark: str | None
    gallery_root: str
    gallery_synthetic: bool | None
    model: Model
    threshold: ThresholdInForce | None
    relied_on: str | None
    n_tries: int | None
    probe_kept: bool | None
    reviews_needed: int
    notice: str


class Permit(Reply):
    """A permit that was issued; whoever it is for names it, once.

    Parameters
    ----------
    permit : str
        Its id.
    expires : datetime
        Until when, UTC.
    record : int
        Its place on the log.
    """

    permit: str
    expires: AwareDatetime
    record: int


class PermitLine(Reply):
    """How a permit stands.

    Parameters
    ----------
    permit, expires : str
        Its id, and until when, RFC 3339.
    used_by : int or None
        The record that used it up.
    agency, requester, case_number : str
        ORI, officer id and case it is for.
    """

    permit: str
    expires: str
    used_by: int | None
    agency: str
    requester: str
    case_number: str


class Permits(Reply):
    """Permits, oldest first."""

    permits: tuple[PermitLine, ...]
