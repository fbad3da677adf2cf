"""The grid of roles, routes and objects, and what is said of it: literal tables, made from no other.

Each line of the grid is what nine callers are answered at a route, about a thing of their own agency
(``own``), of another one (``other``), or one that is not there (``none``); ``-`` where it is about no thing.
"""

from __future__ import annotations

from typing import Final

from attacked import INQUIRY

OWN: Final = (
    "",
    "searcher",
    "second",
    "supervisor",
    "enroller",
    "auditor",
    INQUIRY,
    "administrator",
    "tester",
)
OTHER: Final = (
    "",
    "other-searcher",
    "other-reviewer",
    "other-supervisor",
    *OWN[4:8],
    "other-tester",
)
"""Who asks, by column: of the agency whose the thing is; and of another, where the role is of an agency."""
WORDS: Final = {
    "who": (401, "not-signed-in"),
    "page": (403, "session-wanted"),  # with a key, where a session is wanted
    "role": (403, "missing-role"),
    "law": (403, "policy-refusal"),
    "off": (403, "no-officer"),
    "gone": (404, "not-found"),
    "once": (409, "taken-already"),
    "over": (409, "job-ended"),
    "form": (422, "invalid-request"),
}
"""Each word of the grid but ``ok``, which is any 2xx: the status, and the last part of the problem's type."""

GRID: Final = """
#         nobody   searcher reviewer supervis enroller auditor  misuse   administ tester
GET /.well-known/facegate.json
    -     ok       ok       ok       ok       ok       ok       ok       ok       ok
GET /livez
    -     ok       ok       ok       ok       ok       ok       ok       ok       ok
GET /log/checkpoint
    -     ok       ok       ok       ok       ok       ok       ok       ok       ok
GET /log/records/{index}
    own   ok       ok       ok       ok       ok       ok       ok       ok       ok
    none  gone     gone     gone     gone     gone     gone     gone     gone     gone
GET /log/tile/{path}
    own   ok       ok       ok       ok       ok       ok       ok       ok       ok
    none  gone     gone     gone     gone     gone     gone     gone     gone     gone
GET /metrics
    -     who      role     role     role     role     ok       role     ok       role
GET /readyz
    -     ok       ok       ok       ok       ok       ok       ok       ok       ok
GET /v1/account
    -     who      ok       ok       ok       ok       ok       ok       ok       role
GET /v1/account/keys
    -     who      ok       ok       ok       ok       ok       ok       ok       role
POST /v1/account/keys
    -     who      form     form     form     form     form     form     form     role
DELETE /v1/account/keys/{key_id}
    own   who      ok       ok       ok       ok       ok       ok       ok       role
    other who      gone     gone     gone     gone     gone     gone     gone     role
    none  who      gone     gone     gone     gone     gone     gone     gone     role
PUT /v1/account/pass-phrase
    -     who      form     form     form     form     form     form     form     role
POST /v1/account/second-factor
    -     who      ok       ok       ok       ok       ok       ok       ok       role
PUT /v1/account/second-factor
    -     who      form     form     form     form     form     form     form     role
GET /v1/account/sessions
    -     who      ok       ok       ok       ok       ok       ok       ok       role
DELETE /v1/account/sessions/{session_id}
    own   who      ok       ok       ok       ok       ok       ok       ok       role
    other who      gone     gone     gone     gone     gone     gone     gone     role
    none  who      gone     gone     gone     gone     gone     gone     gone     role
GET /v1/accounts
    -     who      role     role     role     role     ok       role     ok       role
POST /v1/accounts
    -     who      role     role     role     role     role     role     ok       role
GET /v1/accounts/{account_id}
    own   who      role     role     role     role     ok       role     ok       role
    none  who      role     role     role     role     gone     role     gone     role
PUT /v1/accounts/{account_id}/in-force
    own   who      role     role     role     role     role     role     ok       role
    none  who      role     role     role     role     role     role     gone     role
POST /v1/accounts/{account_id}/confirmation
    own   who      role     role     role     role     role     role     ok       role
    none  who      role     role     role     role     role     role     gone     role
POST /v1/accounts/{account_id}/key-allowance
    own   who      role     role     role     role     role     role     ok       role
    none  who      role     role     role     role     role     role     gone     role
GET /v1/accounts/{account_id}/keys
    own   who      role     role     role     role     ok       role     ok       role
    none  who      role     role     role     role     gone     role     gone     role
POST /v1/accounts/{account_id}/keys
    own   who      role     role     role     role     role     role     ok       role
    none  who      role     role     role     role     role     role     gone     role
DELETE /v1/accounts/{account_id}/keys/{key_id}
    own   who      role     role     role     role     role     role     ok       role
    none  who      role     role     role     role     role     role     gone     role
POST /v1/accounts/{account_id}/reset
    own   who      role     role     role     role     role     role     ok       role
    none  who      role     role     role     role     role     role     gone     role
PUT /v1/accounts/{account_id}/roles
    own   who      role     role     role     role     role     role     ok       role
    none  who      role     role     role     role     role     role     gone     role
POST /api/v1/recognition/recognize
    -     who      law      role     role     role     role     role     role     role
GET /api/v1/recognition/recognize/{search_id}
    own   who      ok       ok       ok       role     ok       ok       role     role
    other who      gone     gone     gone     role     ok       ok       role     role
    none  who      gone     gone     gone     role     gone     gone     role     role
GET /v1/benchmarks
    -     ok       ok       ok       ok       ok       ok       ok       ok       ok
POST /v1/benchmarks
    -     who      role     role     role     role     form     role     role     role
GET /v1/benchmarks/{run}
    own   ok       ok       ok       ok       ok       ok       ok       ok       ok
    none  gone     gone     gone     gone     gone     gone     gone     gone     gone
GET /v1/benchmarks/{run}/report.html
    own   ok       ok       ok       ok       ok       ok       ok       ok       ok
    none  gone     gone     gone     gone     gone     gone     gone     gone     gone
GET /v1/enrollments
    -     who      role     role     role     ok       role     role     role     role
POST /v1/enrollments
    -     who      role     role     role     form     role     role     role     role
POST /v1/withdrawals
    -     who      role     role     role     form     role     role     role     role
GET /v1/jobs
    -     who      role     role     role     ok       ok       role     role     ok
GET /v1/jobs/{job}
    own   who      role     role     role     gone     gone     role     role     ok
    other who      role     role     role     gone     gone     role     role     gone
    none  who      role     role     role     gone     gone     role     role     gone
DELETE /v1/jobs/{job}
    own   who      role     role     role     gone     gone     role     role     over
    other who      role     role     role     gone     gone     role     role     gone
    none  who      role     role     role     gone     gone     role     role     gone
GET /v1/audits
    -     ok       ok       ok       ok       ok       ok       ok       ok       ok
GET /v1/cases
    own   who      ok       ok       ok       role     ok       ok       role     role
    other who      gone     gone     gone     role     ok       ok       role     role
    none  who      gone     gone     gone     role     ok       ok       role     role
POST /v1/cases
    -     who      ok       role     ok       role     role     role     role     role
GET /v1/cases/{record}
    own   who      ok       ok       ok       role     ok       ok       role     role
    other who      gone     gone     gone     role     ok       ok       role     role
    none  who      gone     gone     gone     role     gone     gone     role     role
POST /v1/cases/{record}/amendments
    own   who      ok       role     ok       role     role     role     role     role
    other who      gone     role     gone     role     role     role     role     role
    none  who      gone     role     gone     role     role     role     role     role
POST /v1/cases/{record}/case-files
    own   who      role     role     ok       role     ok       role     role     role
    other who      role     role     gone     role     ok       role     role     role
    none  who      role     role     gone     role     gone     role     role     role
POST /v1/cases/{record}/closing
    own   who      ok       role     ok       role     role     role     role     role
    other who      gone     role     gone     role     role     role     role     role
    none  who      gone     role     gone     role     role     role     role     role
POST /v1/cases/{record}/confirmation
    own   who      role     role     ok       role     role     role     role     role
    other who      role     role     gone     role     role     role     role     role
    none  who      role     role     gone     role     role     role     role     role
GET /v1/certificate
    -     ok       ok       ok       ok       ok       ok       ok       ok       ok
GET /v1/certificate/file
    -     ok       ok       ok       ok       ok       ok       ok       ok       ok
POST /v1/corrections/{correction}/notices
    own   who      role     role     ok       role     role     role     role     role
    other who      role     role     gone     role     role     role     role     role
    none  who      role     role     gone     role     role     role     role     role
GET /v1/docket
    -     who      ok       ok       ok       role     ok       ok       role     role
POST /v1/dossiers
    own   who      law      role     role     role     role     role     role     role
    other who      gone     role     role     role     role     role     role     role
    none  who      gone     role     role     role     role     role     role     role
POST /v1/dossiers/permits
    own   who      role     role     law      role     role     role     role     role
    other who      role     role     gone     role     role     role     role     role
    none  who      role     role     gone     role     role     role     role     role
POST /v1/limits/clearances
    -     who      role     role     gone     role     role     role     role     role
GET /v1/limits/waiting
    -     who      role     role     ok       role     ok       role     role     role
GET /v1/misuse
    -     who      role     role     role     role     ok       ok       role     role
POST /v1/misuse
    own   who      law      ok       ok       role     off      ok       role     role
    other who      gone     gone     gone     role     off      ok       role     role
    none  who      gone     gone     gone     role     off      gone     role     role
GET /v1/misuse/docket
    -     who      role     role     role     role     ok       ok       role     role
POST /v1/misuse/docket/openings
    -     who      role     role     role     role     role     ok       role     role
POST /v1/misuse/statements
    -     who      role     role     role     role     role     ok       role     role
GET /v1/misuse/{number}
    own   who      role     role     role     role     ok       ok       role     role
    other who      role     role     role     role     ok       ok       role     role
    none  who      role     role     role     role     gone     gone     role     role
POST /v1/misuse/{number}/steps
    own   who      role     role     role     role     role     ok       role     role
    other who      role     role     role     role     role     ok       role     role
    none  who      role     role     role     role     role     gone     role     role
GET /v1/permits
    -     who      ok       role     ok       role     ok       role     role     role
POST /v1/permits
    -     who      role     role     ok       role     role     role     role     role
GET /v1/permit-requests
    -     who      ok       role     ok       role     role     role     role     role
POST /v1/permit-requests
    -     who      ok       role     role     role     role     role     role     role
DELETE /v1/permit-requests/{ask}
    own   who      ok       role     role     role     role     role     role     role
    other who      gone     role     role     role     role     role     role     role
    none  who      gone     role     role     role     role     role     role     role
GET /v1/permit-requests/{ask}
    own   who      ok       role     ok       role     role     role     role     role
    other who      gone     role     gone     role     role     role     role     role
    none  who      gone     role     gone     role     role     role     role     role
POST /v1/permit-requests/{ask}/approval
    own   who      role     role     ok       role     role     role     role     role
    other who      role     role     gone     role     role     role     role     role
    none  who      role     role     gone     role     role     role     role     role
GET /v1/permit-requests/{ask}/photo
    own   who      ok       role     ok       role     role     role     role     role
    other who      gone     role     gone     role     role     role     role     role
    none  who      gone     role     gone     role     role     role     role     role
POST /v1/permit-requests/{ask}/refusal
    own   who      role     role     ok       role     role     role     role     role
    other who      role     role     gone     role     role     role     role     role
    none  who      role     role     gone     role     role     role     role     role
GET /v1/policies
    -     ok       ok       ok       ok       ok       ok       ok       ok       ok
POST /v1/policies/explain
    -     who      ok       role     ok       role     ok       role     role     role
GET /v1/policies/offenses
    -     ok       ok       ok       ok       ok       ok       ok       ok       ok
GET /v1/policies/{name}
    own   ok       ok       ok       ok       ok       ok       ok       ok       ok
    none  gone     gone     gone     gone     gone     gone     gone     gone     gone
GET /v1/receipts/{index}
    own   who      ok       ok       ok       role     ok       ok       role     role
    other who      gone     gone     gone     role     ok       ok       role     role
    none  who      gone     gone     gone     role     gone     gone     role     role
GET /v1/reports
    -     ok       ok       ok       ok       ok       ok       ok       ok       ok
POST /v1/reports/verify
    -     ok       ok       ok       ok       ok       ok       ok       ok       ok
GET /v1/reports/{name}
    own   ok       ok       ok       ok       ok       ok       ok       ok       ok
    none  gone     gone     gone     gone     gone     gone     gone     gone     gone
GET /v1/reviews
    -     who      role     ok       role     role     role     role     role     role
POST /v1/searches
    -     who      law      role     role     role     role     role     role     role
GET /v1/searches/{search_id}
    own   who      ok       ok       ok       role     ok       ok       role     role
    other who      gone     gone     gone     role     ok       ok       role     role
    none  who      gone     gone     gone     role     gone     gone     role     role
POST /v1/searches/{search_id}/corrections
    own   who      role     role     once     role     role     role     role     role
    other who      role     role     gone     role     role     role     role     role
    none  who      role     role     gone     role     role     role     role     role
POST /v1/searches/{search_id}/corroborations
    own   who      law      role     law      role     role     role     role     role
    other who      gone     role     gone     role     role     role     role     role
    none  who      gone     role     gone     role     role     role     role     role
POST /v1/searches/{search_id}/disclosures
    own   who      ok       role     once     role     role     role     role     role
    other who      gone     role     gone     role     role     role     role     role
    none  who      gone     role     gone     role     role     role     role     role
GET /v1/searches/{search_id}/images/probe
    own   who      ok       ok       role     role     off      role     role     role
    other who      gone     gone     gone     role     off      role     role     role
    none  who      gone     gone     gone     role     off      gone     role     role
GET /v1/searches/{search_id}/images/{rank}
    own   who      gone     gone     role     role     off      role     role     role
    other who      gone     gone     gone     role     off      role     role     role
    none  who      gone     gone     gone     role     off      gone     role     role
GET /v1/searches/{search_id}/notices
    own   who      role     role     ok       role     role     role     role     role
    other who      role     role     gone     role     role     role     role     role
    none  who      role     role     gone     role     role     role     role     role
POST /v1/searches/{search_id}/releases
    own   who      role     once     once     role     role     role     role     role
    other who      role     gone     gone     role     role     role     role     role
    none  who      role     gone     gone     role     role     role     role     role
POST /v1/searches/{search_id}/reviews
    own   who      role     once     role     role     role     role     role     role
    other who      role     gone     role     role     role     role     role     role
    none  who      role     gone     role     role     role     role     role     role
GET /v1/searches/{search_id}/sheet
    own   who      role     ok       role     role     role     role     role     role
    other who      role     gone     role     role     role     role     role     role
    none  who      role     gone     role     role     role     role     role     role
GET /v1/tests
    -     who      role     role     role     role     role     role     role     ok
POST /v1/tests
    -     who      role     role     role     role     role     role     role     ok
DELETE /v1/tests/{test}
    own   who      role     role     role     role     role     role     role     ok
    other who      role     role     role     role     role     role     role     gone
    none  who      role     role     role     role     role     role     role     gone
GET /v1/tests/{test}
    own   who      role     role     role     role     role     role     role     ok
    other who      role     role     role     role     role     role     role     gone
    none  who      role     role     role     role     role     role     role     gone
GET /v1/tests/{test}/receipt
    own   who      role     role     role     role     role     role     role     ok
    other who      role     role     role     role     role     role     role     gone
    none  who      role     role     role     role     role     role     role     gone
GET /v1/tests/{test}/report.html
    own   who      role     role     role     role     role     role     role     ok
    other who      role     role     role     role     role     role     role     gone
    none  who      role     role     role     role     role     role     role     gone
GET /v1/tests/{test}/result.json
    own   who      role     role     role     role     role     role     role     ok
    other who      role     role     role     role     role     role     role     gone
    none  who      role     role     role     role     role     role     role     gone
GET /v1/tests/{test}/scores.csv
    own   who      role     role     role     role     role     role     role     gone
    other who      role     role     role     role     role     role     role     gone
    none  who      role     role     role     role     role     role     role     gone
"""
PUBLIC: Final = {
    "GET /.well-known/facegate.json", "GET /livez", "GET /readyz", "GET /log/checkpoint",
    "GET /log/records/{index}", "GET /log/tile/{path}", "GET /v1/audits", "GET /v1/benchmarks",
    "GET /v1/benchmarks/{run}", "GET /v1/benchmarks/{run}/report.html", "GET /v1/certificate",
    "GET /v1/certificate/file", "GET /v1/policies", "GET /v1/policies/offenses", "GET /v1/policies/{name}",
    "GET /v1/reports", "GET /v1/reports/{name}", "POST /v1/reports/verify",
}  # fmt: skip
"""What is for anybody: laws, rates, reports and the log; nothing that acts."""
ADMINISTRATORS: Final = {
    "GET /metrics", "GET /v1/account", "GET /v1/account/sessions", "POST /v1/account/second-factor",
    "DELETE /v1/account/sessions/{session_id}", "GET /v1/accounts", "POST /v1/accounts",
    "GET /v1/accounts/{account_id}", "PUT /v1/accounts/{account_id}/in-force",
    "GET /v1/accounts/{account_id}/keys", "POST /v1/accounts/{account_id}/keys",
    "DELETE /v1/accounts/{account_id}/keys/{key_id}", "POST /v1/accounts/{account_id}/reset",
    "PUT /v1/accounts/{account_id}/roles", "POST /v1/accounts/{account_id}/confirmation",
    "POST /v1/accounts/{account_id}/key-allowance", "GET /v1/account/keys",
    "DELETE /v1/account/keys/{key_id}",
}  # fmt: skip
"""What an administrator gets beyond that: accounts and counters, and nothing of cases, searches or people."""
WITH_A_FRESH_LOGIN: Final = {
    "POST /v1/permits": "supervisor",
    "POST /v1/permit-requests/{ask}/approval": "supervisor",
    "POST /v1/dossiers/permits": "supervisor",
    "POST /v1/searches/{search_id}/releases": "supervisor",
    "POST /v1/searches/{search_id}/corrections": "supervisor",
    "POST /v1/limits/clearances": "supervisor",
    "POST /v1/cases/{record}/confirmation": "supervisor",
    "POST /v1/cases/{record}/case-files": "supervisor",
    "POST /v1/misuse/{number}/steps": INQUIRY,
    "POST /v1/misuse/statements": INQUIRY,
    "POST /v1/misuse/docket/openings": INQUIRY,
    "POST /v1/accounts": "administrator",
    "POST /v1/accounts/{account_id}/keys": "administrator",
    "POST /v1/accounts/{account_id}/key-allowance": "administrator",
    "POST /v1/accounts/{account_id}/confirmation": "administrator",
    "POST /v1/account/keys": "searcher",
    "POST /v1/accounts/{account_id}/reset": "administrator",
    "PUT /v1/accounts/{account_id}/roles": "administrator",
    "PUT /v1/accounts/{account_id}/in-force": "administrator",
    "DELETE /v1/accounts/{account_id}/keys/{key_id}": "administrator",
}
"""Approvals, and who gives them: a key, which proves nobody's presence, gives none."""


def grid() -> dict[str, dict[str, tuple[str, ...]]]:
    """Read the grid: the cells of every line, by route and by whose the thing is."""
    read: dict[str, dict[str, tuple[str, ...]]] = {}
    route = ""
    for line in GRID.splitlines():
        if line and not line.startswith((" ", "#")):
            route = line
            read[route] = {}
        elif line.startswith(" "):
            whose, *cells = line.split()
            read[route][whose] = tuple(cells)
    return read
