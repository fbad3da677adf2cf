"""Settings of the service: what is read, and what is refused before anything is served."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from facegate.audit.witnesses.witness_policy import NONE
from facegate.errors import InputError
from facegate.gate.home import DATABASE, Home
from facegate.server.config import parse_config, read_config
from facegate.server.edge.settings import AROUND, UPLOADS, edge_settings
from facegate.server.identity.roles import Role
from facegate.server.publisher import witness_policy

if TYPE_CHECKING:
    from facegate.server.config import ServerConfig

HOME = Path("/home-of-an-agency")
OIDC = """
[[oidc]]
name = "agency"
issuer = "https://login.example"
client_id = "facegate"
audience = "facegate"
roles_claim = "groups"
[oidc.roles]
a = "searcher"
"""


README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def parsed(text: str) -> ServerConfig:
    return parse_config(text, HOME)


def test_without_a_file_it_answers_on_this_machine_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(DATABASE, raising=False)
    config = read_config(Home(tmp_path))
    assert (config.host, config.base_url) == ("127.0.0.1", "http://127.0.0.1:8443")
    assert config.database == f"sqlite:///{tmp_path}/service.db"
    assert config.session_idle == timedelta(minutes=15)


def test_the_environment_names_the_database_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server.toml").write_text('database = "postgresql://a@b/file"')
    monkeypatch.delenv(DATABASE, raising=False)
    assert read_config(Home(tmp_path)).database == "postgresql://a@b/file"
    monkeypatch.setenv(DATABASE, "postgresql://a@b/environment")
    assert read_config(Home(tmp_path)).database == "postgresql://a@b/environment"


def test_the_settings_that_the_readme_shows_are_settings() -> None:
    shown = README.partition("```toml\nhost = ")[2].partition("```")[0]
    config = parsed(f"host = {shown}")
    assert config.base_url == "https://faces.agency.example"
    assert [dict(one.roles) for one in config.providers] == [{"fr-searchers": Role.SEARCHER}]


def test_everything_that_can_be_set_is_read() -> None:
    config = parsed(
        'host = "0.0.0.0"\nport = 9000\nbase_url = "https://faces.example/"\nsession_minutes = 5\n'
        'tls_certificate = "tls/a.pem"\ntls_key = "tls/a.key"\ntrusted_proxies = ["10.0.0.0/8"]\n'
        "session_hours = 8\n[rate_limits]\naddress_minute = 7\n" + OIDC
    )
    assert config.base_url == config.origin == "https://faces.example"
    assert config.tls_certificate == HOME / "tls/a.pem"
    assert config.rate_limits.address_minute == 7
    assert config.session_longest == timedelta(hours=8)
    assert config.providers[0].roles == {"a": Role.SEARCHER}
    assert config.providers[0].algorithms == ("EdDSA", "ES256", "RS256")


def test_limits_of_the_test_port_and_its_edge_are_one() -> None:
    config = parsed("[test_port]\nphotos = 50\nupload_bytes = 1000000\n")
    assert (config.test_port.photos, config.test_port.days_kept) == (50, 7)
    assert edge_settings(config).body_limit("/v1/tests") == 1_000_000 + AROUND
    assert edge_settings(parsed("")).uploads == UPLOADS


def test_the_policy_on_witnesses_is_read_from_the_folder(tmp_path: Path) -> None:
    assert witness_policy(parse_config("", tmp_path)) is None
    (tmp_path / "w.policy").write_text("quorum none\n")
    read = witness_policy(parse_config('witness_policy = "w.policy"', tmp_path))
    assert read is not None
    assert read.quorum == NONE


@pytest.mark.parametrize(
    ("data", "why"),
    [(None, "cannot be read: No such file"), (b"\xff", "not UTF-8"), (b"quorum x", "no policy")],
)
def test_a_policy_that_is_none_is_told_by_its_setting(tmp_path: Path, data: bytes | None, why: str) -> None:
    if data is not None:
        (tmp_path / "w.policy").write_bytes(data)
    with pytest.raises(InputError, match=f"^witness_policy names .*{why}"):
        witness_policy(parse_config('witness_policy = "w.policy"', tmp_path))


REFUSED = {
    "a test of none": ("[test_port]\nphotos = 0", "test_port.photos is 0, wanted a whole number from 1"),
    "a test of all": ("[test_port]\nphotos = 20001", "from 1 to 20,000"),
    "a misspelled limit of tests": ("[test_port]\nfotos = 1", "test_port.fotos is not known"),
    "a policy that is no name": ("witness_policy = 1", "wanted a text"),
    "misspelled": ("rate_limit = 7", "rate_limit is not known"),
    "misspelled limit": ("[rate_limits]\nadress_minute = 7", "adress_minute is not known"),
    "no TOML": ("host = ", "is no TOML"),
    "a limit of none": ("[rate_limits]\naddress_minute = 0", "whole number from 1"),
    "a port too far": ("port = 65536", "65,535"),
    "a session of days": ("session_hours = 25", "from 1 to 24"),
    "plain over a network": ('base_url = "http://faces.example"', "wanted https://"),
    "a path": ('base_url = "https://faces.example/app"', "no path"),
    "a user": ('base_url = "https://a@faces.example"', "no path"),
    "capitals": ('base_url = "https://Faces.example"', "small letters"),
    "a port left out by browsers": ('base_url = "https://faces.example:443"', "browsers leave out"),
    "no address": ('base_url = "faces"', "wanted https://"),
    "a broken address": ('base_url = "https://[::1"', "wanted https://"),
    "all the world in the clear": ('host = "0.0.0.0"', "without TLS"),
    "half a certificate": ('tls_key = "a"', "belong together"),
    "a proxy by name": ('trusted_proxies = ["proxy"]', "addresses or networks"),
    "shared secret": (OIDC.replace("[oidc.roles]", 'algorithms = ["HS256"]\n[oidc.roles]'), "wanted some of"),
    "no signature": (OIDC.replace("[oidc.roles]", 'algorithms = ["none"]\n[oidc.roles]'), "wanted some of"),
    "no algorithm": (OIDC.replace("[oidc.roles]", "algorithms = []\n[oidc.roles]"), "wanted some of"),
    "a provider in the clear": (OIDC.replace("https://login", "http://login"), "wanted an https://"),
    "a tester by claim": (OIDC.replace('"searcher"', '"tester"'), "wanted one of"),
    "an invented role": (OIDC.replace('"searcher"', '"chief"'), "wanted one of"),
    "no audience": (OIDC.replace('audience = "facegate"\n', ""), "audience is missing"),
    "twice the same": (OIDC + OIDC, "same name"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_a_setting_that_is_not_wanted_is_refused(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as found:
        parsed(text)
    assert str(found.value).startswith("server.toml")


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATABASE, "sqlite:///x")
    (tmp_path / "server.toml").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"cannot read server\.toml"):
        read_config(Home(tmp_path))
