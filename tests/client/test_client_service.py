"""The client against a real service on a real line: a search from permit to list, receipts, a test."""

from __future__ import annotations

import inspect
import json
import os
import runpy
import textwrap
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from client_room import Served, served
from port_room import without_figures
from ready_agency import REQUEST
from ready_home import PHOTO
from served import serving
from service_room import CASE
from whole_service import whole_service

from facegate.audit.keys.log_keys import LogKeys
from facegate.client import client as client_module
from facegate.client.client import Client
from facegate.client.errors import Conflict, NotFound, NotFresh, NotSignedIn, Refused, Unfit, Unreachable
from facegate.client.log import ReceiptFile, check_receipt
from facegate.client.retries import Retries
from facegate.errors import VerificationError
from facegate.oversight.case_file.check import check_case_file
from facegate.server.app import create_app
from facegate.server.identity.identity import Identity
from facegate.server.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.client.replies.port import PortTest
    from facegate.server.identity.api_keys import IssuedKey

SCORES = b"score,first_subject,second_subject,group\n0.95,a,a,A\n0.1,a,b,A\n"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("client")) as made:
        home = made.service.desk.home
        if home.log_keys() is None:
            LogKeys.create(home.keys, home.origin, random_bytes=os.urandom)
        yield made


@pytest.fixture(scope="module")
def search_id(room: Served) -> str:
    """Give a search that two reviewers agreed about and that was released to whoever asked."""
    with room.client("supervisor") as supervisor, room.client("searcher") as searcher:
        permit = supervisor.permits.issue(REQUEST, PHOTO)
        search = searcher.searches.ask(REQUEST, PHOTO, permit=permit.permit)
        assert (search.decision, search.n_candidates, search.candidates) == ("allowed", 1, ())
        for reviewer in ("reviewer", "second"):
            with room.client(reviewer) as client:
                (line,) = client.reviews.sheet(search.search_id).candidates
                client.reviews.find(search.search_id, {line.rank: "agree"})
        released = supervisor.reviews.release(search.search_id, to="8841")
    assert released.n_leads == 1
    return search.search_id


def test_whoever_received_the_list_reads_it_with_its_pictures(room: Served, search_id: str) -> None:
    with room.client("searcher") as client:
        found = client.searches.get(search_id)
        (lead,) = found.candidates
        assert (found.status, lead.verdict, len(str(lead.subject_ref))) == ("released", "lead", 16)
        assert client.reviews.probe(search_id).startswith(b"\x89PNG")


def test_what_follows_from_a_lead_is_recorded(room: Served, search_id: str) -> None:
    with room.client("searcher") as client:
        first = client.leads.corroborate(search_id, 1, evidence="dna", reference="r", day=date(2026, 11, 20))
    with room.client("supervisor") as client:
        correction = client.leads.correct(search_id, 1, reason="was_elsewhere", reference="r")
        owed = client.leads.notices(search_id).notices
        assert correction.record > first.record
        assert owed
        assert {one.correction for one in owed} == {correction.record}


def test_a_receipt_is_checked_here_against_keys_of_ones_own(room: Served, search_id: str) -> None:
    desk = room.service.desk
    Publisher(desk).publish()
    keys = desk.home.log_keys()
    assert keys is not None
    with room.client("searcher") as client:
        index = client.searches.get(search_id).receipt.index
        signed = client.log.verified(index, keys=keys.vkeys)
        record, receipt = client.log.record(index), client.log.receipt(index)
    assert signed.checkpoint.size > index
    with pytest.raises(VerificationError, match="this record is not number"):
        check_receipt(receipt, record.replace(b"allowed", b"refused") + b" ", keys=keys.vkeys)
    with pytest.raises(VerificationError, match="wanted one of record 0"):
        check_receipt(ReceiptFile(0, receipt.data, receipt.witnessed), record, keys=keys.vkeys)
    other = LogKeys.create(desk.home.folder / "other", desk.home.origin, random_bytes=os.urandom)
    with pytest.raises(VerificationError):
        check_receipt(receipt, record, keys=other.vkeys)


def test_a_case_file_is_made_once_more_each_time_and_checked_here(room: Served) -> None:
    desk = room.service.desk
    keys = desk.home.log_keys()
    assert keys is not None
    with room.client("supervisor") as client:
        (case, *_) = client.cases.listed().cases
        first, again = (client.cases.make_file(case.case, recipient="Public defender") for _ in range(2))
    assert check_case_file(first.data, keys=keys.vkeys).manifest.digest == first.manifest_digest
    assert (again.record, desk.ledger.log.size) == (first.record + 1, first.record + 2)
    assert "PK" not in repr(first)
    with room.client("stale") as stale, pytest.raises(NotFresh):
        stale.cases.make_file(case.case, recipient="Public defender")


def test_a_refusal_is_an_error_with_its_rules_and_its_record(room: Served) -> None:
    with room.client("searcher") as client, pytest.raises(Refused, match="FG-PERMIT") as raised:
        client.searches.ask(REQUEST, PHOTO, permit="none")
    assert [one.rule_id for one in raised.value.rules] == ["FG-PERMIT"]
    assert raised.value.receipt is not None
    assert raised.value.receipt.index == room.service.desk.ledger.log.size - 1


def test_under_a_key_of_ones_own_a_refusal_is_recorded_once(room: Served) -> None:
    def ask() -> int:
        with room.client("searcher") as client, pytest.raises(Refused) as raised:
            client.searches.ask(REQUEST, PHOTO, permit="other", once="a-key-of-my-own-1")
        return raised.value.receipt.index if raised.value.receipt else -1

    assert ask() == ask() == room.service.desk.ledger.log.size - 1


def test_who_is_who_is_told_apart(room: Served, search_id: str) -> None:
    with room.client() as nobody, pytest.raises(NotSignedIn):
        nobody.cases.listed()
    with room.client("stale") as stale, pytest.raises(NotFresh):
        stale.permits.issue(REQUEST, PHOTO)
    with room.client("other-searcher") as other, pytest.raises(NotFound):
        other.searches.get(search_id)
    with (
        room.client("reviewer") as reviewer,
        pytest.raises(Refused, match="your account has no such role") as raised,
    ):
        reviewer.searches.ask(REQUEST, PHOTO)
    assert (raised.value.rules, raised.value.receipt) == ((), None)


def test_cases_are_opened_amended_and_closed(room: Served) -> None:
    with room.client("searcher") as client:
        case = client.cases.open("24-009999", "0901")
        assert client.cases.get(case.case) == case
        assert case.case_number in [one.case_number for one in client.cases.listed().cases]
        assert CASE in [one.case_number for one in client.cases.listed().cases]
        with pytest.raises(Unfit, match="offense_code"):
            client.cases.open("24-009998", "")


def test_everything_that_is_for_anybody_is_read_without_a_key(room: Served) -> None:
    day = datetime.now(tz=UTC).date()
    with room.client() as client:
        assert client.service.alive().status == "up"
        assert client.service.about().origin == room.service.desk.home.origin
        law = client.policies.get(client.policies.listed().policies[0].name)
        assert law.rules
        assert client.policies.offenses().offenses
        assert client.standing.certificate().holds
        assert json.loads(client.standing.certificate_file())
        filed = client.reports.make_file("searches", first_day=day, last_day=day)
        assert client.reports.make("searches", first_day=day, last_day=day).name == "searches"
        assert "searches" in client.reports.make_text("searches", first_day=day, last_day=day).lower()
        assert client.reports.verify(filed).holds


def test_a_test_is_sent_waited_for_and_read(room: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    without_figures(monkeypatch)
    seen: list[PortTest] = []
    with room.client("tester") as client:
        begun = client.tests.start("scores", SCORES)
        ended = client.tests.wait(begun.id, seen=seen.append, every_s=0.05, at_most_s=60)
        assert (ended.state, seen[-1]) == ("done", ended)
        assert json.loads(client.tests.result(ended.id))
        assert client.tests.receipt(ended.id).index == ended.record
        assert str(ended.job)
        client.tests.delete(ended.id)
        with pytest.raises((NotFound, Conflict)):
            client.tests.result(ended.id)


@contextmanager
def keyed(folder: Path) -> Iterator[tuple[str, IssuedKey, Identity]]:
    """Serve the whole service, nothing faked; gives its address, a key of the searcher, and its books."""
    with whole_service(folder) as service:
        identity = service.identity
        assert isinstance(identity, Identity)
        searcher = identity.accounts.by_name("searcher")
        assert searcher is not None
        issued = identity.keys.issue(searcher, days=1, by="setup")
        with serving(create_app(service)) as port:
            yield f"http://127.0.0.1:{port}", issued, identity


def example() -> str:
    """Give the script of the module's own words."""
    _, _, rest = (inspect.getdoc(client_module) or "").partition("PERMIT``::\n\n")
    return textwrap.dedent(rest)


def test_the_ten_lines_of_the_module_say_why_a_search_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with keyed(tmp_path) as (address, issued, _):
        stated = {name: one for name, one in asdict(REQUEST).items() if one not in (None, ())}
        files = {"search.py": example(), "key": issued.secret, "request.json": json.dumps(stated)}
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        (tmp_path / "probe.png").write_bytes(PHOTO)
        said = [str(tmp_path / name) for name in ("search.py", "key", "request.json", "probe.png")]
        monkeypatch.setattr("sys.argv", [said[0], address, *said[1:], "none"])
        with pytest.raises(SystemExit, match=r"^FG-PERMIT: .*\(.*\)$"):
            runpy.run_path(said[0])


def test_a_real_key_opens_what_its_roles_open_and_a_revoked_one_nothing(tmp_path: Path) -> None:
    with keyed(tmp_path) as (address, issued, identity):
        client = Client(address, key=issued.secret, retries=Retries(most=0))
        account = client.account.get()
        assert (account.name, account.roles) == ("searcher", ("searcher",))
        with pytest.raises(Refused, match="your account has no such role"):
            client.accounts.listed()
        identity.keys.revoke(identity.accounts.demand(account.id), issued.key.id, by="setup")
        with client, pytest.raises(NotSignedIn):
            client.account.get()
    with pytest.raises(Unreachable, match="cannot be reached; nothing was sent"):
        Client(address, retries=Retries(most=0)).service.alive()
