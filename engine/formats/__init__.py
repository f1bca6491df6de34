"""Files: bytes ↔ cases, maps and pictures."""

from engine.formats.bundle import bundle_bytes, read_bundle, zip_bytes
from engine.formats.coco import coco_json, read_coco
from engine.formats.isic import isic_files, read_isic
from engine.formats.maps import (
    instance_bytes,
    map_bytes,
    plane_bytes,
    read_instances,
    read_map,
    read_plane,
    read_regions,
    read_superpixels,
    region_bytes,
    superpixel_bytes,
)
from engine.formats.picture import DESCRIPTION, KEY, picture_bytes, read_picture_case

__all__ = [
    "DESCRIPTION",
    "KEY",
    "bundle_bytes",
    "coco_json",
    "instance_bytes",
    "isic_files",
    "map_bytes",
    "picture_bytes",
    "plane_bytes",
    "read_bundle",
    "read_coco",
    "read_instances",
    "read_isic",
    "read_map",
    "read_picture_case",
    "read_plane",
    "read_regions",
    "read_superpixels",
    "region_bytes",
    "superpixel_bytes",
    "zip_bytes",
]
