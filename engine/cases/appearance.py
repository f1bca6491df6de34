"""Appearance: what a map cannot say. Measured on every training photo, given to the generator, drawn by the seed.

A map says where the lesion is, not what colour it has; a generator trained on maps alone paints the average. So eleven
numbers are measured on each photo (skin colour, the lesion's mean colour and its spread, hair, vignette), a density is
fitted over the training set, and what the user leaves open is drawn from it, conditional on the tone and the sliders.
The density is a Gaussian copula (Nelsen 2006, sec. 2.3): marginals by their quantiles, dependence by one correlation
matrix, so that fixing a slider is conditioning a Gaussian.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from engine.cases.planes import Planes
from engine.cases.tone import darken, ita_deg, lab_to_linear, linear_to_lab, rgb_to_lab
from engine.seeds import stream

SIZE = 11
HAIR_KERNEL_PX = 11  # a terminal hair is 3-7 px wide in a 384-px frame; black-hat closes it from both sides
HAIR_CONTRAST_L = 8.0  # L* units by which a hair is darker than its closed surroundings
FEWEST, MOST = 0.005, 0.995  # a slider's ends, as quantiles of the training set
COVERED = 0.025, 0.975  # a tone outside the central 95 % of the training photos' ITA is extrapolated
TYPICAL = 2.0  # standard deviations to which a draw is held: rarer photos are mostly accidents of lighting
RIDGE = 1e-6  # smallest eigenvalue of the correlation that is conditioned
# L* of skin at an ITA, degrees: in vivo means fall near it (Chardon et al. 1991, fig. 2; Del Bino & Bernerd 2013, table 1);
# b* follows from the ITA.
LOCUS_ITA, LOCUS_L = (-45.0, -10.0, 0.0, 19.0, 34.5, 48.0, 60.0, 75.0), (36.0, 46.5, 50.0, 55.5, 61.5, 67.0, 72.0, 78.0)
# a* of skin at those ITA: in vivo means are about 6 to 8 on light skin, 10 to 12 at types IV to VI (Del Bino & Bernerd 2013).
LOCUS_A = (10.0, 11.5, 11.5, 11.0, 10.0, 8.5, 7.0, 5.0)
REDNESS_KEPT = 0.3  # share of its own redness that skin keeps under another tone: flushed skin stays somewhat flushed
# By how much skin may be lightened, as optical density and as ITA: beyond it highlights burn out, and brown turns blue.
LIGHTEST, LIGHTER_DEG = -0.15, 8.0
RIM_CONTRAST = 0.5  # a dark rim has less than this share of the skin's lightness
RIM_OPENING_PX = 5  # wider than a hair that runs into a corner
# Mean and twice the standard deviation of the eleven numbers over the 1,942 ISIC training photos, rounded; hair as its
# square root, the vignette as it is. At once the deviation, an unnormalised generator's modulation diverges within 1,000
# images.
OFFSET = np.array([70, 7.5, 8.5, 51, 17, 19.5, 9.5, 4.75, 5.25, 0.1, 0], np.float32)
SCALE = 2 * np.array([10.5, 7.5, 7.5, 12.5, 7, 7.5, 4.5, 1.75, 2.25, 0.09, 0.5], np.float32)
COORDINATES = ("skin_l", "skin_a", "skin_b", "lesion_ratio", "lesion_da", "lesion_db",
               "spread_l", "spread_a", "spread_b", "hair", "vignette")  # fmt: skip
FADED_BELOW_L = 65.0  # L* of the skin
ON_SLIDERS = ("lesion_ratio", "spread_l", "hair")  # the coordinates that have a slider
Percentiles = tuple[float | None, float | None, float | None]  # lesion colour, variation, hair; see `Density.draw`
FURNITURE = [COORDINATES.index("hair"), COORDINATES.index("vignette")]


@dataclass(frozen=True)
class Appearance:
    """Colours in CIE L*a*b* (D65). hair: share of hair pixels, 0..1.

    vignette: how far the dark rim of a dermoscope's round field reaches in: 1 less the squared radius where it begins, as a
    share of the corners' (`squared_radius`); 0 where there is none.
    """

    skin_lab: tuple[float, float, float]
    lesion_lab: tuple[float, float, float]
    spread_lab: tuple[float, float, float]
    hair: float
    vignette: float

    def vector(self) -> NDArray[np.float32]:
        """float32 [11], of about -1..1 over the training photos: what the network takes."""
        raw = [*self.skin_lab, *self.lesion_lab, *self.spread_lab, math.sqrt(max(self.hair, 0.0)), self.vignette]
        return (np.array(raw, np.float32) - OFFSET) / SCALE

    @property
    def ita_deg(self) -> float:
        """Individual typology angle of the skin colour, degrees."""
        return ita_deg(self.skin_lab[0], self.skin_lab[2])

    def darker(self, density: float) -> "Appearance":
        """The same photo under more melanin (optical density units, see `tone.darken`), for augmentation."""
        colours = np.array([self.skin_lab, self.lesion_lab], np.float32)
        dark = darken(colours, density)
        shrink = float(dark[1, 0] / max(colours[1, 0], 1.0))  # L* spread scales with the lesion's lightness
        return Appearance(
            _triple(dark[0]), _triple(dark[1]), _triple(np.array(self.spread_lab) * shrink), self.hair, self.vignette
        )

    def at_tone(self, ita: float, redness_kept: float = 1.0) -> "Appearance":
        """The same skin and lesion under the melanin of typical skin of an ITA in degrees, -80..80.

        The skin takes that skin's L* and b*; of its own a*, its blood, it keeps the share `redness_kept` and takes the rest
        from that skin. The change, as optical density in each of linear red, green and blue, is laid over the lesion too.
        """
        lightness, yellowness = locus(ita)
        redness = redness_kept * self.skin_lab[1] + (1 - redness_kept) * locus_redness(ita)
        before, after = lab_to_linear(np.array([self.skin_lab, (lightness, redness, yellowness)]))
        moved = self.absorbing(np.log10(before.clip(1e-4) / after.clip(1e-4)))
        return replace(moved, skin_lab=(lightness, redness, yellowness))

    def absorbing(self, density: NDArray[np.floating]) -> "Appearance":
        """The same photo under a layer of optical density [3] in linear red, green and blue."""
        colours = lab_to_linear(np.array([self.skin_lab, self.lesion_lab])) * 10 ** -np.asarray(density, np.float32)
        skin, lesion = linear_to_lab(colours.clip(0, 1))
        shrink = float(lesion[0] / max(self.lesion_lab[0], 1.0))  # L* spread scales with the lesion's lightness
        spread = _triple(np.array(self.spread_lab) * shrink)
        return Appearance(_triple(skin), _triple(lesion), spread, self.hair, self.vignette)

    def density_to(self, ita: float) -> NDArray[np.float32]:
        """Optical density [3] that brings the skin to an ITA in degrees as `at_tone` does, no more than LIGHTER_DEG lighter."""
        reached = min(ita, self.ita_deg + LIGHTER_DEG)
        before, after = lab_to_linear(np.array([self.skin_lab, self.at_tone(reached, REDNESS_KEPT).skin_lab]))
        return np.log10(before.clip(1e-4) / after.clip(1e-4)).clip(LIGHTEST).astype(np.float32)


def measure(picture: NDArray[np.uint8], planes: Planes) -> Appearance:
    """Measure one photo, uint8 [H, W, 3], under its planes of the same size.

    A frame without skin (or without lesion) lends the other region's colour.
    """
    lab = rgb_to_lab(picture)
    lesion = (planes.lesion > 0) & (planes.border == 0)
    skin = (planes.lesion == 0) & (planes.border == 0)
    dark_corner = lab[..., 0] < 0.5 * np.median(lab[..., 0])
    clear = skin & ~dark_corner if (skin & ~dark_corner).any() else (skin if skin.any() else lesion)
    inside = lab[lesion] if lesion.any() else lab[clear]
    hair = hair_density(lab[..., 0], clear)
    skin_lab = np.median(lab[clear], axis=0)
    vignette = dark_rim((lab[..., 0] < RIM_CONTRAST * float(skin_lab[0])) & ~lesion)
    spread = inside.std(axis=0) if lesion.any() else np.zeros(3)
    return Appearance(_triple(skin_lab), _triple(inside.mean(axis=0)), _triple(spread), hair, vignette)


def hair_density(lightness: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    """Share of the pixels in `where` that are thin and dark: morphological black-hat of L*, as in DullRazor."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (HAIR_KERNEL_PX, HAIR_KERNEL_PX))
    thin = cv2.morphologyEx(lightness, cv2.MORPH_BLACKHAT, kernel) > HAIR_CONTRAST_L
    return float(thin[where].mean()) if where.any() else 0.0


def squared_radius(width: int, height: int) -> NDArray[np.float32]:
    """Squared distance from the frame's centre, 1 in the corners: float32 [H, W]. A dermoscope's field of view is round."""
    y = (np.arange(height, dtype=np.float32) + 0.5 - height / 2)[:, None]
    x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2)[None]
    return ((x * x + y * y) / (width**2 / 4 + height**2 / 4)).astype(np.float32)


def dark_rim(dark: NDArray[np.bool_]) -> float:
    """The vignette of the disc that leaves as many pixels outside as there are dark ones joined to a corner, bool [H, W]."""
    opened = cv2.morphologyEx(
        dark.astype(np.uint8), cv2.MORPH_OPEN, np.ones((RIM_OPENING_PX, RIM_OPENING_PX), np.uint8)
    )
    _, pieces = cv2.connectedComponents(opened)
    rim = np.isin(pieces, [piece for piece in pieces[[0, 0, -1, -1], [0, -1, 0, -1]] if piece])
    height, width = dark.shape
    outermost = np.sort(squared_radius(width, height).ravel())[::-1]
    return float(1 - outermost[int(rim.sum()) - 1]) if rim.any() else 0.0


def _triple(values: Any) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _coordinates(a: Appearance) -> list[float]:
    skin, lesion = a.skin_lab, a.lesion_lab
    ratio = lesion[0] / max(skin[0], 1.0)
    return [*skin, ratio, lesion[1] - skin[1], lesion[2] - skin[2],
            *a.spread_lab, a.hair, a.vignette]  # fmt: skip


@dataclass(frozen=True)
class Density:
    """A Gaussian copula over the training photos' appearance.

    quantiles: [12][65] ascending values at evenly spaced probabilities, of each coordinate and, last, of the ITA.
    correlation: [11][11].
    """

    quantiles: tuple[tuple[float, ...], ...]
    correlation: tuple[tuple[float, ...], ...]

    @classmethod
    def fit(cls, photos: list[Appearance], knots: int = 65) -> "Density":
        """Fit to at least two measured photos."""
        values = np.array([_coordinates(a) for a in photos])
        ranks = values.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
        z = norm.ppf((ranks + 0.5) / len(values))
        listed = np.column_stack([values, [a.ita_deg for a in photos]])
        quantiles = np.quantile(listed, np.linspace(0, 1, knots), axis=0).T
        return cls(
            tuple(tuple(round(float(q), 4) for q in row) for row in quantiles),
            tuple(tuple(round(float(c), 4) for c in row) for row in np.corrcoef(z.T)),
        )

    def covers(self, ita: float) -> bool:
        """Whether training photos bear a skin of this ITA, degrees; outside, a tone is extrapolated."""
        low, high = np.interp(COVERED, self._grid(), self.quantiles[-1])
        return bool(low <= ita <= high)

    def draw(
        self,
        seed: int,
        ita: float | None = None,
        lesion_colour: float | None = None,
        variation: float | None = None,
        hair: float | None = None,
        *,
        typical: float = TYPICAL,
    ) -> Appearance:
        """Draw what is None, given what is set, within `typical` standard deviations.

        ita: degrees. lesion_colour: 0 lightest .. 1 darkest lesion of the training set (as a percentile);
        variation, hair: percentiles 0..1 of the lesion's L* spread and of hair.
        """
        z = self._z_scores(seed, ita, (lesion_colour, variation, hair), typical)
        drawn = zip(z, self.quantiles[:SIZE], strict=True)
        values = [float(np.interp(norm.cdf(v), self._grid(), q)) for v, q in drawn]
        return _appearance(values, None if ita is None else locus(ita))

    def drawn(
        self, seed: int, ita: float | None, sliders: Percentiles, *, typical: float = TYPICAL
    ) -> dict[str, float]:
        """What `draw` draws in place of those of its percentiles 0..1 that are None, by their names."""
        z = self._z_scores(seed, ita, sliders, typical)
        ratio, variation, hair = (float(norm.cdf(z[COORDINATES.index(name)])) for name in ON_SLIDERS)
        values = {"lesion_colour": 1 - ratio, "variation": variation, "hair": hair}
        return {name: values[name] for name, given in zip(values, sliders, strict=True) if given is None}

    def percentiles(self, photo: Appearance) -> dict[str, float]:
        """The percentiles 0..1 at which `draw` comes nearest to a measured photo, by their names."""
        fade = min(1.0, photo.skin_lab[0] / FADED_BELOW_L)
        values = photo.lesion_lab[0] / max(photo.skin_lab[0], 1.0), photo.spread_lab[0] / fade, photo.hair
        rows = [self.quantiles[COORDINATES.index(name)] for name in ON_SLIDERS]
        ratio, variation, hair = (float(np.interp(v, q, self._grid())) for v, q in zip(values, rows, strict=True))
        return {"lesion_colour": 1 - ratio, "variation": variation, "hair": hair}

    def colours(self, photo: Appearance) -> dict[str, float]:
        """Those of `percentiles` that are colours: hair is not, as which a sticker's rim is measured too."""
        return {name: value for name, value in self.percentiles(photo).items() if name != "hair"}

    def _z_scores(self, seed: int, ita: float | None, sliders: Percentiles, typical: float) -> NDArray[np.float64]:
        """The eleven coordinates as standard normal deviates [11]."""
        lesion_colour, variation, hair = sliders
        ratio = None if lesion_colour is None else 1 - lesion_colour
        fixed = dict(zip(ON_SLIDERS, (ratio, variation, hair), strict=True))
        known = {COORDINATES.index(name): _z(p) for name, p in fixed.items() if p is not None}
        if ita is not None:
            lightness, yellowness = locus(ita)
            for k, value in ((0, lightness), (2, yellowness)):
                known[k] = _z(float(np.interp(value, self.quantiles[k], self._grid())))
        z = self._conditional(known, stream(seed, "appearance"), typical)
        # A tone changes the skin, not the dermoscope nor the hair: in the photos the three go together by accident.
        toneless = {k: p for k, p in known.items() if COORDINATES[k] in fixed}
        z[FURNITURE] = self._conditional(toneless, stream(seed, "appearance"), typical)[FURNITURE]
        return z

    def _grid(self) -> NDArray[np.float64]:
        return np.linspace(0, 1, len(self.quantiles[0]))

    def _conditional(self, known: dict[int, float], random: np.random.Generator, typical: float) -> NDArray[np.float64]:
        """Sample the Gaussian given some coordinates (Rasmussen & Williams 2006, eq. A.6)."""
        free = [i for i in range(SIZE) if i not in known]
        fixed = list(known)
        c = np.array(self.correlation) + RIDGE * np.eye(SIZE)
        # Fewer photos than coordinates leave eigenvalues of 0, and half precision, as weights are shipped, takes them below.
        c += max(0.0, RIDGE - float(np.linalg.eigvalsh(c)[0])) * np.eye(SIZE)
        noise = np.clip(random.standard_normal(SIZE), -typical, typical)[
            free
        ]  # drawn for all: a slider moves only itself
        gain = c[np.ix_(free, fixed)] @ np.linalg.inv(c[np.ix_(fixed, fixed)]) if fixed else np.zeros((len(free), 0))
        mean = gain @ np.array([known[i] for i in fixed])
        spread = c[np.ix_(free, free)] - gain @ c[np.ix_(fixed, free)]
        z = np.empty(SIZE)
        z[fixed] = [known[i] for i in fixed]
        z[free] = mean + np.linalg.cholesky(spread + 1e-9 * np.eye(len(free))) @ noise
        return z


def locus(ita: float) -> tuple[float, float]:
    """(L*, b*) of typical skin at an ITA in degrees, -80..80, meeting that ITA exactly."""
    lightness = float(np.interp(ita, LOCUS_ITA, LOCUS_L))
    tangent = math.tan(math.radians(ita))
    return lightness, (lightness - 50) / tangent if abs(tangent) > 0.02 else 20.0


def locus_redness(ita: float) -> float:
    """a* of typical skin at an ITA in degrees."""
    return float(np.interp(ita, LOCUS_ITA, LOCUS_A))


def _z(probability: float) -> float:
    return float(norm.ppf(min(max(probability, FEWEST), MOST)))


def _appearance(values: list[float], skin: tuple[float, float] | None) -> Appearance:
    """Back from coordinates to colours; a requested skin colour (L*, b*) is met exactly."""
    lightness, a, b, ratio, da, db, *spread, hair, vignette = values
    if skin is not None:
        (lightness, b), a = skin, max(a, 3.0)  # a* under 3 is a white balance, not a skin
    fade = min(1.0, lightness / FADED_BELOW_L)  # on dark skin a lesion's colour differs by less
    lesion = (ratio * lightness, a + da * fade, b + db * fade)
    return Appearance((lightness, a, b), lesion, _triple(np.array(spread) * fade), hair, vignette)
