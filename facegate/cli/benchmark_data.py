"""Where a benchmark's templates come from: a file, a drawn population, or photos embedded and kept."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from facegate.datasets.dataset import Dataset
from facegate.datasets.embedding import embed_dataset
from facegate.datasets.populations import cosine_population, demo_population
from facegate.datasets.registry import open_dataset, require_folder
from facegate.errors import DatasetError, InputError
from facegate.evaluation.protocol import AllPairsProtocol, SyntheticData, Variant, View2Protocol
from facegate.evaluation.view2 import Pair, parse_pairs, photos_of
from facegate.faces.dlib_onnx import dlib_info
from facegate.settings import Settings
from facegate.templates import TemplateSet, tool_version

PAIRS = "pairs.txt"
OnProgress = Callable[[int, int], None]


def read_text(path: Path) -> str:
    """Read a small text file, or say in one sentence why not."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read {path}: {getattr(error, 'strerror', None) or error}"
        raise InputError(msg) from error


def all_pairs_templates(
    protocol: AllPairsProtocol, given: Path | None, base: Path, settings: Settings, on_progress: OnProgress
) -> TemplateSet:
    """Get the templates of an all-pairs protocol.

    Parameters
    ----------
    protocol : AllPairsProtocol
        Names the data.
    given : Path or None
        Template file to use instead of embedding; must be of the data set the protocol names.
    base : Path
        Folder of the protocol's file, for a template file that it names.
    settings : Settings
        Where data sets lie, and where templates are kept.
    on_progress : callable
        Called with photos done and in all.

    Returns
    -------
    TemplateSet
        Failures to enroll included.
    """
    if protocol.synthetic and given is None:
        return _drawn(protocol.synthetic)
    if given is None and protocol.templates:
        return TemplateSet.read(base / protocol.templates)
    if given is None:
        dataset = open_dataset(protocol.dataset, settings)
        return _embedded(dataset, Variant("", protocol.fallback, 0), settings, on_progress)
    templates = TemplateSet.read(given)
    if protocol.dataset and templates.origin.dataset != protocol.dataset:
        msg = (
            f"protocol {protocol.name} is about {protocol.dataset}, {given} holds {templates.origin.dataset}"
        )
        raise InputError(msg)
    return templates


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


def _embedded(dataset: Dataset, variant: Variant, settings: Settings, on_progress: OnProgress) -> TemplateSet:
    """Embed the photos, or take the templates kept from an earlier run of the very same photos."""
    about = f"{dataset.name} {dlib_info().digest} {variant.fallback} {variant.jitter} {tool_version()}"
    path = settings.cache / "templates" / f"{hashlib.sha256(about.encode()).hexdigest()[:16]}.parquet"
    if path.exists() and (kept := _kept(path, dataset)) is not None:
        return kept
    return embed_dataset(
        dataset,
        path,
        cache=settings.cache,
        fallback=variant.fallback,
        jitter=variant.jitter,
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
