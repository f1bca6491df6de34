"""Control: does the picture do what the map says?

The direction in which a marker must move the texture is not assumed: it is measured on the real pictures of the same
cases, where pixels that bear the marker are compared with the other lesion pixels of the same picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import Field, dataclass, replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.cases.planes import MARKERS, Planes
from engine.errors import EngineError
from engine.evaluate.edits import changed, stroke, without_marker
from engine.evaluate.picture_measures import (
    FAR_PX,
    gradient_energy,
    laplacian_variance,
    log_ratio,
    mean_lab,
    reach,
    spread,
)
from engine.seeds import stream

Picture = NDArray[np.uint8]
Progress = Callable[[int, int], None]

TOGGLED = ("pigment_network", "globules")
TRIALS = 100
FEWEST_PX = 64  # a smaller region's mean gradient is noise
STROKED = ("lesion", *MARKERS)


class Drawn(Protocol):
    """Any frozen dataclass with planes; whatever else determines its picture stays as it is while planes are edited."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def planes(self) -> Planes: ...


Case = TypeVar("Case", bound=Drawn)


@dataclass(frozen=True)
class Toggle:
    """One marker taken away: in how many `trials` the texture inside its region went the `right` way.

    real_ratio: gradient energy of real pixels bearing the marker over that of the other lesion pixels, median over
    pictures; real_agreement: share of those pictures on that side of 1; made_ratio: with the marker over without it.
    """

    marker: str
    trials: int
    right: int
    made_ratio: float
    real_ratio: float
    real_agreement: float


@dataclass(frozen=True)
class Reach:
    """Strokes of one plane: mean |Δ| of the picture, grey levels 0..255, inside them and farther than 32 px away."""

    plane: str
    trials: int
    inside: float
    beyond: float


@dataclass(frozen=True)
class Control:
    """What was measured on `cases` maps.

    sharpness_ratio: median Laplacian variance, made over real. colour_spread_ratio: spread of the lesion's mean L*a*b*
    across pictures, made over real. locality: |Δ| inside all strokes over |Δ| beyond 32 px (infinite where nothing moved).
    """

    cases: int
    sharpness_ratio: float
    colour_spread_ratio: float
    toggles: tuple[Toggle, ...]
    reaches: tuple[Reach, ...]
    locality: float

    def sentence(self) -> str:
        """The whole result in words."""
        toggles = ", ".join(f"{t.marker} right in {t.right} of {t.trials}" for t in self.toggles)
        return (
            f"sharpness {self.sharpness_ratio:.2f}× and colour spread {self.colour_spread_ratio:.2f}× the real ones, "
            f"{toggles}, edits change {self.locality:.1f}× more inside than beyond {FAR_PX:.0f} px, {self.cases} maps"
        )


def control(
    render: Callable[[Case], Picture],
    cases: Sequence[Case],
    real: Sequence[Picture],
    made: Sequence[Picture] | None = None,
    trials: int = TRIALS,
    progress: Progress | None = None,
) -> Control:
    """Try a generator on the maps of real pictures.

    render: one case → uint8 [H, W, 3]. real: the photo of each case at the same size. made: the picture of each case, if
    it is rendered already. trials: toggles of each marker, and strokes in all, on seeded choices of the cases.
    """
    _check(cases, real, "real")
    _check(cases, real if made is None else made, "made")
    strokes = -(-trials // len(STROKED))
    renders = (0 if made is not None else len(cases)) + trials * len(TOGGLED) + strokes * len(STROKED)
    easel = _Easel(render, cases, made, renders, progress)
    toggles = tuple(_toggle(easel, real, marker, trials) for marker in TOGGLED)
    reaches = tuple(_reach(easel, plane, strokes) for plane in STROKED)
    sharpness, colours = sharpness_ratio(real, easel.made), colour_spread_ratio(real, easel.made, cases)
    return Control(len(cases), sharpness, colours, toggles, reaches, _locality(reaches))


def _check(cases: Sequence[Drawn], pictures: Sequence[Picture], kind: str) -> None:
    if not cases or len(cases) != len(pictures):
        raise EngineError(f"{len(cases)} cases and {len(pictures)} {kind} pictures; allowed is one of each, at least 1")
    for index, (case, picture) in enumerate(zip(cases, pictures, strict=True)):
        if picture.shape[1::-1] != case.planes.size:
            raise EngineError(
                f"{kind} picture {index} is {picture.shape[1]}x{picture.shape[0]}; allowed is its map's size, "
                f"{case.planes.size[0]}x{case.planes.size[1]}"
            )


def sharpness_ratio(real: Sequence[Picture], made: Sequence[Picture]) -> float:
    """Median Laplacian variance of the made pictures over that of the real ones."""
    medians = [float(np.median([laplacian_variance(p) for p in pictures])) for pictures in (made, real)]
    return medians[0] / medians[1] if medians[1] else float("nan")


def colour_spread_ratio(real: Sequence[Picture], made: Sequence[Picture], cases: Sequence[Drawn]) -> float:
    """Spread of the lesion's mean L*a*b* across made pictures over that across real ones; NaN for fewer than 3 lesions."""
    masks = [case.planes.lesion > 0 for case in cases]
    with_lesion = [index for index, mask in enumerate(masks) if mask.any()]
    if len(with_lesion) < 3:
        return float("nan")
    spreads = [spread(np.stack([mean_lab(p[i], masks[i]) for i in with_lesion])) for p in (made, real)]
    return spreads[0] / spreads[1] if spreads[1] else float("nan")


def real_directions(real: Sequence[Picture], cases: Sequence[Drawn], marker: str) -> NDArray[np.float64]:
    """Log ratio of gradient energy, pixels of the marker over other lesion pixels, one value a picture with both."""
    found = []
    for picture, case in zip(real, cases, strict=True):
        lesion = case.planes.lesion > 0
        bears = case.planes.markers[MARKERS.index(marker)] > 0
        if min((lesion & bears).sum(), (lesion & ~bears).sum()) >= FEWEST_PX:
            energy = gradient_energy(picture)
            found.append(log_ratio(energy[lesion & bears], energy[lesion & ~bears]))
    return np.array(found)


class _Easel(Generic[Case]):
    """Renders cases, counts what it rendered, and keeps the pictures of the unedited ones."""

    def __init__(
        self,
        render: Callable[[Case], Picture],
        cases: Sequence[Case],
        made: Sequence[Picture] | None,
        renders: int,
        progress: Progress | None,
    ) -> None:
        self.cases = cases
        self._render, self._renders, self._done, self._progress = render, renders, 0, progress
        self.made = list(made) if made is not None else [self.edited(case, case.planes) for case in cases]

    def edited(self, case: Case, planes: Planes) -> Picture:
        """The picture of a case under other planes."""
        picture = self._render(replace(case, planes=planes))
        self._done += 1
        if self._progress:
            self._progress(min(self._done, self._renders), self._renders)
        return picture


def _toggle(easel: _Easel[Case], real: Sequence[Picture], marker: str, trials: int) -> Toggle:
    """Take the marker from up to `trials` cases that bear it, and look at the region that bore it."""
    regions = [case.planes.markers[MARKERS.index(marker)] > 0 for case in easel.cases]
    bearing = [index for index, region in enumerate(regions) if region.sum() >= FEWEST_PX]
    directions = real_directions(real, easel.cases, marker)
    if not bearing or not len(directions):
        return Toggle(marker, 0, 0, float("nan"), float("nan"), float("nan"))
    gains = []
    for index in _choice(bearing, trials, marker):
        bare = easel.edited(easel.cases[index], without_marker(easel.cases[index].planes, marker))
        gains.append(log_ratio(*(gradient_energy(picture)[regions[index]] for picture in (easel.made[index], bare))))
    way = float(np.sign(np.median(directions)))
    agreement = float((np.sign(directions) == way).mean())
    right = int((np.sign(gains) == way).sum())
    return Toggle(marker, len(gains), right, _typical(gains), _typical(directions), agreement)


def _reach(easel: _Easel[Case], plane: str, trials: int) -> Reach:
    """Draw one stroke of a plane in each of up to `trials` cases with a lesion."""
    drawable = [index for index, case in enumerate(easel.cases) if case.planes.lesion.any()]
    found = []
    for index in _choice(drawable, trials, plane):
        case = easel.cases[index]
        planes = stroke(case.planes, plane, stream(index, f"stroke {plane}"))
        deltas = reach(easel.made[index], easel.edited(case, planes), changed(case.planes, planes))
        if deltas:
            found.append(deltas)
    inside, beyond = np.mean(found, axis=0) if found else (float("nan"), float("nan"))
    return Reach(plane, len(found), float(inside), float(beyond))


def _locality(reaches: Sequence[Reach]) -> float:
    """|Δ| inside all strokes over |Δ| beyond, each stroke counted once."""
    drawn = [r for r in reaches if r.trials]
    inside = sum(r.trials * r.inside for r in drawn)
    beyond = sum(r.trials * r.beyond for r in drawn)
    if beyond:
        return inside / beyond
    return float("inf") if inside else float("nan")


def _typical(log_ratios: Sequence[float] | NDArray[np.float64]) -> float:
    return float(np.exp(np.median(log_ratios)))


def _choice(indices: Sequence[int], count: int, name: str) -> list[int]:
    """A seeded choice of up to `count` indices, ascending."""
    picked = stream(0, name).permutation(len(indices))[:count]
    return sorted(indices[i] for i in picked)
