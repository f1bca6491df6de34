"""The case: everything that determines a picture, what is saved, restored, undone and swept over.

Its JSON, format 2, is one table; arrays travel as base64 of zlib. Format 1 knew no boxes and no photo. A case may come
from a stranger's file, so every size is checked before anything is unpacked.
"""

import base64
import json
import re
import zlib
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine import boxes as regions
from engine.boxes import Box
from engine.config import Range, from_table, to_table
from engine.errors import EngineError
from engine.labels import Planes, pack, unpack

FORMAT, OLDEST_FORMAT = 2, 1
SIDE_LIMIT_PX = 2048  # the largest paper preset makes 1024x512
JSON_LIMIT_BYTES = 16 << 20  # a scribbled 1024x512 case with superpixels takes about 1 MiB
DEPTH_LIMIT = 4  # a case is a table with a list of boxes; inside a picture's provenance it stands one deeper
SEED_LIMIT = 2**31 - 1
TONES = ("I", "II", "III", "IV", "V", "VI")

Tone = Literal["I", "II", "III", "IV", "V", "VI"]
Grain = Literal["coarse", "medium", "fine"]
Share = Annotated[float, Range(0.0, 1.0, 0.01)]


@dataclass(frozen=True)
class Settings:
    """What a case says beside its map. None leaves a choice to the seed.

    tone: Fitzpatrick type. lesion_colour, variation, hair: percentiles of the training set, 0..1. backend: what a saved
    picture was computed with. boxes: regions of interest, in order; a later one lies over an earlier one. photo: sha256
    of the photo that the map was drawn on, which stays on the user's machine. grain: of the superpixels in the hand
    (superpixels.GRAINS); the picture does not depend on it.
    """

    generator: str
    seed: Annotated[int, Range(0, SEED_LIMIT)]
    tone: Tone | None
    lesion_colour: Share | None
    variation: Share | None
    hair: Share | None
    backend: str | None
    boxes: tuple[Box, ...] = ()
    photo: str | None = None
    grain: Grain = "medium"

    def __post_init__(self) -> None:
        if self.photo is not None and not re.fullmatch(r"[0-9a-f]{64}", self.photo):
            raise EngineError(f"the photo {self.photo[:70]!r} is not named by a sha256; 64 of 0-9 and a-f are needed.")
        for name in (self.generator, self.backend or "none"):
            if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
                raise EngineError(
                    f"the name {name[:60]!r} is not one; up to 64 letters, digits, dots and dashes are allowed."
                )


@dataclass(frozen=True, eq=False)
class Case:
    """One case.

    superpixels: int32 [H, W], ids >= 0, of the photo, those whose edges the generator is given: at the medium grain or
    as an ISIC picture brought them, whatever grain the hand works with. None for a drawn case, which has no photo.
    """

    planes: Planes
    superpixels: NDArray[np.int32] | None
    generator: str
    seed: int
    tone: str | None = None
    lesion_colour: float | None = None
    variation: float | None = None
    hair: float | None = None
    backend: str | None = None
    boxes: tuple[Box, ...] = ()
    photo: str | None = None
    grain: Grain = "medium"

    def __post_init__(self) -> None:
        from_table(Settings, self.settings(), "the case")
        check_size(*self.planes.size)
        regions.check(self.boxes, *self.planes.size)
        if self.superpixels is not None and self.superpixels.shape != self.planes.lesion.shape:
            raise EngineError(
                f"the superpixels are {_by(self.superpixels.shape[::-1])}; the map is {_by(self.planes.size)}, "
                "the same is needed."
            )

    def settings(self) -> dict[str, Any]:
        """All but the arrays, as plain values."""
        plain = {field.name: getattr(self, field.name) for field in fields(Settings)}
        return plain | {"boxes": [to_table(box) | {"condition": box.condition} for box in self.boxes]}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Case) and to_json(self) == to_json(other)


@dataclass(frozen=True, kw_only=True)
class _Table(Settings):
    """The JSON of a case, field by field."""

    format: int
    width: int
    height: int
    planes: str
    superpixels: str | None


def check_size(width: int, height: int) -> None:
    """Refuse a map too large to be one, before anything of that size is made."""
    if not (1 <= width <= SIDE_LIMIT_PX and 1 <= height <= SIDE_LIMIT_PX):
        raise EngineError(f"the map is {width}x{height} pixels; 1x1 to {SIDE_LIMIT_PX}x{SIDE_LIMIT_PX} is allowed.")


def to_json(case: Case) -> str:
    """One line, keys sorted: equal cases give equal text."""
    width, height = case.planes.size
    table = case.settings() | {
        "format": FORMAT,
        "width": width,
        "height": height,
        "planes": _packed(pack(case.planes), "<u2"),
        "superpixels": superpixels_to_text(case),
    }
    return json.dumps(table, sort_keys=True, allow_nan=False)


def from_json(text: str | bytes, where: str = "the case") -> Case:
    """Inverse of `to_json`; `where` names the source. Anything newer, nested, not finite, or of another size is refused."""
    return from_plain(parse(text, where), where)


def from_plain(value: object, where: str = "the case") -> Case:
    """A case from its parsed JSON."""
    found = value.get("format") if isinstance(value, dict) else None
    if type(found) is not int or not OLDEST_FORMAT <= found <= FORMAT:
        raise EngineError(
            f"{where}: its format is {str(found)[:20]}; this version of Moulage reads formats {OLDEST_FORMAT} to {FORMAT}."
        )
    table = from_table(_Table, value, where)
    check_size(table.width, table.height)
    shape = table.height, table.width
    cells = _unpacked(table.planes, shape, np.dtype("<u2"), f"{where}: planes")
    ids = superpixels_from_text(table.superpixels, shape, where)
    return _joined(table, unpack(cells.astype(np.uint16)), ids)


def from_settings(table: object, planes: Planes, superpixels: NDArray[np.int32] | None, where: str) -> Case:
    """A case of its arrays and the plain values of `Case.settings`; `where` names their source."""
    return _joined(from_table(Settings, table, where), planes, superpixels)


def _joined(settings: Settings, planes: Planes, superpixels: NDArray[np.int32] | None) -> Case:
    return Case(planes, superpixels, **{field.name: getattr(settings, field.name) for field in fields(Settings)})


def parse(text: str | bytes, where: str, limit_bytes: int = JSON_LIMIT_BYTES, depth_limit: int = DEPTH_LIMIT) -> Any:
    """JSON from a stranger: capped in length and depth, numbers finite."""
    if len(text) > limit_bytes:
        raise EngineError(f"{where} is {len(text)} bytes of JSON; at most {limit_bytes} are read.")

    def refuse(constant: str) -> None:
        raise EngineError(f"{where} holds {constant}; only finite numbers are allowed.")

    try:
        readable = text if isinstance(text, str) else text.decode("utf-8")
        _check_depth(readable, where, depth_limit)
        return json.loads(readable, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise EngineError(f"{where} is not valid JSON: {error}.") from error


def _check_depth(text: str, where: str, limit: int) -> None:
    depth = 0
    for bracket in re.findall(r'"[^"\\]*(?:\\.[^"\\]*)*"|([\[{\]}])', text, re.DOTALL):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(bracket, 0)
        if depth > limit:
            raise EngineError(f"{where} is nested deeper than {limit} levels, which no case is.")


def _packed(array: NDArray[Any], kind: str) -> str:
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array, kind).tobytes(), 6)).decode("ascii")


def _unpacked(text: str, shape: tuple[int, int], kind: np.dtype[Any], where: str) -> NDArray[Any]:
    """Inflate at most what the size allows, so that a small file cannot fill the memory."""
    expected = shape[0] * shape[1] * kind.itemsize
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(base64.b64decode(text, validate=True), expected + 1)
    except (ValueError, zlib.error) as error:
        raise EngineError(f"{where} cannot be unpacked: {error}.") from error
    if len(data) != expected or not inflater.eof:
        size = f"{len(data)}" if len(data) < expected else f"more than {expected}"
        raise EngineError(f"{where} hold {size} bytes; a map of {shape[1]}x{shape[0]} has {expected}.")
    return np.frombuffer(data, kind).reshape(shape)


def superpixels_to_text(case: Case) -> str | None:
    """A case's superpixels as its JSON holds them."""
    return None if case.superpixels is None else _packed(case.superpixels, "<i4")


def superpixels_from_text(text: str | None, shape: tuple[int, int], where: str) -> NDArray[np.int32] | None:
    """Inverse of `superpixels_to_text` for a map of shape (H, W)."""
    if text is None:
        return None
    ids = _unpacked(text, shape, np.dtype("<i4"), f"{where}: superpixels").astype(np.int32)
    if int(ids.min()) < 0:
        raise EngineError(f"{where}: a superpixel's id is {int(ids.min())}; ids start at 0.")
    return ids


def _by(size: tuple[int, ...]) -> str:
    return "x".join(str(side) for side in size)
