"""One test from upload to report: the numbers are those of what serves, of the tester's people alone."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import skimage.data
from PIL import Image
from port_room import SMALL, SYSTEM, npz, people, photo, sent, with_colors, without_figures, zipped
from ready_home import encoded
from service_fakes import FakeIntake

from facegate.decision import comparison_scores
from facegate.errors import InputError
from facegate.evaluation.result import BenchmarkResult
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.faces.photo import only_face
from facegate.reporting.report import report_html
from facegate.server.test_port import running
from facegate.server.test_port.given import Kind
from facegate.server.test_port.running import REPORT, RESULT, SCORES, digest_of, perform
from facegate.server.test_port.system import System
from facegate.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.server.test_port.running import Findings


def run(folder: Path, data: bytes, kind: Kind = Kind.PHOTOS, system: System = SYSTEM) -> Findings:
    return perform(
        sent(folder, kind, data),
        system,
        FakeIntake(),
        SMALL,
        folder=folder,
        measured_on="2026-11-22",
        on_progress=lambda *_: None,
    )


def result_of(folder: Path) -> BenchmarkResult:
    return BenchmarkResult.from_json((folder / RESULT).read_text(), name=RESULT)


def rows_of(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / SCORES).read_text().splitlines()))


@pytest.fixture(autouse=True)
def colors(monkeypatch: pytest.MonkeyPatch) -> None:
    with_colors(monkeypatch)
    without_figures(monkeypatch)


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw reports whole, for a test that looks at one."""
    monkeypatch.setattr(running, "report_html", report_html)


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Findings]:
    """Test twelve people once; their first photo shows no face."""
    folder = tmp_path_factory.mktemp("twelve")
    with pytest.MonkeyPatch.context() as patched:
        with_colors(patched)
        return folder, run(folder, zipped(people(12, faceless=1)))


def test_every_pair_is_scored_as_the_service_would(twelve: tuple[Path, Findings]) -> None:
    rows = rows_of(twelve[0])
    assert len(rows) == 23 * 22 // 2
    shades = np.array([(250, 40, 11), (246, 80, 11)], dtype=np.float64) / 255
    one = next(row for row in rows if (row["first"], row["second"]) == ("00-1.png", "01-1.png"))
    first, second = shades.astype(np.float32)
    wanted = comparison_scores(first, second, SYSTEM.threshold.metric)[0]
    assert float(one["score"]) == wanted
    assert (one["mated"], one["at_or_above"]) == ("no", "yes" if wanted >= SYSTEM.threshold.score else "no")


def test_counts_of_the_result_are_those_of_the_scores(twelve: tuple[Path, Findings]) -> None:
    (at,), rows = result_of(twelve[0]).main.at, rows_of(twelve[0])
    false = [row for row in rows if row["mated"] == "no" and row["at_or_above"] == "yes"]
    fmr = at.overall.against_everybody
    assert fmr is not None
    assert false
    assert (fmr.events, fmr.trials) == (len(false), sum(row["mated"] == "no" for row in rows))


def test_threshold_and_embedder_are_those_that_serve(twelve: tuple[Path, Findings]) -> None:
    result = result_of(twelve[0])
    assert result.main.at[0].threshold.score == SYSTEM.threshold.score
    assert result.provenance.embedder_digest == SYSTEM.embedder.info.digest
    assert SYSTEM.certificate in result.notes[0]


def test_digests_are_of_the_files_that_lie_there(twelve: tuple[Path, Findings]) -> None:
    folder, found = twelve
    assert found.digests == {name: digest_of(folder / name) for name in (RESULT, REPORT, SCORES)}
    assert sorted(path.name for path in folder.iterdir()) == [REPORT, RESULT, SCORES, "upload"]


def test_photos_without_a_face_are_counted_by_group(twelve: tuple[Path, Findings]) -> None:
    folder, found = twelve
    assert found.counted.failures == 1
    assert [(one.name, one.photos, one.failures) for one in found.counted.by_group] == [
        ("A", 12, 1),
        ("B", 12, 0),
    ]
    assert not any("00-0.png" in row.values() for row in rows_of(folder))


@pytest.mark.slow
@pytest.mark.usefixtures("figures")
def test_the_same_upload_gives_the_same_files_bit_for_bit(tmp_path: Path) -> None:
    digests = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        digests.append(run(tmp_path / name, zipped(people(3))).digests)
    assert digests[0] == digests[1]


def test_photos_that_are_no_photos_are_failures_too(tmp_path: Path) -> None:
    files = people(4) | {"00-0.png": b"no photo at all", "00-1.png": b""}
    found = run(tmp_path, zipped(files))
    assert found.counted.failures == 2


def test_without_any_template_nothing_is_measured_and_the_failures_stand(tmp_path: Path) -> None:
    found = run(tmp_path, zipped(people(2, faceless=4)))
    assert found.why_not == "none of the 4 photos gave a template: nothing can be compared"
    assert (found.counted.failures, found.digests) == (4, {})
    assert not (tmp_path / RESULT).exists()


@pytest.mark.usefixtures("figures")
def test_a_small_group_is_unknown_and_not_zero(tmp_path: Path) -> None:
    run(tmp_path, zipped(people(4, groups=("A",) * 3 + ("rare",))))
    rare = next(group for group in result_of(tmp_path).main.at[0].groups if group.group == "rare")
    assert rare.fmr is None
    assert "unknown" in (tmp_path / REPORT).read_text()


def test_people_with_one_photo_each_leave_misses_unknown(tmp_path: Path) -> None:
    files = {name: data for name, data in people(3).items() if not name.endswith("-1.png")}
    lines = files["labels.csv"].decode().splitlines()
    files["labels.csv"] = "\n".join([lines[0], *lines[1::2]]).encode()
    run(tmp_path, zipped(files))
    overall = result_of(tmp_path).main.at[0].overall
    assert overall.fnmr is None


def test_one_person_alone_leaves_false_matches_unknown(tmp_path: Path) -> None:
    run(tmp_path, zipped(people(1, groups=("everyone here",))))
    result = result_of(tmp_path)
    assert [group.name for group in result.main.groups] == ["everyone here"]
    assert result.main.at[0].overall.against_everybody is None


def test_too_few_people_to_search_is_said(tmp_path: Path) -> None:
    run(tmp_path, zipped(people(3)))
    result = result_of(tmp_path)
    assert result.identification is None
    assert "No search was made: 3 people" in result.notes[-1]


def test_a_person_in_two_groups_is_refused(tmp_path: Path) -> None:
    files = people(3)
    files["labels.csv"] = files["labels.csv"].replace(b"00-1.png,p0,A", b"00-1.png,p0,B")
    with pytest.raises(InputError, match="1 people are in more than one group"):
        run(tmp_path, zipped(files))


@pytest.mark.usefixtures("figures")
def test_words_of_the_tester_do_not_run_in_the_report_or_the_table(tmp_path: Path) -> None:
    files = {"=cmd().png": photo(9, 9, 9), "b.png": photo(9, 9, 8), "c.png": photo(200, 9, 8)}
    labels = (
        'file,subject,group\n=cmd().png,=p1,<script>x</script>\nb.png,=p1,<script>x</script>\nc.png,p2,"B"\n'
    )
    run(tmp_path, zipped(files | {"labels.csv": labels.encode()}))
    assert "<script>x" not in (tmp_path / REPORT).read_text()
    first = rows_of(tmp_path)[0]
    assert (first["first"], first["first_subject"]) == ("'=cmd().png", "'=p1")


def test_vectors_give_the_scores_of_the_photos_they_stand_for(tmp_path: Path) -> None:
    run(tmp_path, zipped(people(4)))
    by_photos = sorted(row["score"] for row in rows_of(tmp_path))
    shades = [(250 - n * 4, 40 + n * 40, 10 + shot) for n in range(4) for shot in range(2)]
    vectors = (np.array(shades, dtype=np.float64) / 255).astype(np.float32)
    subjects = np.repeat([f"p{n}" for n in range(4)], 2)
    run(tmp_path, npz(vector=vectors, subject=subjects), Kind.VECTORS)
    assert sorted(row["score"] for row in rows_of(tmp_path)) == by_photos
    assert "tester's word" in result_of(tmp_path).notes[1]


def test_a_vector_of_nan_is_a_failure_to_enroll(tmp_path: Path) -> None:
    vectors = np.random.default_rng(3).random((8, 3)).astype(np.float32)
    vectors[5] = np.nan
    found = run(tmp_path, npz(vector=vectors, subject=np.repeat(list("abcd"), 2)), Kind.VECTORS)
    assert found.counted.failures == 1
    assert len(rows_of(tmp_path)) == 7 * 6 // 2


def test_scores_are_measured_without_a_table_of_their_own(tmp_path: Path) -> None:
    rows = "".join(f"0.{n},p{n},p{m},A\n" for n in range(1, 8) for m in range(8) if n < m)
    found = run(tmp_path, f"score,first_subject,second_subject,group\n{rows}".encode(), Kind.SCORES)
    assert set(found.digests) == {RESULT, REPORT}
    fmr = result_of(tmp_path).main.at[0].overall.against_everybody
    assert fmr is not None
    assert (fmr.events, fmr.trials) == (0, 21)


def test_distances_are_turned_round_and_cut_at_the_same_edge(tmp_path: Path) -> None:
    text = "distance,first_subject,second_subject\n0.09,a,b\n0.11,a,c\n0.2,b,c\n0.05,a,a\n"
    run(tmp_path, text.encode(), Kind.SCORES)
    fmr = result_of(tmp_path).main.at[0].overall.against_everybody
    assert fmr is not None
    assert (fmr.events, fmr.trials) == (1, 3)


def test_what_is_told_of_progress_ends_where_it_should(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    perform(
        sent(tmp_path, Kind.PHOTOS, zipped(people(3))),
        SYSTEM,
        FakeIntake(),
        SMALL,
        folder=tmp_path,
        measured_on="2026-11-22",
        on_progress=lambda *one: told.append(one),
    )
    assert ("opening photos", 6, 6) in told
    assert [what for what, _, _ in told][-1] == "writing"


def test_a_real_face_gets_the_very_score_that_the_service_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facegate.server.test_port.photos.only_face", only_face)
    embedder = DlibEmbedder.load(Settings.from_environment().cache)
    system = System(embedder, SYSTEM.threshold, SYSTEM.certificate)
    portrait = Image.fromarray(skimage.data.astronaut()[:300, 80:380]).resize((150, 150))
    shots = {"a.png": encoded(portrait), "b.png": encoded(portrait.resize((140, 140)))}
    run(tmp_path, zipped(shots | {"labels.csv": b"file,subject\na.png,p\nb.png,p\n"}), system=system)
    first, second = [
        embedder.embed(only_face(FakeIntake().clean(data).data).chip[None])[0] for data in shots.values()
    ]
    wanted = comparison_scores(first, second, system.threshold.metric)[0]
    assert float(rows_of(tmp_path)[0]["score"]) == wanted
    assert json.loads((tmp_path / RESULT).read_text())["provenance"]["embedder"] == "dlib"
