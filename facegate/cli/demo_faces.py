"""The faces of the demo: real ones where a data set is at hand, else one real face among synthetic people."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps
from skimage import data as skimage_data

from facegate.datasets.dataset import Dataset
from facegate.datasets.embedding import embed_dataset
from facegate.datasets.folder import load_folder
from facegate.datasets.populations import demo_population
from facegate.datasets.registry import find_folder, open_dataset
from facegate.datasets.synthetic import SyntheticPopulation
from facegate.durable import replace_bytes
from facegate.errors import InputError
from facegate.faces.dlib_onnx import dlib_info
from facegate.records import LabeledPhoto, SubjectId
from facegate.settings import Settings
from facegate.templates import TemplateSet

FACE_SETS = ("lfw", "london", "meds")
PHOTOS_PER_PERSON = 2
EVERY_NTH_IS_A_STRANGER = 20
N_SYNTHETIC = 100_000
N_MEASURED = 2_000
SEED = 20261122
PORTRAIT = np.s_[:300, 80:380]  # rows and columns of the face; the detector takes a badge for a second one
ASTRONAUT = SubjectId("astronaut")

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class DemoFaces:
    """Who is enrolled in the demo, who is searched for, and on whom rates are measured.

    Parameters
    ----------
    about : str
        What is enrolled, in words; says SYNTHETIC where people are drawn.
    enrolled : callable
        Gives the template sets to enroll, part by part.
    n_enrolled : int
        Templates in them.
    measured : TemplateSet
        Templates that the rates are measured on.
    probes : tuple of LabeledPhoto
        Second photos of enrolled people, to search for.
    strangers : tuple of LabeledPhoto
        Photos of people who are not enrolled; empty where there is only one face.
    probe_about : str
        What the probe is, in words.
    planted : SyntheticPopulation or None
        Where people are drawn: the population whose true rates are known.
    crowd : callable or None
        Where people are drawn: gives those to measure searches among, as many as are enrolled.
    portraits : tuple of LabeledPhoto
        The photos that were enrolled; those of the first probes' people come first.
    """

    about: str
    enrolled: Callable[[], Iterator[TemplateSet]]
    n_enrolled: int
    measured: TemplateSet
    probes: tuple[LabeledPhoto, ...]
    strangers: tuple[LabeledPhoto, ...]
    probe_about: str
    planted: SyntheticPopulation | None = None
    crowd: Callable[[], TemplateSet] | None = None
    portraits: tuple[LabeledPhoto, ...] = ()

    @property
    def synthetic(self) -> bool:
        """Whether the rates are those of a drawn population."""
        return self.measured.origin.synthetic


def gather(folder: Path, settings: Settings, on_progress: OnProgress) -> DemoFaces:
    """Find the best faces at hand and embed them; templates are kept in the demo's folder.

    Parameters
    ----------
    folder : Path
        The demo's own folder.
    settings : Settings
        Where data sets lie.
    on_progress : callable
        Called with photos done and in all.
    """
    at_hand = next((name for name in FACE_SETS if find_folder(name, settings)), None)
    if at_hand is None:
        return _astronaut_among_synthetic_people(folder, settings, on_progress)
    dataset = _two_photos_each(open_dataset(at_hand, settings))
    return _from_real_people(dataset, _embedded(dataset, folder, settings, on_progress))


def _two_photos_each(dataset: Dataset) -> Dataset:
    """Keep the first two photos of everyone who has two: one to enroll, one to search with."""
    everyone = _by_person(dataset).values()
    pairs = [photos[:PHOTOS_PER_PERSON] for photos in everyone if len(photos) >= PHOTOS_PER_PERSON]
    kept = tuple(sorted(chain.from_iterable(pairs), key=lambda photo: photo.photo_id))
    name = f"{dataset.name} (first {PHOTOS_PER_PERSON} photos of {len(pairs):,} people)"
    return Dataset(name=name, photos=kept)


def _by_person(dataset: Dataset) -> dict[SubjectId, list[LabeledPhoto]]:
    photos: dict[SubjectId, list[LabeledPhoto]] = {}
    for photo in dataset.photos:
        photos.setdefault(photo.subject_id, []).append(photo)
    return photos


def _embedded(dataset: Dataset, folder: Path, settings: Settings, on_progress: OnProgress) -> TemplateSet:
    """Embed, or take the templates that an earlier demo made of the same photos."""
    path = folder / "templates.parquet"
    if path.exists():
        earlier = _earlier_templates(path, dataset)
        if earlier is not None:
            return earlier
    return embed_dataset(dataset, path, cache=settings.cache, on_progress=on_progress)


def _earlier_templates(path: Path, dataset: Dataset) -> TemplateSet | None:
    """Read templates of an earlier demo, unless they are of other photos or another embedder."""
    try:
        earlier = TemplateSet.read(path)
    except InputError:
        return None
    same = [photo.photo_id for photo in dataset.photos] == list(earlier.template_id)
    return earlier if same and earlier.embedder.digest == dlib_info().digest else None


def _from_real_people(dataset: Dataset, templates: TemplateSet) -> DemoFaces:
    """Enroll first photos, search with second ones, and withhold every twentieth person."""
    photos_of = _by_person(dataset)
    people = sorted(photos_of)
    withheld = set(people[EVERY_NTH_IS_A_STRANGER - 1 :: EVERY_NTH_IS_A_STRANGER])
    seconds = [photos_of[person][1] for person in people]
    second_ids = {photo.photo_id for photo in seconds}
    rows = np.array(
        [
            subject not in withheld and template not in second_ids
            for subject, template in zip(templates.subject_id, templates.template_id, strict=True)
        ]
    )
    enrolled = templates.select(rows).enrolled
    return DemoFaces(
        about=f"{len(enrolled):,} people of {dataset.name}, one photo each, all real",
        enrolled=lambda: iter((enrolled,)),
        n_enrolled=len(enrolled),
        measured=templates,
        probes=tuple(photo for photo in seconds if photo.subject_id not in withheld),
        strangers=tuple(photo for photo in seconds if photo.subject_id in withheld),
        probe_about="another photo of an enrolled person",
        portraits=tuple(photos_of[person][0] for person in people if person not in withheld),
    )


def _astronaut_among_synthetic_people(folder: Path, settings: Settings, on_progress: OnProgress) -> DemoFaces:
    """Enroll the one real face that comes with scikit-image among drawn people."""
    photo = skimage_data.astronaut()[PORTRAIT]
    replace_bytes(folder / "photos" / ASTRONAUT / "1.png", _encoded(Image.fromarray(photo), "PNG"))
    dataset = load_folder(folder / "photos")
    astronaut = _embedded(dataset, folder, settings, on_progress)
    probe = folder / "probe.jpg"
    replace_bytes(probe, _encoded(_altered(Image.fromarray(photo)), "JPEG"))
    crowd = demo_population(N_SYNTHETIC, SEED, photos_per_subject=1)
    sample = demo_population(N_MEASURED, SEED + 1, photos_per_subject=PHOTOS_PER_PERSON)
    original = dataset.photos[0]
    return DemoFaces(
        about=f"one real face (an astronaut, photo by NASA) among {N_SYNTHETIC:,} SYNTHETIC people",
        enrolled=lambda: chain((astronaut,), crowd.draw_parts(embedder=dlib_info())),
        n_enrolled=N_SYNTHETIC + 1,
        measured=sample.draw(dlib_info()),
        probes=(LabeledPhoto(original.photo_id, original.subject_id, probe, original.demographics),),
        strangers=(),
        probe_about="the astronaut's photo mirrored, darkened, shrunk and compressed again",
        planted=sample,
        crowd=lambda: crowd.draw(dlib_info()),
        portraits=dataset.photos,
    )


def _altered(photo: Image.Image) -> Image.Image:
    """Make a second picture of the only face at hand: an honest stand-in, and said to be one."""
    smaller = ImageOps.mirror(photo).resize((photo.width * 7 // 10, photo.height * 7 // 10))
    return ImageEnhance.Brightness(smaller).enhance(0.8)


def _encoded(photo: Image.Image, form: str) -> bytes:
    buffer = io.BytesIO()
    photo.convert("RGB").save(buffer, form)
    return buffer.getvalue()
