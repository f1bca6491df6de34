"""`moulage data check`: everything that is wrong with a data folder, in one report by file name."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from engine.cases.planes import MARKERS
from engine.data.readers import clinical, isic, registry
from engine.data.records import ClinicalRecord, PhotoRecord
from engine.errors import EngineError

Problem = tuple[str, str]


@dataclass(frozen=True)
class Report:
    """counts: what was found. problems: (file name, sentence), in order of file name."""

    root: Path
    layout: str
    licence: str
    counts: dict[str, int]
    problems: tuple[Problem, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def sentence(self) -> str:
        """The whole report in lines."""
        counts = ", ".join(f"{count:,} {what}" for what, count in self.counts.items())
        listed = [f"  {name} {sentence}" for name, sentence in self.problems]
        end = "nothing is wrong" if self.sound else f"{len(self.problems)} problems"
        return "\n".join([f"{self.root}: {self.layout}; licence: {self.licence}", counts, *listed, end])


def check(
    root: Path, labels: Path | None = None, progress: Callable[[int, int], None] = lambda done, total: None
) -> Report:
    """Look at every file of a data folder.

    Raises EngineError only where there is nothing to report on: no folder, or no known layout.
    """
    layout = isic.layout_of(root) if root.is_dir() else None
    clinical_layout = clinical.layout_of(root)
    if clinical_layout is not None:
        return _clinical(root, clinical_layout, labels, progress)
    dermoscopic = next((x for x in registry.DERMOSCOPIC if x.found(root)), None)
    if layout is None and dermoscopic is not None:
        return _dermoscopic(root, dermoscopic, progress)
    if layout is None:
        known = ", ".join(x.name for x in (*isic.LAYOUTS, *registry.DERMOSCOPIC, *clinical.LAYOUTS))
        raise EngineError(f"{root} is no data folder in a known layout; known are {known}.")
    pictures = isic.pictures_of(root, layout)
    lesions = isic.masks(root, layout.lesions, layout.lesion_suffix)
    markers = {name: isic.masks(root, layout.markers, f"_attribute_{name}.png") for name in MARKERS}
    has_markers = any(markers.values())  # a set of pairs, and a folder of photos alone, are whole without
    problems: list[Problem] = list(_stray(pictures, lesions, markers))
    problems += _labels(labels, pictures)
    hashes: dict[str, list[str]] = defaultdict(list)
    with ThreadPoolExecutor() as pool:
        work = pool.map(
            lambda photo: _one(photo, lesions.get(photo.stem), markers, bool(lesions), has_markers), pictures
        )
        for done, (photo, (digest, found)) in enumerate(zip(pictures, work, strict=True), start=1):
            problems += found
            hashes[digest].append(photo.name)
            progress(done, len(pictures))
    problems += [(same[1], f"has the same bytes as {same[0]}") for same in hashes.values() if len(same) > 1]
    counts = {"photos": len(pictures), "lesion masks": len(lesions)} | {
        f"{name} masks": len(files) for name, files in markers.items() if files
    }
    return Report(root, layout.name, isic.licence_of(root), counts, tuple(sorted(set(problems))))


def _clinical(root: Path, layout: clinical.Layout, labels: Path | None, progress: Callable[[int, int], None]) -> Report:
    """Rows, boxes and skin types of clinical photographs; a photo without boxes is counted, since it is only left out."""
    records, problems = clinical.listed(root, layout, labels)
    problems += _looked_at(records, progress)
    boxed = [record for record in records if record.boxes]
    counts = {
        "photos": len(records),
        "patients": len({record.group for record in records}),
        "lesion masks": sum(record.mask is not None for record in records),
        "boxes": sum(len(record.boxes) for record in records),
        "photos without boxes (left out of training)": len(records) - len(boxed),
        "skin types labelled": sum(record.fitzpatrick is not None for record in records),
    }
    conditions = Counter(box.condition or "none" for record in boxed for box in record.boxes)
    return Report(
        root, layout.name, layout.licence, counts | dict(conditions.most_common()), tuple(sorted(set(problems)))
    )


def _looked_at(records: Sequence[ClinicalRecord | PhotoRecord], progress: Callable[[int, int], None]) -> list[Problem]:
    """What is wrong with the photos themselves, their masks, and photos that are there twice."""
    problems: list[Problem] = []
    hashes: dict[str, list[str]] = defaultdict(list)
    for done, record in enumerate(records, start=1):
        size = _size(record.picture, problems)
        if record.mask is not None:
            problems += _mask(record.mask, size)
        hashes[hashlib.sha256(record.picture.read_bytes()).hexdigest()].append(record.picture.name)
        progress(done, len(records))
    problems += [(same[1], f"has the same bytes as {same[0]}") for same in hashes.values() if len(same) > 1]
    return problems


def _dermoscopic(root: Path, layout: registry.Layout, progress: Callable[[int, int], None]) -> Report:
    """A table that its reader refuses is one problem; the photos are looked at once it is mended."""
    problems: list[Problem] = []
    records: list[PhotoRecord] = []
    try:
        records = sorted(layout.read(root, None, registry.ALL), key=lambda record: record.id)
    except EngineError as error:
        problems.append((root.name, str(error).rstrip(".")))
    problems += _looked_at(records, progress)
    counts = {
        "photos": len(records),
        "lesions or patients": len({record.group for record in records}),
        "lesion masks": sum(record.mask is not None for record in records),
    }
    diagnoses = Counter(record.diagnosis or "no diagnosis" for record in records)
    licence = "; ".join(sorted({record.licence for record in records})[:3]) or "not known"
    return Report(root, layout.name, licence, counts | dict(diagnoses.most_common()), tuple(sorted(set(problems))))


def _one(
    photo: Path, lesion: Path | None, markers: dict[str, dict[str, Path]], has_lesions: bool, has_markers: bool
) -> tuple[str, list[Problem]]:
    problems: list[Problem] = []
    size = _size(photo, problems)
    if lesion is None and has_lesions:
        problems.append((photo.name, "has no lesion mask"))
    files = [lesion] if lesion else []
    for name in MARKERS if has_markers else ():
        file = markers[name].get(photo.stem)
        if file is None:
            problems.append((photo.name, f"has no {name} mask"))
        else:
            files.append(file)
    for file in files:
        problems += _mask(file, size)
    return hashlib.sha256(photo.read_bytes()).hexdigest(), problems


def _size(photo: Path, problems: list[Problem]) -> tuple[int, int] | None:
    try:
        with Image.open(photo) as picture:
            picture.load()
            return picture.size
    except (UnidentifiedImageError, OSError) as error:
        problems.append((photo.name, f"cannot be read as a picture: {error}"))
        return None


def _mask(file: Path, size: tuple[int, int] | None) -> Iterator[Problem]:
    try:
        with Image.open(file) as mask:
            values = np.asarray(mask.convert("L"))
    except (UnidentifiedImageError, OSError) as error:
        yield file.name, f"cannot be read as a mask: {error}"
        return
    if size and values.shape[::-1] != size:
        yield file.name, f"is {values.shape[1]}x{values.shape[0]}; its photo is {size[0]}x{size[1]}"
    odd = np.setdiff1d(np.unique(values), [0, 255])
    if len(odd):
        yield file.name, f"holds the value {odd[0]} and {len(odd) - 1} more; a mask is 0 and 255 only"


def _stray(photos: list[Path], lesions: dict[str, Path], markers: dict[str, dict[str, Path]]) -> Iterator[Problem]:
    known = {photo.stem for photo in photos}
    for files in (lesions, *markers.values()):
        for stem, file in files.items():
            if stem not in known:
                yield file.name, "belongs to no photo"


def _labels(labels: Path | None, photos: list[Path]) -> list[Problem]:
    if labels is None:
        return []
    known, named = {photo.stem for photo in photos}, set(isic.read_labels(labels))
    problems = [(labels.name, f"names {one}, which is not in the folder") for one in sorted(named - known)]
    return problems + [(labels.name, f"says nothing of {one}") for one in sorted(known - named)]
