"""Phantoms: drawn lesions with exact ground truth, for tests and smoke runs. Never shown as a generator's output."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from engine.cases.planes import DEFINITE, MARKERS, Planes
from engine.seeds import stream

NETWORK, NEGATIVE, STREAKS, CYSTS, GLOBULES = range(len(MARKERS))
LIGHT, DARK = (226, 186, 160), (118, 78, 60)  # sRGB ends of the skin colours drawn
SPLIT_EVERY = {"val": 5, "test": 6}  # one phantom in six is held out for each


def phantom(index: int, seed: int, width: int, height: int) -> tuple[NDArray[np.uint8], Planes]:
    """The `index`-th phantom of a seed: (picture uint8 [H, W, 3], its exact Planes)."""
    random = stream(seed, "phantom", index)
    planes = Planes.blank(width, height)
    radius, angle = _lesion_coordinates(width, height, random)
    planes.lesion[:] = radius < 1
    _mark(planes, radius, angle, random)
    return _painted(planes, random), planes


def _lesion_coordinates(
    width: int, height: int, random: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance from a wobbling outline (1 on it) and angle around its centre, both [H, W]."""
    y, x = np.mgrid[:height, :width] + 0.5
    centre = np.array([width, height]) * random.uniform(0.42, 0.58, 2)
    size = min(width, height) * random.uniform(0.2, 0.38) * np.array([random.uniform(0.9, 1.35), 1])
    turn = random.uniform(0, np.pi)
    dx, dy = x - centre[0], y - centre[1]
    across, along = (dx * np.cos(turn) + dy * np.sin(turn)) / size[0], (dy * np.cos(turn) - dx * np.sin(turn)) / size[1]
    angle = np.arctan2(along, across)
    wobble = sum(random.uniform(-0.09, 0.09) * np.cos(k * angle + random.uniform(0, 6.28)) for k in range(1, 7))
    return np.hypot(across, along) / (1 + wobble), angle


def _mark(planes: Planes, radius: NDArray[np.float64], angle: NDArray[np.float64], random: np.random.Generator) -> None:
    """Give the lesion two to four markers where each usually lies."""
    inside = planes.lesion > 0
    sector = np.cos(angle - random.uniform(0, 6.28)) > 0.2
    regions = {
        NETWORK: sector & (radius > 0.45) & (radius < 0.95),
        NEGATIVE: ~sector & (radius < 0.6),
        STREAKS: (radius > 0.82) & (np.cos(9 * angle + random.uniform(0, 6.28)) > 0.3),
        CYSTS: _spots(radius.shape, random, 5) & (radius < 0.8),
        GLOBULES: _spots(radius.shape, random, 14) & ~sector & (radius < 0.85),
    }
    for marker in random.choice(len(MARKERS), random.integers(2, 5), replace=False):
        planes.markers[marker][regions[int(marker)] & inside] = DEFINITE


def _spots(shape: tuple[int, int], random: np.random.Generator, count: int) -> NDArray[np.bool_]:
    canvas = np.zeros(shape, np.uint8)
    for _ in range(count):
        place = (int(random.integers(shape[1])), int(random.integers(shape[0])))
        cv2.circle(canvas, place, max(1, min(shape) // 24), 1, -1)
    return canvas > 0


def _painted(planes: Planes, random: np.random.Generator) -> NDArray[np.uint8]:
    height, width = planes.lesion.shape
    skin = np.array(LIGHT) + (np.array(DARK) - np.array(LIGHT)) * random.random()
    lesion = skin * random.uniform(0.4, 0.65) * np.array([1, 0.9, 0.82])
    soft = cv2.GaussianBlur(planes.lesion.astype(np.float32), (0, 0), max(1.0, height / 90))[..., None]
    picture = skin + (lesion - skin) * soft
    y, x = np.mgrid[:height, :width]
    period = max(4.0, height / 26)
    mesh = np.maximum(np.cos(x * 6.28 / period), np.cos(y * 6.28 / period))[..., None]
    strength = [planes.markers[k][..., None] / DEFINITE for k in range(len(MARKERS))]
    picture -= strength[NETWORK] * 34 * (mesh > 0.6)
    picture += strength[NEGATIVE] * 34 * (mesh > 0.6)
    picture -= strength[STREAKS] * 40
    picture += strength[CYSTS] * 70
    picture -= strength[GLOBULES] * np.array([45, 38, 30])
    grain = cv2.GaussianBlur(random.standard_normal((height, width, 3)), (0, 0), 1.0) * 9
    return np.clip(np.rint(picture + grain), 0, 255).astype(np.uint8)


def write(root: Path, count: int, seed: int = 0, width: int = 96, height: int = 64) -> Path:
    """Write `count` phantoms as a folder in the ISIC 2018 layout; returns its label file, which has a split column."""
    for index in range(count):
        picture, planes = phantom(index, seed, width, height)
        _write_one(root, f"ISIC_{9_000_000 + index}", picture, planes)
    labels = root / "phantom_labels.csv"
    with labels.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["image_id", "melanoma", "seborrheic_keratosis", "split"])
        table.writerows([f"ISIC_{9_000_000 + i}", float(i % 3 == 0), 0.0, _split(i)] for i in range(count))
    return labels


def _split(index: int) -> str:
    return next((name for name, place in SPLIT_EVERY.items() if index % 6 == place - 1), "train")


def _write_one(root: Path, name: str, picture: NDArray[np.uint8], planes: Planes) -> None:
    note = PngImagePlugin.PngInfo()
    note.add_itxt("Description", "PHANTOM: drawn for tests, neither a photo nor a generator's output")
    note.add_itxt("moulage-phantom", json.dumps({"name": name}))
    files = {
        f"ISIC2018_Task1-2_Training_Input/{name}.png": picture,
        f"ISIC2018_Task1_Training_GroundTruth/{name}_segmentation.png": planes.lesion * np.uint8(255),
    }
    for marker, plane in zip(MARKERS, planes.markers, strict=True):
        folder = "ISIC2018_Task2_Training_GroundTruth_v3"
        files[f"{folder}/{name}_attribute_{marker}.png"] = (plane == DEFINITE) * np.uint8(255)
    for file, pixels in files.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(root / file, pnginfo=note)
