"""Work that starts from files: the list of presets, rendering, training, judging, provenance."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine import checkpoints, formats, presets
from engine.case import SEED_LIMIT, Case
from engine.clinical import sampled
from engine.configs import CropsData
from engine.errors import EngineError
from engine.labels import Planes
from engine.sampled import COUNT_LIMIT
from engine.service.exports import BY_SUFFIX, case_from_bytes, export, provenance_from_bytes
from engine.service.studio import Studio
from engine.tone import TONES

if TYPE_CHECKING:
    from engine.data.check import Report
    from engine.train.loop import Status

Progress = Callable[[int, int], None]
TONE_STEP_DEG = 0.4  # half a step of the map's red
PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp")


@dataclass(frozen=True)
class PresetInfo:
    """One line of `moulage presets`. parameters: network → exact count of trainable parameters."""

    name: str
    family: str
    paper: str
    takes: str
    makes: str
    size: tuple[int, int]
    trained: bool
    parameters: dict[str, int]


def catalogue() -> list[PresetInfo]:
    """Every preset, with its networks' parameters counted on torch's meta device (no memory is taken)."""
    import torch

    from engine.generators import FAMILIES
    from engine.generators.gan import parameters

    listed = []
    for name in presets.names():
        preset = presets.load(name)
        with torch.device("meta"):
            networks = FAMILIES[preset.family].build(preset.model).networks
        fields = {key: getattr(preset, key) for key in ("name", "family", "paper", "takes", "makes", "size")}
        listed.append(
            PresetInfo(**fields, trained=presets.weights_path(name) is not None, parameters=parameters(networks))
        )
    return listed


def case_from_map(labels: NDArray[np.uint8], preset: str, photo: Path | None = None) -> Case:
    """A case from a flat map and, for its superpixels, the photo it belongs to."""
    from engine.data.maps import FITS, load_picture
    from engine.labels import planes_from_semantic
    from engine.superpixels import slic_zero

    chosen = presets.load(preset)
    fit = FITS[chosen.data.fit]
    planes = fit.planes(planes_from_semantic(labels), chosen.size, chosen.data.enlarge)
    cells = None
    if photo is not None:
        cells = slic_zero(fit.picture(load_picture(photo), chosen.size, chosen.data.enlarge))
    return Case(planes, cells, chosen.name, seed=0)


def case_from_regions(data: bytes, preset: str) -> Case:
    """A case from DermGAN's map (RGB PNG), whose tone must be that of a Fitzpatrick type, within half a code."""
    chosen = presets.load(preset)
    boxes, ita = formats.read_regions(data, chosen.size)
    tone = min(TONES, key=lambda name: abs(TONES[name] - ita))
    if abs(TONES[tone] - ita) > TONE_STEP_DEG:
        listed = ", ".join(f"{name} {asked:g}" for name, asked in TONES.items())
        raise EngineError(f"the map's skin tone is {ita:.1f} degrees ITA; a case asks for one of {listed}.")
    return Case(Planes.blank(*chosen.size), None, chosen.name, seed=0, tone=tone, boxes=boxes)


def sample_maps(
    preset: str,
    data: Path,
    count: int,
    out: Path,
    seed: int = 0,
    labels: Path | None = None,
    split: str = "val",
    tone: str | None = None,
    checkpoint: Path | None = None,
    device: str = "cpu",
    progress: Progress = lambda done, total: None,
) -> list[Path]:
    """Pictures from the maps of a data folder's split, as Ghorbani et al. 2019 sample them; each holds its case.

    A map of boxes is moved about and thinned out by the seed, a map of planes is taken as it is. Raises EngineError for a
    count or a seed that is not allowed, and for a folder that holds something.
    """
    if not 1 <= count <= COUNT_LIMIT:
        raise EngineError(f"--count {count}; 1 to {COUNT_LIMIT:,} pictures are allowed.")
    if not 0 <= seed < SEED_LIMIT:
        raise EngineError(f"--seed {seed}; 0 to {SEED_LIMIT - 1} is allowed.")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise EngineError(f"--out {out} is there and not empty; a new or empty folder is needed.")
    from engine.data.sources import SOURCES
    from engine.seeds import stream

    chosen = presets.load(preset)
    source = SOURCES[type(chosen.data)]
    records = source.read(data, labels, chosen).of(split).records
    if not records:
        raise EngineError(f"{data} has no {split} pictures; train, val or test that it has is expected.")
    studio, written = Studio(preset, device, checkpoint), []
    for index in range(count):
        random = stream(seed, "sample", index)
        pairs = source.pairs(records[int(random.integers(len(records)))], chosen)
        _, case = pairs[int(random.integers(len(pairs)))]
        if case.boxes:
            case = replace(case, boxes=sampled([case.boxes], *chosen.size, random))
        kept = studio.render(replace(case, tone=tone, seed=int(random.integers(SEED_LIMIT))))
        path = out / f"{preset}-{seed}-{index:05d}.png"
        checkpoints.write_atomically(path, formats.picture_bytes(kept.picture, kept.provenance))
        written.append(path)
        progress(index + 1, count)
    return written


def train(
    preset: str,
    data: Path,
    out: Path,
    labels: Path | None = None,
    settings: Sequence[str] = (),
    resume: bool = False,
    device: str = "auto",
    devices: int = 1,
    preparing: Callable[[int, int], None] | None = None,
    report: Callable[["Status"], None] = lambda status: None,
    exclude: Path | None = None,
) -> Path:
    """Train a preset on a data folder; returns the final checkpoint (absent if the run was stopped: resume it).

    exclude: a file of record ids to leave out beside the preset's own, one a line; they enter the run's configuration.
    """
    from engine.train.experiment import train as run

    chosen = presets.with_settings(presets.load(preset), settings)
    if exclude is not None:
        both = dict.fromkeys([*chosen.data.exclude, *excluded_ids(exclude)])
        chosen = replace(chosen, data=replace(chosen.data, exclude=tuple(both)))
    return run(chosen, data, out, labels, resume, device, devices, None, preparing, report)


def excluded_ids(path: Path) -> list[str]:
    """The ids of an exclusion list: one a line, with or without a picture's suffix; empty lines and `#` lines are passed by."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(f"the exclusion list {path} cannot be read: {error}.") from error
    names = [line for line in lines if line and not line.startswith("#")]
    if strange := [name for name in names if "," in name or len(name) > 200]:
        raise EngineError(
            f"the exclusion list {path.name} holds the line {strange[0][:60]!r}; one id a line is expected."
        )
    return [Path(name).stem if Path(name).suffix.lower() in PICTURE_SUFFIXES else name for name in names]


def check_data(root: Path, labels: Path | None, progress: Callable[[int, int], None] = lambda a, b: None) -> "Report":
    """Everything that is wrong with a data folder."""
    from engine.data.check import check

    return check(root, labels, progress)


def render_file(
    preset: str,
    out: Path,
    case: Path | None = None,
    map: Path | None = None,
    photo: Path | None = None,
    tone: str | None = None,
    seed: int | None = None,
    checkpoint: Path | None = None,
    device: str = "cpu",
) -> Path:
    """Paint one case (a case file, a picture that holds one, or a flat map) and write it in the form its suffix names."""
    if (case is None) == (map is None):
        raise EngineError("give either --case FILE or --map FILE, not both and not neither.")
    suffix = next((suffix for suffix in BY_SUFFIX if out.name.endswith(suffix)), None)
    if suffix is None:
        raise EngineError(
            f"--out {out.name} ends in '{out.suffix}'; a picture is kept as .png, which holds the whole case, or as "
            f"{', '.join(list(BY_SUFFIX)[1:])}."
        )
    made = _case_of(preset, map, photo) if map else case_from_file(_required(case))
    changes: dict[str, Any] = {"generator": preset}
    changes |= {"tone": tone} if tone else {}
    changes |= {"seed": seed} if seed is not None else {}
    kept = Studio(preset, device, checkpoint).render(replace(made, **changes))
    checkpoints.write_atomically(out, export(kept, BY_SUFFIX[suffix], out.name.removesuffix(suffix)).data)
    return out


def _case_of(preset: str, map: Path, photo: Path | None) -> Case:
    """A case from the map that the preset's generator takes."""
    if isinstance(presets.load(preset).data, CropsData):
        return case_from_regions(_bytes(map), preset)
    return case_from_map(formats.read_map(_bytes(map)), preset, photo)


def case_from_file(path: Path) -> Case:
    """A case from its JSON, or from the picture or bundle it was saved in."""
    return case_from_bytes(_bytes(path), path.name)


def _required(path: Path | None) -> Path:
    assert path is not None
    return path


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EngineError(f"{path} cannot be read: {error.strerror}.") from error


def read_card(path: Path) -> dict[str, Any]:
    """The provenance of a checkpoint, a saved picture, a sidecar or a bundle, as plain values."""
    if path.suffix == ".safetensors":
        return asdict(checkpoints.read_card(path)) | {"sha256": checkpoints.sha256(path)}
    data = _bytes(path)
    said = formats.read_provenance(data) if formats.holds_case(data) else {}
    return said if "sample" in said else provenance_from_bytes(data, path.name)
