"""Sets of pictures in files: from noise, in shards and resumable, or from the maps of a data folder; and single samples."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine import formats
from engine.cases.conditions import sampled
from engine.cases.planes import DEFINITE
from engine.cases.settings import SEED_LIMIT
from engine.data import export
from engine.errors import EngineError
from engine.generators.shared.noise_request import NoiseRequest
from engine.paths import check_new_folder, write_atomically
from engine.rendering.painter import Painter
from engine.rendering.sampler import BLOCK, Sample, Sampler, Turn, noise_settings, own_seed
from engine.rendering.samplers import SampleRef, Samplers
from engine.seeds import stream
from engine.service.render import Written
from engine.service.requests import SILENT, SampleOneRequest, SampleRequest, Watch
from engine.stores.photo_indexes import Nearest
from engine.stores.sample_sets import Folder, Job, Shard, check_seed
from engine.training import presets
from engine.training.presets import new_case

ENCODERS = 4  # threads: two cores' worth of packing, and as many waiting for the disk
AHEAD = 8 * BLOCK  # files that may wait to be written, so that memory stays small on a slow disk
PNG_LEVEL = 1  # packs at 3 ms a picture and a tenth larger than level 6 at 15 ms


@dataclass(frozen=True)
class Sampled:
    """out: the set's folder. made: pictures written now; there: those of the shard that were there before.

    network_s: of the seconds, those in the network, where they were measured.
    """

    out: Path
    made: int
    there: int
    seconds: float
    network_s: float | None
    manifest: Path | None
    """The set's manifest, once every shard's pictures are there."""

    def sentence(self) -> str:
        """For people."""
        said = []
        if self.made:
            said += [f"{self.made} pictures in {self.seconds:.1f} s, {self.made / self.seconds:.1f} a second"]
        if self.made and self.network_s is not None:
            said[0] += f", {self.network_s / self.seconds:.0%} of the time in the network"
        said += [f"{self.there} were there"] if self.there else []
        told = f"{self.out}: {'; '.join(said) or 'this shard has no pictures'}"
        if self.manifest or self.network_s is None:
            return told
        return f"{told}\nother shards' pictures are missing; the last shard to finish writes the manifest"


def sample(request: SampleRequest, watch: Watch = SILENT) -> Sampled:
    """Write a set of pictures: from noise, or with `request.data` from the maps of a data folder."""
    return _of_noise(request, watch) if request.data is None else _of_maps(request, watch)


def _of_noise(request: SampleRequest, watch: Watch) -> Sampled:
    """A set, or a shard of it, in ISIC's layout; what is there of the same set is kept.

    Raises EngineError for a number, seed, shard or setting that is not allowed, a folder with something else in it, and a
    full disk; then what was written stands, and the same request goes on.
    """
    mine, count = Shard.parse(request.shard), request.count
    check_seed(request.seed)
    sampler = Sampler(request.preset, request.device, request.checkpoint)
    settings = sampler.request(seed=request.seed, **request.settings)
    sampler.diagnosis(settings)
    job = Job(request.preset, sampler.sha256, count, settings)
    folder = Folder.open(request.out, job, sampler.preset.capabilities.mask)
    folder.describe(export.summary(count, [_checkpoint(sampler)], dated=False))
    whole = [range(first, first + BLOCK) for place, first in enumerate(range(0, count, BLOCK)) if mine.has(place)]
    total = sum(min(block.stop, count) - block.start for block in whole)
    missing = {index for block in whole for index in block if index < count and not folder.has(index)}
    left = len(missing)
    watch.progress(total - left, total)
    writer = _Writer(sampler, job, folder, lambda done: watch.progress(total - left + done, total))
    started = time.perf_counter()
    network_s = writer.run([block for block in whole if not missing.isdisjoint(block)], missing)
    seconds = time.perf_counter() - started
    manifest = folder.write_manifest(_rows(sampler, job, folder)) if _complete(folder, count) else None
    return Sampled(request.out, left, total - left, seconds, network_s, manifest)


def _of_maps(request: SampleRequest, watch: Watch) -> Sampled:
    """Pictures from the maps of a data folder's split, as Ghorbani et al. 2019 sample them; each holds its case.

    A map of boxes is moved about and thinned out by the seed, a map of planes is taken as it is. Raises EngineError for a
    seed that is not allowed, and for a folder that holds something.
    """
    from engine.data.sources import source_of

    assert request.data is not None
    if not 0 <= request.seed < SEED_LIMIT:
        raise EngineError(f"--seed {request.seed}; 0 to {SEED_LIMIT - 1} is allowed.")
    check_new_folder(request.out)
    preset, split = presets.load(request.preset), request.split or "val"
    painter = Painter(preset.name, request.device, request.checkpoint)
    source = source_of(preset.recipe)
    records = source.read(request.data, request.labels, preset.recipe).of(split).records
    if not records:
        raise EngineError(f"{request.data} has no {split} pictures; train, val or test that it has is expected.")
    started = time.perf_counter()
    for index in range(request.count):
        random = stream(request.seed, "sample", index)
        pairs = source.pairs(records[int(random.integers(len(records)))], preset.recipe)
        pair = pairs[int(random.integers(len(pairs)))]
        boxes = sampled([pair.boxes], *preset.size, random) if pair.boxes else ()
        drawn = presets.told(preset, new_case(preset, pair.planes), request.settings)
        kept = painter.render(replace(drawn.varied(seed=int(random.integers(SEED_LIMIT))), boxes=boxes))
        path = request.out / f"{preset.name}-{request.seed}-{index:05d}.png"
        write_atomically(path, formats.picture_bytes(kept.picture, kept.provenance))
        watch.progress(index + 1, request.count)
    return Sampled(request.out, request.count, 0, time.perf_counter() - started, None, None)


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
                requests = [_request(self.job, index) for index in block]
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


def _request(job: Job, index: int) -> NoiseRequest:
    return replace(job.settings, seed=own_seed(job.seed, index))


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
            **job.settings.stored(),
            "diagnosis": made.diagnosis,
        },
        "checkpoint": _checkpoint(sampler),
        "device": sampler.device,
    }


def _complete(folder: Folder, count: int) -> bool:
    return all(folder.has(index) for index in range(count))


def _rows(sampler: Sampler, job: Job, folder: Folder) -> Iterator[dict[str, Any]]:
    """The manifest's lines: what is known of every picture, without looking at it."""
    for index in range(job.count):
        request = _request(job, index)
        diagnosis = sampler.diagnosis(request)
        known = {} if diagnosis is None else {"diagnosis": diagnosis, "melanoma": float(diagnosis == "melanoma")}
        yield {"image_id": folder.name(index), "seed": request.seed, **known, "split": "train"}


def sample_one(request: SampleOneRequest, watch: Watch = SILENT) -> Written:
    """Write one sample, with its mask beside it, or with `.gif` the way along its last turn; and what photo is nearest."""
    out, preset = request.out, presets.load(request.preset)
    settings = noise_settings(preset, {**request.settings, "seed": request.seed})
    place = SampleRef(preset.name, settings, tuple(map(_turn, request.turns)))
    samplers, kind = Samplers(request.device), out.suffix.lower()
    if kind not in (".png", ".gif"):
        raise EngineError(f"--out {out.name} is neither .png nor .gif; one of them is needed.")
    if kind == ".gif":
        files = {out: samplers.loop(place)}
    else:
        endings = ("", "_segmentation")
        files = {
            out.with_stem(out.stem + ending): data
            for ending, data in zip(endings, samplers.files(place).values(), strict=False)
        }
    nearest = Nearest().of(samplers.one(place).picture)
    for path, data in files.items():
        write_atomically(path, data)
    found = nearest.sentence() if nearest else "no index; `moulage data index DIR`"
    return Written(tuple(files), f"nearest real photo: {found}")


def _turn(text: str) -> Turn:
    towards, _, share = text.partition(":")
    try:
        return Turn(int(towards), float(share))
    except ValueError as error:
        raise EngineError(f"--turn {text[:60]!r}; SEED:SHARE is expected, such as 12:0.3.") from error
