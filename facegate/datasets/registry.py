"""The sets facegate knows by name: where they lie, who may use them, and how to open one.

A name is looked for under ``FACEGATE_DATA``, then under the cache (fetched sets); what is
no known name may be a folder of people.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facegate.datasets.folder import load_folder
from facegate.datasets.lfw import load_lfw
from facegate.datasets.london import load_london
from facegate.datasets.meds import load_meds, load_meds_all_poses
from facegate.datasets.utkface import load_utkface
from facegate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from facegate.datasets.dataset import Dataset
    from facegate.settings import Settings


@dataclass(frozen=True, slots=True)
class KnownSet:
    """One public set.

    Parameters
    ----------
    name : str
        What the command line calls it.
    title : str
        Its full name.
    folder : str
        Folder below ``FACEGATE_DATA`` or the cache.
    n_photos, n_people : int
        What the set holds; people who are not known are counted by photo.
    labels : str
        What the labels are and who made them, in a few words.
    terms : str
        License or terms, in a few words; ``datasets.md`` has them in full.
    how_to_get : str
        One or two sentences: the command, or who gives it out under which terms.
    load : callable
        Makes the `Dataset` from the set's folder.
    manifest : str
        File among the committed manifests; empty if the set is fetched with its own.
    pattern : str
        Path pattern of its manifest.
    person : str
        Regular expression whose one group is the person in a photo's path.
    has_identities : bool, default True
        If False, nobody knows who is who: strangers only.
    """

    name: str
    title: str
    folder: str
    n_photos: int
    n_people: int
    labels: str
    terms: str
    how_to_get: str
    load: Callable[[Path], Dataset]
    manifest: str
    pattern: str
    person: str
    has_identities: bool = True


def _load_funneled(folder: Path) -> Dataset:
    """Load the edition that scikit-learn's address gives; it comes without labels."""
    return load_lfw(folder, name="lfw-funneled", photos="lfw_funneled", labels_required=False)


_PLACE = "put the files into {folder} below FACEGATE_DATA"

_ALL = (
    KnownSet(
        name="lfw",
        title="Labeled Faces in the Wild, deep-funneled",
        folder="lfw",
        n_photos=13_233,
        n_people=5_749,
        labels="perceived: sex by reviewed lists, race by people or by a classifier",
        terms="research; press photographs, no formal license",
        how_to_get=(
            "No address with a checksum is known for the deep-funneled edition; `facegate datasets fetch "
            f"lfw` gets the funneled one, as lfw-funneled. Or {_PLACE.format(folder='lfw')}."
        ),
        load=load_lfw,
        manifest="lfw.txt",
        pattern="lfw-deepfunneled/{name}/{name}_{number}.jpg",
        person=r"lfw-deepfunneled/([^/]+)/[^/]+\.jpg",
    ),
    KnownSet(
        name="lfw-funneled",
        title="Labeled Faces in the Wild, funneled",
        folder="lfw-funneled",
        n_photos=13_233,
        n_people=5_749,
        labels="none comes with it; person_labels.csv laid beside is used",
        terms="research; press photographs, no formal license",
        how_to_get="`facegate datasets fetch lfw-funneled` (233 MB; address and checksum of scikit-learn).",
        load=_load_funneled,
        manifest="",
        pattern="lfw_funneled/{name}/{name}_{number}.jpg",
        person=r"lfw_funneled/([^/]+)/[^/]+\.jpg",
    ),
    KnownSet(
        name="london",
        title="Face Research Lab London Set",
        folder="london",
        n_photos=204,
        n_people=102,
        labels="self-reported sex, ethnicity and age",
        terms="CC BY 4.0, DeBruine and Jones",
        how_to_get=(
            "It is public at figshare, item 5047666, under CC BY 4.0, but no checksum of that archive is "
            "on hand and nothing is downloaded without one. facegate's manifest covers the photos scaled "
            f"to 450 pixels. To use them, {_PLACE.format(folder='london')}."
        ),
        load=load_london,
        manifest="london.txt",
        pattern="{name}.jpg",
        person=r"(\d{3})_\d{2}\.jpg",
    ),
    KnownSet(
        name="meds",
        title="MEDS-II (NIST Special Database 32), first 50 subjects, frontal photos",
        folder="meds",
        n_photos=67,
        n_people=42,
        labels="booking record: sex, race, age",
        terms="released by NIST/MITRE to users interested in biometric research",
        how_to_get=(
            "NIST publishes it as Special Database 32 on its own pages; no address with a checksum is on "
            f"hand, so nothing is downloaded. To use it, {_PLACE.format(folder='meds')}."
        ),
        load=load_meds,
        manifest="meds.txt",
        pattern="images/{name}.jpg",
        person=r"images/(S\d{3})-.+\.jpg",
    ),
    KnownSet(
        name="meds-all-poses",
        title="MEDS-II (NIST Special Database 32), first 50 subjects, all poses",
        folder="meds",
        n_photos=114,
        n_people=50,
        labels="booking record: sex, race, age",
        terms="released by NIST/MITRE to users interested in biometric research",
        how_to_get=(
            "NIST publishes it as Special Database 32 on its own pages; no address with a checksum is on "
            f"hand, so nothing is downloaded. To use it, {_PLACE.format(folder='meds')}."
        ),
        load=load_meds_all_poses,
        manifest="meds.txt",
        pattern="images/{name}.jpg",
        person=r"images/(S\d{3})-.+\.jpg",
    ),
    KnownSet(
        name="utkface",
        title="UTKFace, adults, a balanced selection",
        folder="utkface",
        n_photos=3_994,
        n_people=3_994,
        labels="estimated sex, race and age, checked by an annotator; no identities: strangers only",
        terms="non-commercial research",
        how_to_get=(
            "Its makers give UTKFace out from their page under terms you accept there; facegate's selection "
            "of it (near-duplicates dropped) has no public address. "
            f"To use it, {_PLACE.format(folder='utkface')}."
        ),
        load=load_utkface,
        manifest="utkface.txt",
        pattern="{name}.jpg.chip.jpg",
        person=r"(.+)\.chip\.jpg",
        has_identities=False,
    ),
)

DATASETS = {known.name: known for known in _ALL}
"""Every set known by name, in the order of the list."""


def known_set(name: str) -> KnownSet:
    """Look a set up by name.

    Raises
    ------
    DatasetError
        If there is none of that name; the message lists the names.
    """
    if name not in DATASETS:
        msg = f"no data set is called {name[:60]!r}; known are {', '.join(DATASETS)}"
        raise DatasetError(msg)
    return DATASETS[name]


def find_folder(name: str, settings: Settings) -> Path | None:
    """Find the folder of a known set: under the data folder, else in the cache.

    Parameters
    ----------
    name : str
        Name of a known set.
    settings : Settings
        Where to look.

    Returns
    -------
    Path or None
        The first folder that exists.
    """
    folder = known_set(name).folder
    places = [place / folder for place in (settings.data, settings.cache) if place is not None]
    return next((place for place in places if place.is_dir()), None)


def require_folder(name: str, settings: Settings) -> Path:
    """Find the folder of a known set, or say how to get it.

    Raises
    ------
    DatasetError
        What was looked for, where, and what to do.
    """
    known = known_set(name)
    if (found := find_folder(name, settings)) is not None:
        return found
    data = f"{settings.data / known.folder}" if settings.data else "FACEGATE_DATA, which is not set,"
    msg = f"data set {name} is neither in {data} nor in {settings.cache / known.folder}. {known.how_to_get}"
    raise DatasetError(msg)


def open_dataset(name_or_folder: str, settings: Settings) -> Dataset:
    """Open a known set by name, or a folder of people.

    Parameters
    ----------
    name_or_folder : str
        A name such as ``lfw``, or a folder that holds ``person/photo.jpg``. A name wins over
        a folder called the same; ``./lfw`` means the folder.
    settings : Settings
        Where known sets lie.

    Returns
    -------
    Dataset
        Its photos in the order of their ids, its counts checked.

    Raises
    ------
    DatasetError
        If it is nowhere, incomplete, or contradicts itself.
    """
    if name_or_folder in DATASETS:
        return DATASETS[name_or_folder].load(require_folder(name_or_folder, settings))
    folder = Path(name_or_folder).expanduser()
    if name_or_folder and folder.is_dir():
        return load_folder(folder)
    msg = (
        f"{name_or_folder[:200]!r} is neither a known data set ({', '.join(DATASETS)}) nor a folder; "
        "`facegate datasets list` says what is there"
    )
    raise DatasetError(msg)
