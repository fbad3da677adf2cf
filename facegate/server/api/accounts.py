"""``/v1/accounts`` for administrators, ``/v1/account`` for one's own."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import Field

from facegate.server.acts import accounts as acts
from facegate.server.acts.accounts import Person
from facegate.server.api.once import no_key_taken
from facegate.server.api.replies import Form, Moment, Ori, Reply, Word, Yes
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.identity.account import Account
from facegate.server.identity.accounts import Made
from facegate.server.identity.roles import Role

router = APIRouter(prefix="/v1", tags=["accounts"], dependencies=[Depends(no_key_taken)])

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
AccountId = Annotated[str, Path(pattern=UUID, description="Id of the account.")]
KeyId = Annotated[str, Path(pattern=UUID, description="Id of the key, not its secret.")]
SessionId = Annotated[str, Path(pattern=UUID, description="Id of the session, not its cookie.")]
Phrase = Annotated[str, Field(min_length=1, max_length=200)]
Roles = Annotated[list[Role], Field(min_length=1, max_length=8)]
NO_STORE = {"Cache-Control": "no-store"}


class AccountForm(Form):
    """A new account. Searchers, reviewers and supervisors are officers in the agency's register."""

    name: Word
    roles: Roles
    officer: Annotated[str, Field(max_length=32)] = ""
    agency: Ori | None = None


class RolesForm(Form):
    """The roles an account has from now on."""

    roles: Roles


class InForceForm(Form):
    """Whether an account opens anything."""

    in_force: Yes


class KeyForm(Form):
    """A new API key."""

    days: Annotated[int, Field(ge=1, le=366)] = 90


class PhraseForm(Form):
    """One's own pass phrase, changed."""

    old: Phrase
    new: Phrase


class ConfirmForm(Form):
    """One's own pass phrase, typed again."""

    phrase: Phrase


class CodeForm(Form):
    """A one-time code."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class AccountReply(Reply):
    """An account; never anything that opens it."""

    id: str
    name: str
    roles: list[Role]
    officer: str
    agency: str
    issuer: str
    has_second_factor: bool
    disabled: bool
    created: Moment
    unconfirmed_by: str
    key_days: int | None
    key_until: Moment | None


class MadeReply(Reply):
    """An account, and its first pass phrase: shown here and never again.

    Where there is another administrator it opens nothing before one of them confirmed the account.
    """

    account: AccountReply
    first_phrase: str | None


class KeyReply(Reply):
    """An API key without its secret."""

    id: str
    account: str
    starts: str
    created: Moment
    expires: Moment
    last_used: Moment | None
    revoked: Moment | None


class IssuedReply(Reply):
    """An API key, and its secret: shown here and never again."""

    key: KeyReply
    secret: str


class SeedReply(Reply):
    """The seed of one-time codes: shown here and never again."""

    secret: str
    uri: str


class SessionReply(Reply):
    """A session of one's own."""

    id: str
    browser: str
    began: Moment
    seen: Moment
    expires: Moment


@router.get("/accounts")
def list_accounts(service: ServiceOf, caller: CallerOf) -> list[AccountReply]:
    """List every account."""
    return [_account(one) for one in acts.list_accounts(service, caller)]


@router.post("/accounts", status_code=201)
def make_account(form: AccountForm, service: ServiceOf, caller: CallerOf, response: Response) -> MadeReply:
    """Make an account. Its first pass phrase is shown once, and must be changed at the first login."""
    person = Person(form.officer, form.agency or "")
    made = acts.make_account(service, caller, form.name, form.roles, person=person)
    return _made(made, response)


@router.get("/accounts/{account_id}")
def read_account(account_id: AccountId, service: ServiceOf, caller: CallerOf) -> AccountReply:
    """Read one account."""
    return _account(acts.read_account(service, caller, account_id))


@router.put("/accounts/{account_id}/roles")
def set_roles(account_id: AccountId, form: RolesForm, service: ServiceOf, caller: CallerOf) -> AccountReply:
    """Give an account other roles; its sessions end."""
    return _account(acts.set_roles(service, caller, account_id, form.roles))


@router.put("/accounts/{account_id}/in-force")
def set_in_force(
    account_id: AccountId, form: InForceForm, service: ServiceOf, caller: CallerOf
) -> AccountReply:
    """Disable an account at once, with its sessions and keys, or enable it again."""
    return _account(acts.set_in_force(service, caller, account_id, in_force=form.in_force))


@router.post("/accounts/{account_id}/confirmation")
def confirm_account(account_id: AccountId, service: ServiceOf, caller: CallerOf) -> AccountReply:
    """Confirm, as a second administrator, what the first one made, reset or widened."""
    return _account(acts.confirm_account(service, caller, account_id))


@router.post("/accounts/{account_id}/reset")
def reset_account(
    account_id: AccountId, service: ServiceOf, caller: CallerOf, response: Response
) -> MadeReply:
    """Give an account a new first pass phrase; second factor, sessions and keys are gone."""
    return _made(acts.reset_account(service, caller, account_id), response)


@router.get("/accounts/{account_id}/keys")
def list_keys(account_id: AccountId, service: ServiceOf, caller: CallerOf) -> list[KeyReply]:
    """List an account's API keys, without their secrets."""
    return [KeyReply.model_validate(one) for one in acts.list_keys(service, caller, account_id)]


@router.post("/accounts/{account_id}/keys", status_code=201)
def issue_key(
    account_id: AccountId, form: KeyForm, service: ServiceOf, caller: CallerOf, response: Response
) -> IssuedReply:
    """Issue a tester's API key. Its secret is shown once. Everybody else makes his own."""
    response.headers.update(NO_STORE)
    return IssuedReply.model_validate(acts.issue_key(service, caller, account_id, days=form.days))


@router.post("/accounts/{account_id}/key-allowance")
def allow_key(account_id: AccountId, form: KeyForm, service: ServiceOf, caller: CallerOf) -> AccountReply:
    """Allow an account's holder to make one API key, within seven days."""
    return _account(acts.allow_key(service, caller, account_id, days=form.days))


@router.delete("/accounts/{account_id}/keys/{key_id}")
def revoke_key(account_id: AccountId, key_id: KeyId, service: ServiceOf, caller: CallerOf) -> KeyReply:
    """Revoke an API key, at once."""
    return KeyReply.model_validate(acts.revoke_key(service, caller, account_id, key_id))


@router.get("/account")
def own_account(service: ServiceOf, caller: CallerOf) -> AccountReply:
    """Read one's own account."""
    return _account(acts.own_account(service, caller))


@router.get("/account/keys")
def list_own_keys(service: ServiceOf, caller: CallerOf) -> list[KeyReply]:
    """List one's own API keys, without their secrets."""
    return [KeyReply.model_validate(one) for one in acts.list_own_keys(service, caller)]


@router.post("/account/keys", status_code=201)
def make_own_key(service: ServiceOf, caller: CallerOf, response: Response) -> IssuedReply:
    """Make the API key that an administrator allowed. Its secret is shown once."""
    response.headers.update(NO_STORE)
    return IssuedReply.model_validate(acts.make_own_key(service, caller))


@router.delete("/account/keys/{key_id}")
def revoke_own_key(key_id: KeyId, service: ServiceOf, caller: CallerOf) -> KeyReply:
    """Revoke one of one's own API keys, at once."""
    return KeyReply.model_validate(acts.revoke_own_key(service, caller, key_id))


@router.put("/account/pass-phrase", status_code=204)
def change_phrase(form: PhraseForm, service: ServiceOf, caller: CallerOf) -> None:
    """Change one's own pass phrase; every session ends."""
    acts.change_phrase(service, caller, old=form.old, new=form.new)


@router.post("/account/second-factor", status_code=201)
def begin_second_factor(
    form: ConfirmForm, service: ServiceOf, caller: CallerOf, response: Response
) -> SeedReply:
    """Begin to set up one-time codes. The seed is shown once, and counts when a code of it was sent."""
    response.headers.update(NO_STORE)
    return SeedReply.model_validate(acts.begin_second_factor(service, caller, phrase=form.phrase))


@router.put("/account/second-factor", status_code=204)
def confirm_second_factor(form: CodeForm, service: ServiceOf, caller: CallerOf) -> None:
    """Put one-time codes in force by the first of them."""
    acts.confirm_second_factor(service, caller, code=form.code)


@router.get("/account/sessions")
def list_sessions(service: ServiceOf, caller: CallerOf) -> list[SessionReply]:
    """List one's own sessions."""
    return [SessionReply.model_validate(one) for one in acts.list_sessions(service, caller)]


@router.delete("/account/sessions/{session_id}", status_code=204)
def end_session(session_id: SessionId, service: ServiceOf, caller: CallerOf) -> None:
    """End one of one's own sessions."""
    acts.end_session(service, caller, session_id)


def _account(account: Account) -> AccountReply:
    shown = {name: getattr(account, name) for name in AccountReply.model_fields}
    return AccountReply.model_validate({**shown, "roles": sorted(account.roles)})


def _made(made: Made, response: Response) -> MadeReply:
    response.headers.update(NO_STORE)
    return MadeReply(account=_account(made.account), first_phrase=made.first_phrase)
