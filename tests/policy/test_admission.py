"""Which offenses a profile admits: counted by asking, and published."""

from __future__ import annotations

import pytest
from policy_cases import NOW, shipped_engine

from facegate.errors import InputError
from facegate.policy.admission import AdmissionCount, admissions, count_admissions

ENGINE = shipped_engine()


def test_colorado_admits_134_on_the_heading_and_443_as_felonies() -> None:
    counted = count_admissions(admissions(ENGINE, "co-dmv-2019", NOW))
    assert counted == AdmissionCount(n_offenses=462, on_heading=134, with_felony=443)


def test_the_moratorium_admits_nothing() -> None:
    counted = count_admissions(admissions(ENGINE, "moratorium", NOW))
    assert counted == AdmissionCount(n_offenses=462, on_heading=0, with_felony=0)


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(InputError, match="no profile 'nope'"):
        admissions(ENGINE, "nope", NOW)
