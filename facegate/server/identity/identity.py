"""Who is asking: keys, tokens and sessions, and the books behind them, in one place.

Pages sign in by `log_in` or, at a provider, by `code_flow` and `log_in_by_provider`; everything else asks
`identify`. What is shown and wrong is refused, never taken for nothing shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from facegate.errors import InputError
from facegate.server.database.connect import transaction
from facegate.server.database.tables import accounts as accounts_table
from facegate.server.identity.accounts import Accounts
from facegate.server.identity.api_keys import ApiKeys
from facegate.server.identity.caller import NOBODY, By, Caller
from facegate.server.identity.code_flow import FRESH_SECONDS, Again, CodeFlow
from facegate.server.identity.cookies import SAFE, Cookies, forged
from facegate.server.identity.credentials import Shown, shown
from facegate.server.identity.federated import federated
from facegate.server.identity.known_keys import KnownKeys
from facegate.server.identity.owner import demand_own
from facegate.server.identity.pass_phrases import PassPhrases
from facegate.server.identity.pepper import read_pepper
from facegate.server.identity.provider_keys import ProviderKeys, http_client
from facegate.server.identity.second_factor import SecondFactor
from facegate.server.identity.sessions import Session, Sessions
from facegate.server.identity.signing_in import SigningIn
from facegate.server.identity.throttle import Throttle
from facegate.server.identity.tokens import Tokens
from facegate.server.problems import Problem, unknown_caller

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx
    from sqlalchemy import Engine
    from starlette.requests import Request

    from facegate.server.config import ServerConfig
    from facegate.server.desk import Desk
    from facegate.server.identity.account import Account
    from facegate.server.identity.code_flow import Start
    from facegate.server.identity.provider import Provider
    from facegate.server.identity.tokens import Verified

API: Final = ("/v1/", "/api/v1/")
"""Paths of programs: a session's change of anything there carries its token in a header."""
CSRF_HEADER: Final = "x-csrf-token"


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything about who is asking; made by `open_identity`.

    Parameters
    ----------
    accounts, keys, sessions : Accounts, ApiKeys, Sessions
        The books.
    second_factor, signing_in, tokens, code_flow : SecondFactor, SigningIn, Tokens, CodeFlow
        The ways to prove oneself.
    cookies : Cookies
        How cookies are set.
    http : httpx.Client
        By which providers are asked.
    """

    accounts: Accounts
    keys: ApiKeys
    sessions: Sessions
    second_factor: SecondFactor
    signing_in: SigningIn
    tokens: Tokens
    code_flow: CodeFlow
    cookies: Cookies
    http: httpx.Client

    def identify(self, request: Request) -> Caller:
        """Say who asks.

        Parameters
        ----------
        request : Request
            Its headers and cookies are looked at.

        Returns
        -------
        Caller
            The public, if nothing is shown.

        Raises
        ------
        Problem
            401 if what is shown is wrong, expired or withdrawn; 400 if it is two things, or in the address;
            403 if a session's change comes from elsewhere than our pages, or its token gives no role here;
            503 if a token's provider is away.
        """
        seen = shown(request, self.cookies.session)
        if seen.by is By.NOTHING:
            return NOBODY
        if seen.by is By.KEY:
            return self._by_key(seen)
        if seen.by is By.TOKEN:
            return self._by_token(seen)
        return self._by_session(request, seen)

    def known_at_once(self, request: Request) -> Caller | None:
        """Say who asks if he shows a key that is remembered, without waiting for the database; else None.

        Raises
        ------
        Problem
            400 or 401, as `identify`, for what is shown and cannot be anything.
        """
        seen = shown(request, self.cookies.session)
        account = self.keys.known_holder(seen.secret) if seen.by is By.KEY else None
        return None if account is None else account.caller(By.KEY, None)

    def identify_page(self, request: Request) -> Caller:
        """Say who asks for a page: a session that ended is nobody, so that the page can offer to sign in.

        Raises
        ------
        Problem
            As `identify`, but never 401.
        """
        try:
            return self.identify(request)
        except Problem as problem:
            if problem.status is HTTPStatus.UNAUTHORIZED:
                return NOBODY
            raise

    def log_in(
        self,
        name: str,
        phrase: str,
        *,
        address: str,
        browser: str,
        code: str = "",
        new_phrase: str = "",
        old: str = "",
    ) -> str:
        """Sign in, and begin a session.

        Parameters
        ----------
        name, phrase, code, new_phrase : str
            As `facegate.server.identity.signing_in.SigningIn.prove`.
        address, browser : str
            Whence, and what the browser calls itself.
        old : str
            The session's cookie that the browser had; it is ended.

        Returns
        -------
        str
            For `Cookies.set_session`.

        Raises
        ------
        Problem, InputError
            As `SigningIn.prove`.
        """
        account = self.signing_in.prove(name, phrase, address=address, code=code, new_phrase=new_phrase)
        if old:
            self.sessions.end(old)
        return self.sessions.begin(account, browser=browser)

    def log_in_by_provider(self, verified: Verified, *, browser: str, old: str = "") -> str:
        """Begin a session of whom a provider let in; as fresh as the provider says his login there is.

        Being let in is no proof of now: he may have been signed in there for days.

        Parameters
        ----------
        verified : Verified
            What the provider signed.
        browser, old : str
            As `log_in`.

        Raises
        ------
        Problem
            401 if the account is not in force, 403 if the provider gives it no role here.
        """
        account = self._federated(verified)
        if old:
            self.sessions.end(old)
        fresh_at = verified.fresh_at(self.accounts.clock())
        return self.sessions.begin_from_provider(account, browser=browser, fresh_at=fresh_at)

    def prove_at_provider(self, request: Request, then: str) -> Start:
        """Send the holder of a session to his provider, to prove himself there once more.

        Raises
        ------
        Problem
            401 if there is no session, 404 if no provider signs its account in, 503 if that is away.
        """
        _, session, account = self._session(request)
        name = self.provider_of(account)
        return self.code_flow.start(name, again=Again(account.id, session.id, then))

    def provider_of(self, account: Account) -> str:
        """Give the name of the provider that signs an account in; empty if none does."""
        return next((one.name for one in self.providers if one.issuer == account.issuer), "")

    def proved_at_provider(self, verified: Verified, again: Again, *, browser: str) -> str:
        """Take a provider's word that the holder of a session proved himself now; he has a new session then.

        Raises
        ------
        Problem
            403 if it is somebody else's proof, or the provider did not ask for it now; as
            `log_in_by_provider` besides.
        """
        now = self.accounts.clock()
        account, fresh_at = self._federated(verified), verified.fresh_at(now)
        if account.id != again.account:
            detail = "the provider signed in another account than the one that was to prove itself"
            raise Problem(HTTPStatus.FORBIDDEN, "another-account", detail)
        if fresh_at is None or now - fresh_at > timedelta(seconds=FRESH_SECONDS):
            detail = (
                "the provider did not say that you proved yourself just now, and by what it should; "
                "sign out there, and confirm again"
            )
            raise Problem(HTTPStatus.FORBIDDEN, "provider-proof-too-old", detail)
        self.sessions.end_one(again.account, again.session)
        return self.sessions.begin_from_provider(account, browser=browser, fresh_at=fresh_at)

    def step_up(self, request: Request, code: str, *, phrase: str = "") -> str:
        """Take a one-time code in a session, which is fresh then and has another id.

        Parameters
        ----------
        request : Request
            Of the session.
        code : str
            Of the second factor.
        phrase : str
            The pass phrase again, of an account without a second factor; with one, it is not looked at.

        Returns
        -------
        str
            For `Cookies.set_session`.

        Raises
        ------
        Problem
            401 if there is no session or the proof is wrong, 429 after too many attempts.
        """
        secret, _, account = self._session(request)
        if account.has_second_factor:
            self.signing_in.confirm_code(account, code)
        else:
            self.signing_in.confirm_phrase(account, phrase)
        return self.sessions.renew(secret, fresh_at=self.accounts.clock())

    def log_out(self, request: Request) -> None:
        """End the session of a request; nothing if there is none."""
        if secret := request.cookies.get(self.cookies.session):
            self.sessions.end(secret)

    def session(self, request: Request) -> Session:
        """Give the session of a request.

        Raises
        ------
        Problem
            401 if there is none.
        """
        return self._session(request)[1]

    def csrf(self, request: Request) -> str:
        """Give the token for the forms of a page; empty where there is no session."""
        secret = request.cookies.get(self.cookies.session, "")
        return self.sessions.csrf(secret) if secret else ""

    def demand_csrf(self, request: Request, token: str) -> None:
        """Refuse a form that does not carry its session's token, or comes from another site.

        Raises
        ------
        Problem
            403.
        """
        self.cookies.demand_own_origin(request)
        secret = request.cookies.get(self.cookies.session, "")
        if request.method not in SAFE and not (secret and self.sessions.is_csrf(secret, token)):
            raise forged()

    def close(self) -> None:
        """Close connections to providers."""
        self.http.close()

    @property
    def providers(self) -> Sequence[Provider]:
        """The providers that are pinned."""
        return tuple(one.provider for one in self.tokens.providers)

    def _by_key(self, seen: Shown) -> Caller:
        account = self.keys.holder(seen.secret)
        if account is None:
            self.signing_in.failed("key")
            msg = "this API key opens nothing: mistyped, expired, revoked, or of an account not in force"
            raise unknown_caller(msg)
        return account.caller(By.KEY, None)

    def _by_token(self, seen: Shown) -> Caller:
        try:
            verified = self.tokens.access(seen.secret)
        except Problem:
            self.signing_in.failed("token")
            raise
        return self._federated(verified).caller(By.TOKEN, verified.fresh_at(self.accounts.clock()))

    def _by_session(self, request: Request, seen: Shown) -> Caller:
        found = self.sessions.find(seen.secret)
        if found is None:
            self.signing_in.failed("session")
            msg = "this session has ended; sign in again"
            raise unknown_caller(msg)
        self.cookies.demand_own_origin(request)
        if request.url.path.startswith(API):  # forms carry theirs in the body, see `demand_csrf`
            self.demand_csrf(request, request.headers.get(CSRF_HEADER, ""))
        session, account = found
        return account.caller(By.SESSION, session.fresh_at)

    def _session(self, request: Request) -> tuple[str, Session, Account]:
        secret = request.cookies.get(self.cookies.session, "")
        found = self.sessions.find(secret)
        if found is None:
            raise unknown_caller()
        return secret, *found

    def _federated(self, verified: Verified) -> Account:
        try:
            return federated(self.accounts, verified)
        except InputError as error:
            raise Problem(HTTPStatus.FORBIDDEN, "missing-role", str(error)) from error


def open_identity(
    desk: Desk,
    engine: Engine,
    config: ServerConfig,
    *,
    phrases: PassPhrases | None = None,
    http: httpx.Client | None = None,
) -> Identity:
    """Open the books of who may ask.

    Parameters
    ----------
    desk : Desk
        Ledger, registers, clock, randomness.
    engine : Engine
        The service's database, at the newest step.
    config : ServerConfig
        Sessions, providers, the address browsers see.
    phrases : PassPhrases, optional
        How pass phrases are hashed.
    http : httpx.Client, optional
        By which providers are asked; closed with the identity.

    Raises
    ------
    InputError
        If the pepper is missing though there are accounts, or cannot be read; or the database is another
        agency's.
    StorageError
        If the database or the disk refuses.
    """
    clock, random_bytes = desk.clock, desk.random_bytes
    pepper = read_pepper(desk.home, random_bytes, known=_has_accounts(engine))
    demand_own(engine, pepper)
    client = http or http_client()
    accounts = Accounts(engine, desk.ledger, phrases or PassPhrases(), clock, random_bytes)
    throttle = Throttle(engine, pepper, clock)
    second_factor = SecondFactor(engine, desk.ledger, pepper, throttle, clock)
    tokens = Tokens(tuple(ProviderKeys(one, client, clock) for one in config.providers), clock)
    return Identity(
        accounts=accounts,
        keys=ApiKeys(engine, desk.ledger, pepper, clock, random_bytes, KnownKeys(engine)),
        sessions=Sessions(engine, pepper, clock, random_bytes, config.session_idle, config.session_longest),
        second_factor=second_factor,
        signing_in=SigningIn(accounts, second_factor, throttle, clock),
        tokens=tokens,
        code_flow=CodeFlow(tokens, pepper, client, config.base_url),
        cookies=Cookies(config.origin, config.over_tls),
        http=client,
    )


def _has_accounts(engine: Engine) -> bool:
    with transaction(engine) as connection:
        return connection.execute(sa.select(accounts_table.c.id).limit(1)).first() is not None
