"""`name.moulage.zip`: a picture with its case, and every map of it in the forms that other tools read."""

import io
import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cases.case import Case
from engine.cases.planes import semantic_map
from engine.cases.superpixels import instance_map, proposed_cells
from engine.config import JSON_LIMIT_BYTES, parse_json
from engine.errors import EngineError
from engine.formats.coco import coco_json
from engine.formats.isic import isic_files
from engine.formats.maps import FILE_LIMIT_BYTES, instance_bytes, map_bytes
from engine.formats.picture import PROVENANCE_DEPTH, picture_bytes

META, PHOTO = "meta.json", "_photo.png"
INFLATED_LIMIT_BYTES = 192 << 20  # of all files in a zip of a photo and its masks
MEMBER_LIMIT = 64
FIXED_DATE = (1980, 1, 1, 0, 0, 0)


def bundle_bytes(
    picture: NDArray[np.uint8], case: Case, provenance: dict[str, Any], stem: str, photo: bytes | None = None
) -> bytes:
    """All files of one case under its stem; `meta.json` holds the provenance with the case, and is what is read back.

    photo: the PNG of the photo that the map was drawn on, where the user chose to give it away too. The bundle then says
    that it holds a real photo, and which of its pictures is synthetic and which is not.
    """
    labels = semantic_map(case.planes)
    cells = proposed_cells(*case.planes.size) if case.superpixels is None else case.superpixels
    meta = provenance
    if photo is not None:
        meta = provenance | {"holds_photo": True, "synthetic": {f"{stem}.png": True, f"{stem}{PHOTO}": False}}
    files = {
        META: json.dumps(meta, sort_keys=True, allow_nan=False, indent=1).encode(),
        f"{stem}.png": picture_bytes(picture, provenance),
        f"{stem}_map.png": map_bytes(labels),
        f"{stem}_instances.png": instance_bytes(instance_map(cells, labels)),
        f"{stem}_coco.json": coco_json(case, f"{stem}.png").encode(),
        **isic_files(case, stem),
    }
    return zip_bytes(files if photo is None else {**files, f"{stem}{PHOTO}": photo})


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """Files by name as a zip file; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, FIXED_DATE), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def read_bundle_provenance(data: bytes) -> dict[str, Any]:
    """A bundle's provenance. Nothing is unpacked to disk, and nothing but `meta.json` is inflated, up to a cap."""
    with _archive(data, "the bundle") as archive:
        return _provenance(archive)


def read_bundle(data: bytes) -> tuple[dict[str, Any], bytes | None]:
    """A bundle's provenance, and the file of the real photo inside it, as it lies there, or None."""
    with _archive(data, "the bundle") as archive:
        provenance = _provenance(archive)
        names = [name for name in archive.namelist() if name.endswith(PHOTO)]
        return provenance, _member(archive, names[0], FILE_LIMIT_BYTES) if names else None


def is_bundle(data: bytes) -> bool:
    """Whether a zip file says that it is a bundle."""
    with _archive(data, "the zip") as archive:
        return META in archive.namelist()


def unzipped(data: bytes) -> list[tuple[str, bytes]]:
    """(name without its folders, bytes) of the files in a stranger's zip, in memory alone, up to a cap."""
    with _archive(data, "the zip") as archive:
        paths = {PurePosixPath(e.filename.replace("\\", "/")): e for e in archive.infolist() if not e.is_dir()}
        for path in paths:
            if path.is_absolute() or ".." in path.parts:
                raise EngineError(f"the zip holds the name '{str(path)[:60]}', which leads out of its folder.")
        # What a file manager adds: `.DS_Store`, `__MACOSX/`.
        wanted = {p: e for p, e in paths.items() if not any(part.startswith((".", "__MACOSX")) for part in p.parts)}
        inflated = sum(entry.file_size for entry in wanted.values())
        if inflated > INFLATED_LIMIT_BYTES:
            raise EngineError(f"the zip unpacks to {inflated} bytes; at most {INFLATED_LIMIT_BYTES} are read.")
        return [(path.name, _member(archive, entry.filename, entry.file_size)) for path, entry in wanted.items()]


@contextmanager
def _archive(data: bytes, what: str) -> Iterator[zipfile.ZipFile]:
    if len(data) > FILE_LIMIT_BYTES:
        raise EngineError(f"{what} has {len(data)} bytes; at most {FILE_LIMIT_BYTES} are read.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if len(names) > MEMBER_LIMIT:
                raise EngineError(f"{what} holds {len(names)} files; at most {MEMBER_LIMIT} are read.")
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise EngineError(f"{what} holds the name '{twice[0][:60]}' twice; which one is meant cannot be told.")
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, RuntimeError) as error:
        raise EngineError(f"{what} is not a readable zip file: {error}.") from error


def _provenance(archive: zipfile.ZipFile) -> dict[str, Any]:
    if META not in archive.namelist():
        raise EngineError(f"the bundle holds no {META}; a bundle saved by Moulage is needed.")
    provenance = parse_json(_member(archive, META, JSON_LIMIT_BYTES), META, depth_limit=PROVENANCE_DEPTH)
    if not isinstance(provenance, dict) or "case" not in provenance:
        raise EngineError(f"the bundle's {META} holds no case; a bundle saved by Moulage is needed.")
    return provenance


def _member(archive: zipfile.ZipFile, name: str, limit_bytes: int) -> bytes:
    with archive.open(name) as member:
        data = member.read(limit_bytes + 1)
    if len(data) > limit_bytes:
        raise EngineError(f"the bundle's {name[:60]} is more than {limit_bytes} bytes, which is not read.")
    return data
