"""Pictures from noise: one at a time for a page, or a whole set in files, in shards and resumable.

A set's picture number i has a seed of its own, drawn from the set's seed and i. Pictures are computed in blocks of BLOCK
successive numbers, the last one filled up with numbers beyond the set, and a shard takes whole blocks; so every picture is
computed beside the same neighbours, and has the same pixels, however many shards there are.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine import formats, presets
from engine.checkpoints import write_atomically
from engine.config import from_table
from engine.data import export
from engine.errors import EngineError
from engine.labels import DEFINITE
from engine.pixels import from_unit
from engine.sampled import SEED_LIMIT, Folder, Job, Shard
from engine.seeds import stream
from engine.service.loading import chosen, load

if TYPE_CHECKING:
    from engine.render import Run

BLOCK = 8
ENCODERS = 4  # threads: two cores' worth of packing, and as many waiting for the disk
AHEAD = 8 * BLOCK  # files that may wait to be written, so that memory stays small on a slow disk
PNG_LEVEL = 1  # packs at 3 ms a picture and a tenth larger than level 6 at 15 ms
OWN_SEEDS = 2**53  # a picture's own seed survives JSON and a browser's numbers

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Sample:
    """picture: uint8 [H, W, 3]. mask: uint8 [H, W] in {0, 1}, where the generator makes one. seed: the picture's own."""

    picture: NDArray[np.uint8]
    mask: NDArray[np.uint8] | None
    seed: int
    diagnosis: str | None


@dataclass(frozen=True)
class Turn:
    """A turn of a sample's noise towards that of the seed `towards`: share 0 leaves it, 1 ends there."""

    towards: int
    share: float

    def __post_init__(self) -> None:
        """Numbers must be within their limits."""
        if not 0 <= self.towards < SEED_LIMIT:
            raise EngineError(f"the seed is {self.towards}; 0 to {SEED_LIMIT - 1} (64 bits) is allowed.")
        if not 0 <= self.share <= 1:
            raise EngineError(f"the share of the way is {self.share:g}; 0 to 1 is allowed.")


@dataclass(frozen=True)
class Turned:
    """A request whose noise is turned towards other seeds', one after the other; its diagnosis stays."""

    request: Any
    turns: tuple[Turn, ...]

    @property
    def seed(self) -> int:
        """The request's own."""
        return int(self.request.seed)


@dataclass(frozen=True)
class Sampled:
    """made: pictures written now; there: those of the shard that were there before. network_s of seconds: in the network."""

    made: int
    there: int
    seconds: float
    network_s: float
    manifest: Path | None
    """The set's manifest, once every shard's pictures are there."""

    def sentence(self) -> str:
        """For people."""
        kept = f"{self.there} were there" if self.there else ""
        if not self.made:
            return kept or "this shard has no pictures"
        rate, share = self.made / self.seconds, self.network_s / self.seconds
        made = (
            f"{self.made} pictures in {self.seconds:.1f} s, {rate:.1f} a second, {share:.0%} of the time in the network"
        )
        return f"{made}; {kept}" if kept else made


class Sampler:
    """One warm generator that starts from noise. Loads on first use."""

    def __init__(self, preset: str, device: str = "cpu", checkpoint: Path | None = None) -> None:
        self.preset, self._weights = chosen(preset, checkpoint)
        self.device = device
        self._generator = load(self.preset, self._weights, device)
        if self._generator.family.takes != "noise":
            raise EngineError(
                f"'{preset}' paints from {self.preset.takes}, with `moulage render`; a generator that takes noise alone is "
                f"needed, such as {', '.join(_noise_presets()) or 'none of those that are trained yet'}."
            )
        self._run: Run | None = None

    @property
    def sha256(self) -> str:
        """Of the weights."""
        return self._generator.sha256

    @property
    def licence(self) -> str:
        """Of the weights and of what they were trained on."""
        return self._generator.licence

    def request(self, **wishes: Any) -> Any:
        """A request of the family; what it does not take is one sentence. Wishes that are None are none."""
        known = {field.name for field in fields(self._generator.family.request)}
        given = {name: value for name, value in wishes.items() if value is not None}
        if strange := sorted(given.keys() - known):
            raise EngineError(f"'{self.preset.name}' takes no {strange[0]}; it takes {', '.join(sorted(known))}.")
        return from_table(self._generator.family.request, given, "the request")

    def diagnosis(self, request: Any) -> str | None:
        """What a request's picture shows, drawn by its seed where it names nothing."""
        from engine.generators.noise import diagnosis_of

        return diagnosis_of(self.preset.model, self._generator.tables, request)

    def paint(self, requests: Sequence[Any]) -> list[Sample]:
        """One picture a request or a `Turned`, computed together by the fixed backend."""
        from engine.render import BACKENDS, FIXED

        if self._run is None:
            self._run = BACKENDS[FIXED](self._generator.network, self.device)
        values = self._run(self._inputs(requests))
        shown = from_unit(values.transpose(0, 2, 3, 1))
        return [
            Sample(
                np.ascontiguousarray(pixels[..., :3]),
                (value[3] > 0).astype(np.uint8) if len(value) > 3 else None,
                request.seed,
                self.diagnosis(request.request if isinstance(request, Turned) else request),
            )
            for pixels, value, request in zip(shown, values, requests, strict=True)
        ]

    def _inputs(self, requests: Sequence[Any]) -> tuple[NDArray[np.float32], ...]:
        return tuple(np.concatenate(arrays) for arrays in zip(*map(self._input, requests), strict=True))

    def _input(self, request: Any) -> tuple[NDArray[np.float32], ...]:
        if isinstance(request, Turned):
            own = replace(request.request, diagnosis=self.diagnosis(request.request))
            found = self._input(own)
            for turn in request.turns:
                there = self._input(replace(own, seed=turn.towards))
                found = tuple(turned(a, b, turn.share) for a, b in zip(found, there, strict=True))
            return found
        family, tables = self._generator.family, self._generator.tables
        return family.inputs(self.preset.model, tables, None, None, request)


def turned(start: NDArray[np.float32], end: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """From one array of normal noise towards another on the arc between them (Shoemake 1985).

    On the straight line the middle would be shorter than any noise the generator was trained on. Equal arrays stay.
    """
    lengths = float(np.linalg.norm(start)), float(np.linalg.norm(end))
    angle = float(np.arccos(np.clip(np.vdot(start, end) / max(lengths[0] * lengths[1], 1e-12), -1, 1)))
    if angle < 1e-4 or share == 0:
        return start
    weights = np.sin((1 - share) * angle) / np.sin(angle), np.sin(share * angle) / np.sin(angle)
    return np.asarray(weights[0] * start + weights[1] * end, np.float32)


def _noise_presets() -> list[str]:
    from engine.generators import FAMILIES

    trained = [presets.load(name) for name in presets.names() if presets.weights_path(name)]
    return [preset.name for preset in trained if FAMILIES[preset.family].takes == "noise"]


def sample(
    preset: str,
    count: int,
    seed: int,
    out: Path,
    shard: str = "1/1",
    diagnosis: str | None = None,
    truncation: float | None = None,
    checkpoint: Path | None = None,
    device: str = "cpu",
    progress: Progress = lambda done, total: None,
) -> Sampled:
    """Write a set of pictures, or a shard of it, in ISIC's layout; what is there of the same set is kept.

    Raises EngineError for a number, seed, shard or diagnosis that is not allowed, a folder with something else in it, and a
    full disk; then what was written stands, and the same call goes on.
    """
    mine = Shard.parse(shard)
    asked = Job(presets.load(preset).name, "", count, seed, diagnosis, truncation)
    sampler = Sampler(preset, device, checkpoint)
    job = Job(asked.preset, sampler.sha256, count, seed, diagnosis, truncation)
    sampler.diagnosis(_request(sampler, job, 0))
    folder = Folder.open(out, job, bool(getattr(sampler.preset.model, "mask", False)))
    folder.describe(export.summary(count, [_checkpoint(sampler)], dated=False))
    whole = [range(first, first + BLOCK) for place, first in enumerate(range(0, count, BLOCK)) if mine.has(place)]
    total = sum(min(block.stop, count) - block.start for block in whole)
    missing = {index for block in whole for index in block if index < count and not folder.has(index)}
    left = len(missing)
    progress(total - left, total)
    writer = _Writer(sampler, job, folder, lambda done: progress(total - left + done, total))
    started = time.perf_counter()
    network_s = writer.run([block for block in whole if not missing.isdisjoint(block)], missing)
    seconds = time.perf_counter() - started
    manifest = folder.write_manifest(_rows(sampler, job, folder)) if _complete(folder, count) else None
    return Sampled(left, total - left, seconds, network_s, manifest)


class _Writer:
    """Computes blocks while other threads pack and write the pictures before."""

    def __init__(self, sampler: Sampler, job: Job, folder: Folder, written: Callable[[int], None]) -> None:
        self.sampler, self.job, self.folder = sampler, job, folder
        self._written, self._done = written, 0
        self._waiting: deque[Future[None]] = deque()

    def run(self, blocks: Sequence[range], missing: set[int]) -> float:
        """Write the missing pictures of the blocks; returns the seconds in the network."""
        network_s = 0.0
        pool = ThreadPoolExecutor(ENCODERS)
        try:
            for block in blocks:
                requests = [_request(self.sampler, self.job, index) for index in block]
                started = time.perf_counter()
                samples = self.sampler.paint(requests)
                network_s += time.perf_counter() - started
                for index, made in zip(block, samples, strict=True):
                    if index in missing:
                        self._waiting.append(pool.submit(self._write, index, made))
                self._collect(AHEAD)
            self._collect(0)
        finally:
            pool.shutdown(cancel_futures=True)
        return network_s

    def _collect(self, allowed: int) -> None:
        """Wait until no more than `allowed` files are unwritten; an error of a thread is raised here."""
        while self._waiting and (len(self._waiting) > allowed or self._waiting[0].done()):
            self._waiting.popleft().result()
            self._done += 1
            self._written(self._done)

    def _write(self, index: int, made: Sample) -> None:
        try:
            if made.mask is not None:
                write_atomically(self.folder.mask(index), formats.plane_bytes(DEFINITE * made.mask))
            said = _provenance(self.sampler, self.job, index, made)
            write_atomically(self.folder.picture(index), formats.picture_bytes(made.picture, said, PNG_LEVEL))
        except EngineError as error:
            raise EngineError(f"{str(error).rstrip('.')}; the same command goes on from there.") from error


def own_seed(set_seed: int, index: int) -> int:
    """The seed of a set's picture by its number."""
    return int(stream(set_seed, "sample", index).integers(OWN_SEEDS))


def _request(sampler: Sampler, job: Job, index: int) -> Any:
    return sampler.request(seed=own_seed(job.seed, index), diagnosis=job.diagnosis, truncation=job.truncation)


def _checkpoint(sampler: Sampler) -> dict[str, str]:
    return {"preset": sampler.preset.name, "sha256": sampler.sha256, "licence": sampler.licence}


def _provenance(sampler: Sampler, job: Job, index: int, made: Sample) -> dict[str, Any]:
    """No time of writing, so that the same job gives the same bytes."""
    return {
        "format": 1,
        "synthetic": True,
        "sample": {
            "set_seed": job.seed,
            "number": index,
            "seed": made.seed,
            "diagnosis": made.diagnosis,
            "truncation": job.truncation,
        },
        "checkpoint": _checkpoint(sampler),
        "device": sampler.device,
    }


def _complete(folder: Folder, count: int) -> bool:
    return all(folder.has(index) for index in range(count))


def _rows(sampler: Sampler, job: Job, folder: Folder) -> Iterator[dict[str, Any]]:
    """The manifest's lines: what is known of every picture, without looking at it."""
    for index in range(job.count):
        request = _request(sampler, job, index)
        diagnosis = sampler.diagnosis(request)
        known = {} if diagnosis is None else {"diagnosis": diagnosis, "melanoma": float(diagnosis == "melanoma")}
        yield {"image_id": folder.name(index), "seed": request.seed, **known, "split": "train"}
