"""Readers for the ISIC challenge folders of 2016, 2017 and 2018 (tasks 1 and 2), as they come from the challenge site.

A layout is told by its folder and file names. ISIC 2017 ships `_superpixels.png` files beside the photos: those are
instance maps (index = R + G·256 + B·65536), not images. Markers are read from 2018's mask files; 2016 has none.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.cases.planes import MARKERS
from engine.data import finder
from engine.data.readers import clinical
from engine.data.records import Manifest, Record
from engine.data.tables import Row, columns, is_number, rows
from engine.errors import EngineError
from engine.seeds import stream

LICENCE = "CC-0 by the challenge site's source; other notes say CC BY-NC 4.0"
MANIFEST = "manifest.json"
TEST_COUNT = 248  # Bissoto et al. 2018, sec. 3.1: 2,346 to train, 248 held out
SEGMENTATION = ("_segmentation",)
ID_COLUMNS = ("image_id", "image", "isic_id", "image_name", "img_id", "filename", "id")
# One column a diagnosis, 1 in that of the photo: ISIC 2018 task 3 and ISIC 2019, whose UNK is none of the others.
ONE_HOT = {
    "MEL": "melanoma", "NV": "melanocytic nevus", "BCC": "basal cell carcinoma", "AKIEC": "actinic keratosis",
    "AK": "actinic keratosis", "BKL": "benign keratosis", "DF": "dermatofibroma", "VASC": "vascular lesion",
    "SCC": "squamous cell carcinoma", "UNK": None,
}  # fmt: skip
NO_NUMBERS = (*ID_COLUMNS, "split", "lesion_id", "patient_id", "diagnosis")
BISSOTO_SEED = 0  # the released script's seed; its glob order, and so its test ids, cannot be recovered


@dataclass(frozen=True)
class ChallengeLayout:
    """Where one challenge year keeps its files, below the root; `*` stands for Training, Validation or Test.

    ends: how a lesion mask's name ends; "" for one that is called as its photo.
    """

    name: str
    pictures: str
    lesions: str
    ends: tuple[str, ...]
    markers: str | None


LAYOUTS = (
    ChallengeLayout(
        "isic2018",
        "ISIC2018_Task1-2_*_Input",
        "ISIC2018_Task1_*_GroundTruth",
        SEGMENTATION,
        "ISIC2018_Task2_*_GroundTruth*",
    ),
    ChallengeLayout("isic2017", "ISIC-2017_*_Data", "ISIC-2017_*_Part1_GroundTruth", SEGMENTATION, None),
    ChallengeLayout("isic2016", "ISBI2016_ISIC_Part1_*_Data", "ISBI2016_ISIC_Part1_*_GroundTruth", SEGMENTATION, None),
)
PLAIN = ChallengeLayout("images and masks", "images", "masks", (*finder.MASK_ENDS, ""), None)
"""Anybody's folder: two folders of files whose names agree. A table of clinical photographs beside them comes first."""


def layout_of(root: Path) -> ChallengeLayout | None:
    """The layout whose picture folder the root holds."""
    challenge = next((layout for layout in LAYOUTS if finder.folders(root, layout.pictures)), None)
    if challenge is not None or clinical.layout_of(root) is not None:
        return challenge
    return PLAIN if all(finder.folders(root, name) for name in (PLAIN.pictures, PLAIN.lesions)) else None


def pictures_of(root: Path, layout: ChallengeLayout) -> list[Path]:
    """Every photo, in order of name; superpixel maps are not photos, nor are a file system's own hidden files."""
    found = [photo for folder in finder.folders(root, layout.pictures) for photo in finder.photos(folder)]
    return sorted(finder.by_key(found).values(), key=lambda file: file.stem)


def lesions_of(root: Path, layout: ChallengeLayout) -> dict[str, Path]:
    """A photo's key → its lesion mask."""
    return finder.masks(finder.folders(root, layout.lesions), layout.ends)


def markers_of(root: Path, layout: ChallengeLayout) -> dict[str, dict[str, Path]]:
    """Marker → a photo's key → its mask."""
    inside = finder.folders(root, layout.markers) if layout.markers else []
    return {name: finder.masks(inside, (f"_attribute_{name}",)) for name in MARKERS}


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
        raise EngineError(f"{root} has no known layout; known are {', '.join(x.name for x in (*LAYOUTS, PLAIN))}.")
    photos = pictures_of(root, layout)
    labelled = label_rows(root, labels, photos)
    lesions = lesions_of(root, layout)
    missing = [photo.name for photo in photos if finder.key(photo.name) not in lesions]
    if missing:
        raise EngineError(
            f"{root} lacks the lesion masks of {len(missing)} of {len(photos)} photos, first {missing[0]}; "
            "`moulage data check` lists them all."
        )
    unknown = sorted(set(labelled) - {finder.key(photo.name) for photo in photos})
    if unknown and labels:
        first = id_of(labelled[unknown[0]])
        raise EngineError(f"{labels.name} names {len(unknown)} ids that {root} does not hold, first {first}.")
    markers, licence = markers_of(root, layout), licence_of(root)
    records = [_record(photo, lesions, markers, labelled.get(finder.key(photo.name)), licence) for photo in photos]
    return Manifest(tuple(SPLITS[split_scheme](records)), root, layout.name)


def read_labels(path: Path) -> dict[str, Row]:
    """A photo's key → its row of an ISIC label file; 2016's has no header line (id, benign or malignant)."""
    table = rows(path, headerless=("image_id", "melanoma"))
    listed = columns(path)
    if table and not any(name in table[0] for name in ID_COLUMNS):
        raise EngineError(f"{path.name} has the columns {', '.join(listed)}; one of {', '.join(ID_COLUMNS)} is needed.")
    found: dict[str, Row] = {}
    for row in table:
        row["melanoma"] = {"benign": "0", "malignant": "1"}.get(row.get("melanoma", ""), row.get("melanoma", ""))
        if not row["melanoma"]:
            del row["melanoma"]
        if said := _one_hot(row):
            row["diagnosis"] = said
        if found.setdefault(finder.key(id_of(row)), row) is not row:
            raise EngineError(f"{row.place} names {id_of(row)} for the second time; one row a photo is expected.")
    return found


def id_of(row: Row) -> str:
    """The photo's id as its row writes it."""
    return next(row[name] for name in ID_COLUMNS if name in row)


def label_rows(root: Path, labels: Path | None, photos: Sequence[Path]) -> dict[str, Row]:
    """A photo's key → its row of the label file, or of those that lie beside the photos.

    Raises EngineError where a label file was given of which no id is a photo's.
    """
    if labels is None:
        beside = sorted(root.glob("*Part3*GroundTruth.csv"))
        return {k: v for file in beside for k, v in read_labels(file).items()}
    found, there = read_labels(labels), {finder.key(photo.name) for photo in photos}
    if found and there and not there & found.keys():
        raise EngineError(
            f"{labels.name} names none of the photos of {root}: its ids are such as {id_of(next(iter(found.values())))}, the "
            f"photos' names such as {photos[0].stem}."
        )
    return found


def numbers(row: Row) -> dict[str, float]:
    """The columns that are numbers; nan and inf are refused by their line."""
    return {name: row.number(name) for name, cell in row.items() if name not in NO_NUMBERS and is_number(cell)}


def _one_hot(row: Row) -> str | None:
    """The diagnosis whose column holds 1; None where there are no such columns, or none holds it."""
    told = [name for name in ONE_HOT if name in row]
    if len(told) < 2:
        return None
    marked = [name for name in told if row.number(name) >= 0.5]
    if len(marked) > 1:
        raise EngineError(f"{row.place}: {' and '.join(marked)} are both 1; one diagnosis a photo is expected.")
    return ONE_HOT[marked[0]] if marked else None


def _record(
    photo: Path,
    lesions: Mapping[str, Path],
    markers: Mapping[str, Mapping[str, Path]],
    row: Row | None,
    licence: str,
) -> Record:
    key, row = finder.key(photo.name), row or Row({}, "", 0)
    superpixels = photo.with_name(f"{photo.stem}_superpixels.png")
    return Record(
        id=photo.stem,
        picture=photo,
        lesion=lesions[key],
        markers=tuple(markers[name].get(key) for name in MARKERS),
        superpixels=superpixels if superpixels.exists() else None,
        labels=numbers(row),
        group=row.get("lesion_id") or None,
        licence=licence,
        split=row.get("split") or None,
    )


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
