"""The case that stands on the canvas when the studio opens: an asymmetric naevus, drawn by rule, the same everywhere.

Its patches are the proposed superpixels a dermatologist would click, so every one can be toggled off again.
"""

from dataclasses import dataclass

from engine.case import Case

GENERATOR, SEED = "pix2pixhd-live", 7
WIDTH, HEIGHT = 384, 256
CELLS_SEED = 0  # the superpixels the studio proposes first
CENTRE_PX, RADII_PX, TILT_DEG = (194.0, 130.0), (124.0, 86.0), 24.0
# Outline: (waves around, share of the radius, phase in degrees). The odd waves make it asymmetric, the high ones organic.
WAVES = (
    (1, 0.05, 200),
    (2, 0.035, 95),
    (3, 0.06, 40),
    (5, 0.03, 150),
    (9, 0.014, 20),
    (17, 0.009, 70),
    (31, 0.006, 10),
)


@dataclass(frozen=True)
class _Patch:
    """Superpixels that bear a marker: those whose centre lies in a sector of the lesion's rim, or in a disc.

    Sector: from_deg..to_deg clockwise from the right, and depth_px below the outline. Disc: centre and radius in pixels.
    """

    marker: str
    from_deg: float
    to_deg: float
    depth_px: tuple[float, float]


@dataclass(frozen=True)
class _Cluster:
    marker: str
    x: float
    y: float
    radius_px: float


RIM = ()
INSIDE = ()


def starter() -> Case:
    """One finished lesion, 384x256."""
    raise NotImplementedError
