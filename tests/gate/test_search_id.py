"""UUIDv7 as RFC 9562 writes it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from facegate.gate.search_id import new_search_id

NOW = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)


def test_the_example_of_the_rfc_comes_out() -> None:
    # RFC 9562, appendix A.6: 2022-02-22T14:22:22.000-05:00, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F
    moment = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
    random = ((0xCC3 << 64) | 0x18C4DC0C0C07398F).to_bytes(10)
    assert new_search_id(moment, random) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(st.binary(min_size=10, max_size=10))
def test_version_and_variant_hold_for_any_random_bytes(random: bytes) -> None:
    made = UUID(new_search_id(NOW, random))
    assert (made.version, made.variant) == (7, "specified in RFC 4122")


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10))
def test_a_later_search_sorts_after_an_earlier_one(first: bytes, second: bytes) -> None:
    assert new_search_id(NOW, first) < new_search_id(NOW + timedelta(milliseconds=1), second)
