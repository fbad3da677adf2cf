"""Small results and certificates, built by hand, for the tests of evaluation, gate and command line."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facegate.decision import Metric
from facegate.evaluation.certificates.certificate import Certificate, certify
from facegate.evaluation.certificates.check import Use
from facegate.evaluation.certificates.file import sign
from facegate.evaluation.certificates.keys import IssuerKey
from facegate.evaluation.group_rates import AtThreshold, GroupRates, UsedThreshold
from facegate.evaluation.identification.result import GalleryMix, Identification, MeanPerSearch, SearchRates
from facegate.evaluation.provenance import InputSummary, Provenance
from facegate.evaluation.rates import Estimate
from facegate.evaluation.result import BenchmarkResult, Measurement, Method
from facegate.evaluation.subgroups import GroupCounts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# RFC 8032, section 7.1, test 1: a key whose secret everybody knows.
TEST_SECRET = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
KEY = IssuerKey("lab.example/audit", Ed25519PrivateKey.from_private_bytes(TEST_SECRET))
OTHER_KEY = IssuerKey("elsewhere.example", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
TRUSTED = {KEY.issuer.key_id: KEY.issuer}
EMBEDDER = "ab" * 32
ISSUED = date(2026, 11, 22)
N_SEARCHED = 1_000
SCORE = 0.4


def estimate(events: int, trials: int, people: int) -> Estimate:
    """Make a rate with a rough interval: these tests are about what is done with it."""
    rate = events / trials
    high = min(1.0, 2 * rate + 3 / trials)
    return Estimate(events, trials, people, rate, rate / 2, high, float(trials), people // 2, "test")


def rates(group: str, fmr: Estimate | None) -> GroupRates:
    return GroupRates(group, fmr, None, None, None, None, None)


def searches(group: str, fpir: Estimate | None) -> SearchRates:
    returned = MeanPerSearch(12, 400, 200, 0.03, 0.02, 0.05)
    return SearchRates("as the data", N_SEARCHED, "fmr-1e-3", 20, group, fpir, returned, None, None)


def an_identification() -> Identification:
    mix = GalleryMix("as the data", "people drawn at random", operational=True, people={"F": 600, "M": 400})
    found = (
        searches("everybody", estimate(10, 400, 200)),
        searches("F", estimate(8, 200, 100)),
        searches("M", estimate(2, 199, 99)),
        searches("not recorded", None),
    )
    return Identification(1, "first photo enrolled, second searched with", (mix,), found, (), (), ())


def a_result(**changes: Any) -> BenchmarkResult:  # noqa: ANN401  any field of the provenance
    """Three groups: two measured, one of a single person about whom nothing is known."""
    about: dict[str, Any] = {
        "dataset": "test people",
        "dataset_digest": "cd" * 32,
        "synthetic": False,
        "embedder": "four numbers",
        "embedder_digest": EMBEDDER,
        "metric": Metric.EUCLIDEAN,
        "protocol_digest": "ef" * 32,
        "command": "facegate benchmark run test.toml",
        "measured_on": "2026-11-21",
        "seed": 1,
        "versions": {"facegate": "0.1.0"},
    }
    counts = tuple(
        GroupCounts(name, people, people, 2 * people, 0, {"test": people})
        for name, people in (("F", 100), ("M", 99), ("not recorded", 1))
    )
    used = UsedThreshold(
        "fmr-1e-3",
        SCORE,
        0.6,
        "overall",
        "overall FMR at most 1e-3",
        1e-3,
        0.39,
        0.41,
        in_sample=True,
        unsupported=False,
    )
    groups = (
        rates("F", estimate(20, 10_000, 100)),
        rates("M", estimate(0, 9_000, 99)),
        rates("not recorded", None),
    )
    overall = rates("everybody", estimate(40, 40_000, 200))
    at = AtThreshold(used, overall, groups, (), "F", (), (), (), (), (), (), None)
    total = GroupCounts("everybody", 200, 200, 400, 0, {"test": 200})
    return BenchmarkResult(
        name="test",
        title="A test",
        question="Who is wrongly matched?",
        notes=("Only a test.",),
        provenance=Provenance(**{**about, **changes}),
        input=InputSummary("templates", {"people.parquet": "12" * 32}, 400, 200, True, 3, True, ()),  # noqa: FBT003  a record
        method=Method(("sex",), None, 0.3, 0.95, 0, 0, 1, None),
        main=Measurement("everybody", total, counts, 40_000, 200, (at,), (), ()),
        sensitivity=(),
        identification=an_identification(),
    )


def a_certificate(
    result: BenchmarkResult | None = None, *, key: IssuerKey = KEY, days: int = 365
) -> Certificate:
    return certify(
        result or a_result(),
        "fmr-1e-3",
        result_digest="34" * 32,
        issuer=key.issuer,
        issued_on=ISSUED,
        valid_days=days,
    )


def a_file(certificate: Certificate | None = None, *, key: IssuerKey = KEY) -> bytes:
    return sign(certificate or a_certificate(key=key), key).text().encode()


def a_use(**changes: Any) -> Use:  # noqa: ANN401  any field of the use
    asked: dict[str, Any] = {
        "embedder_digest": EMBEDDER,
        "at": datetime(2026, 11, 22, 12, tzinfo=UTC),
        "gallery_size": N_SEARCHED,
        "gallery_synthetic": False,
    }
    return Use(**{**asked, **changes})


def every_byte(data: bytes) -> Iterator[bytes]:
    """Give every file that differs in one bit of one byte; which bit goes round with the position."""
    for place, byte in enumerate(data):
        yield data[:place] + bytes([byte ^ (1 << place % 8)]) + data[place + 1 :]
