"""COCO instance annotations: one compressed run-length mask a plane or box, by pycocotools, nothing of our own."""

import json
from typing import Any

import numpy as np
from pycocotools import mask

from engine.cases.boxes import Box
from engine.cases.boxes import check as check_boxes
from engine.cases.case import Case, check_size
from engine.cases.planes import DEFINITE, MARKERS, POSSIBLE, Planes
from engine.config import from_table, parse_json
from engine.errors import EngineError

CATEGORIES = ("lesion", *MARKERS)
SKIN, REGION = "skin", "region of interest"  # supercategories, which tell a plane from a box of the same name
DEPTH = 6
CERTAINTIES = {"possible": POSSIBLE, "definite": DEFINITE}


def coco_json(case: Case, file_name: str) -> str:
    """One image with an annotation for every plane that is not empty; possible and definite pixels are two.

    A box is an annotation of its condition's category, or of "region of interest" where it names none.
    """
    width, height = case.planes.size
    annotations: list[dict[str, Any]] = []
    for category, plane in enumerate((DEFINITE * case.planes.lesion, *case.planes.markers), start=1):
        for certainty, value in CERTAINTIES.items():
            if (plane == value).any():
                runs = mask.encode(np.asfortranarray((plane == value).astype(np.uint8)))
                annotations.append(_annotation(len(annotations) + 1, category, runs, {"certainty": certainty}))
    conditions = list(dict.fromkeys(box.condition for box in case.boxes))
    for box in case.boxes:
        category = len(CATEGORIES) + 1 + conditions.index(box.condition)
        sides = [box.left, box.top, box.right - box.left, box.bottom - box.top]
        (runs,) = mask.frPyObjects(np.array([sides], float), height, width)
        annotations.append(_annotation(len(annotations) + 1, category, runs, {"condition": box.condition}))
    names = [(name, SKIN) for name in CATEGORIES] + [(condition or REGION, REGION) for condition in conditions]
    table = {
        "info": {"description": "SYNTHETIC skin image, not a patient", "contributor": "Moulage"},
        "images": [{"id": 1, "file_name": file_name, "width": width, "height": height}],
        "categories": [{"id": i, "name": name, "supercategory": over} for i, (name, over) in enumerate(names, start=1)],
        "annotations": annotations,
    }
    return json.dumps(table)


def read_coco(text: str | bytes) -> tuple[Planes, tuple[Box, ...]]:
    """Planes and boxes of a file of ours: one image, categories by name, certainty and condition in `attributes`."""
    table = parse_json(text, "the COCO file", depth_limit=DEPTH)
    boxes = []
    try:
        (image,) = table["images"]
        categories = {category["id"]: category for category in table["categories"]}
        width, height = int(image["width"]), int(image["height"])
        check_size(width, height)
        planes = Planes.blank(width, height)
        for annotation in table["annotations"]:
            category = categories[annotation["category_id"]]
            if category.get("supercategory") == REGION:
                boxes.append(_box(annotation))
            else:
                _lay(annotation, category["name"], planes)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EngineError(f"the COCO file is not one image with masks as Moulage writes it: {error!r}.") from error
    check_boxes(tuple(boxes), width, height)
    return planes, tuple(boxes)


def _box(annotation: dict[str, Any]) -> Box:
    left, top, width, height = (int(side) for side in annotation["bbox"])
    return from_table(
        Box,
        {"left": left, "top": top, "right": left + width, "bottom": top + height} | annotation["attributes"],
        "the COCO file's box",
    )


def _annotation(number: int, category: int, runs: Any, attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": number, "image_id": 1, "category_id": category, "iscrowd": 0, "area": int(mask.area(runs)),
        "bbox": mask.toBbox(runs).tolist(), "attributes": attributes,
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
