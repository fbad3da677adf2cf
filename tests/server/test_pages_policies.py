"""The laws in words beside their text, what they admit, and two of them compared."""

from __future__ import annotations

import html
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from whole_service import browser, whole_service

from facegate.server.acts.laws_compared import REQUESTS
from facegate.server.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

    from facegate.server.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with whole_service(tmp_path_factory.mktemp("laws")) as made:
        yield made


@pytest.fixture(scope="module")
def anybody(service: Service) -> TestClient:
    return browser(create_app(service))


def test_the_law_in_force_stands_apart_from_those_that_are_not(anybody: TestClient) -> None:
    text = anybody.get("/policies").text
    here, elsewhere = text.split('id="others"')
    assert "/policies/co-dmv-2019" in here
    assert "in force since" in here
    assert "/policies/md-2-501" in elsewhere


def test_every_rule_stands_beside_its_text_and_its_citation(service: Service, anybody: TestClient) -> None:
    law = service.desk.gate.engine.profile("co-dmv-2019")
    text = html.unescape(anybody.get("/policies/co-dmv-2019").text)
    for rule in law.own_rules:
        assert f'id="{rule.rule_id}"' in text
        assert rule.cite in text
        assert f'@id("{rule.rule_id}")' in text


def test_a_law_in_force_says_since_when_and_on_what_authority(anybody: TestClient) -> None:
    text = anybody.get("/policies/co-dmv-2019").text
    assert "In force here since" in text
    assert "C.R.S. 24-72-302(3)" in text


def test_a_rule_that_nobody_checked_says_so(service: Service, anybody: TestClient) -> None:
    name = next(
        law.name for law in service.desk.gate.engine.profiles.values() if not law.own_rules[0].is_checked
    )
    assert "Not checked against the text" in anybody.get(f"/policies/{name}").text


def test_the_whole_text_has_the_digest_that_is_shown(service: Service, anybody: TestClient) -> None:
    whole = anybody.get("/policies/md-2-501/text").content
    assert sha256(whole).hexdigest() == service.desk.gate.engine.profile("md-2-501").digest


def test_an_offense_is_looked_up_by_a_word(anybody: TestClient) -> None:
    text = anybody.get("/policies/co-dmv-2019?q=identity theft").text
    assert "IDENTITY THEFT" in text
    assert "VEHICLE THEFT" not in text


def test_a_word_that_no_heading_holds_is_told(anybody: TestClient) -> None:
    assert "No heading holds these words" in anybody.get("/policies/co-dmv-2019?q=zzz").text


def test_what_was_typed_is_never_markup(anybody: TestClient) -> None:
    text = anybody.get("/policies/co-dmv-2019", params={"q": "<script>alert(1)</script>"}).text
    assert "<script>alert" not in text


def test_two_laws_are_compared_on_the_same_requests(anybody: TestClient) -> None:
    answer = anybody.get("/policies/compare?a=co-dmv-2019&b=wa-43.386")
    assert answer.status_code == 200
    assert "Refused by rules of A only, co-dmv-2019" in answer.text
    assert f"{REQUESTS} requests under both laws" in answer.text


@pytest.mark.parametrize("path", ["/policies/no-such-law", "/policies/compare?a=co-dmv-2019&b=no-such-law"])
def test_a_law_that_there_is_not_is_not_found(anybody: TestClient, path: str) -> None:
    assert anybody.get(path).status_code == 404
