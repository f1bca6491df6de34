"""The case: everything that determines a picture, what is saved, restored, undone and swept over.

Its JSON, format 2, is one table; arrays travel as base64 of zlib. Format 1 knew no boxes and no photo. A case may come
from a stranger's file, so every size is checked before anything is unpacked. Values are checked once, when a case is read.
"""

import base64
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.cases import boxes as regions
from engine.cases.accidents import Accidents
from engine.cases.boxes import Box
from engine.cases.planes import Planes, instance_edges, pack, unpack
from engine.cases.settings import Settings
from engine.config import from_table, to_table
from engine.errors import EngineError

FORMAT, OLDEST_FORMAT = 2, 1
SIDE_LIMIT_PX = 2048  # the largest paper preset makes 1024x512

Grain = Literal["coarse", "medium", "fine"]
RequestOf = Callable[[str], type[Settings]]
"""The name of a generator → the request that its settings are read as."""


@dataclass(frozen=True)
class Drawing:
    """What of a case is drawn: its planes; the edges of a photo's superpixels, uint8 [H, W] in {0, 1}, or None; its boxes.

    accidents: what lies on the skin; None leaves the hair to the seed, and nothing else lies there.
    """

    planes: Planes
    edges: NDArray[np.uint8] | None = None
    boxes: tuple[Box, ...] = ()
    accidents: Accidents | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.planes.size


@dataclass(frozen=True, eq=False)
class Case:
    """One case.

    superpixels: int32 [H, W], ids >= 0, of the photo, those whose edges the generator is given: at the medium grain or
    as an ISIC picture brought them, whatever grain the hand works with. None for a drawn case, which has no photo.
    settings: the request of the generator. backend: what a saved picture was computed with. boxes: regions of interest, in
    order; a later one lies over an earlier one. photo: sha256 of the photo that the map was drawn on, which stays on the
    user's machine. grain: of the superpixels in the hand (superpixels.GRAINS); the picture does not depend on it.
    """

    planes: Planes
    superpixels: NDArray[np.int32] | None
    generator: str
    settings: Settings = field(default_factory=Settings)
    backend: str | None = None
    boxes: tuple[Box, ...] = ()
    photo: str | None = None
    grain: Grain = "medium"

    def __post_init__(self) -> None:
        check_size(*self.planes.size)
        regions.check(self.boxes, *self.planes.size)
        if self.superpixels is not None and self.superpixels.shape != self.planes.lesion.shape:
            raise EngineError(
                f"the superpixels are {_by(self.superpixels.shape[::-1])}; the map is {_by(self.planes.size)}, "
                "the same is needed."
            )

    @property
    def seed(self) -> int:
        """Draws whatever the settings leave open."""
        return self.settings.seed

    @property
    def tone(self) -> str | None:
        """Fitzpatrick type, or None where the seed draws it."""
        return self.settings.tone

    @property
    def drawing(self) -> Drawing:
        """What the network is given of the map; edges only where the superpixels are a photo's."""
        edges = None if self.superpixels is None else instance_edges(self.superpixels)
        return Drawing(self.planes, edges, self.boxes)

    def varied(self, **settings: Any) -> "Case":
        """The case with other settings, whose values the caller vouches for."""
        return replace(self, settings=replace(self.settings, **settings))

    def with_settings(self, settings: Mapping[str, Any], where: str) -> "Case":
        """The case with settings in place of its own, checked; `where` names their source in errors."""
        given = {name: value for name, value in settings.items() if value is not None}
        known = [one.name for one in fields(self.settings)]
        if strange := [name for name in given if name not in known]:
            raise EngineError(f"'{self.generator}' takes no {strange[0][:40]}; it takes {', '.join(known)}.")
        table = to_table(self.settings) | given
        return replace(self, settings=from_table(type(self.settings), table, where))

    def for_generator(self, name: str, request: type[Settings]) -> "Case":
        """The case for another generator, with those of its settings that this one takes as well."""
        known = {one.name for one in fields(request)}
        kept = {key: value for key, value in vars(self.settings).items() if key in known}
        return replace(self, generator=name, settings=request(**kept))

    def plain(self) -> dict[str, Any]:
        """All but the arrays, as plain values."""
        own = {one.name: getattr(self, one.name) for one in fields(_Envelope)}
        own["boxes"] = [to_table(box) | {"condition": box.condition} for box in self.boxes]
        return own | {one.name: getattr(self.settings, one.name) for one in fields(self.settings)}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Case) and to_json(self) == to_json(other)


@dataclass(frozen=True)
class _Envelope:
    """What a case says whatever its generator takes."""

    generator: str
    backend: str | None = None
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


ENVELOPE = frozenset(one.name for one in fields(_Envelope))
"""Keys of a case's plain values that are not its generator's settings."""


@dataclass(frozen=True)
class _Arrays:
    """How a case's JSON holds its arrays."""

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
    table = case.plain() | {
        "format": FORMAT,
        "width": width,
        "height": height,
        "planes": _packed(pack(case.planes), "<u2"),
        "superpixels": superpixels_to_text(case),
    }
    return json.dumps(table, sort_keys=True, allow_nan=False)


def from_plain(value: object, request_of: RequestOf, where: str = "the case") -> Case:
    """A case from its parsed JSON; `where` names the source. Anything newer, or of another size than it says, is refused."""
    found = value.get("format") if isinstance(value, dict) else None
    if not isinstance(value, dict) or type(found) is not int or not OLDEST_FORMAT <= found <= FORMAT:
        raise EngineError(
            f"{where}: its format is {str(found)[:20]}; this version of Moulage reads formats {OLDEST_FORMAT} to {FORMAT}."
        )
    names = {one.name for one in fields(_Arrays)}
    arrays = from_table(_Arrays, {key: value[key] for key in names & value.keys()}, where)
    check_size(arrays.width, arrays.height)
    shape = arrays.height, arrays.width
    cells = _unpacked(arrays.planes, shape, np.dtype("<u2"), f"{where}: planes")
    ids = superpixels_from_text(arrays.superpixels, shape, where)
    rest = {key: value[key] for key in value.keys() - names}
    return from_settings(rest, (unpack(cells.astype(np.uint16)), ids), request_of, where)


def from_settings(
    table: Mapping[str, Any], drawn: tuple[Planes, NDArray[np.int32] | None], request_of: RequestOf, where: str
) -> Case:
    """A case of its planes and superpixels and the plain values of `Case.plain`; `where` names their source.

    A setting that is None and that the generator does not take is passed by: a case saved for another may hold it.
    """
    told = from_table(_Envelope, {key: value for key, value in table.items() if key in ENVELOPE}, where)
    request = request_of(told.generator)
    taken = {one.name for one in fields(request)}
    given = {k: v for k, v in table.items() if k not in ENVELOPE and (v is not None or k in taken)}
    if "seed" not in given:
        raise EngineError(f"{where}: key 'seed' is missing.")
    settings = from_table(request, given, where)
    return Case(*drawn, settings=settings, **vars(told))


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
