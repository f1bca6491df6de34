"""`moulage data check`: everything that is wrong with a data folder, in one report by file name.

The files are found and read by the functions that training uses, so that what this calls sound starts to train.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from engine.cases.planes import MARKERS
from engine.data import finder
from engine.data.decoding import Look, look
from engine.data.readers import clinical, isic, registry
from engine.data.records import PhotoRecord
from engine.errors import EngineError
from engine.photos.masks import Notice

Problem = tuple[str, str]
Progress = Callable[[int, int], None]
Files = tuple[Path, tuple[Path | None, ...]]
"""A photo and its masks: the lesion's, then the markers'."""


@dataclass(frozen=True)
class Report:
    """counts: what was found. problems: (file name, sentence), in order of file name.

    notices: (file name, what is done to read it), such as a mask's threshold; they are no problems.
    """

    root: Path
    layout: str
    licence: str
    counts: dict[str, int]
    problems: tuple[Problem, ...]
    notices: tuple[Notice, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def sentence(self) -> str:
        """The whole report in lines."""
        counts = ", ".join(f"{count:,} {what}" for what, count in self.counts.items())
        listed = [f"  {name} {sentence}" for name, sentence in (*self.problems, *self.notices)]
        told = f"; {len(self.notices)} notices" if self.notices else ""
        end = "nothing is wrong" if self.sound else f"{len(self.problems)} problems"
        return "\n".join([f"{self.root}: {self.layout}; licence: {self.licence}", counts, *listed, f"{end}{told}"])


@dataclass
class Found:
    """What is wrong with a folder, as it is found."""

    problems: list[Problem] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    def tried(self, root: Path, read: Callable[[], object]) -> None:
        """What training refuses, where nothing else says why."""
        try:
            read()
        except EngineError as error:
            if not self.problems:
                self.problems.append((root.name, str(error).rstrip(".")))

    def report(self, root: Path, layout: str, licence: str, counts: dict[str, int]) -> Report:
        """All of it, each once."""
        return Report(
            root, layout, licence, counts, tuple(sorted(set(self.problems))), tuple(sorted(set(self.notices)))
        )


def check(root: Path, labels: Path | None = None, progress: Progress = lambda done, total: None) -> Report:
    """Look at every file of a data folder.

    Raises EngineError only where there is nothing to report on: no folder, or no known layout.
    """
    clinical_layout, challenge = clinical.layout_of(root), isic.layout_of(root)
    if clinical_layout is not None:
        return _clinical(root, clinical_layout, labels, progress)
    other = next((x for x in registry.LAYOUTS if x is not registry.CHALLENGE and x.found(root)), None)
    if challenge is None and other is not None:
        return _photos(root, other, labels, progress)
    if challenge is None:
        own = (x.name for x in registry.LAYOUTS if x not in (registry.CHALLENGE, registry.CLINICAL))
        known = ", ".join([*(x.name for x in (*isic.LAYOUTS, isic.PLAIN)), *own, *(x.name for x in clinical.LAYOUTS)])
        raise EngineError(f"{root} is no data folder in a known layout; known are {known}.")
    return _challenge(root, challenge, labels, progress)


def _challenge(root: Path, layout: isic.ChallengeLayout, labels: Path | None, progress: Progress) -> Report:
    found, counts = Found(), {"photos": 0}
    try:
        pictures, lesions = isic.pictures_of(root, layout), isic.lesions_of(root, layout)
        markers = isic.markers_of(root, layout)
    except EngineError as error:  # two files of one name
        found.problems.append((root.name, str(error).rstrip(".")))
        return found.report(root, layout.name, isic.licence_of(root), counts)
    has_markers = any(markers.values())  # a set of pairs, and a folder of photos alone, are whole without
    found.problems += _stray(pictures, lesions, markers)
    found.problems += _labels(root, labels, pictures)
    files: list[Files] = []
    for photo in pictures:
        key = finder.key(photo.name)
        masks = (lesions.get(key), *(markers[name].get(key) for name in MARKERS))
        files.append((photo, masks))
        expected = (bool(lesions), *[has_markers] * len(MARKERS))
        for name, mask, needed in zip(("lesion", *MARKERS), masks, expected, strict=True):
            if mask is None and needed:
                found.problems.append((photo.name, f"has no {name} mask"))
    _look_at(root, files, found, progress)
    found.tried(root, lambda: registry.read(root, labels, registry.ALL))
    counts = {"photos": len(pictures), "lesion masks": len(lesions)} | {
        f"{name} masks": len(there) for name, there in markers.items() if there
    }
    return found.report(root, layout.name, isic.licence_of(root), counts)


def _clinical(root: Path, layout: clinical.ClinicalLayout, labels: Path | None, progress: Progress) -> Report:
    """Rows, boxes and skin types of clinical photographs; a photo without boxes is counted, since it is only left out."""
    found = Found()
    try:
        records, problems = clinical.listed(root, layout, labels)
    except EngineError as error:  # a table that cannot be read
        records, problems = [], [(root.name, str(error).rstrip("."))]
    found.problems += problems
    _look_at(root, [(record.picture, record.masks) for record in records], found, progress)
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
    return found.report(root, layout.name, layout.licence, counts | dict(conditions.most_common()))


def _photos(root: Path, layout: registry.PhotoLayout, labels: Path | None, progress: Progress) -> Report:
    """A table that its reader refuses is one problem; the photos are looked at once it is mended."""
    found = Found()
    records: list[PhotoRecord] = []
    try:
        records = sorted(layout.read(root, None, registry.ALL), key=lambda record: record.id)
    except EngineError as error:
        found.problems.append((root.name, str(error).rstrip(".")))
    _look_at(root, [(record.picture, record.masks) for record in records], found, progress)
    found.tried(root, lambda: registry.read(root, labels, registry.ALL))
    counts = {
        "photos": len(records),
        "lesions or patients": len({record.group for record in records}),
        "lesion masks": sum(record.mask is not None for record in records),
    }
    diagnoses = Counter(record.diagnosis or "no diagnosis" for record in records)
    licence = "; ".join(sorted({record.licence for record in records})[:3]) or "not known"
    return found.report(root, layout.name, licence, counts | dict(diagnoses.most_common()))


def _look_at(root: Path, files: Sequence[Files], found: Found, progress: Progress) -> None:
    """Read every photo and mask as training does; photos that are there twice, and masks that all mark nothing, too."""
    hashes: dict[str, list[str]] = defaultdict(list)
    looks: list[Look] = []
    with ThreadPoolExecutor() as pool:
        for done, ((photo, _), seen) in enumerate(zip(files, pool.map(lambda one: look(*one), files), strict=True), 1):
            looks.append(seen)
            found.problems += seen.problems
            found.notices += seen.notices
            if photo.is_file():
                hashes[hashlib.sha256(photo.read_bytes()).hexdigest()].append(photo.name)
            progress(done, len(files))
    found.problems += [(same[1], f"has the same bytes as {same[0]}") for same in hashes.values() if len(same) > 1]
    marked = [seen.marked for seen in looks if seen.marked is not None]
    if marked and not any(marked):
        found.problems.append((root.name, f"has {len(marked)} lesion masks, all of them empty; 1 or 255 is lesion"))


def _stray(
    photos: Sequence[Path], lesions: Mapping[str, Path], markers: Mapping[str, Mapping[str, Path]]
) -> Iterator[Problem]:
    known = {finder.key(photo.name) for photo in photos}
    for files in (lesions, *markers.values()):
        for key, file in files.items():
            if key not in known:
                yield file.name, "belongs to no photo"


def _labels(root: Path, labels: Path | None, photos: Sequence[Path]) -> list[Problem]:
    if labels is None:
        return []
    try:
        rows = isic.label_rows(root, labels, photos)
        for row in rows.values():
            isic.numbers(row)
    except EngineError as error:
        return [(labels.name, str(error).removeprefix(f"{labels.name} ").rstrip("."))]
    known = {finder.key(photo.name): photo.stem for photo in photos}
    strange = [isic.id_of(row) for key, row in rows.items() if key not in known]
    problems = [(labels.name, f"names {one}, which is not in the folder") for one in sorted(strange)]
    return problems + [(labels.name, f"says nothing of {known[one]}") for one in sorted(known.keys() - rows.keys())]
