"""Skin tone: six tones are asked of the same map. Do they come out, in order, and does the lesion stay?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from engine.cases.case import Case
from engine.cases.tone import TONES, measured_ita
from engine.errors import EngineError
from engine.evaluate.fidelity import pick
from engine.evaluate.overlap import jaccard

Picture = NDArray[np.uint8]
Segment = Callable[[Picture], NDArray[np.bool_]]
MAPS = 100
MARGIN_PX = 4  # around a box, where its lesion runs into the skin
SHARE = 0.02  # of the frame: a smaller lesion found is none


@dataclass(frozen=True)
class ToneSweep:
    """maps: maps tried. rank_correlation: Spearman's, of ITA asked and measured within a map, mean over maps.

    ordered: share of maps whose six measured tones fall strictly. error_deg: mean |measured - asked| over the `covered`
    tones, those that training photos show; error_beyond_deg: over the others. measured_deg: tone → mean measured ITA.
    jaccard: mean, between the lesions that a segmenter finds at the first and the last tone; found: the share of maps where
    it finds one at both. None without a segmenter.
    """

    maps: int
    rank_correlation: float
    ordered: float
    covered: tuple[str, ...]
    error_deg: float
    error_beyond_deg: float | None
    measured_deg: dict[str, float]
    jaccard: float | None
    found: float | None

    def sentence(self) -> str:
        """The whole result in words."""
        lesion = "" if self.jaccard is None else f", the lesion's Jaccard from I to VI {self.jaccard:.2f}"
        beyond = "" if self.error_beyond_deg is None else f" ({self.error_beyond_deg:.1f}° beyond)"
        return (
            f"rank correlation {self.rank_correlation:.3f}, ITA off by {self.error_deg:.1f}° at "
            f"{', '.join(self.covered)}{beyond}{lesion}, {self.maps} maps"
        )


def tone_sweep(
    render: Callable[[Case], Picture],
    cases: Sequence[Case],
    covered: Sequence[str],
    segment: Segment | None = None,
    maps: int = MAPS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> ToneSweep:
    """Sweep a seeded choice of the cases. render: one case → uint8 [H, W, 3]. segment: a picture → lesion mask, bool [H, W]."""
    chosen = pick(cases, min(maps, len(cases)))
    measured, overlaps = [], []
    for done, case in enumerate(chosen, start=1):
        pictures = [render(case.varied(tone=tone)) for tone in TONES]
        found = [measured_ita(picture, skin_of(case)) for picture in pictures]
        if None not in found:
            measured.append(found)
        if segment is not None:
            overlaps.append(overlap(*(segment(p) & boxed(case) for p in (pictures[0], pictures[-1]))))
        progress(done, len(chosen))
    if not measured:
        raise EngineError(f"none of the {len(chosen)} maps leaves 64 pixels of skin to measure a tone on.")
    return _summed(np.array(measured, float), [v for v in overlaps if v is not None], len(overlaps), tuple(covered))


def _summed(measured: NDArray[np.float64], overlaps: list[float], tried: int, covered: tuple[str, ...]) -> ToneSweep:
    asked = np.array(list(TONES.values()))
    errors = abs(measured - asked)
    inside = np.array([tone in covered for tone in TONES])
    return ToneSweep(
        maps=len(measured),
        rank_correlation=float(np.mean([spearmanr(asked, row).statistic for row in measured])),
        ordered=float((np.diff(measured, axis=1) < 0).all(axis=1).mean()),
        covered=covered,
        error_deg=float(errors[:, inside].mean()) if inside.any() else float("nan"),
        error_beyond_deg=None if inside.all() else float(errors[:, ~inside].mean()),
        measured_deg={tone: round(float(m), 1) for tone, m in zip(TONES, measured.mean(axis=0), strict=True)},
        jaccard=float(np.mean(overlaps)) if overlaps else None,
        found=len(overlaps) / tried if tried else None,
    )


def skin_of(case: Case) -> NDArray[np.bool_]:
    """Neither border, lesion nor near a box: bool [H, W]."""
    return (case.planes.lesion == 0) & (case.planes.border == 0) & ~boxed(case)


def boxed(case: Case) -> NDArray[np.bool_]:
    """Inside a box or just beside it: bool [H, W]."""
    near = np.zeros(case.planes.lesion.shape, bool)
    for box in case.boxes:
        rows = slice(max(0, box.top - MARGIN_PX), box.bottom + MARGIN_PX)
        near[rows, max(0, box.left - MARGIN_PX) : box.right + MARGIN_PX] = True
    return near


def overlap(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float | None:
    """Jaccard of two masks; None where neither holds more than 2 % of the frame."""
    return None if max(a.mean(), b.mean()) <= SHARE else jaccard(a, b)
