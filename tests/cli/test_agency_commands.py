"""``facegate agency``: a setup file from the example, and what the registers say after it."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from facegate.cli import agency
from facegate.cli.main import app
from facegate.gate.registers.setup import EXAMPLE
from facegate.policy.engine import PolicyEngine
from facegate.policy.profile import SHIPPED

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put the example, for some other text of the law, and the files it names into a folder."""
    monkeypatch.setattr(agency, "now", lambda: NOW)
    (tmp_path / "agency.toml").write_text(EXAMPLE.read_text().replace("POLICY_DIGEST", "ab" * 32))
    (tmp_path / "usage-policy.txt").write_text("policy")
    (tmp_path / "release-form.txt").write_text("form")
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str]:
    environment = {"FACEGATE_HOME": str(folder / "home"), "COLUMNS": "200"}
    done = CliRunner().invoke(app, ["agency", *words], env=environment)
    return done.exit_code, " ".join(done.output.split())


def load(folder: Path) -> tuple[int, str]:
    return run(folder, "load", str(folder / "agency.toml"))


def test_the_example_names_the_law_as_it_is_shipped(folder: Path) -> None:
    code, text = run(folder, "example")
    assert code == 0
    assert re.search(r'policy_digest = "[0-9a-f]{64}"', text)
    assert "[[agency]]" in text


def test_loading_twice_records_once_and_keeps_the_usage_policy(folder: Path) -> None:
    code, text = load(folder)
    assert (code, text[:27]) == (0, "Recorded: 2 agency, 5 offic")
    assert (folder / "home" / "usage-policy.txt").read_text() == "policy"
    assert load(folder) == (0, "Recorded: nothing new. Unchanged: 23.")


def test_a_file_with_a_mistake_writes_nothing(folder: Path) -> None:
    file = folder / "agency.toml"
    file.write_text(file.read_text().replace('role = "examiner"', 'role = "boss"'))
    code, text = load(folder)
    assert code == 2
    assert "[[officer]] number 1: the role is 'boss', wanted one of coordinator" in text
    assert not (folder / "home" / "usage-policy.txt").exists()


def test_show_says_who_there_is_what_is_shared_and_what_keeps_the_gate_closed(folder: Path) -> None:
    load(folder)
    code, text = run(folder, "show")
    assert code == 0
    assert "│ police │ CO0160000 │ 3 │ 0 │ 0 │ 0 │ 0 │" in text
    assert "may be searched (image comparison) by agency CO0160000 for missing person" in text
    assert "may be asked for records of leads (dossier) by agency CO0160000 for missing person" in text
    assert "The next audit is due 2027-10-15. The term from one to the next is at most 731 days." in text
    assert "prefix:DCICE from 2026-10-01 without end" in text
    assert "FG-ACTIVATED: co-dmv-2019 is not in force as installed (digest" in text
    assert "FG-AUDIT" not in text


def test_show_of_nothing_says_all_that_is_missing(folder: Path) -> None:
    text = run(folder, "show")[1]
    for rule in ("FG-USAGE-POLICY", "FG-AUDIT", "FG-NOTICE", "FG-ACTIVATED", "FG-SHARING"):
        assert rule in text


def test_an_officer_is_suspended_and_an_agency_blocked(folder: Path) -> None:
    load(folder)
    assert run(folder, "officer", "8841", "--agency", "CO0160000", "--standing", "suspended")[0] == 0
    assert run(folder, "block", "ori:CO0160000", "--reason", "by order")[0] == 0
    text = run(folder, "show")[1]
    assert "│ 8841 │ investigator │ Robbery │ 2027-06-30 │ suspended │" in text
    assert "FG-AGENCY-BLOCKED: agency CO0160000 is on the block list." in text


def shipped_law(folder: Path) -> None:
    """Put the law in force as it is shipped, in place of the other text of the fixture."""
    file = folder / "agency.toml"
    file.write_text(file.read_text().replace("ab" * 32, PolicyEngine.load().profile("co-dmv-2019").digest))
    load(folder)


DEACTIVATE = ("deactivate", "co-dmv-2019", "--agency", "CO0160000", "--reason", "by order")


def test_a_law_is_taken_out_of_force_by_one_and_not_put_back_by_the_old_file(folder: Path) -> None:
    shipped_law(folder)
    assert "FG-" not in run(folder, "show")[1]
    code, text = run(folder, *DEACTIVATE, "--by", "502")
    assert (code, text[:27]) == (0, "co-dmv-2019 is out of force")
    assert "FG-ACTIVATED: no law was activated." in run(folder, "show")[1]
    code, text = load(folder)
    assert code == 3
    assert "was taken out of force on 2026-11-22, and an activation from 2026-10-16 does not put it" in text


@pytest.mark.parametrize(
    ("by", "code", "match"), [("666", 3, "is not registered there"), ("502", 2, "no act")]
)
def test_a_law_is_taken_out_of_force_by_an_officer_and_once(
    folder: Path, by: str, code: int, match: str
) -> None:
    load(folder)
    if code == 2:
        run(folder, *DEACTIVATE, "--by", "502")
    done, text = run(folder, *DEACTIVATE, "--by", by)
    assert done == code
    assert match in text


def test_show_reads_the_law_of_the_folder_as_the_gate_does(folder: Path) -> None:
    shipped_law(folder)
    profiles = folder / "home" / "profiles"
    shutil.copytree(SHIPPED, profiles)
    assert "FG-ACTIVATED" not in run(folder, "show")[1]
    law = profiles / "co-dmv-2019.cedar"
    law.write_text(law.read_text() + "\n// changed\n")
    assert "FG-ACTIVATED: co-dmv-2019 is not in force as installed" in run(folder, "show")[1]
    law.write_text("permit everything")
    assert "The law cannot be read, so everything is refused: co-dmv-2019.cedar" in run(folder, "show")[1]


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("officer", "8841", "--agency", "CO0160000"), "nothing to change"),
        (("officer", "1", "--agency", "CO0160000", "--standing", "gone"), "has no officer of that id"),
        (("block", "DCICE", "--reason", "x"), "the block is 'DCICE', wanted ori:, prefix: or class:"),
        ((*DEACTIVATE, "--by", "502"), "no activation of 'co-dmv-2019' is in force; `facegate agency show`"),
        (("load", "nowhere.toml"), "cannot read nowhere.toml"),
    ],
)
def test_what_cannot_be_is_one_sentence(folder: Path, words: tuple[str, ...], match: str) -> None:
    code, text = run(folder, *words)
    assert code == 2
    assert match in text
