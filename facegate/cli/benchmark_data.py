"""What a benchmark is run on: photos embedded and kept, templates, vectors, scores or a matrix."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from facegate.datasets.dataset import Dataset
from facegate.datasets.embedding import embed_dataset
from facegate.datasets.populations import cosine_population, demo_population
from facegate.datasets.registry import DATASETS, open_dataset, require_folder
from facegate.errors import DatasetError, InputError
from facegate.evaluation.inputs.matrix import load_matrix
from facegate.evaluation.inputs.scores import load_scores
from facegate.evaluation.inputs.vectors import load_vectors
from facegate.evaluation.material import (
    Material,
    about_data,
    part_of,
    scores_material,
    template_material,
    templates_summary,
)
from facegate.evaluation.protocol import AllPairsProtocol, SyntheticData, Variant, View2Protocol
from facegate.evaluation.provenance import InputSummary
from facegate.evaluation.review.exclusions import Exclusions, kept_rows
from facegate.evaluation.run import require_usable
from facegate.evaluation.subgroups import population_of
from facegate.evaluation.view2 import Pair, parse_pairs, photos_of
from facegate.faces.dlib_onnx import dlib_info
from facegate.faces.onnx_file import EmbedderFile
from facegate.reporting.run_files import read_text
from facegate.settings import Settings
from facegate.templates import TemplateSet, tool_version

PAIRS = "pairs.txt"
OnProgress = Callable[[int, int], None]
Bar = Callable[[str], OnProgress]


@dataclass(frozen=True)
class Sources:
    """Where a run looks for things.

    Parameters
    ----------
    base : Path
        Folder of the protocol's file; files that it names are relative to it.
    given : Path or None
        Template file to use instead of embedding.
    settings : Settings
        Where data sets lie, and where templates are kept.
    excluded : Exclusions or None
        Photos and people that a reviewer left out.
    bar : callable
        Makes the progress callback of a step from its description.
    ready : callable
        Called with what is known of the data before they are compared: the place to refuse
        a folder that is taken.
    """

    base: Path
    given: Path | None
    settings: Settings
    excluded: Exclusions | None
    bar: Bar
    ready: Callable[[str], object]


def all_pairs_material(protocol: AllPairsProtocol, sources: Sources) -> Material:
    """Get what an all-pairs protocol is about, and compare it.

    Parameters
    ----------
    protocol : AllPairsProtocol
        Names the data.
    sources : Sources
        Where to look.

    Returns
    -------
    Material
        With the parts that the protocol or a reviewer asks for.
    """
    if protocol.data.scores or protocol.data.matrix:
        return _scored(protocol, sources)
    templates, summary = _templates(protocol, sources)
    require_usable(protocol, templates.embedder.metric)
    about = about_data(templates.embedder, templates.origin)
    sources.ready(about)
    material = template_material(
        templates,
        summary,
        protocol,
        resume=progress_folder(protocol, about, sources.settings),
        on_progress=sources.bar("comparing all with all (pairs)"),
    )
    if sources.excluded is None:
        return material
    rows = kept_rows(templates, sources.excluded)
    part = part_of(rows, templates, protocol.by, material.comparisons, about=sources.excluded.about)
    return material.with_part(part)


def progress_folder(protocol: AllPairsProtocol, about: str, settings: Settings) -> Path:
    """Where the comparisons of a run are kept until the run is written, to go on after a kill."""
    key = hashlib.sha256(f"{about} {protocol.digest}".encode()).hexdigest()[:16]
    return settings.cache / "comparisons" / key


def _scored(protocol: AllPairsProtocol, sources: Sources) -> Material:
    """Read scores or a matrix; nothing is embedded or compared here."""
    data = protocol.data
    _require_no_templates(protocol, sources)
    if spec := data.scores or data.matrix:
        require_usable(protocol, spec.metric)
    on_progress = sources.bar("reading scores (rows)")
    if data.scores:
        made = load_scores(
            data.scores, sources.base, floor=protocol.floor, by=protocol.by, on_progress=on_progress
        )
        return scores_material(made, protocol)
    if data.matrix:
        made = load_matrix(
            data.matrix, sources.base, floor=protocol.floor, by=protocol.by, on_progress=on_progress
        )
        return scores_material(made, protocol)
    raise InputError(protocol.name)


def _require_no_templates(protocol: AllPairsProtocol, sources: Sources) -> None:
    """Refuse what only templates can answer: before ten million rows are read, not after."""
    asked = {
        "groups.only_label_sources": protocol.label_sources,
        "groups.without_top_pairs": protocol.without_top_pairs,
        "[identification]": protocol.identification,
        "--templates": sources.given,
        "--exclude": sources.excluded,
    }
    for what, wanted in asked.items():
        if wanted:
            msg = f"{what} needs photos, vectors or templates; protocol {protocol.name} names scores"
            raise InputError(msg)


def _templates(protocol: AllPairsProtocol, sources: Sources) -> tuple[TemplateSet, InputSummary]:
    """Get templates from wherever the protocol, or the command line, says."""
    data = protocol.data
    if sources.given is not None:
        return _summarized("photos", _given(sources.given, protocol), protocol)
    if data.vectors:
        return load_vectors(data.vectors, sources.base, by=protocol.by)
    if data.synthetic:
        return _summarized("synthetic", _drawn(data.synthetic), protocol)
    if data.templates:
        return _summarized("templates", TemplateSet.read(sources.base / data.templates), protocol)
    dataset = open_dataset(_place(data.dataset, sources.base), sources.settings)
    described = EmbedderFile.read(sources.base / data.embedder) if data.embedder else None
    advance = sources.bar(f"templates of {data.dataset} (photos)")
    variant = Variant("", data.fallback, 0)
    return _summarized("photos", _embedded(dataset, variant, sources.settings, advance, described), protocol)


def _given(path: Path, protocol: AllPairsProtocol) -> TemplateSet:
    """Read a template file that stands for the protocol's photos, and for nothing else."""
    wanted = protocol.data.dataset
    if not wanted:
        msg = (
            f"--templates stands for the photos of a data set; protocol {protocol.name} names none: "
            "leave it out, or write data.templates into the protocol"
        )
        raise InputError(msg)
    templates = TemplateSet.read(path)
    if templates.origin.dataset not in {wanted, f"folder:{Path(wanted).name}"}:
        msg = f"protocol {protocol.name} is about {wanted}, {path} holds {templates.origin.dataset}"
        raise InputError(msg)
    return templates


def _place(dataset: str, base: Path) -> str:
    """Find a folder of photos beside the protocol, as every other file it names; a known name is none."""
    if dataset in DATASETS or not (base / dataset).is_dir():
        return dataset
    return str(base / dataset)


def _summarized(
    kind: str, templates: TemplateSet, protocol: AllPairsProtocol
) -> tuple[TemplateSet, InputSummary]:
    return templates, templates_summary(kind, templates, population_of(templates, by=protocol.by))


def view2_pairs(protocol: View2Protocol, settings: Settings) -> tuple[Pair, ...]:
    """Read the official pairs that lie beside the photos."""
    path = require_folder(protocol.dataset, settings) / PAIRS
    return parse_pairs(read_text(path), name=str(path))


def view2_templates(
    protocol: View2Protocol,
    pairs: tuple[Pair, ...],
    given: list[Path],
    settings: Settings,
    on_progress: Callable[[Variant], OnProgress],
) -> list[TemplateSet]:
    """Get the templates of each variant: only of the photos that the pairs need.

    Parameters
    ----------
    protocol : View2Protocol
        Names the variants.
    pairs : tuple of Pair
        Which photos are needed.
    given : list of Path
        Template files to use instead of embedding, one for each variant in order; or none.
    settings : Settings
        Where data sets lie, and where templates are kept.
    on_progress : callable
        Makes the progress callback of a variant.

    Returns
    -------
    list of TemplateSet
        In the order of the variants.
    """
    if given and len(given) != len(protocol.variants):
        msg = (
            f"protocol {protocol.name} has {len(protocol.variants)} variants, got {len(given)} template files"
        )
        raise InputError(msg)
    if given:
        return [TemplateSet.read(path) for path in given]
    whole, needed = open_dataset(protocol.dataset, settings), photos_of(pairs)
    photos = tuple(photo for photo in whole.photos if photo.photo_id in needed)
    if len(photos) != len(needed):
        msg = f"the pairs need {len(needed):,} photos, data set {whole.name} has {len(photos):,} of them"
        raise DatasetError(msg)
    part = Dataset(f"{whole.name} (View 2 pairs)", photos)
    return [_embedded(part, variant, settings, on_progress(variant)) for variant in protocol.variants]


def _drawn(recipe: SyntheticData) -> TemplateSet:
    make = {"demo": demo_population, "cosine": cosine_population}[recipe.population]
    return make(recipe.subjects, recipe.seed, photos_per_subject=recipe.photos).draw()


def _embedded(
    dataset: Dataset,
    variant: Variant,
    settings: Settings,
    on_progress: OnProgress,
    described: EmbedderFile | None = None,
) -> TemplateSet:
    """Embed the photos, or take the templates kept from an earlier run of the very same photos."""
    digest = described.info.digest if described else dlib_info().digest
    about = f"{dataset.name} {digest} {variant.fallback} {variant.jitter} {tool_version()}"
    path = settings.cache / "templates" / f"{hashlib.sha256(about.encode()).hexdigest()[:16]}.parquet"
    if path.exists() and (kept := _kept(path, dataset)) is not None:
        return kept
    return embed_dataset(
        dataset,
        path,
        cache=settings.cache,
        fallback=variant.fallback,
        jitter=variant.jitter,
        embedder=described,
        on_progress=on_progress,
    )


def _kept(path: Path, dataset: Dataset) -> TemplateSet | None:
    """Read kept templates, unless a photo or a label has changed since."""
    try:
        kept = TemplateSet.read(path)
    except InputError:
        return None
    columns = (kept.template_id, kept.subject_id, kept.sex, kept.race, kept.age_class, kept.label_source)
    rows = list(zip(*columns, kept.photo_digest, strict=True))
    now = [
        (
            photo.photo_id,
            photo.subject_id,
            photo.demographics.sex,
            photo.demographics.race,
            photo.demographics.age_class,
            photo.demographics.label_source,
            _digest(photo.path),
        )
        for photo in sorted(dataset.photos, key=lambda photo: photo.photo_id)
    ]
    return kept if rows == now else None


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
