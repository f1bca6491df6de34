"""Readers of dermoscopic sets beyond the ISIC challenges: HAM10000, PH2, and a download from the ISIC Archive.

Each is told by its table or folder, and gives photos with their diagnosis, their lesion mask where there is one, and the lesion
or patient they show, by which they are split.
"""

from collections.abc import Iterator
from pathlib import Path

from engine.data import finder
from engine.data.records import PhotoRecord
from engine.data.tables import Row, columns, rows, text
from engine.errors import EngineError

HAM_TABLES = ("HAM10000_metadata.csv", "HAM10000_metadata", "HAM10000_metadata.tab")
HAM_LICENCE = "HAM10000, CC BY-NC 4.0 (some copies say CC BY-NC-SA 4.0), doi 10.7910/DVN/DBW86T"
HAM_DIAGNOSES = {
    "akiec": "actinic keratosis", "bcc": "basal cell carcinoma", "bkl": "benign keratosis", "df": "dermatofibroma",
    "mel": "melanoma", "nv": "melanocytic nevus", "vasc": "vascular lesion",
}  # fmt: skip

SEGMENTATION = ("_segmentation",)
ARCHIVE_TABLE = "metadata.csv"
PH2_PHOTOS, PH2_TABLE = "PH2 Dataset images", "PH2_dataset.txt"
PH2_LICENCE = "PH2, for research and education, by registration with its authors"
PH2_DIAGNOSES = {"0": "melanocytic nevus", "1": "atypical nevus", "2": "melanoma"}

# Words of the archive's free diagnoses, the first that is found decides: a lentigo maligna melanoma is a melanoma.
ARCHIVE_WORDS = {
    "melanoma": "melanoma", "basal cell carcinoma": "basal cell carcinoma",
    "squamous cell carcinoma": "squamous cell carcinoma",
    "seborrheic keratosis": "seborrheic keratosis", "actinic keratosis": "actinic keratosis",
    "lichenoid keratosis": "benign keratosis", "dermatofibroma": "dermatofibroma", "angioma": "vascular lesion",
    "vascular": "vascular lesion", "nevus": "melanocytic nevus", "lentigo": "lentigo", "verruca": "verruca vulgaris",
}  # fmt: skip
ARCHIVE_DIAGNOSES = ("diagnosis_5", "diagnosis_4", "diagnosis_3", "diagnosis_2", "diagnosis")
ARCHIVE_GROUPS = ("diagnosis_1", "benign_malignant")


def is_ham10000(root: Path) -> bool:
    """Whether the root holds HAM10000's table."""
    return any(finder.file(root, name).is_file() for name in HAM_TABLES)


def ham10000(root: Path) -> Iterator[PhotoRecord]:
    """HAM10000 as Dataverse or its mirrors give it: the images in parts, the table with or without an extension."""
    table = next(file for name in HAM_TABLES if (file := finder.file(root, name)).is_file())
    photos = finder.by_key(
        f for folder in finder.folders(root, "HAM10000_images*") for f in finder.photos_below(folder)
    )
    masks = finder.masks(_below(root, "HAM10000_segmentations*"), SEGMENTATION)
    for row in rows(table, ("image_id", "dx")):
        name, dx = row["image_id"], row["dx"]
        key = finder.key(name)
        if key not in photos:
            raise EngineError(
                f"{table.name} names {name}, which the folders HAM10000_images_part_1 and _2 do not hold."
            )
        if dx not in HAM_DIAGNOSES:
            raise EngineError(
                f"{table.name} says dx = '{dx[:40]}' of {name}; one of {', '.join(HAM_DIAGNOSES)} is expected."
            )
        lesion = row.get("lesion_id") or name
        yield PhotoRecord(name, photos[key], masks.get(key), HAM_DIAGNOSES[dx], lesion, HAM_LICENCE, None)


def is_ph2(root: Path) -> bool:
    """Whether the root holds PH2's folder of images."""
    return bool(finder.folders(root, PH2_PHOTOS))


def ph2(root: Path) -> Iterator[PhotoRecord]:
    """PH2 with its text sheet; without it the photos have no diagnosis."""
    sheet = finder.file(root, PH2_TABLE)
    said = dict(_ph2_sheet(sheet)) if sheet.is_file() else {}
    for folder in finder.folders(finder.folders(root, PH2_PHOTOS)[0], "IMD*"):
        name = folder.name
        photos = [f for inside in finder.folders(folder, "*_Dermoscopic_Image") for f in finder.photos(inside)]
        masks = finder.masks(finder.folders(folder, "*_lesion"), ("_lesion",))
        if not photos:
            raise EngineError(f"{root.name}: {name} has no photo in a folder {name}_Dermoscopic_Image.")
        yield PhotoRecord(name, photos[0], masks.get(finder.key(name)), said.get(name), name, PH2_LICENCE, None)


def _ph2_sheet(path: Path) -> Iterator[tuple[str, str]]:
    """(image, diagnosis) of the sheet, whose columns stand between double bars under a header that names them."""
    place: int | None = None
    for line in text(path).splitlines():
        cells = [cell.strip() for cell in line.split("||")]
        if "Clinical Diagnosis" in cells:
            place = cells.index("Clinical Diagnosis")
        name = next((cell for cell in cells if cell.startswith("IMD")), None)
        if name and place is not None and place < len(cells) and cells[place] in PH2_DIAGNOSES:
            yield name, PH2_DIAGNOSES[cells[place]]
    if place is None:
        raise EngineError(f"{path.name} has no column 'Clinical Diagnosis'; PH2's own text sheet is needed.")


def is_archive(root: Path) -> bool:
    """Whether the root holds a metadata.csv with the archive's ids."""
    return "isic_id" in columns(finder.file(root, ARCHIVE_TABLE))


def archive(root: Path) -> Iterator[PhotoRecord]:
    """A download from the ISIC Archive: metadata.csv beside the images. What is marked as not dermoscopic is left out."""
    photos = finder.by_key(finder.photos(root))
    masks = finder.masks([root, *_below(root, "*")], SEGMENTATION)
    for row in rows(finder.file(root, ARCHIVE_TABLE), ("isic_id",)):
        name = row["isic_id"]
        key = finder.key(name)
        if row.get("image_type", "").lower() not in ("", "dermoscopic"):
            continue
        if key not in photos:
            raise EngineError(f"{root.name}/metadata.csv names {name}, whose image is not beside it.")
        said = f"{row.get('copyright_license') or 'unknown licence'}, {row.get('attribution') or 'unknown owner'}"
        group = row.get("patient_id") or row.get("lesion_id") or name
        yield PhotoRecord(
            name, photos[key], masks.get(key), archive_diagnosis(row), group, f"ISIC Archive: {said}", None
        )


def _below(root: Path, pattern: str) -> list[Path]:
    """The folders in `root` whose names fit, and the folders in them."""
    return [one for found in finder.folders(root, pattern) for one in (found, *_below(found, "*"))]


def archive_diagnosis(row: Row) -> str | None:
    """The finest of the archive's five diagnoses that is known here, else benign or malignant, else None."""
    for column in ARCHIVE_DIAGNOSES:
        text = row.get(column, "").lower()
        if found := next((ours for word, ours in ARCHIVE_WORDS.items() if word in text), None):
            return found
    groups = {row.get(column, "").lower() for column in ARCHIVE_GROUPS}
    return next((group for group in ("malignant", "benign") if group in groups), None)
