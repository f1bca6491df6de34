"""Files: bytes ↔ cases, maps and pictures."""

from engine.formats.bundle import bundle_bytes, read_bundle, read_bundle_provenance, zip_bytes
from engine.formats.coco import coco_json, read_coco
from engine.formats.dicom import dicom_bytes
from engine.formats.isic import isic_files, read_isic
from engine.formats.jpeg import jpeg_bytes
from engine.formats.maps import (
    instance_bytes,
    map_bytes,
    plane_bytes,
    read_instances,
    read_map,
    read_plane,
    read_superpixels,
    superpixel_bytes,
)
from engine.formats.picture import KEY, PROVENANCE_DEPTH, picture_bytes, read_picture_case
from engine.formats.xmp import DESCRIPTION

__all__ = [
    "DESCRIPTION",
    "KEY",
    "PROVENANCE_DEPTH",
    "bundle_bytes",
    "coco_json",
    "dicom_bytes",
    "instance_bytes",
    "isic_files",
    "jpeg_bytes",
    "map_bytes",
    "picture_bytes",
    "plane_bytes",
    "read_bundle",
    "read_bundle_provenance",
    "read_coco",
    "read_instances",
    "read_isic",
    "read_map",
    "read_picture_case",
    "read_plane",
    "read_superpixels",
    "superpixel_bytes",
    "zip_bytes",
]
