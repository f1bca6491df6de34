"""`name.moulage.zip`: a picture with its case, and every map of it in the forms that other tools read."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.case import JSON_LIMIT_BYTES, Case, from_plain, parse
from engine.errors import EngineError
from engine.formats.coco import coco_json
from engine.formats.isic import isic_files
from engine.formats.maps import FILE_LIMIT_BYTES, instance_bytes, map_bytes
from engine.formats.picture import PROVENANCE_DEPTH, picture_bytes
from engine.labels import semantic_map
from engine.superpixels import instance_map, proposed_cells

META = "meta.json"
MEMBER_LIMIT = 64
FIXED_DATE = (1980, 1, 1, 0, 0, 0)


def bundle_bytes(picture: NDArray[np.uint8], case: Case, provenance: dict[str, Any], stem: str) -> bytes:
    """All files of one case under its stem; `meta.json` holds the provenance with the case, and is what is read back."""
    labels = semantic_map(case.planes)
    cells = proposed_cells(*case.planes.size) if case.superpixels is None else case.superpixels
    files = {
        META: json.dumps(provenance, sort_keys=True, allow_nan=False, indent=1).encode(),
        f"{stem}.png": picture_bytes(picture, provenance),
        f"{stem}_map.png": map_bytes(labels),
        f"{stem}_instances.png": instance_bytes(instance_map(cells, labels)),
        f"{stem}_coco.json": coco_json(case, f"{stem}.png").encode(),
        **isic_files(case, stem),
    }
    return zip_bytes(files)


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """Files by name as a zip file; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, FIXED_DATE), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def read_bundle(data: bytes) -> Case:
    """The case inside a bundle."""
    return from_plain(read_bundle_provenance(data)["case"], "the bundle's case")


def read_bundle_provenance(data: bytes) -> dict[str, Any]:
    """A bundle's provenance. Nothing is unpacked to disk, and nothing but `meta.json` is inflated, up to a cap."""
    if len(data) > FILE_LIMIT_BYTES:
        raise EngineError(f"the bundle has {len(data)} bytes; at most {FILE_LIMIT_BYTES} are read.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            text = _meta(archive)
    except (zipfile.BadZipFile, NotImplementedError, OSError, RuntimeError) as error:
        raise EngineError(f"the bundle is not a readable zip file: {error}.") from error
    provenance = parse(text, META, depth_limit=PROVENANCE_DEPTH)
    if not isinstance(provenance, dict) or "case" not in provenance:
        raise EngineError(f"the bundle's {META} holds no case; a bundle saved by Moulage is needed.")
    return provenance


def _meta(archive: zipfile.ZipFile) -> bytes:
    names = archive.namelist()
    if len(names) > MEMBER_LIMIT:
        raise EngineError(f"the bundle holds {len(names)} files; at most {MEMBER_LIMIT} are read.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise EngineError(f"the bundle holds the name '{twice[0][:60]}' twice; which one is meant cannot be told.")
    if META not in names:
        raise EngineError(f"the bundle holds no {META}; a bundle saved by Moulage is needed.")
    with archive.open(META) as member:
        text = member.read(JSON_LIMIT_BYTES + 1)
    if len(text) > JSON_LIMIT_BYTES:
        raise EngineError(f"the bundle's {META} is more than {JSON_LIMIT_BYTES} bytes; no case is.")
    return text
