"""Readers of clinical photographs: PAD-UFES-20, Fitzpatrick17k, DDI, and any folder with a `boxes.csv`.

Every layout is told by its table's file name and columns. Photos are split by patient, so that nobody's skin is on two
sides, and within each condition, so that the rare ones are on all. Fitzpatrick17k and DDI come without boxes: theirs are
read from a `boxes.csv` beside the table, and a photo without one is left out of what is trained on.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from engine.cases.boxes import Box
from engine.cases.conditions import CONDITIONS, index_of
from engine.cases.settings import TONES
from engine.config import suggestion
from engine.data import finder
from engine.data.records import ClinicalRecord, Manifest
from engine.data.splits import sides
from engine.data.tables import Row, columns, rows
from engine.errors import EngineError
from engine.photos.reading import upright_size

Boxes = dict[str, tuple[Box, ...]]
BOX_COLUMNS = ("x0", "y0", "x1", "y1")
OTHER = "other"
PAD_LICENCE = "PAD-UFES-20, CC BY 4.0, doi 10.17632/zr7vgbcyr2.1"


@dataclass(frozen=True)
class ClinicalLayout:
    """One data set's table. Columns are named as the source names them; `names` maps its conditions to ours.

    pictures: folders of photos, "." the root itself. masks: folder of lesion masks named as the photos. boxes: the table of
    boxes, in photo pixels, by the photo's name.
    open_ended: a condition that is none of ours is "other" (Fitzpatrick17k has 114, DDI 78); elsewhere it is a mistake.
    """

    name: str
    table: str
    photo: str
    condition: str
    skin_type: str
    patient: str | None
    names: dict[str, str]
    pictures: tuple[str, ...]
    licence: str
    boxes: str = "boxes.csv"
    masks: str | None = None
    open_ended: bool = False


LAYOUTS = (
    ClinicalLayout(
        "pad-ufes-20", "metadata.csv", "img_id", "diagnostic", "fitspatrick", "patient_id",
        {"ACK": "actinic keratosis", "BCC": "basal cell carcinoma", "MEL": "melanoma", "NEV": "melanocytic nevus",
         "SCC": "squamous cell carcinoma", "SEK": "seborrheic keratosis"},
        ("images", "imgs_part_*"), PAD_LICENCE, "rois.csv", "masks",
    ),
    ClinicalLayout(
        "fitzpatrick17k", "fitzpatrick17k.csv", "md5hash", "label", "fitzpatrick", None,
        {"malignant melanoma": "melanoma", "nevocytic nevus": "melanocytic nevus", "acne vulgaris": "acne"},
        ("images",), "Fitzpatrick17k, CC BY-NC-SA 3.0; the photos belong to their atlases", open_ended=True,
    ),
    ClinicalLayout(
        "ddi", "ddi_metadata.csv", "DDI_file", "disease", "skin_tone", None,
        {"melanocytic-nevi": "melanocytic nevus", "melanoma-in-situ": "melanoma", "verruca-vulgaris": "verruca vulgaris"},
        (".",), "Stanford DDI, research use agreement", open_ended=True,
    ),
    ClinicalLayout(
        "folder", "photos.csv", "image", "condition", "skin_type", "patient", {}, ("images",), "stated by its owner"
    ),
)  # fmt: skip


def layout_of(root: Path) -> ClinicalLayout | None:
    """The layout whose table, with its columns, the folder holds."""
    return next((x for x in LAYOUTS if {x.photo, x.condition} <= set(columns(finder.file(root, x.table)))), None)


def read(
    root: Path, labels: Path | None, split_seed: int, conditions: Sequence[str] = CONDITIONS
) -> Manifest[ClinicalRecord]:
    """The photos that have boxes and one of the `conditions`, split by patient: 75 % train, 10 % val, 15 % test.

    labels: a table of boxes to use in place of the folder's own. Raises EngineError with one sentence on the first row that
    is wrong; `moulage data check` lists all.
    """
    layout = layout_of(root)
    if layout is None:
        raise EngineError(
            f"{root} holds no clinical photographs; known layouts are {', '.join(x.name for x in LAYOUTS)}."
        )
    records, problems = listed(root, layout, labels)
    if problems:
        name, sentence = problems[0]
        more = f" (and {len(problems) - 1} more; `moulage data check` lists them)" if len(problems) > 1 else ""
        raise EngineError(f"{root.name}: {name} {sentence}{more}.")
    shown = [r for r in records if r.boxes and all(box.condition in conditions for box in r.boxes)]
    if not shown:
        raise EngineError(
            f"{root} has no photo with a box of {', '.join(conditions[:3])} or another condition asked for."
        )
    return Manifest(tuple(split(shown, split_seed)), root, layout.name)


def listed(
    root: Path, layout: ClinicalLayout, labels: Path | None = None
) -> tuple[list[ClinicalRecord], list[tuple[str, str]]]:
    """Every photo of the table with what is known of it, and (name, sentence) for each row that is wrong."""
    problems: list[tuple[str, str]] = []
    photos = finder.by_key(_photos(root, layout))
    masks = finder.masks(finder.folders(root, layout.masks), (*finder.MASK_ENDS, "")) if layout.masks else {}
    listed_rows = rows(finder.file(root, layout.table))
    boxes = _box_rows(labels or finder.file(root, layout.boxes))
    records = []
    for row in listed_rows:
        key = finder.key(row[layout.photo])
        try:
            records.append(_record(layout, row, photos.get(key), masks.get(key), boxes.pop(key, [])))
        except EngineError as error:
            problems.append((row[layout.photo] or f"a row of {layout.table}", str(error).rstrip(".")))
    problems += [(rest[0]["img_id"], f"has boxes but no row in {layout.table}") for rest in boxes.values()]
    return sorted(records, key=lambda record: record.id), problems


def _photos(root: Path, layout: ClinicalLayout) -> list[Path]:
    """Those of the layout's folders, and of the folders in these: an archive may come in parts."""
    if layout.pictures == (".",):
        return finder.photos(root)
    inside = [folder for pattern in layout.pictures for folder in finder.folders(root, pattern)]
    return [photo for folder in inside for photo in finder.photos_below(folder)]


def split(records: Sequence[ClinicalRecord], seed: int) -> Iterator[ClinicalRecord]:
    """Assign whole patients to train, val and test, about 75 : 10 : 15 of the photos of each condition."""
    patients: dict[str, list[ClinicalRecord]] = defaultdict(list)
    for record in records:
        patients[record.group].append(record)
    counts = {c: sum(_first(r) == c for r in records) for c in {_first(r) for r in records}}
    strata: dict[str, list[str]] = defaultdict(list)
    for patient in sorted(patients):
        strata[min({_first(r) for r in patients[patient]}, key=lambda c: (counts[c], c))].append(patient)
    found = sides(strata, {name: len(members) for name, members in patients.items()}, seed)
    return (replace(record, split=found[record.group]) for record in records)


def _first(record: ClinicalRecord) -> str:
    return record.boxes[0].condition or OTHER


def _record(
    layout: ClinicalLayout, row: Row, photo: Path | None, mask: Path | None, boxes: list[Row]
) -> ClinicalRecord:
    if photo is None:
        raise EngineError(f"is not in the folder '{layout.pictures[0]}', under whatever extension")
    condition = _condition(layout, row[layout.condition])
    found = tuple(_box(box, _condition(layout, box.get("condition") or row[layout.condition])) for box in boxes)
    width, height = _size(photo) if found else (0, 0)
    for box in found if width else ():
        if box.right > width or box.bottom > height:
            raise EngineError(f"has the box {box.edges}, which leaves the photo; it is {width}x{height}")
    index_of(condition)
    return ClinicalRecord(
        id=photo.stem,
        picture=photo,
        mask=mask,
        boxes=found,
        fitzpatrick=_skin_type(row.get(layout.skin_type, "")),
        group=(row.get(layout.patient) if layout.patient else None) or photo.stem,
        licence=layout.licence,
        split=None,
        condition=condition,
    )


def _condition(layout: ClinicalLayout, name: str) -> str:
    """Our name of a source's condition; a generic folder must name ours, a public set's others are "other"."""
    plain = name.strip()
    ours = layout.names.get(
        plain, plain.lower().replace("-", " ") if plain.lower().replace("-", " ") in CONDITIONS else plain
    )
    if ours in CONDITIONS:
        return ours
    if layout.open_ended:
        return OTHER
    raise EngineError(
        f"has the condition {plain[:60]!r}, which is unknown; {suggestion(plain, layout.names or CONDITIONS)}"
    )


def _skin_type(text: str) -> str | None:
    """I..VI from 1..6 however written ("4.0", "IV", DDI's pairs "12", "34", "56" by their lighter type); None where unknown."""
    plain = text.strip().removesuffix(".0").upper()
    if plain in ("", "-1"):
        return None
    if plain in TONES:
        return plain
    if plain in PAIRS:
        plain = PAIRS[plain]
    if plain not in ("1", "2", "3", "4", "5", "6"):
        raise EngineError(
            f"has the skin type {text[:20]!r}; I to VI or 1 to 6 is allowed, or nothing where it is unknown"
        )
    return TONES[int(plain) - 1]


PAIRS = {"12": "1", "34": "3", "56": "5"}


def _box(row: Row, condition: str) -> Box:
    try:
        left, top, right, bottom = (int(row.number(name)) for name in BOX_COLUMNS)
    except EngineError as error:
        raise EngineError(
            f"has a box with {[row.get(n) for n in BOX_COLUMNS]} ({row.place}); whole pixels x0, y0, x1, y1 are needed"
        ) from error
    if left < 0 or top < 0:
        raise EngineError(f"has the box {(left, top, right, bottom)}, which leaves the photo")
    if left >= right or top >= bottom:
        raise EngineError(f"has the box {(left, top, right, bottom)}, which has no area")
    return Box(left, top, right, bottom, condition)


def _size(photo: Path) -> tuple[int, int]:
    """(width, height) as it is seen; zeros for a photo that cannot be read, which whoever decodes it names."""
    try:
        return upright_size(photo)
    except EngineError:
        return 0, 0


def _box_rows(path: Path) -> dict[str, list[Row]]:
    """Stem → its boxes, in the table's order: a later box lies over an earlier one."""
    if not path.is_file():
        return {}
    boxes: dict[str, list[Row]] = defaultdict(list)
    for row in rows(path):
        name = next((row[key] for key in NAME_COLUMNS if row.get(key)), "")
        if not name:
            raise EngineError(
                f"{path.name} has a row without a photo's name; one of {', '.join(NAME_COLUMNS)} is needed."
            )
        row["img_id"] = name
        boxes[finder.key(name)].append(row)
    return dict(boxes)


NAME_COLUMNS = ("img_id", "image", "md5hash", "DDI_file")
