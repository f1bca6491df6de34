"""A folder of drawn clinical photographs in the layout of PAD-UFES-20, whose boxes and masks are known exactly."""

import csv

import cv2
import numpy as np
from PIL import Image

NAMES = ("ACK", "BCC", "MEL", "NEV", "SCC", "SEK")
METADATA = ("patient_id", "fitspatrick", "diagnostic", "img_id")
ROIS = ("img_id", "x0", "y0", "x1", "y1")
SIZE = 160


def drawn(index):
    """The `index`-th photo, uint8 [160, 160, 3], its mask in {0, 255} and its box (x0, y0, x1, y1)."""
    random = np.random.default_rng(index)
    half = random.integers(16, 34, 2)
    centre = random.integers(50, 110, 2)
    y, x = np.mgrid[:SIZE, :SIZE]
    inside = ((x - centre[0]) / half[0]) ** 2 + ((y - centre[1]) / half[1]) ** 2 <= 1
    skin = np.array([214, 168, 140]) * random.uniform(0.5, 1)
    picture = np.where(inside[..., None], skin * random.uniform(0.35, 0.6), skin) + random.normal(0, 5, (SIZE, SIZE, 3))
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    box = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    smooth = cv2.GaussianBlur(picture.clip(0, 255), (0, 0), 1)
    return np.rint(smooth).astype(np.uint8), inside.astype(np.uint8) * np.uint8(255), tuple(map(int, box))


def write(root, count=24, patients=12):
    """Write the folder; a patient has every 12th photo."""
    metadata, rois = [], []
    for folder in ("images", "masks"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for index in range(count):
        picture, mask, box = drawn(index)
        name = f"PAT_{index % patients}_{index}"
        Image.fromarray(picture).save(root / "images" / f"{name}.jpg", quality=95)
        Image.fromarray(mask).save(root / "masks" / f"{name}.png")
        metadata.append((f"PAT_{index % patients}", ("2.0", "", "5.0")[index % 3], NAMES[index % 6], f"{name}.png"))
        rois.append((f"{name}.png", *box))
    table(root / "metadata.csv", METADATA, metadata)
    table(root / "rois.csv", ROIS, rois)
    return root


def table(path, columns, rows):
    """Write a CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(columns)
        out.writerows(rows)
