"""A public site made from a rich home, once: where tests of the site start."""

from __future__ import annotations

import atexit
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from case_room import AT, a_home
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facegate.audit.log_tree import read_tree
from facegate.audit.signed.signing import Ed25519Cosigner
from facegate.audit.witnesses.witness_policy import parse_policy
from facegate.gate.home import Home
from facegate.oversight.site.pages import site_files
from facegate.oversight.site.source import SiteSource, read_source
from facegate.oversight.site.writing import write_site
from facegate.policy.engine import PolicyEngine

if TYPE_CHECKING:
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint

YEARS = (2026,)
WITNESS = Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
POLICY = f"witness defender {WITNESS.key.line()}\ngroup outside any defender\nquorum outside\n"


@cache
def law() -> PolicyEngine:
    """Load the shipped laws once."""
    return PolicyEngine.load()


def signed_state(home: Home) -> SignedCheckpoint:
    """Sign the newest state of a home's log."""
    keys = home.log_keys()
    assert keys is not None
    checkpoint, tree = read_tree(home.log)
    return keys.sign(checkpoint, tree.root, at=AT)


def source_of(home: Home, *, witnessed: bool = False, **changes: Any) -> SiteSource:  # noqa: ANN401  any option
    """Read what a site is made from; with the one witness of the policy, or without a policy."""
    keys = home.log_keys()
    assert keys is not None
    signed = signed_state(home)
    if witnessed:
        signed = signed.with_signatures([WITNESS.sign(signed.note.text, at=AT)])
        changes |= {"policy": parse_policy(POLICY), "policy_text": POLICY}
    return read_source(home, signed, keys=keys.vkeys, **{"engine": law(), "at": AT, **changes})


def write(out: Path, home: Home, source: SiteSource) -> Path:
    """Write a site; give its folder."""
    write_site(out, home, source, site_files(source, YEARS))
    return out


@cache
def _made() -> Path:
    folder = Path(mkdtemp(prefix="facegate-site-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    home = a_home(folder)
    write(folder / "site", home, source_of(home))
    return folder


def the_home() -> Home:
    """Give the home the site is made from, to be read only."""
    return Home(_made() / "home")


def the_site() -> Path:
    """Give the site, to be read only."""
    return _made() / "site"


def a_site(folder: Path) -> Path:
    """Give a test a site of its own."""
    shutil.copytree(the_site(), folder / "site")
    return folder / "site"
