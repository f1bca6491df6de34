"""Files: bytes ↔ cases, maps and pictures."""

from engine.formats.bundle import (
    bundle_bytes,
    is_bundle,
    read_bundle,
    read_bundle_provenance,
    unzipped,
    zip_bytes,
)
from engine.formats.coco import coco_json, read_coco
from engine.formats.dicom import dicom_bytes
from engine.formats.isic import LESION, is_mask, isic_files, read_isic, stem_of
from engine.formats.jpeg import jpeg_bytes
from engine.formats.maps import (
    Framing,
    instance_bytes,
    is_map,
    map_bytes,
    plane_bytes,
    read_instances,
    read_map,
    read_regions,
    read_superpixels,
    region_bytes,
    superpixel_bytes,
)
from engine.formats.picture import KEY, PROVENANCE_DEPTH, holds_case, picture_bytes, read_picture_case, read_provenance
from engine.formats.xmp import DESCRIPTION

__all__ = [
    "DESCRIPTION",
    "KEY",
    "LESION",
    "PROVENANCE_DEPTH",
    "Framing",
    "bundle_bytes",
    "coco_json",
    "dicom_bytes",
    "holds_case",
    "instance_bytes",
    "is_bundle",
    "is_map",
    "is_mask",
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
    "read_provenance",
    "read_regions",
    "read_superpixels",
    "region_bytes",
    "stem_of",
    "superpixel_bytes",
    "unzipped",
    "zip_bytes",
]
