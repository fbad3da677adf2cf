"""What a measurement lets somebody rely on: one model, one threshold, a gallery of this size, until a date.

A certificate repeats numbers of a result and adds who vouches for them and how long. Per
group it carries the *upper* ends of the intervals: what may be promised is what the data
bound, never the estimate alone. A group the data cannot speak to is unknown, with its bound.

It says nothing about a gallery larger than the one that was searched, about other
photographs than those measured, or about people who try to look like somebody else.

References
----------
NIST SP 800-63A-4: tested per demographic group, gallery at least 90 % of the operational
size, tested again after each change of the algorithm. A yardstick here, not a rule that applies.
"""

import hashlib
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from facegate.decision import Metric, Threshold
from facegate.errors import CertificateError, MeasurementError
from facegate.evaluation.certificates.canonical_form import canonical_bytes
from facegate.evaluation.certificates.keys import Issuer
from facegate.evaluation.group_rates import AtThreshold, GroupRates, UsedThreshold
from facegate.evaluation.identification.result import Identification, MeanPerSearch, SearchRates
from facegate.evaluation.rates import Estimate
from facegate.evaluation.result import BenchmarkResult, at_named
from facegate.evaluation.subgroups import EVERYBODY
from facegate.templates import tool_version

FORMAT = "facegate-certificate/1"
DEFAULT_DAYS = 365
MOST_DAYS = 1827  # five years: nobody should rely longer on one measurement
SERIAL_DIGITS = 32


@dataclass(frozen=True, slots=True)
class CertifiedRate:
    """One rate of one group, with what may be relied on.

    Parameters
    ----------
    group : str
        Name of the group, or ``everybody``.
    people : int
        Different people of the group in the measurement.
    rate : Estimate or None
        What was measured; None where nothing could be.
    supported : bool
        Whether there are people and events enough to speak of a rate. Where not, only the
        upper bound is known.
    upper_bound : float
        Upper end of the 95 % interval, 0 to 1; 1 where nothing was measured.
    """

    group: str
    people: int
    rate: Estimate | None
    supported: bool
    upper_bound: float


@dataclass(frozen=True, slots=True)
class CertifiedSearches:
    """False positive identification: rates of *searches* for people who are not enrolled.

    Parameters
    ----------
    gallery_size : int
        N, people enrolled in the gallery that was searched.
    limit : int
        L, longest candidate list; it does not change the FPIR.
    mix, how : str
        Which gallery, and which photo was enrolled and searched with, in words.
    overall : CertifiedRate
        FPIR over all such searches.
    groups : tuple of CertifiedRate
        FPIR by the group of the person searched for.
    returned : MeanPerSearch or None
        Wrong people returned per such search (SEL), at most ``limit``.
    """

    gallery_size: int
    limit: int
    mix: str
    how: str
    overall: CertifiedRate
    groups: tuple[CertifiedRate, ...]
    returned: MeanPerSearch | None


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an issuer vouches for.

    Parameters
    ----------
    issuer, issuer_key : str
        Name of the issuer, and id of the key that signs.
    issued_on, valid_until : str
        Dates, ISO 8601; both days included, days change at midnight UTC.
    tool_version : str
        facegate that made the certificate.
    benchmark, title : str
        Name and title of the protocol.
    measured_on, protocol_digest, result_digest : str
        Date of the run; SHA-256 (hex) of the protocol's text and of ``result.json``.
    embedder, embedder_digest : str
        The model: name, and SHA-256 (hex) over weights and settings.
    metric : Metric
        How its templates are compared.
    dataset, dataset_digest : str
        What was measured on.
    files : dict of str to str
        Files that were given, and their SHA-256 (hex).
    synthetic : bool
        No face was involved: the people were drawn.
    threshold : UsedThreshold
        Value, how it was set, whether on the same people, whether it is an extrapolation.
    overall : CertifiedRate
        FMR of any two different people.
    groups : tuple of CertifiedRate
        FMR of two different people of one group.
    held_out : Estimate or None
        FMR with thresholds set on other people; None where no folds were asked for.
    searches : CertifiedSearches or None
        None where no gallery was searched: such a certificate opens no gate.
    notes : tuple of str
        What the data cannot show.
    """

    issuer: str
    issuer_key: str
    issued_on: str
    valid_until: str
    tool_version: str
    benchmark: str
    title: str
    measured_on: str
    protocol_digest: str
    result_digest: str
    embedder: str
    embedder_digest: str
    metric: Metric
    dataset: str
    dataset_digest: str
    files: dict[str, str]
    synthetic: bool
    threshold: UsedThreshold
    overall: CertifiedRate
    groups: tuple[CertifiedRate, ...]
    held_out: Estimate | None
    searches: CertifiedSearches | None
    notes: tuple[str, ...]

    def canonical(self) -> bytes:
        """Write the content in the one form that is hashed and signed (RFC 8785)."""
        return canonical_bytes(asdict(self))

    @property
    def serial(self) -> str:
        """Name of this certificate: first 32 hexadecimal digits of the SHA-256 of its content."""
        return hashlib.sha256(self.canonical()).hexdigest()[:SERIAL_DIGITS]

    @property
    def decides(self) -> Threshold:
        """The threshold as the match rule takes it."""
        return Threshold(self.threshold.score, self.metric)


def certify(
    result: BenchmarkResult,
    threshold_name: str,
    *,
    result_digest: str,
    issuer: Issuer,
    issued_on: date,
    valid_days: int = DEFAULT_DAYS,
) -> Certificate:
    """Draw up the certificate of one threshold of a run; nothing is computed anew.

    Parameters
    ----------
    result : BenchmarkResult
        The run.
    threshold_name : str
        Which of its thresholds.
    result_digest : str
        SHA-256 (hex) of the bytes of ``result.json``.
    issuer : Issuer
        Who will sign.
    issued_on : date
        First day, UTC.
    valid_days : int
        Days after the first, 1 to 1,827.

    Raises
    ------
    InputError
        If the run has no threshold of this name.
    CertificateError
        If nobody could rely on it: the model or the people are not known, the day lies
        before the measurement, or the days are out of range.
    MeasurementError
        If no two different people were compared.
    """
    at = at_named(result, threshold_name)
    _require_reliable(result, issued_on, valid_days)
    about, held_out = result.provenance, at.held_out
    return Certificate(
        issuer=issuer.name,
        issuer_key=issuer.key_id,
        issued_on=issued_on.isoformat(),
        valid_until=(issued_on + timedelta(days=valid_days)).isoformat(),
        tool_version=tool_version(),
        benchmark=result.name,
        title=result.title,
        measured_on=about.measured_on,
        protocol_digest=about.protocol_digest,
        result_digest=result_digest,
        embedder=about.embedder,
        embedder_digest=about.embedder_digest,
        metric=about.metric,
        dataset=about.dataset,
        dataset_digest=about.dataset_digest,
        files=dict(result.input.files),
        synthetic=about.synthetic,
        threshold=at.threshold,
        overall=_measured(at, result.main.total.people),
        groups=_by_group(at.groups, result),
        held_out=held_out.overall if held_out else None,
        searches=_searches(result.identification, threshold_name),
        notes=result.notes,
    )


def _require_reliable(result: BenchmarkResult, issued_on: date, valid_days: int) -> None:
    if not result.provenance.embedder_digest:
        msg = "a run on scores alone cannot be certified: it does not say which model made them"
        raise CertificateError(msg)
    if not result.input.people_named:
        msg = (
            "a run whose comparisons do not name the people cannot be certified: its upper bounds are too low"
        )
        raise CertificateError(msg)
    measured_on = date_of(result.provenance.measured_on, "the run's measured_on")
    if measured_on > issued_on:
        msg = f"the run was measured on {measured_on}, after {issued_on}: is the clock right?"
        raise CertificateError(msg)
    if not 1 <= valid_days <= MOST_DAYS:
        msg = f"a certificate holds for 1 to {MOST_DAYS:,} days, got {valid_days:,}"
        raise CertificateError(msg)


def date_of(text: str, what: str) -> date:
    """Read a date written as 2026-11-22; ``what`` is for the message.

    Raises
    ------
    CertificateError
        If it is anything else.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        msg = f"{what} is {text[:40]!r}, wanted a date such as 2026-11-22"
        raise CertificateError(msg) from error
    if day.isoformat() != text:
        msg = f"{what} is {text[:40]!r}, wanted a date such as 2026-11-22"
        raise CertificateError(msg)
    return day


def _measured(at: AtThreshold, people: int) -> CertifiedRate:
    if at.overall.fmr is None:
        msg = "no two different people were compared: there is nothing to certify"
        raise MeasurementError(msg)
    return _certified(EVERYBODY, people, at.overall.fmr)


def _by_group(groups: tuple[GroupRates, ...], result: BenchmarkResult) -> tuple[CertifiedRate, ...]:
    people = {counts.name: counts.people for counts in result.main.groups}
    return tuple(_certified(one.group, people[one.group], one.fmr) for one in groups)


def _certified(group: str, people: int, rate: Estimate | None) -> CertifiedRate:
    if rate is None:
        return CertifiedRate(group, people, None, supported=False, upper_bound=1.0)
    return CertifiedRate(group, people, rate, supported=rate.supported, upper_bound=rate.high)


def _searches(found: Identification | None, threshold_name: str) -> CertifiedSearches | None:
    """Take the searches of the operational gallery, which stands first, at this threshold."""
    if found is None or not found.mixes:
        return None
    mix = found.mixes[0]
    rows = [row for row in found.searches if (row.mix, row.threshold) == (mix.name, threshold_name)]
    everybody = next((row for row in rows if row.group == EVERYBODY), None)
    if everybody is None or everybody.fpir is None:
        return None
    groups = [row for row in rows if row.group != EVERYBODY and row.limit == everybody.limit]
    return CertifiedSearches(
        gallery_size=everybody.gallery_size,
        limit=everybody.limit,
        mix=mix.name,
        how=f"{mix.how}; {found.how}",
        overall=_searched(everybody),
        groups=tuple(_searched(row) for row in groups),
        returned=everybody.sel,
    )


def _searched(row: SearchRates) -> CertifiedRate:
    return _certified(row.group, row.fpir.people if row.fpir else 0, row.fpir)
