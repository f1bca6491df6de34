"""A kept picture in the forms that people and other tools take."""

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from engine import formats
from engine.cases.case import Case
from engine.cases.planes import semantic_map
from engine.cases.tone import TONES as ITA
from engine.errors import EngineError
from engine.pixels import resize_picture
from engine.rendering.painter import Rendered, measured
from engine.stores.photos import Photos
from engine.training.presets import read_case


@dataclass(frozen=True)
class Form:
    """title: what a menu says. suffix: what follows the file's stem. make: (rendered, its case, stem, photo) → bytes.

    holds_photo: it gives away the real photo that the map was drawn on, and `make` gets that photo's PNG; else None.
    shows: the kind of case it says something of, planes ("map") or boxes with conditions ("boxes"); None is both.
    """

    title: str
    suffix: str
    media_type: str
    make: Callable[[Rendered, Case, str, bytes | None], bytes]
    holds_photo: bool = False
    shows: Literal["map", "boxes"] | None = None


def _sidecar(kept: Rendered, case: Case, stem: str, photo: bytes | None) -> bytes:
    return json.dumps(kept.provenance, sort_keys=True, allow_nan=False, indent=1).encode()


def _regions(kept: Rendered, case: Case, stem: str, photo: bytes | None) -> bytes:
    """With the tone that was asked for; one that was drawn is read from the picture's skin."""
    boxes = [box for box in case.boxes if box.condition]
    if not boxes:
        raise EngineError("the case has no box with a condition, which a map of boxes is made of.")
    ita_deg = ITA[case.tone] if case.tone else measured(kept.picture, case)
    if ita_deg is None:
        raise EngineError("the picture shows too little skin beside its boxes to measure the tone; choose one.")
    return formats.region_bytes(boxes, ita_deg, *case.planes.size)


def _enlarged(factor: int) -> Form:
    """The picture with more pixels and no more detail, which its metadata says."""

    def make(kept: Rendered, case: Case, stem: str, photo: bytes | None) -> bytes:
        height, width = kept.picture.shape[:2]
        larger = resize_picture(kept.picture, factor * width, factor * height)
        told = {"enlarged": {"factor": factor, "method": "Lanczos, which adds no detail"}}
        return formats.picture_bytes(larger, kept.provenance | told)

    return Form(f"Picture enlarged {factor}\u00d7 (Lanczos)", f"_{factor}x.png", "image/png", make)


FORMS = {
    "picture": Form("Picture with its case", ".png", "image/png",
                    lambda kept, case, stem, photo: formats.picture_bytes(kept.picture, kept.provenance)),
    "twice": _enlarged(2),
    "fourfold": _enlarged(4),
    "share": Form("Marked JPEG to share", ".jpg", "image/jpeg",
                  lambda kept, case, stem, photo: formats.jpeg_bytes(kept.picture, kept.provenance)),
    "bundle": Form("Bundle of everything", ".moulage.zip", "application/zip",
                   lambda kept, case, stem, photo: formats.bundle_bytes(kept.picture, case, kept.provenance, stem)),
    "photo-bundle": Form("Bundle with the photo", "_with_photo.moulage.zip", "application/zip",
                         lambda kept, case, stem, photo: formats.bundle_bytes(
                             kept.picture, case, kept.provenance, stem, photo), holds_photo=True),
    "sidecar": Form("Case and its command, JSON", ".json", "application/json", _sidecar),
    "dicom": Form("DICOM secondary capture", ".dcm", "application/dicom",
                  lambda kept, case, stem, photo: formats.dicom_bytes(kept.picture, kept.provenance)),
    "map": Form("Label map, palette PNG", "_map.png", "image/png",
                lambda kept, case, stem, photo: formats.map_bytes(semantic_map(case.planes)), shows="map"),
    "boxes": Form("Map of boxes and tone, RGB PNG", "_boxes.png", "image/png", _regions, shows="boxes"),
    "isic": Form("ISIC masks, zipped", "_isic.zip", "application/zip",
                 lambda kept, case, stem, photo: formats.zip_bytes(formats.isic_files(case, stem)), shows="map"),
    "coco": Form("COCO annotations", "_coco.json", "application/json",
                 lambda kept, case, stem, photo: formats.coco_json(case, f"{stem}.png").encode()),
}  # fmt: skip
# The forms that stand for the picture itself, by the suffix that a file of that form bears.
BY_SUFFIX = {form.suffix: name for name, form in FORMS.items() if form.suffix.startswith(".")}


@dataclass(frozen=True)
class Export:
    """A file to hand out."""

    name: str
    media_type: str
    data: bytes


def export(rendered: Rendered, form: str, stem: str, photos: Photos | None = None) -> Export:
    """One file of a kept picture. Raises EngineError for a form that is none of FORMS, and for a photo that is not here.

    Its provenance tells the command that makes the same picture from that very file.
    """
    if form not in FORMS:
        raise EngineError(f"the form '{form[:40]}' is not one; {', '.join(FORMS)} are allowed.")
    chosen, case, photo = FORMS[form], read_case(rendered.provenance["case"]), None
    if chosen.holds_photo:
        if case.photo is None or photos is None:
            raise EngineError("the case was drawn on no photo; the plain bundle holds everything of it.")
        photo = photos.png(case.photo)
    name = stem + chosen.suffix
    source = ["--case", name, "--out", f"{stem}-again.png"]
    command = f"{rendered.provenance.get('command', 'moulage render')} {shlex.join(source)}"
    told = replace(rendered, provenance=rendered.provenance | {"command": command})
    return Export(name, chosen.media_type, chosen.make(told, case, stem, photo))
