"""COCO instance annotations: one compressed run-length mask a plane, by pycocotools, nothing of our own."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask

from engine.case import Case, check_size, parse
from engine.errors import EngineError
from engine.labels import DEFINITE, MARKERS, POSSIBLE, Planes

CATEGORIES = ("lesion", *MARKERS)
DEPTH = 6
CERTAINTIES = {"possible": POSSIBLE, "definite": DEFINITE}


def coco_json(case: Case, file_name: str) -> str:
    """One image with an annotation for every plane that is not empty; possible and definite pixels are two."""
    width, height = case.planes.size
    annotations: list[dict[str, Any]] = []
    for category, plane in enumerate((DEFINITE * case.planes.lesion, *case.planes.markers), start=1):
        for certainty, value in CERTAINTIES.items():
            if (plane == value).any():
                annotations.append(_annotation(len(annotations) + 1, category, plane == value, certainty))
    table = {
        "info": {"description": "SYNTHETIC skin image, not a patient", "contributor": "Moulage"},
        "images": [{"id": 1, "file_name": file_name, "width": width, "height": height}],
        "categories": [{"id": i, "name": name, "supercategory": "skin"} for i, name in enumerate(CATEGORIES, start=1)],
        "annotations": annotations,
    }
    return json.dumps(table)


def read_coco(text: str | bytes) -> Planes:
    """The planes of a file of ours: one image, categories by name, certainty in `attributes` (definite if not said)."""
    table = parse(text, "the COCO file", depth_limit=DEPTH)
    try:
        (image,) = table["images"]
        names = {category["id"]: category["name"] for category in table["categories"]}
        width, height = int(image["width"]), int(image["height"])
        check_size(width, height)
        planes = Planes.blank(width, height)
        for annotation in table["annotations"]:
            _lay(annotation, names[annotation["category_id"]], planes)
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError(f"the COCO file is not one image with masks as Moulage writes it: {error!r}.") from error
    return planes


def _annotation(number: int, category: int, where: NDArray[np.bool_], certainty: str) -> dict[str, Any]:
    runs = mask.encode(np.asfortranarray(where.astype(np.uint8)))
    return {
        "id": number, "image_id": 1, "category_id": category, "iscrowd": 0, "area": int(mask.area(runs)),
        "bbox": mask.toBbox(runs).tolist(), "attributes": {"certainty": certainty},
        "segmentation": {"size": [int(side) for side in runs["size"]], "counts": runs["counts"].decode("ascii")},
    }  # fmt: skip


def _lay(annotation: dict[str, Any], name: str, planes: Planes) -> None:
    size = [planes.lesion.shape[0], planes.lesion.shape[1]]
    runs = annotation["segmentation"]
    if runs["size"] != size or name not in CATEGORIES:
        raise EngineError(
            f"the COCO file's mask '{str(name)[:40]}' is {runs['size']}; {size} and one of {', '.join(CATEGORIES)} is needed."
        )
    where = mask.decode({"size": size, "counts": runs["counts"].encode("ascii")}) > 0
    if name not in MARKERS:
        planes.lesion[where] = 1
    else:
        planes.markers[MARKERS.index(name)][where] = CERTAINTIES[
            annotation.get("attributes", {}).get("certainty", "definite")
        ]
