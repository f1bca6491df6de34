"""How photos are read and decoded for a recipe, by the kind of its `how`."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cases.boxes import Box
from engine.cases.planes import Planes
from engine.data import frames
from engine.data.caches import crops as crop_cache
from engine.data.caches import photos as photo_cache
from engine.data.caches import planes as planes_cache
from engine.data.decoding import decode
from engine.data.readers import clinical, isic, registry
from engine.data.recipes import CropsData, PhotosData, PlanesData, Recipe
from engine.data.records import ClinicalRecord, Manifest, PhotoRecord, Record, excluding
from engine.photos.reading import load_picture

Progress = Callable[[int, int], None] | None


@dataclass(frozen=True, eq=False)
class Pair:
    """A photo in a recipe's frame, uint8 [H, W, 3], and the map that was drawn on it; no colour of the photo is in the map."""

    picture: NDArray[np.uint8]
    planes: Planes
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Source:
    """read: (folder, label file or None, recipe) → records with their splits. build: … under a root → decoded once.

    What `data.exclude` names is left out by `training`, which refuses an id that is not there, unless it is one of a preset's
    own list: another folder than the preset was made for need not have it.

    pairs: one record → its pictures and maps. fit: a picture from elsewhere → the recipe's frame. kept: records without those
    that training leaves out for what their pixels show, so that a report is of the same kind.
    """

    read: Callable[[Path, Path | None, Recipe], Manifest[Any]]
    build: Callable[[Manifest[Any], Recipe, Path, Progress], Any]
    pairs: Callable[[Any, Recipe], list[Pair]]
    fit: Callable[[NDArray[np.uint8], Recipe], NDArray[np.uint8]]
    kept: Callable[[Manifest[Any], Recipe], Manifest[Any]] = lambda manifest, recipe: manifest

    def training(
        self, root: Path, labels: Path | None, recipe: Recipe, own_list: Collection[str] = ()
    ) -> Manifest[Any]:
        """The records to train on and to watch. own_list: ids of `data.exclude` that the folder need not hold."""
        return excluding(self.read(root, labels, recipe), recipe.how.exclude, own_list)


def source_of(recipe: Recipe) -> Source:
    """The source of a recipe's kind."""
    return SOURCES[type(recipe.how)]


def _read_planes(root: Path, labels: Path | None, recipe: Recipe) -> Manifest[Record]:
    return isic.read(root, labels, recipe.how.split_scheme)


def _build_planes(manifest: Manifest[Record], recipe: Recipe, root: Path, progress: Progress) -> planes_cache.Cache:
    return planes_cache.build(manifest, recipe, root, progress)


def _fit_planes(picture: NDArray[np.uint8], recipe: Recipe) -> NDArray[np.uint8]:
    return frames.FITS[recipe.how.fit].picture(picture, recipe.size, recipe.how.enlarge)


def _pairs_of_planes(record: Record, recipe: Recipe) -> list[Pair]:
    return [Pair(*planes_cache.fitted(decode(record), recipe))]


def _read_crops(root: Path, labels: Path | None, recipe: Recipe) -> Manifest[ClinicalRecord]:
    return clinical.read(root, labels, recipe.how.split_seed, recipe.conditions)


def _build_crops(
    manifest: Manifest[ClinicalRecord], recipe: Recipe, root: Path, progress: Progress
) -> crop_cache.CropCache:
    return crop_cache.build(manifest, recipe.size, recipe.how, root, progress)


def _fit_crops(picture: NDArray[np.uint8], recipe: Recipe) -> NDArray[np.uint8]:
    return frames.crop_picture(picture, recipe.size)


def _pairs_of_crops(record: ClinicalRecord, recipe: Recipe) -> list[Pair]:
    blank = Planes.blank(*recipe.size)
    crops = crop_cache.of_photo(record, recipe.size[0], recipe.how)
    return [Pair(picture, blank, crop.boxes) for crop, picture, _ in crops]


def _read_photos(root: Path, labels: Path | None, recipe: Recipe) -> Manifest[PhotoRecord]:
    return registry.read(root, labels, recipe.how, recipe.diagnoses)


def _build_photos(
    manifest: Manifest[PhotoRecord], recipe: Recipe, root: Path, progress: Progress
) -> photo_cache.PhotoCache:
    return photo_cache.build(manifest, recipe, root, progress)


def _fit_photos(picture: NDArray[np.uint8], recipe: Recipe) -> NDArray[np.uint8]:
    return frames.FITS[recipe.how.fit].picture(picture, recipe.size, True)


def _pairs_of_photos(record: PhotoRecord, recipe: Recipe) -> list[Pair]:
    return [Pair(_fit_photos(load_picture(record.picture), recipe), Planes.blank(*recipe.size))]


def _kept_photos(manifest: Manifest[PhotoRecord], recipe: Recipe) -> Manifest[PhotoRecord]:
    return photo_cache.unrejected(manifest, recipe.how.reject)


SOURCES: dict[type, Source] = {
    PlanesData: Source(_read_planes, _build_planes, _pairs_of_planes, _fit_planes),
    CropsData: Source(_read_crops, _build_crops, _pairs_of_crops, _fit_crops),
    PhotosData: Source(_read_photos, _build_photos, _pairs_of_photos, _fit_photos, _kept_photos),
}


def is_clinical(root: Path) -> bool:
    """Whether a folder holds clinical photographs, and no dermoscopy."""
    return clinical.layout_of(root) is not None
