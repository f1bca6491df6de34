"""A kept picture in the forms that people and other tools take."""

from collections.abc import Callable
from dataclasses import dataclass

from engine import formats
from engine.case import Case, from_json, from_plain
from engine.errors import EngineError
from engine.labels import semantic_map
from engine.photos.store import Photos
from engine.service.studio import Rendered


@dataclass(frozen=True)
class Form:
    """title: what a menu says. suffix: what follows the file's stem. make: (rendered, its case, stem, photo) → bytes.

    holds_photo: it gives away the real photo that the map was drawn on, and `make` gets that photo's PNG; else None.
    """

    title: str
    suffix: str
    media_type: str
    make: Callable[[Rendered, Case, str, bytes | None], bytes]
    holds_photo: bool = False


FORMS = {
    "picture": Form("Picture with its case", ".png", "image/png",
                    lambda kept, case, stem, photo: formats.picture_bytes(kept.picture, kept.provenance)),
    "bundle": Form("Bundle of everything", ".moulage.zip", "application/zip",
                   lambda kept, case, stem, photo: formats.bundle_bytes(kept.picture, case, kept.provenance, stem)),
    "photo-bundle": Form("Bundle with the photo", "_with_photo.moulage.zip", "application/zip",
                         lambda kept, case, stem, photo: formats.bundle_bytes(
                             kept.picture, case, kept.provenance, stem, photo), holds_photo=True),
    "map": Form("Label map, palette PNG", "_map.png", "image/png",
                lambda kept, case, stem, photo: formats.map_bytes(semantic_map(case.planes))),
    "isic": Form("ISIC masks, zipped", "_isic.zip", "application/zip",
                 lambda kept, case, stem, photo: formats.zip_bytes(formats.isic_files(case, stem))),
    "coco": Form("COCO annotations", "_coco.json", "application/json",
                 lambda kept, case, stem, photo: formats.coco_json(case, f"{stem}.png").encode()),
}  # fmt: skip


@dataclass(frozen=True)
class Export:
    """A file to hand out."""

    name: str
    media_type: str
    data: bytes


def export(rendered: Rendered, form: str, stem: str, photos: Photos | None = None) -> Export:
    """One file of a kept picture. Raises EngineError for a form that is none of FORMS, and for a photo that is not here."""
    if form not in FORMS:
        raise EngineError(f"the form '{form[:40]}' is not one; {', '.join(FORMS)} are allowed.")
    chosen, case, photo = FORMS[form], from_plain(rendered.provenance["case"]), None
    if chosen.holds_photo:
        if case.photo is None or photos is None:
            raise EngineError("the case was drawn on no photo; the plain bundle holds everything of it.")
        photo = photos.png(case.photo)
    return Export(stem + chosen.suffix, chosen.media_type, chosen.make(rendered, case, stem, photo))


def case_from_bytes(data: bytes, where: str = "the case") -> Case:
    """The case inside a case file, a saved picture or a bundle, told by its first bytes."""
    if data[:1] == b"{":
        return from_json(data, where)
    if data[:2] == b"PK":
        return formats.read_bundle(data)
    return from_plain(formats.read_picture_case(data)["case"], "the picture's case")
