"""Kept pictures as a data set in the ISIC 2018 challenge's layout, with a manifest that says what made each."""

import csv
import hashlib
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.cases.boxes import Box
from engine.cases.case import Case
from engine.cases.planes import ABSENT, DEFINITE, MARKERS, POSSIBLE
from engine.data.readers.isic import MANIFEST
from engine.errors import EngineError
from engine.formats import DESCRIPTION, plane_bytes, superpixel_bytes
from engine.formats.bundle import FIXED_DATE
from engine.weights.card import INTENDED_USE, LIMITS, now

PICTURES = "ISIC2018_Task1-2_Training_Input"
LESIONS = "ISIC2018_Task1_Training_GroundTruth"
ATTRIBUTES = "ISIC2018_Task2_Training_GroundTruth_v3"
CLINICAL = "images"  # of a folder with photos.csv and boxes.csv, see `engine.data.clinical`
PREFIX = "SYNTHETIC_"  # never an archive's own id
COLUMNS = (
    "id", "file", "shows", "sha256", "seed", "tone", "generator", "checkpoint_sha256", "markers", "possible", "conditions",
)  # fmt: skip
README = f"""{DESCRIPTION}.

Every picture in this data set was made by a trained model; none shows a patient, and none may be used for diagnosis.
The folders and masks follow the ISIC 2018 challenge (tasks 1 and 2): masks are 0 and 255. A marker that its author called
possible counts as marked here; manifest.csv names such markers, and each picture holds its whole case, certainties and
all, in its own metadata. A picture drawn over a photo's superpixels has them beside it as *_superpixels.png.

manifest.csv    every file: what it shows, its SHA-256, and the seed, tone, generator and checkpoint behind it
photos.csv      only with clinical pictures, which lie in `images`: each one's condition and skin type
boxes.csv       their boxes: x0, y0, x1, y1 in pixels, the right and bottom edges beyond the box, and the condition
{MANIFEST}   licence, counts and checkpoints of the whole set
"""


@dataclass
class _Manifest:
    """What has been written so far."""

    rows: list[Mapping[str, str]] = field(default_factory=list)
    photos: list[Mapping[str, str]] = field(default_factory=list)
    boxes: list[Mapping[str, str]] = field(default_factory=list)
    checkpoints: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    pictures: int = 0


@dataclass(frozen=True)
class Kept:
    """A saved picture. data: its PNG, which keeps its bytes. provenance: what the PNG says of itself; case: the one inside."""

    id: str
    data: bytes
    provenance: Mapping[str, Any]
    case: Case


def files_of(pictures: Iterable[Kept]) -> Iterator[tuple[str, bytes]]:
    """(path, bytes) of every file of a data set."""
    manifest = _Manifest()
    for kept in pictures:
        data, case, provenance, stem = kept.data, kept.case, kept.provenance, PREFIX + kept.id
        conditions = [box for box in case.boxes if box.condition]
        if conditions:
            photo = {"image": stem, "condition": conditions[0].condition, "skin_type": case.tone or "", "patient": stem}
            manifest.photos.append({key: str(value) for key, value in photo.items()})
            manifest.boxes += [_box(stem, box) for box in conditions]
        for shows, path, content in _clinical(stem, data) if conditions else _files(case, stem, data):
            yield path, content
            manifest.rows.append(_row(stem, path, shows, content, case, provenance))
        checkpoint = provenance.get("checkpoint", {})
        manifest.checkpoints[checkpoint.get("sha256", "")] = checkpoint
        manifest.pictures += 1
    yield "manifest.csv", _csv(manifest.rows, COLUMNS)
    if manifest.photos:
        yield "photos.csv", _csv(manifest.photos, tuple(manifest.photos[0]))
        yield "boxes.csv", _csv(manifest.boxes, tuple(manifest.boxes[0]))
    yield MANIFEST, summary(manifest.pictures, list(manifest.checkpoints.values()))
    yield "README.txt", README.encode()


def write_folder(files: Iterable[tuple[str, bytes]], out: Path) -> None:
    """All files below `out`, which must not exist yet or be empty: written beside it, then moved there whole."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise EngineError(f"--out {out} is there and not empty; a new or empty folder is needed.")
    out.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        for path, content in files:
            target = part / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        part.chmod(0o755)
        part.replace(out)
    except OSError as error:
        raise EngineError(f"{out} could not be written ({error.strerror}).") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_zip(files: Iterable[tuple[str, bytes]], out: Path, top: str) -> None:
    """All files below the folder `top` in one zip file, which appears whole or not at all."""
    part = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(part, "w") as archive:  # PNGs are deflated already
            for path, content in files:
                archive.writestr(zipfile.ZipInfo(f"{top}/{path}", FIXED_DATE), content)
        part.replace(out)
    except OSError as error:
        raise EngineError(f"{out} could not be written ({error.strerror}).") from error
    finally:
        part.unlink(missing_ok=True)


def _files(case: Case, stem: str, picture: bytes) -> Iterator[tuple[str, str, bytes]]:
    """(what it shows, path, bytes)."""
    yield "picture", f"{PICTURES}/{stem}.png", picture
    if case.superpixels is not None:
        yield "superpixels", f"{PICTURES}/{stem}_superpixels.png", superpixel_bytes(case.superpixels)
    yield "lesion", f"{LESIONS}/{stem}_segmentation.png", plane_bytes(np.uint8(DEFINITE) * case.planes.lesion)
    for marker, plane in zip(MARKERS, case.planes.markers, strict=True):
        marked = np.where(plane > ABSENT, DEFINITE, ABSENT).astype(np.uint8)
        yield marker, f"{ATTRIBUTES}/{stem}_attribute_{marker}.png", plane_bytes(marked)


def _clinical(stem: str, picture: bytes) -> Iterator[tuple[str, str, bytes]]:
    """A picture made of boxes has no masks; its boxes stand in their table."""
    yield "picture", f"{CLINICAL}/{stem}.png", picture


def _box(stem: str, box: Box) -> Mapping[str, str]:
    left, top, right, bottom = map(str, box.edges)
    return {"img_id": stem, "x0": left, "y0": top, "x1": right, "y1": bottom, "condition": box.condition or ""}


def _row(
    stem: str, path: str, shows: str, content: bytes, case: Case, provenance: Mapping[str, Any]
) -> Mapping[str, str]:
    planes = dict(zip(MARKERS, case.planes.markers, strict=True))
    return {
        "id": stem,
        "file": path,
        "shows": shows,
        "sha256": hashlib.sha256(content).hexdigest(),
        "seed": str(case.seed),
        "tone": case.tone or "",
        "generator": case.generator,
        "checkpoint_sha256": provenance.get("checkpoint", {}).get("sha256", ""),
        "markers": ";".join(name for name, plane in planes.items() if plane.any()),
        "possible": ";".join(name for name, plane in planes.items() if (plane == POSSIBLE).any()),
        "conditions": ";".join(dict.fromkeys(box.condition for box in case.boxes if box.condition)),
    }


def _csv(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> bytes:
    out = io.StringIO()
    table = csv.DictWriter(out, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return out.getvalue().encode()


def summary(pictures: int, checkpoints: Sequence[Mapping[str, Any]], dated: bool = True) -> bytes:
    """manifest.json: what a set is, its licence, and what made it; undated where the same job shall give the same bytes."""
    licences = sorted({str(c["licence"]) for c in checkpoints if c.get("licence")})
    table = {
        "format": 1,
        "synthetic": True,
        "description": DESCRIPTION,
        "layout": "isic2018",
        "pictures": pictures,
        "licence": f"synthetic pictures by Moulage; their generator's {'; '.join(licences) or 'licence is not known'}",
        "intended_use": INTENDED_USE,
        "limits": LIMITS,
        "checkpoints": list(checkpoints),
    } | ({"made": now()} if dated else {})
    return json.dumps(table, indent=1).encode()
