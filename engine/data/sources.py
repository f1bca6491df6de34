"""How a preset's data are read and decoded, by the kind of its `data` table."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.case import Case
from engine.configs import CropsData, PhotosData, PlanesData
from engine.data import cache, clinical, cropped, maps, photo_cache, photos, read
from engine.data.records import ClinicalRecord, Manifest, PhotoRecord, Record, excluding
from engine.labels import Planes
from engine.presets import Preset

Progress = Callable[[int, int], None] | None


@dataclass(frozen=True)
class Source:
    """read: (folder, label file or None, preset) → records with their splits. build: … under a root → decoded once.

    What `data.exclude` names is left out by `training`, which refuses an id that is not there; a report on another folder
    than the preset was made for need not have them.

    pairs: one record → its pictures in the preset's frame, uint8 [H, W, 3], each with the case drawn from its map alone; no
    colour of the photo enters a case, and its seed is 0. fit: a picture from elsewhere → the preset's frame.

    kept: records without those that training leaves out for what their pixels show, so that a report is of the same kind.
    """

    read: Callable[[Path, Path | None, Preset], Manifest[Any]]
    build: Callable[[Manifest[Any], Preset, Path, Progress], Any]
    pairs: Callable[[Any, Preset], list[tuple[NDArray[np.uint8], Case]]]
    fit: Callable[[NDArray[np.uint8], Preset], NDArray[np.uint8]]
    kept: Callable[[Manifest[Any], Preset], Manifest[Any]] = lambda manifest, preset: manifest

    def training(self, root: Path, labels: Path | None, preset: Preset) -> Manifest[Any]:
        """The records to train on and to watch."""
        return excluding(self.read(root, labels, preset), preset.data.exclude)


def _read_planes(root: Path, labels: Path | None, preset: Preset) -> Manifest[Record]:
    return read(root, labels, preset.data.split_scheme)


def _build_planes(manifest: Manifest[Record], preset: Preset, root: Path, progress: Progress) -> cache.Cache:
    data = preset.data
    return cache.build(manifest, preset.size, data.fit, data.edges, root, data.enlarge, progress)


def _fit_planes(picture: NDArray[np.uint8], preset: Preset) -> NDArray[np.uint8]:
    return maps.FITS[preset.data.fit].picture(picture, preset.size, preset.data.enlarge)


def _fit_crops(picture: NDArray[np.uint8], preset: Preset) -> NDArray[np.uint8]:
    return maps.crop_picture(picture, preset.size)


def _read_crops(root: Path, labels: Path | None, preset: Preset) -> Manifest[ClinicalRecord]:
    return clinical.read(root, labels, preset.data.split_seed, preset.model.conditions)


def _build_crops(
    manifest: Manifest[ClinicalRecord], preset: Preset, root: Path, progress: Progress
) -> cropped.CropCache:
    return cropped.build(manifest, preset.size, preset.data, root, progress)


def _read_photos(root: Path, labels: Path | None, preset: Preset) -> Manifest[PhotoRecord]:
    return photos.read(root, labels, preset.data, preset.model.diagnoses)


def _build_photos(
    manifest: Manifest[PhotoRecord], preset: Preset, root: Path, progress: Progress
) -> photo_cache.PhotoCache:
    mask = bool(getattr(preset.model, "mask", False))
    recipe = photo_cache.Recipe(preset.size, preset.data.fit, mask, preset.data.reject)
    return photo_cache.build(manifest, recipe, root, progress)


def _fit_photos(picture: NDArray[np.uint8], preset: Preset) -> NDArray[np.uint8]:
    return maps.FITS[preset.data.fit].picture(picture, preset.size, True)


def _kept_photos(manifest: Manifest[PhotoRecord], preset: Preset) -> Manifest[PhotoRecord]:
    return photo_cache.unrejected(manifest, preset.data.reject)


def _pairs_of_photos(record: PhotoRecord, preset: Preset) -> list[tuple[NDArray[np.uint8], Case]]:
    picture = _fit_photos(maps.load_picture(record.picture), preset)
    return [(picture, Case(Planes.blank(*preset.size), None, preset.name, seed=0))]


def _pairs_of_planes(record: Record, preset: Preset) -> list[tuple[NDArray[np.uint8], Case]]:
    picture, planes = cache.fitted(record, preset.size, preset.data.fit, preset.data.enlarge)
    return [(picture, Case(planes, None, preset.name, seed=0))]


def _pairs_of_crops(record: ClinicalRecord, preset: Preset) -> list[tuple[NDArray[np.uint8], Case]]:
    blank = Planes.blank(*preset.size)
    return [
        (picture, Case(blank, None, preset.name, seed=0, boxes=crop.boxes))
        for crop, picture, _ in cropped.of_photo(record, preset.size[0], preset.data)
    ]


SOURCES: dict[type, Source] = {
    PlanesData: Source(_read_planes, _build_planes, _pairs_of_planes, _fit_planes),
    CropsData: Source(_read_crops, _build_crops, _pairs_of_crops, _fit_crops),
    PhotosData: Source(_read_photos, _build_photos, _pairs_of_photos, _fit_photos, _kept_photos),
}


def yardstick(root: Path) -> str:
    """The preset in whose frame a folder's photos are compared when no generator is named."""
    return "pix2pixhd-live" if clinical.layout_of(root) is None else "dermgan-live"
