"""One case from files → a picture to keep; a case over two axes → a grid."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import formats
from engine.cases.case import Case
from engine.cases.planes import Planes, planes_from_semantic
from engine.cases.superpixels import slic_zero
from engine.cases.tone import TONES
from engine.errors import EngineError
from engine.paths import read_bytes, write_atomically
from engine.rendering.painter import Painter
from engine.rendering.sweep_grid import Cell, Grid, painted
from engine.rendering.sweeps import sweep as sweep_of
from engine.service.exports import BY_SUFFIX, export
from engine.service.requests import SILENT, RenderRequest, SweepRequest, Watch
from engine.service.saved_cases import case_from_bytes
from engine.training import presets
from engine.training.presets import Preset, new_case, request_of

TONE_STEP_DEG = 0.4  # half a step of the map's red


@dataclass(frozen=True)
class Written:
    """The files that a request wrote, the chief one first. note: what else is to be said."""

    paths: tuple[Path, ...]
    note: str = ""

    def sentence(self) -> str:
        """For people."""
        return "\n".join([*map(str, self.paths), *([self.note] if self.note else [])])


def render(request: RenderRequest, watch: Watch = SILENT) -> Written:
    """Paint one case (a case file, a picture that holds one, or a flat map) and write it in the form its suffix names."""
    out = request.out
    suffix = next((suffix for suffix in BY_SUFFIX if out.name.endswith(suffix)), None)
    if suffix is None:
        raise EngineError(
            f"--out {out.name} ends in '{out.suffix}'; a picture is kept as .png, which holds the whole case, or as "
            f"{', '.join(list(BY_SUFFIX)[1:])}."
        )
    preset, painter = presets.load(request.preset), Painter(request.preset, request.device, request.checkpoint)
    case = _case_of(request, preset).for_generator(preset.name, request_of(preset.name))
    kept = painter.render(presets.told(preset, case, request.settings))
    write_atomically(out, export(kept, BY_SUFFIX[suffix], out.name.removesuffix(suffix)).data)
    return Written((out,))


def _case_of(request: RenderRequest, preset: Preset) -> Case:
    """The case of a file, or one from the map that the preset's generator takes."""
    if request.case is not None:
        return case_from_file(request.case)
    assert request.map is not None  # the record has one of the two
    if preset.capabilities.takes == "boxes":
        return case_from_regions(read_bytes(request.map), preset)
    return case_from_map(formats.read_map(read_bytes(request.map)), preset, request.photo)


def case_from_file(path: Path) -> Case:
    """A case from its JSON, or from the picture or bundle it was saved in."""
    return case_from_bytes(read_bytes(path), path.name)


def case_from_map(labels: NDArray[np.uint8], preset: Preset, photo: Path | None = None) -> Case:
    """A case from a flat map, uint8 [H, W] in 0..7, and, for its superpixels, the photo it belongs to."""
    from engine.data.frames import FITS
    from engine.photos.reading import load_picture

    fit = FITS[preset.data.fit]
    planes = fit.planes(planes_from_semantic(labels), preset.size, preset.data.enlarge)
    cells = None
    if photo is not None:
        cells = slic_zero(fit.picture(load_picture(photo), preset.size, preset.data.enlarge))
    return replace(new_case(preset, planes), superpixels=cells)


def case_from_regions(data: bytes, preset: Preset) -> Case:
    """A case from DermGAN's map (RGB PNG), whose tone must be that of a Fitzpatrick type, within half a code."""
    boxes, ita = formats.read_regions(data, preset.size)
    tone = min(TONES, key=lambda name: abs(TONES[name] - ita))
    if abs(TONES[tone] - ita) > TONE_STEP_DEG:
        listed = ", ".join(f"{name} {asked:g}" for name, asked in TONES.items())
        raise EngineError(f"the map's skin tone is {ita:.1f} degrees ITA; a case asks for one of {listed}.")
    return replace(new_case(preset, Planes.blank(*preset.size), tone=tone), boxes=boxes)


def sweep(request: SweepRequest, watch: Watch = SILENT) -> Written:
    """Paint a sweep and write the grid, its JSON, its loop and its cells beside it."""
    out = request.out
    if out.suffix != ".png":
        raise EngineError(
            f"--out {out.name} is no PNG; the grid is written as one, with its JSON, GIF and cells beside it."
        )
    painter = Painter(request.preset, request.device)
    start = case_from_file(request.case).for_generator(request.preset, request_of(request.preset))
    chosen = sweep_of(start, request.x, request.y, request.columns, request.rows)
    cells: list[Cell] = []
    total = len(chosen.columns) * len(chosen.rows)
    for cell in painted(painter, start, chosen):
        cells.append(cell)
        watch.progress(len(cells), total)
    return _written(Grid(start, chosen, tuple(cells)), out, cells)


def _written(grid: Grid, out: Path, cells: Sequence[Cell]) -> Written:
    written = []
    for name, data in grid.files(out.stem).items():
        write_atomically(out.parent / name, data)
        written.append(out.parent / name)
    return Written((written[0],), f"and {len(written) - 1} files beside it, {len(cells)} of them cells")
