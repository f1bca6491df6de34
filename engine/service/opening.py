"""Whatever the user opens, told apart by content: a saved picture, a bundle, a case, a photo, masks, or a zip of these."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine import formats
from engine.cases.case import Case
from engine.cases.planes import Planes, planes_from_semantic
from engine.cases.superpixels import MOST_IN_A_CLASS
from engine.cases.tone import measured_ita, nearest_type
from engine.errors import EngineError
from engine.photos.proposal import propose_lesion
from engine.photos.reading import read_photo
from engine.rendering.painter import DEFAULT
from engine.service.saved_cases import case_from_bytes
from engine.stores.photos import Photos
from engine.training import presets
from engine.training.presets import Preset, new_case, read_case

if TYPE_CHECKING:
    from engine.data.frames import Fit

LEAST_SKIN = 0.05  # share of the frame that must be skin for its type to be told
SHOWN_ENLARGED = 4  # a photo is kept at up to four times the generator's frame, sharp beside the map on any screen
Files = Sequence[tuple[str, bytes]]


@dataclass(frozen=True)
class Opened:
    """A case and what is to be said about it.

    restored: it was saved by Moulage. proposed: its lesion is a proposal, to be corrected; doubt: why it is probably wrong,
    or empty. ita_deg: measured on the photo's skin, None where too little is seen; the case has no tone where it is not that
    of skin. left_out: number of superpixels in an ISIC picture that has too many to be used. notices: (file name,
    what was done to read it), such as a threshold.
    """

    case: Case
    restored: bool = False
    proposed: bool = False
    doubt: str = ""
    ita_deg: float | None = None
    left_out: int | None = None
    notices: tuple[tuple[str, str], ...] = ()


def open_files(files: Files, photos: Photos, generator: str = DEFAULT) -> Opened:
    """The case that the user's files, as (name, bytes), amount to; a photo among them is kept in `photos`.

    Raises EngineError, one sentence, for whatever is wrong with them; then nothing was kept.
    """
    unpacked = [inner for name, data in files for inner in _unpacked(name, data)]
    if not unpacked:
        raise EngineError("no file was given; a photo, its ISIC masks, a saved picture, a bundle or a case is needed.")
    preset = presets.load(generator)
    if len(unpacked) == 1 and _is_saved(unpacked[0][1]):
        return _restored(unpacked[0][1], photos, preset)
    saved = [name for name, data in unpacked if _is_saved(data)]
    if saved:
        raise EngineError(
            f"'{saved[0][:60]}' is a saved case, which is opened alone; {len(unpacked)} files were given."
        )
    masks, rest = _masks(unpacked), [file for file in unpacked if not formats.is_mask(file[0])]
    if len(rest) > 1:
        raise EngineError(
            f"{len(rest)} files are no masks ('{rest[0][0][:40]}', '{rest[1][0][:40]}' …); one photo is opened at a "
            f"time, and its mask's name ends in _{formats.LESION}."
        )
    if not rest:
        return _from_masks(masks, preset)
    if formats.is_map(rest[0][1]) and not masks:
        return _from_map(rest[0][1], preset)
    return _from_photo(rest[0], masks, photos, preset)


def _unpacked(name: str, data: bytes) -> list[tuple[str, bytes]]:
    if not data.startswith(b"PK") or formats.is_bundle(data):
        return [(PurePosixPath(name).name, data)]
    return formats.unzipped(data)


def _is_saved(data: bytes) -> bool:
    return data.startswith((b"{", b"PK")) or formats.holds_case(data)


def _masks(files: Files) -> dict[str, bytes]:
    """Mask files by name, all of one picture."""
    masks: dict[str, bytes] = {}
    for name, data in files:
        if formats.is_mask(name) and masks.setdefault(name, data) is not data:
            raise EngineError(f"the name '{name[:60]}' was given twice; which one is meant cannot be told.")
    return masks


def _restored(data: bytes, photos: Photos, preset: Preset) -> Opened:
    """A saved case; the real photo that a bundle may hold is kept too, read as warily as any other."""
    photo = None
    if data.startswith(b"PK"):
        provenance, photo = formats.read_bundle(data)
        case = read_case(provenance["case"], "the bundle's case")
    else:
        case = case_from_bytes(data, "the file")
    case = replace(case, backend=None)
    if photo is not None:
        pixels, _ = read_photo(photo, "the bundle's photo", _largest_shown(preset.size))
        case = replace(case, photo=photos.keep(_shown(pixels, preset)))
    return Opened(case, restored=True)


def _from_masks(masks: dict[str, bytes], preset: Preset) -> Opened:
    _same_picture([*masks])
    read = formats.read_isic(masks, None, _framing(preset))
    return replace(_with_cells(new_case(preset, read.planes), read.superpixels), notices=read.notices)


def _from_map(data: bytes, preset: Preset) -> Opened:
    planes = _fit(preset).planes(planes_from_semantic(formats.read_map(data)), preset.size, True)
    return Opened(new_case(preset, planes))


def _from_photo(photo: tuple[str, bytes], masks: dict[str, bytes], photos: Photos, preset: Preset) -> Opened:
    name, data = photo
    _same_picture([name, *masks])
    fit, size = _fit(preset), preset.size
    pixels, whole = read_photo(data, f"'{name[:60]}'", _largest_shown(size))
    frame = _framing(preset)
    read = formats.read_isic(masks, whole, frame)
    framed, border = fit.picture(pixels, size, True), (frame(np.ones(pixels.shape[:2], np.uint8)) == 0).astype(np.uint8)
    proposal = None if read.lesion else propose_lesion(framed)
    lesion = (proposal.lesion if proposal else read.planes.lesion) & (1 - border)
    skin = (lesion == 0) & (border == 0)
    untold = skin.mean() < LEAST_SKIN or (proposal is not None and proposal.inside_out)
    ita = None if untold else measured_ita(framed, skin)
    tone = None if ita is None else nearest_type(ita)
    case = new_case(preset, Planes(lesion, read.planes.markers, border), tone=tone)
    opened = _with_cells(case, read.superpixels)
    kept = photos.keep(_shown(pixels, preset))
    case = replace(opened.case, photo=kept)
    doubt = proposal.doubt if proposal else ""
    return replace(opened, case=case, proposed=not read.lesion, doubt=doubt, ita_deg=ita, notices=read.notices)


def _same_picture(names: list[str]) -> None:
    stems = {formats.stem_of(name): name for name in names}
    if len(stems) > 1:
        one, other = list(stems.values())[:2]
        raise EngineError(
            f"'{one[:60]}' and '{other[:60]}' do not belong to one picture; the names of a photo and its masks begin alike."
        )


def _with_cells(case: Case, cells: NDArray[np.int32] | None) -> Opened:
    """An ISIC picture's superpixels, renumbered; more than an instance map can number are left out, and that is said."""
    if cells is None:
        return Opened(case)
    listed, index = np.unique(cells, return_inverse=True)
    if len(listed) > MOST_IN_A_CLASS:
        return Opened(case, left_out=len(listed))
    return Opened(replace(case, superpixels=index.reshape(cells.shape).astype(np.int32)))


def _shown(pixels: NDArray[np.uint8], preset: Preset) -> NDArray[np.uint8]:
    """A photo as it is kept: in the generator's frame, at its own resolution within one to SHOWN_ENLARGED times that."""
    (height, width), size = pixels.shape[:2], preset.size
    scale = min(max(min(width / size[0], height / size[1]), 1), SHOWN_ENLARGED)
    return _fit(preset).picture(pixels, (round(size[0] * scale), round(size[1] * scale)), True)


def _largest_shown(size: tuple[int, int]) -> tuple[int, int]:
    return SHOWN_ENLARGED * size[0], SHOWN_ENLARGED * size[1]


def _framing(preset: Preset) -> formats.Framing:
    fit = _fit(preset)
    return lambda labels: fit.labels(labels, preset.size, True)


def _fit(preset: Preset) -> "Fit":
    from engine.data.frames import FITS

    return FITS[preset.data.fit]
