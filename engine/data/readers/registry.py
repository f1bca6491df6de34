"""Photos of every layout as noise generators learn from them: with a diagnosis, a mask where there is one, and a split."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.cases.diagnoses import check, place_of
from engine.data import finder
from engine.data.readers import clinical, dermoscopic, isic
from engine.data.recipes import PhotosData
from engine.data.records import Manifest, PhotoRecord
from engine.data.splits import sides
from engine.data.tables import Row
from engine.errors import EngineError

ALL = PhotosData("stretch", "isic2017", 0, (), (), False)  # every photo, as a look at a folder wants them


@dataclass(frozen=True)
class PhotoLayout:
    """found: whether a folder is laid out so. read: (folder, label file or None, how) → photos, split or not yet.

    labelled: whether a label file beside its own table means something.
    """

    name: str
    found: Callable[[Path], bool]
    read: Callable[[Path, Path | None, PhotosData], Iterable[PhotoRecord]]
    labelled: bool = True


def read(root: Path, labels: Path | None, how: PhotosData, wanted: Sequence[str] = ()) -> Manifest[PhotoRecord]:
    """The photos whose diagnosis, or its group, is wanted; all without a wish. Raises EngineError where there is none."""
    layout = layout_of(root)
    if layout is None:
        raise EngineError(f"{root} holds no photos in a known layout; known are {', '.join(x.name for x in LAYOUTS)}.")
    if labels is not None and not labels.is_file():
        raise EngineError(f"the label file {labels} does not exist.")
    if labels is not None and not layout.labelled:
        raise EngineError(
            f"the label file {labels.name} was given; {root} is laid out as {layout.name}, whose own table is read."
        )
    found = sorted(layout.read(root, labels, how), key=lambda record: record.id)
    shown = list(_wanted(found, wanted))
    if not shown:
        known = ", ".join(sorted({r.diagnosis for r in found if r.diagnosis})) or "none; give --labels FILE"
        raise EngineError(f"{root} has no photo of {' or '.join(wanted) or 'any kind'}; its diagnoses: {known}.")
    split = shown if all(record.split for record in shown) else list(by_group(shown, how.split_seed))
    return Manifest(tuple(split), root, layout.name)


def layout_of(root: Path) -> PhotoLayout | None:
    """The first layout of the list that the folder has."""
    return next((layout for layout in LAYOUTS if layout.found(root)), None)


def _wanted(records: Iterable[PhotoRecord], wanted: Sequence[str]) -> Iterator[PhotoRecord]:
    for record in records:
        place = place_of(record.diagnosis, wanted) if wanted else 0
        if place is not None:
            yield replace(record, label=place)


def by_group(records: Sequence[PhotoRecord], seed: int) -> Iterator[PhotoRecord]:
    """Whole lesions or patients to train, val and test, 75 : 10 : 15 of each diagnosis as nearly as groups allow."""
    groups: dict[str, list[PhotoRecord]] = defaultdict(list)
    for record in records:
        groups[record.group].append(record)
    strata: dict[str, list[str]] = defaultdict(list)
    for name, members in sorted(groups.items()):
        strata[members[0].diagnosis or ""].append(name)
    found = sides(strata, {name: len(members) for name, members in groups.items()}, seed)
    return (replace(record, split=found[record.group]) for record in records)


def _challenge(root: Path, labels: Path | None, how: PhotosData) -> Iterator[PhotoRecord]:
    """With masks where the folder has any; a folder of photos alone is read too, split as the others without a split."""
    layout = isic.layout_of(root)
    assert layout is not None
    photos = isic.pictures_of(root, layout)
    rows = isic.label_rows(root, labels, photos)
    if isic.lesions_of(root, layout):
        for r in isic.read(root, labels, how.split_scheme).records:
            shows = _diagnosis(rows.get(finder.key(r.id)))
            yield PhotoRecord(r.id, r.picture, r.lesion, shows, r.group or r.id, r.licence, r.split)
        return
    for photo in photos:
        row = rows.get(finder.key(photo.name))
        said: Mapping[str, str] = row or {}
        group, split = said.get("lesion_id") or photo.stem, said.get("split") or None
        yield PhotoRecord(photo.stem, photo, None, _diagnosis(row), group, isic.licence_of(root), split)


def _diagnosis(row: Row | None) -> str | None:
    """What the row names, as a sampled set's does; else an ISIC challenge's columns: melanoma, seborrheic keratosis, or
    neither, which is benign; None without labels."""
    if row is None:
        return None
    if row.get("diagnosis"):
        return check(row["diagnosis"])
    labels = isic.numbers(row)
    if "melanoma" not in labels:
        return None
    if labels["melanoma"] >= 0.5:
        return "melanoma"
    return "seborrheic keratosis" if labels.get("seborrheic_keratosis", 0) >= 0.5 else "benign"


def _clinical(root: Path, labels: Path | None, how: PhotosData) -> Iterator[PhotoRecord]:
    layout = clinical.layout_of(root)
    assert layout is not None
    found, problems = clinical.listed(root, layout, labels)
    if problems:
        raise EngineError(f"{root.name}: {problems[0][0]} {problems[0][1]}; `moulage data check` lists all problems.")
    for r in found:
        yield PhotoRecord(r.id, r.picture, r.mask, r.condition, r.group, r.licence, None)


CHALLENGE = PhotoLayout("isic challenge", lambda root: isic.layout_of(root) is not None, _challenge)
CLINICAL = PhotoLayout("clinical", lambda root: clinical.layout_of(root) is not None, _clinical)
LAYOUTS = (
    CHALLENGE,
    PhotoLayout("ham10000", dermoscopic.is_ham10000, lambda root, labels, how: dermoscopic.ham10000(root), False),
    PhotoLayout("ph2", dermoscopic.is_ph2, lambda root, labels, how: dermoscopic.ph2(root), False),
    PhotoLayout("isic archive", dermoscopic.is_archive, lambda root, labels, how: dermoscopic.archive(root), False),
    CLINICAL,
)
"""A new reader's line goes between the first and the last."""
