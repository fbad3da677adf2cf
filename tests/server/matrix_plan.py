"""What is asked at each route for the matrix of roles: what passes, so that only who asks is refused."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from desk_room import AGREE, NO_SEARCH, stated
from ready_home import PHOTO
from service_room import POLICE
from whole_service import browser

from facegate.gate.review.state import records_of
from facegate.server.benchmarking.kept_runs import results_folder

if TYPE_CHECKING:
    from attacked import Attacked
    from httpx import Response

SCORES: Final = b"score,first_subject,second_subject,group\n0.95,a,a,A\n0.1,a,b,A\n"
DAY: Final = "2026-11-20"
FORMS: Final[dict[str, Any]] = {
    "POST /v1/cases": lambda n, _: {"case_number": f"25-{n:06d}", "offense_code": "1201"},
    "POST /v1/cases/{record}/amendments": lambda *_: {"offense_code": "0911", "reason": "charged so"},
    "POST /v1/cases/{record}/case-files": lambda *_: {"recipient": "Public defender"},
    "POST /v1/permit-requests/{ask}/refusal": lambda *_: {"reason": "which door?"},
    "POST /v1/searches/{search_id}/reviews": lambda *_: AGREE,
    "POST /v1/searches/{search_id}/releases": lambda *_: {"to": "8841"},
    "POST /v1/searches/{search_id}/corroborations": lambda n, _: {
        "rank": 1, "evidence": "cell_site", "reference": f"E-{n}", "day": DAY,
    },
    "POST /v1/searches/{search_id}/disclosures": lambda n, _: {
        "state": "made", "day": DAY, "reference": f"26CR{n}",
    },
    "POST /v1/searches/{search_id}/corrections": lambda *_: {
        "rank": 1, "reason": "another_person", "reference": "Lab 7",
    },
    "POST /v1/corrections/{correction}/notices": lambda _, ids: {"mark": ids["mark"], "day": DAY},
    "POST /v1/withdrawals": lambda *_: {"subjects": ["nobody"]},
    "POST /v1/dossiers": lambda _, ids: _dossier(ids),
    "POST /v1/dossiers/permits": lambda _, ids: _dossier(ids),
    "POST /v1/limits/clearances": lambda *_: {"item": "ab" * 32, "reason": "looked at"},
    "POST /v1/misuse": lambda n, ids: {
        "misuse_class": "curiosity", "narrative": f"seen {n}", "searches": [ids["search_id"]],
    },
    "POST /v1/misuse/{number}/steps": lambda *_: {"step": "note", "text": "asked"},
    "POST /v1/misuse/statements": lambda *_: {
        "year": 2025, "opened": 0, "confirmed": 0, "cleared": 0, "pending": 0,
    },
    "POST /v1/policies/explain": lambda *_: {"request": {"profile": "co-dmv-2019"}, "assumed": True},
    "POST /v1/reports/verify": lambda *_: {},
    "POST /v1/accounts": lambda n, _: {"name": f"new-{n}", "roles": ["auditor"]},
    "POST /v1/accounts/{account_id}/keys": lambda *_: {},
    "POST /v1/accounts/{account_id}/key-allowance": lambda *_: {},
    "PUT /v1/accounts/{account_id}/roles": lambda *_: {"roles": ["misuse-officer"]},
    "PUT /v1/accounts/{account_id}/in-force": lambda *_: {"in_force": False},
    "PUT /v1/account/pass-phrase": lambda *_: {"old": "seven herons over a slow river", "new": "short"},
    "POST /v1/account/second-factor": lambda *_: {"phrase": "seven herons over a slow river"},
    "PUT /v1/account/second-factor": lambda *_: {"code": "000000"},
}  # fmt: skip


def _dossier(ids: dict[str, Any]) -> dict[str, Any]:
    asked = stated(operator="31", dossier_fields=["name"], requester=None, agency=None, approver=None)
    return {"request": asked, "search_id": ids["search_id"], "rank": 1}


PARTS: Final[dict[str, Any]] = {
    "POST /v1/searches": lambda _: _photo(stated(requester=None, agency=None, permit="none")),
    "POST /v1/permits": lambda _: _photo(stated()),
    "POST /v1/permit-requests": lambda _: _photo(stated(approver=None)),
    "POST /v1/tests": lambda _: {"data": {"input": "scores"}, "files": {"file": ("x", SCORES)}},
    "POST /v1/enrollments": lambda _: {"data": {"input": "templates"}, "files": {"file": ("x", b"x")}},
    "POST /v1/benchmarks": lambda _: {"files": {"protocol": ("x", b"x"), "file": ("x", b"x")}},
    "POST /api/v1/recognition/recognize": lambda _: {
        "files": {"file": ("x", PHOTO)}, "headers": {"X-Facegate-Profile": "co-dmv-2019"},
    },
    "GET /v1/reports/{name}": lambda _: {"params": {"from": "2026-11-01", "to": "2026-11-02"}},
    "GET /v1/cases": lambda ids: {"params": {"agency": ids["agency"]}},
}  # fmt: skip


def _photo(form: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"request": json.dumps(form)}, "files": {"probe": ("x", PHOTO)}}


class Plan:
    """What is asked for at each route: something that passes, so that only who asks can be refused."""

    def __init__(self, room: Attacked) -> None:
        self.room = room
        self.numbers = count(1)
        self._answers: dict[tuple[str, str, str], Response] = {}
        room.correction  # noqa: B018  the whole life of the one search
        room.publish()
        self.published = room.size
        self.job = ""
        self.test = self._test()
        self.run = self._run()
        self.account = self._account()
        self.number = self._misuse()
        self.asked = self._asked_for()

    def ask(self, route: str, whose: str, who: str, *, again: bool = False) -> Response:
        """Ask as somebody for a thing of his own agency's, of another's, or for one that is not there.

        What was answered is kept, and given again unless it is to be asked again.
        """
        place = (route, whose, who)
        if again or place not in self._answers:
            ids = self.missing() if whose == "none" else self.there(route, who if whose == "own" else "")
            self._answers[place] = self._asked(route, who, ids)
        return self._answers[place]

    def _asked(self, route: str, who: str, ids: dict[str, Any]) -> Response:
        method, path = route.split()
        answer: Response = self.room.as_(who).request(method, path.format_map(ids), **self.sent(route, ids))
        if route == "POST /v1/tests" and answer.is_success:
            self.job = answer.json()["job"]
            self.room.service.jobs.wait(self.job, 60)  # one at a time
        return answer

    def there(self, route: str, who: str) -> dict[str, Any]:
        """Give ids of things that are there; where the route would use one up, of a new one."""
        room = self.room
        ids: dict[str, Any] = {
            "record": 23,  # the agency's first case
            "index": records_of(room.service.desk.ledger, room.search)[0],
            "search_id": room.reviewed(),
            "correction": room.correction,
            "rank": 1,
            "name": "searches" if "reports" in route else "co-dmv-2019",
            "path": f"0/000.p/{self.published}",
            "test": self.test,
            "number": self.number,
            "mark": room.mark,
            "agency": POLICE,
            "run": self.run,
            "job": self.job,
            "ask": self.asked,
        }
        if "{ask}" in route and not route.startswith("GET") and who in {"searcher", "supervisor"}:
            ids["ask"] = self._asked_for()
        if route.startswith("POST /v1/cases/{record}") and who:
            ids["record"] = self._case()
        if route.startswith("DELETE /v1/tests") and who == "tester":
            ids["test"] = self._test()
        if "{account_id}" in route:
            role = "tester" if route.startswith("POST") and route.endswith("/keys") else "auditor"
            ids["account_id"] = self._account(role) if who in {"administrator", "auditor"} else self.account
        if "/account/keys/{key_id}" in route:
            ids["key_id"] = self._own_key(who)
        elif "{key_id}" in route:
            ids["key_id"] = NO_SEARCH if who != "administrator" else self._key(ids["account_id"])
        if "{session_id}" in route:
            ids["session_id"] = self._session(who)
        return ids

    def missing(self) -> dict[str, Any]:
        """Give ids of the right form, of nothing."""
        numbers = dict.fromkeys(("record", "index", "correction", "number"), 2**40)
        names = dict.fromkeys(
            ("run", "job", "ask", "search_id", "test", "account_id", "key_id", "session_id"), NO_SEARCH
        )
        return {
            **numbers,
            **names,
            "rank": 1,
            "mark": "m",
            "name": "no-such",
            "path": "0/x001/000",
            "agency": "CO0999999",
        }

    def sent(self, route: str, ids: dict[str, Any]) -> dict[str, Any]:
        """Give what is sent along."""
        if route in PARTS:
            parts: dict[str, Any] = PARTS[route](ids)
            return parts
        made = FORMS.get(route)
        return {} if made is None else {"json": made(next(self.numbers), ids)}

    def _case(self) -> int:
        form = {"case_number": f"24-{next(self.numbers):06d}", "offense_code": "1201"}
        return int(_made(self.room.as_("searcher").post("/v1/cases", json=form))["case"])

    def _asked_for(self) -> str:
        made = _made(self.room.send("/v1/permit-requests", "searcher", stated(approver=None)))
        return str(made["ask"])

    def _account(self, role: str = "auditor") -> str:
        form = {"name": f"guest-{next(self.numbers)}", "roles": [role]}
        made = _made(self.room.as_("administrator").post("/v1/accounts", json=form))
        return str(made["account"]["id"])

    def _key(self, account: str) -> str:
        identity = self.room.service.identity
        return identity.keys.issue(identity.accounts.demand(account), days=9, by="setup").key.id

    def _own_key(self, who: str) -> str:
        """Give a further key of somebody; a colleague's, for nobody."""
        account = self.room.service.identity.accounts.by_name(who or "colleague")
        assert account is not None
        return self._key(account.id)

    def _session(self, who: str) -> str:
        """Give a further session of somebody; a colleague's, for nobody and for who has none."""
        who = "colleague" if who in {"", "tester"} else who
        self.room.as_(who)  # his first, which stays
        browser(self.room.app, who)
        return str(self.room.as_(who).get("/v1/account/sessions").json()[0]["id"])

    def _test(self) -> str:
        return str(_made(self.ask("POST /v1/tests", "none", "tester", again=True))["id"])

    def _run(self) -> str:
        """Give a measured run: its folder is all there is of one."""
        folder = results_folder(self.room.service.desk.home) / NO_SEARCH.replace("9", "8")
        folder.mkdir(parents=True)
        (folder / "result.json").write_text("{}")
        (folder / "report.html").write_text("<!doctype html>")
        return folder.name

    def _misuse(self) -> int:
        form = FORMS["POST /v1/misuse"](0, {"search_id": self.room.search})
        return int(_made(self.room.as_("supervisor").post("/v1/misuse", json=form))["number"])


def _made(answer: Response) -> dict[str, Any]:
    assert answer.status_code in {201, 202}, answer.text
    made: dict[str, Any] = answer.json()
    return made
