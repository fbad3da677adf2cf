"""Tokens: spent once, never forged by accident."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from facegate.gallery.token import SearchToken, UnsafeMeasurementToken, require_token


def a_token() -> SearchToken:
    return SearchToken(intent_index=7, probe_digest="ab", gallery_digest="cd")


def test_a_token_is_good_for_one_search_only() -> None:
    token = a_token()
    token.spend()
    with pytest.raises(RuntimeError, match="intent record 7 was spent before"):
        token.spend()


def test_of_many_threads_that_spend_one_token_one_succeeds() -> None:
    token = a_token()

    def spent() -> bool:
        try:
            token.spend()
        except RuntimeError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda _: spent(), range(64)))
    assert outcomes.count(True) == 1


def test_the_facts_of_a_token_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        a_token().gallery_digest = "ef"  # type: ignore[misc]  # frozen, which is what is tested


def test_a_measurement_token_can_be_spent_again_and_again() -> None:
    token = UnsafeMeasurementToken()
    token.spend()
    token.spend()
    require_token(token)


@pytest.mark.parametrize("nothing", [None, "token", 1])
def test_anything_else_is_no_token(nothing: object) -> None:
    with pytest.raises(TypeError, match="needs a token made from its intent record"):
        require_token(nothing)
