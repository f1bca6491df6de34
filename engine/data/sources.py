"""How a preset's data are read and decoded, by the kind of its `data` table."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.configs import CropsData, PlanesData
from engine.data import cache, clinical, cropped, read
from engine.data.records import ClinicalRecord, Manifest, Record, excluding
from engine.presets import Preset

Progress = Callable[[int, int], None] | None


@dataclass(frozen=True)
class Source:
    """read: (folder, label file or None, preset) → records with their splits. build: … under a root → decoded once."""

    read: Callable[[Path, Path | None, Preset], Manifest[Any]]
    build: Callable[[Manifest[Any], Preset, Path, Progress], Any]


def _read_planes(root: Path, labels: Path | None, preset: Preset) -> Manifest[Record]:
    return read(root, labels, preset.data.split_scheme, preset.data.exclude)


def _build_planes(manifest: Manifest[Record], preset: Preset, root: Path, progress: Progress) -> cache.Cache:
    data = preset.data
    return cache.build(manifest, preset.size, data.fit, data.edges, root, data.enlarge, progress)


def _read_crops(root: Path, labels: Path | None, preset: Preset) -> Manifest[ClinicalRecord]:
    return excluding(clinical.read(root, labels, preset.data.split_seed, preset.model.conditions), preset.data.exclude)


def _build_crops(
    manifest: Manifest[ClinicalRecord], preset: Preset, root: Path, progress: Progress
) -> cropped.CropCache:
    return cropped.build(manifest, preset.size, preset.data, root, progress)


SOURCES: dict[type, Source] = {
    PlanesData: Source(_read_planes, _build_planes),
    CropsData: Source(_read_crops, _build_crops),
}
