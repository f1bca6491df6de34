"""A set of sampled pictures as a folder: which job made it, which files it has, which of them are whole.

The layout is ISIC 2018's, so that every reader of it reads a set; names say that the pictures are synthetic.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.generators.shared.noise_request import SEED_LIMIT, NoiseRequest
from engine.paths import write_atomically

COUNT_LIMIT = 10_000_000  # seven digits in a name
PICTURES, MASKS = "ISIC2018_Task1-2_Training_Input", "ISIC2018_Task1_Training_GroundTruth"
PNG_END = b"IEND\xaeB`\x82"
JOB, MANIFEST, DATA_MANIFEST = "job.json", "manifest.csv", "manifest.json"
README = f"""Every picture in this data set was painted from noise by a trained model; none shows a patient, and none may be
used for diagnosis. The folders follow the ISIC 2018 challenge (task 1): masks are 0 and 255. Each picture's own metadata
tells its seed and generator.

{JOB}        what the set is determined by; the same command goes on with it
{MANIFEST}    every picture's seed and, where the generator knows it, diagnosis; also the set's label file
{DATA_MANIFEST}   licence, count and checkpoint of the whole set
"""


@dataclass(frozen=True)
class Job:
    """What a set is determined by, whatever the shards.

    settings: what each picture is asked with, but that the seed is the set's.
    """

    preset: str
    checkpoint_sha256: str
    count: int
    settings: NoiseRequest

    def __post_init__(self) -> None:
        """The number and the seed must be within their limits."""
        if not 1 <= self.count <= COUNT_LIMIT:
            raise EngineError(f"--count {self.count}; 1 to {COUNT_LIMIT:,} pictures are allowed.")
        check_seed(self.seed)

    @property
    def seed(self) -> int:
        """Draws the pictures' own."""
        return self.settings.seed

    def plain(self) -> dict[str, Any]:
        """As the set's folder holds it."""
        numbers = {"count": self.count, "seed": self.seed}
        return {"preset": self.preset, "checkpoint_sha256": self.checkpoint_sha256, **numbers, **self.settings.stored()}


def check_seed(seed: int) -> None:
    """Raise EngineError for one that is not of 64 bits."""
    if not 0 <= seed < SEED_LIMIT:
        raise EngineError(f"--seed {seed}; 0 to {SEED_LIMIT - 1} (64 bits) is allowed.")


@dataclass(frozen=True)
class Shard:
    """The `number`-th of `of` parts of a job, counted from 1."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read "2/4"."""
        parts = text.split("/")
        if len(parts) == 2 and all(part.isascii() and part.isdigit() for part in parts):
            number, of = map(int, parts)
            if 1 <= number <= of <= 100_000:
                return cls(number, of)
        raise EngineError(f"--shard {text[:40]!r}; i/n with i from 1 to n is expected, such as 1/4.")

    def has(self, block: int) -> bool:
        """Whether a block of pictures is this shard's."""
        return block % self.of == self.number - 1


@dataclass(frozen=True)
class Folder:
    """A set's folder."""

    root: Path
    masks: bool

    @classmethod
    def open(cls, root: Path, job: Job, masks: bool) -> "Folder":
        """Start a job in an empty folder, or go on with the same one; anything else in it is left alone, in a sentence."""
        said = {"synthetic": True, **job.plain()}
        if root.is_file():
            raise EngineError(f"--out {root} is a file; a folder is needed.")
        if (root / JOB).is_file():
            _refuse_another(root, said)
        elif root.is_dir() and any(not path.name.startswith(".") for path in root.iterdir()):
            raise EngineError(
                f"--out {root} is not empty and holds no set of pictures to go on with; choose another folder."
            )
        else:
            write_atomically(root / JOB, json.dumps(said, indent=1).encode())
        return cls(root, masks)

    def name(self, index: int) -> str:
        """A picture's id, by its number."""
        return f"ISIC_SYNTHETIC_{index:07d}"

    def picture(self, index: int) -> Path:
        """A picture's file."""
        return self.root / PICTURES / f"{self.name(index)}.png"

    def mask(self, index: int) -> Path:
        """Its lesion mask's."""
        return self.root / MASKS / f"{self.name(index)}_segmentation.png"

    def has(self, index: int) -> bool:
        """Whether all files of a picture are there and end as PNG files do."""
        return _whole(self.picture(index)) and (not self.masks or _whole(self.mask(index)))

    def describe(self, manifest: bytes) -> None:
        """Beside the pictures, in data of its own kind and in words, that they are synthetic and whose licence they have."""
        write_atomically(self.root / DATA_MANIFEST, manifest)
        write_atomically(self.root / "README.txt", README.encode())

    def write_manifest(self, rows: Iterator[dict[str, Any]]) -> Path:
        """One line a picture, which also serves as the set's label file."""
        out, table = io.StringIO(newline=""), None
        for row in rows:
            if table is None:
                table = csv.DictWriter(out, list(row), lineterminator="\n")
                table.writeheader()
            table.writerow(row)
        write_atomically(self.root / MANIFEST, out.getvalue().encode())
        return self.root / MANIFEST


def _whole(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            file.seek(-len(PNG_END), 2)
            return file.read() == PNG_END
    except OSError:
        return False


def _refuse_another(root: Path, said: dict[str, Any]) -> None:
    try:
        known = dict(json.loads((root / JOB).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise EngineError(f"{root / JOB} is damaged; choose another folder.") from error
    for key in said | known:
        if known.get(key) != said.get(key):
            raise EngineError(
                f"--out {root} holds another set, of {key} = {known.get(key)}; now it is {said.get(key)}. Choose another "
                "folder, or the same settings to go on with it."
            )
