"""The case, and where its picture comes from, inside any file that Moulage saved: told by the file's first bytes."""

from typing import Any

from engine import formats
from engine.cases.case import Case
from engine.config import parse_json
from engine.errors import EngineError
from engine.training.presets import read_case

# Other tools' JSON, by keys that it has.
FOREIGN = {
    "COCO annotations": {"images", "annotations"},
    "a labelme file": {"shapes", "imagePath"},
    "a VGG annotator's project": {"_via_img_metadata"},
    "GeoJSON": {"type", "features"},
}


def case_from_bytes(data: bytes, where: str = "the case") -> Case:
    """The case inside a case file, a sidecar, a saved picture or a bundle, told by its first bytes."""
    if data[:1] == b"{":
        table = _json(data, where)
        if not {"case", "format"} & table.keys():
            kind = next((name for name, keys in FOREIGN.items() if keys <= table.keys()), None)
            if kind is not None:
                raise EngineError(
                    f"{where} is {kind}, which is not read; open the photo together with its lesion mask as a PNG that is "
                    "named like it, such as mole.jpg and mole_segmentation.png."
                )
            raise EngineError(f"{where} is JSON without a case; a case or a sidecar saved by Moulage is needed.")
        return read_case(table.get("case", table), where)
    return read_case(provenance_from_bytes(data, where)["case"], where)


def provenance_from_bytes(data: bytes, where: str) -> dict[str, Any]:
    """The provenance inside a sidecar, a saved picture or a bundle."""
    if data[:1] != b"{":
        return formats.read_bundle_provenance(data) if data[:2] == b"PK" else formats.read_picture_case(data)
    table = _json(data, where)
    if "case" not in table:
        raise EngineError(f"{where} is a bare case; a sidecar saved by Moulage tells where its picture comes from.")
    return table


def _json(data: bytes, where: str) -> dict[str, Any]:
    table: dict[str, Any] = parse_json(data, where, depth_limit=formats.PROVENANCE_DEPTH)
    return table
