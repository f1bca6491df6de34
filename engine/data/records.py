"""Records: one photo with its masks and labels; manifests: which records, from where, under which hash."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from engine.errors import EngineError


@dataclass(frozen=True)
class Record:
    """One photo. markers: five mask files in `labels.MARKERS` order, None where there is none.

    labels: column → value of the label file. group: the lesion (or patient) it shows, where the source says so.
    """

    id: str
    picture: Path
    lesion: Path
    markers: tuple[Path | None, ...]
    superpixels: Path | None
    labels: Mapping[str, float]
    group: str | None
    licence: str
    split: str | None


@dataclass(frozen=True)
class Manifest:
    """The records of one data folder, in order of id."""

    records: tuple[Record, ...]
    root: Path
    layout: str

    def of(self, split: str) -> "Manifest":
        """The records of one split."""
        return replace(self, records=tuple(r for r in self.records if r.split == split))

    def sha256(self) -> str:
        """Hash over ids, splits, and the bytes of every file, whatever folder they lie in."""
        return self._sha256

    @cached_property
    def _sha256(self) -> str:
        digest = hashlib.sha256()
        for record in self.records:
            digest.update(f"{record.id}\0{record.split}\0".encode())
            for file in (record.picture, record.lesion, *record.markers, record.superpixels):
                digest.update(b"-" if file is None else hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()


def excluding(manifest: Manifest, ids: tuple[str, ...]) -> Manifest:
    """Leave out the given ids; an id that is not there is an error, since a typing mistake would go unseen."""
    known = {record.id for record in manifest.records}
    unknown = sorted(set(ids) - known)
    if unknown:
        raise EngineError(
            f"data.exclude names {', '.join(unknown[:5])}, which {manifest.root} does not hold; "
            f"allowed are its {len(known)} ids, such as {min(known, default='none')}."
        )
    return replace(manifest, records=tuple(r for r in manifest.records if r.id not in set(ids)))
