"""Files: bytes ↔ cases, maps and pictures."""

from engine.formats.bundle import bundle_bytes, is_bundle, read_bundle, read_bundle_photo, unzipped, zip_bytes
from engine.formats.coco import coco_json, read_coco
from engine.formats.isic import LESION, is_mask, isic_files, read_isic, stem_of
from engine.formats.maps import (
    Framing,
    instance_bytes,
    is_map,
    map_bytes,
    plane_bytes,
    read_instances,
    read_map,
    read_plane,
    read_superpixels,
    superpixel_bytes,
)
from engine.formats.picture import DESCRIPTION, KEY, holds_case, picture_bytes, read_picture_case

__all__ = [
    "DESCRIPTION",
    "KEY",
    "LESION",
    "Framing",
    "bundle_bytes",
    "coco_json",
    "holds_case",
    "instance_bytes",
    "is_bundle",
    "is_map",
    "is_mask",
    "isic_files",
    "map_bytes",
    "picture_bytes",
    "plane_bytes",
    "read_bundle",
    "read_bundle_photo",
    "read_coco",
    "read_instances",
    "read_isic",
    "read_map",
    "read_picture_case",
    "read_plane",
    "read_superpixels",
    "stem_of",
    "superpixel_bytes",
    "unzipped",
    "zip_bytes",
]
