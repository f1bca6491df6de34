"""What is to be said of the photos that were decoded: which were left out, and what was done to read the others."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.data.decoding import Decoded, decode
from engine.data.records import Listed
from engine.errors import EngineError
from engine.photos.masks import Notice
from engine.photos.reading import load_picture

MOST_LEFT_OUT = 0.05  # of the photos may be unreadable; with more, something is wrong with the folder
FILE = "said.json"

Progress = Callable[[int, int], None] | None
RecordT = TypeVar("RecordT", bound=Listed)
Entry = TypeVar("Entry")


@dataclass
class Log:
    """left_out: (record id, why) of photos that could not be read. notices: (file name, what was done to read it).

    masks, empty_masks: how many lesion masks were read, and how many of them mark nothing.
    """

    left_out: list[tuple[str, str]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    masks: int = 0
    empty_masks: int = 0

    def sentences(self) -> list[str]:
        """For people: one line a kind, with a count and the first name."""
        kinds: dict[str, list[str]] = {}
        for name, done in self.notices:
            kinds.setdefault(done.partition(" from ")[0], []).append(f"{name} {done}")
        said = [f"{_count(len(alike), 'mask')}, first: {alike[0]}." for alike in kinds.values()]
        if self.left_out:
            said.insert(0, f"{_count(len(self.left_out), 'photo')} left out: {self.left_out[0][1].rstrip('.')}.")
        return said

    def decoded(self, record: Listed, with_masks: bool = True) -> Decoded:
        """`decode`, with what is to be said of it kept."""
        found = decode(record, with_masks)
        self.notices += found.notices
        if found.lesion is not None:
            self.masks += 1
            self.empty_masks += not found.lesion.any()
        return found

    def picture(self, photo: tuple[str, Path]) -> NDArray[np.uint8] | None:
        """The photo of (id, file), uint8 [H, W, 3]; None, and logged, where it cannot be read."""
        try:
            return load_picture(photo[1])
        except EngineError as error:
            self.left_out.append((photo[0], str(error)))
            return None

    def add(self, other: "Log") -> None:
        """Take over what is to be said of another photo."""
        self.left_out += other.left_out
        self.notices += other.notices
        self.masks, self.empty_masks = self.masks + other.masks, self.empty_masks + other.empty_masks

    def check(self, total: int) -> None:
        """Raise EngineError where too many of `total` photos were left out, or every lesion mask is empty."""
        if len(self.left_out) > MOST_LEFT_OUT * total:
            raise EngineError(
                f"{len(self.left_out)} of {total} photos cannot be used, more than {MOST_LEFT_OUT:.0%}; "
                f"{self.left_out[0][1].rstrip('.')}; `moulage data check` lists them all."
            )
        if self.masks and self.masks == self.empty_masks:
            raise EngineError(f"all {self.masks} lesion masks are empty; a mask's lesion is 1 or 255, its skin 0.")

    def write(self, folder: Path) -> None:
        """Beside what was decoded."""
        (folder / FILE).write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: Path) -> "Log":
        """Of a cache; nothing is said of one that was made before this was kept."""
        file = folder / FILE
        table: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        pairs = {key: [(name, said) for name, said in table.get(key, ())] for key in ("left_out", "notices")}
        return cls(**table | pairs)


def entries(
    records: Sequence[RecordT], work: Callable[[RecordT, Log], Entry], log: Log, progress: Progress
) -> Iterator[tuple[RecordT, Entry]]:
    """(record, what `work` made of it) in order, made in threads; what raises EngineError is left out and logged."""

    def one(record: RecordT) -> tuple[list[Entry], Log]:
        own = Log()
        try:
            return [work(record, own)], own
        except EngineError as error:
            return [], Log([(record.id, str(error))])

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, (record, (entry, own)) in enumerate(zip(records, pool.map(one, records), strict=True), start=1):
            log.add(own)
            if len(log.left_out) > MOST_LEFT_OUT * len(records):
                pool.shutdown(wait=False, cancel_futures=True)
                log.check(len(records))
            yield from ((record, one_entry) for one_entry in entry)
            if progress:
                progress(done, len(records))
    log.check(len(records))


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' if count > 1 else ''}"
