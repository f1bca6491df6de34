"""Readers for the ISIC challenge folders of 2016, 2017 and 2018 (tasks 1 and 2), as they come from the challenge site.

A layout is told by its folder and file names. ISIC 2017 ships `_superpixels.png` files beside the photos: those are
instance maps (index = R + G·256 + B·65536), not images. Markers are read from 2018's mask files; 2016 has none.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from engine.cases.planes import MARKERS
from engine.data import finder
from engine.data.records import Manifest, Record
from engine.errors import EngineError
from engine.seeds import stream

LICENCE = "CC-0 by the challenge site's source; other notes say CC BY-NC 4.0"
MANIFEST = "manifest.json"
TEST_COUNT = 248  # Bissoto et al. 2018, sec. 3.1: 2,346 to train, 248 held out
BISSOTO_SEED = 0  # the released script's seed; its glob order, and so its test ids, cannot be recovered


@dataclass(frozen=True)
class Layout:
    """Where one challenge year keeps its files, below the root; `*` stands for Training, Validation or Test."""

    name: str
    pictures: str
    lesions: str
    lesion_suffix: str
    markers: str | None


LAYOUTS = (
    Layout(
        "isic2018",
        "ISIC2018_Task1-2_*_Input",
        "ISIC2018_Task1_*_GroundTruth",
        "_segmentation.png",
        "ISIC2018_Task2_*_GroundTruth*",
    ),
    Layout("isic2017", "ISIC-2017_*_Data", "ISIC-2017_*_Part1_GroundTruth", "_segmentation.png", None),
    Layout("isic2016", "ISBI2016_ISIC_Part1_*_Data", "ISBI2016_ISIC_Part1_*_GroundTruth", "_Segmentation.png", None),
)


def layout_of(root: Path) -> Layout | None:
    """The layout whose picture folder the root holds."""
    return next((layout for layout in LAYOUTS if any(root.glob(layout.pictures))), None)


def pictures_of(root: Path, layout: Layout) -> list[Path]:
    """Every photo, in order of name; superpixel maps are not photos, nor are a file system's own hidden files."""
    found = [photo for folder in sorted(root.glob(layout.pictures)) for photo in finder.photos(folder)]
    return sorted(found, key=lambda file: file.stem)


def licence_of(root: Path) -> str:
    """What a data set that Moulage exported says of itself, else the archive's."""
    try:
        return str(json.loads((root / MANIFEST).read_bytes())["licence"])
    except (OSError, ValueError, KeyError, TypeError):
        return LICENCE


def read(root: Path, labels: Path | None, split_scheme: str) -> Manifest:
    """All records of an ISIC folder; a photo without its lesion mask is one sentence that names the first and counts.

    labels: ISIC 2017 part-3 CSV (image_id, melanoma, seborrheic_keratosis and, optionally, split); None looks for challenge
    files in the root. split_scheme: "isic2017" or "bissoto".
    """
    if not root.is_dir():
        raise EngineError(f"{root} is not a folder; a data folder in the ISIC 2016, 2017 or 2018 layout is expected.")
    if labels is not None and not labels.is_file():
        raise EngineError(f"the label file {labels} does not exist.")
    layout = layout_of(root)
    if layout is None:
        raise EngineError(f"{root} has no known layout; known are {', '.join(x.name for x in LAYOUTS)}.")
    rows = label_rows(root, labels)
    photos = pictures_of(root, layout)
    lesions = masks(root, layout.lesions, layout.lesion_suffix)
    missing = [photo.name for photo in photos if photo.stem not in lesions]
    if missing:
        raise EngineError(
            f"{root} lacks the lesion masks of {len(missing)} of {len(photos)} photos, first {missing[0]}; "
            "`moulage data check` lists them all."
        )
    unknown = sorted(set(rows) - {photo.stem for photo in photos})
    if unknown and labels:
        raise EngineError(f"{labels.name} names {len(unknown)} ids that {root} does not hold, first {unknown[0]}.")
    markers = {name: masks(root, layout.markers, f"_attribute_{name}.png") for name in MARKERS}
    licence = licence_of(root)
    records = [_record(photo, lesions[photo.stem], markers, rows.get(photo.stem, {}), licence) for photo in photos]
    return Manifest(tuple(SPLITS[split_scheme](records)), root, layout.name)


def read_labels(path: Path) -> dict[str, dict[str, str]]:
    """id → columns of an ISIC label file; 2016's has no header line (id, benign or malignant)."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(f"{path} cannot be read as a label file: {error}.") from error
    if lines and not lines[0].startswith("image"):
        return {row[0]: {"melanoma": _malignant(row[1])} for row in csv.reader(lines) if len(row) == 2}
    table = csv.DictReader(lines)
    if table.fieldnames is None or "image_id" not in table.fieldnames:
        raise EngineError(f"{path.name} has the columns {table.fieldnames}; 'image_id' is needed.")
    return {row["image_id"]: {k: v for k, v in row.items() if k != "image_id"} for row in table}


def label_rows(root: Path, labels: Path | None) -> dict[str, dict[str, str]]:
    """id → columns of the label file, or of those that lie beside the photos."""
    return read_labels(labels) if labels else _labels_beside(root)


def numbers(row: Mapping[str, str]) -> dict[str, float]:
    """The columns that are numbers."""
    return {k: float(v) for k, v in row.items() if _is_number(v)}


def _malignant(value: str) -> str:
    return {"benign": "0", "malignant": "1"}.get(value.strip(), value)


def _labels_beside(root: Path) -> dict[str, dict[str, str]]:
    found = sorted([*root.glob("*Part3*GroundTruth.csv")])
    return {k: v for file in found for k, v in read_labels(file).items()}


def masks(root: Path, pattern: str | None, suffix: str) -> dict[str, Path]:
    """id → mask file, of the folders that match `pattern`."""
    folders = root.glob(pattern) if pattern else ()
    return {f.name.removesuffix(suffix): f for folder in folders for f in folder.glob(f"*{suffix}")}


def _record(
    photo: Path, lesion: Path, markers: Mapping[str, Mapping[str, Path]], row: Mapping[str, str], licence: str
) -> Record:
    superpixels = photo.with_name(f"{photo.stem}_superpixels.png")
    return Record(
        id=photo.stem,
        picture=photo,
        lesion=lesion,
        markers=tuple(markers[name].get(photo.stem) for name in MARKERS),
        superpixels=superpixels if superpixels.exists() else None,
        labels=numbers(row),
        group=row.get("lesion_id"),
        licence=licence,
        split=row.get("split"),
    )


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _by_column(records: Iterable[Record]) -> list[Record]:
    """The split column as it stands (ISIC 2017's train, validation and test, near-duplicates kept on one side)."""
    return [_with_split(record, record.split or _folder_split(record)) for record in records]


def _bissoto(records: Iterable[Record]) -> list[Record]:
    """2,346 to train and 248 held out of ISIC 2018's 2,594, drawn from the sorted ids with a fixed seed."""
    ordered = sorted(records, key=lambda record: record.id)
    held = max(1, round(len(ordered) * TEST_COUNT / 2594)) if len(ordered) != 2594 else TEST_COUNT
    test = set(stream(BISSOTO_SEED, "bissoto").permutation(len(ordered))[:held].tolist())
    return [_with_split(record, "test" if i in test else "train") for i, record in enumerate(ordered)]


def _folder_split(record: Record) -> str:
    folder = record.picture.parent.name
    return next((split for word, split in (("Validation", "val"), ("Test", "test")) if word in folder), "train")


def _with_split(record: Record, split: str) -> Record:
    return replace(record, split=split)


SPLITS = {"isic2017": _by_column, "bissoto": _bissoto}
