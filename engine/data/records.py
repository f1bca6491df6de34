"""Records: one photo with what is known of it; manifests: which records, from where, under which hash."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from engine.cases.boxes import Box
from engine.errors import EngineError


class Listed(Protocol):
    """What every record is to a manifest."""

    @property
    def id(self) -> str: ...

    @property
    def split(self) -> str | None: ...

    @property
    def picture(self) -> Path: ...

    @property
    def licence(self) -> str: ...

    @property
    def files(self) -> tuple[Path | None, ...]:
        """The record's files, in a fixed order; None where one is missing."""
        ...

    @property
    def masks(self) -> tuple[Path | None, ...]:
        """The lesion mask, then the markers' where the kind of record has any; None where one is missing."""
        ...

    @property
    def facts(self) -> str:
        """What is known beyond the files, as text."""
        ...


@dataclass(frozen=True)
class Record:
    """One photo. markers: five mask files in `planes.MARKERS` order, None where there is none.

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

    @property
    def files(self) -> tuple[Path | None, ...]:
        """Photo, lesion mask, marker masks, superpixels."""
        return (self.picture, *self.masks, self.superpixels)

    @property
    def masks(self) -> tuple[Path | None, ...]:
        """Lesion mask, marker masks."""
        return (self.lesion, *self.markers)

    @property
    def facts(self) -> str:
        """Nothing that pictures are made from."""
        return ""


@dataclass(frozen=True)
class ClinicalRecord:
    """One clinical photograph. boxes: regions of interest in photo pixels, each with its condition.

    mask: the lesion's outline, where there is one. fitzpatrick: type I..VI as labelled, where there is a label; what tone
    the photo shows is measured. group: the patient. condition: what the table says it shows, boxes or not.
    """

    id: str
    picture: Path
    mask: Path | None
    boxes: tuple[Box, ...]
    fitzpatrick: str | None
    group: str
    licence: str
    split: str | None
    condition: str | None = None

    @property
    def files(self) -> tuple[Path | None, ...]:
        """Photo and mask."""
        return (self.picture, self.mask)

    @property
    def masks(self) -> tuple[Path | None, ...]:
        """The lesion mask."""
        return (self.mask,)

    @property
    def facts(self) -> str:
        """The boxes with their conditions."""
        return "".join(f"{box.edges} {box.condition}\0" for box in self.boxes)


@dataclass(frozen=True)
class PhotoRecord:
    """One photo, dermoscopic or clinical, with what it shows.

    diagnosis: one of `diagnoses.DIAGNOSES`, or None where the source is silent. label: its place among those asked for.
    mask: the lesion's, where there is one. group: the lesion or patient, which stays on one side of the split.
    """

    id: str
    picture: Path
    mask: Path | None
    diagnosis: str | None
    group: str
    licence: str
    split: str | None
    label: int = 0

    @property
    def files(self) -> tuple[Path | None, ...]:
        """Photo and mask."""
        return (self.picture, self.mask)

    @property
    def masks(self) -> tuple[Path | None, ...]:
        """The lesion mask."""
        return (self.mask,)

    @property
    def facts(self) -> str:
        """The diagnosis and its place."""
        return f"{self.diagnosis} {self.label}\0"


RecordT = TypeVar("RecordT", bound=Listed)


@dataclass(frozen=True)
class Manifest(Generic[RecordT]):
    """The records of one data folder, in order of id."""

    records: tuple[RecordT, ...]
    root: Path
    layout: str

    def of(self, split: str) -> "Manifest[RecordT]":
        """The records of one split."""
        return replace(self, records=tuple(r for r in self.records if r.split == split))

    def sha256(self) -> str:
        """Hash over ids, splits, and the bytes of every file, whatever folder they lie in."""
        return self._sha256

    @cached_property
    def _sha256(self) -> str:
        digest = hashlib.sha256()
        for record in self.records:
            digest.update(f"{record.id}\0{record.split}\0{record.facts}".encode())
            for file in record.files:
                digest.update(b"-" if file is None else _digest(file))
        return digest.hexdigest()


def _digest(file: Path) -> bytes:
    """Of a file's bytes; of one that cannot be read, which whoever decodes it names, of its name."""
    try:
        return hashlib.sha256(file.read_bytes()).digest()
    except OSError:
        return hashlib.sha256(b"unreadable " + file.name.encode()).digest()


def excluding(
    manifest: Manifest[RecordT], ids: Collection[str], of_elsewhere: Collection[str] = ()
) -> Manifest[RecordT]:
    """Leave out the given ids; an id of no file there is an error, since a typing mistake would go unseen.

    A photo that is there and was not asked for, such as one of another diagnosis, may be named. of_elsewhere: ids that may
    be absent, such as a preset's own, which were written down for the folder that it was made for.
    """
    known = {record.id for record in manifest.records}
    unknown = sorted(set(ids) - known - set(of_elsewhere))
    if unknown:
        there = {file.stem for file in manifest.root.rglob("*.*")}
        unknown = [name for name in unknown if name not in there]
    if unknown:
        raise EngineError(
            f"data.exclude names {', '.join(unknown[:5])}, which {manifest.root} does not hold; "
            f"allowed are its {len(known)} ids, such as {min(known, default='none')}."
        )
    return replace(manifest, records=tuple(r for r in manifest.records if r.id not in set(ids)))
