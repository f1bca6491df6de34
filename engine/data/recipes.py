"""How the photos of a data folder become what a model learns from: the `data` table of a preset."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from engine.config import Range


@dataclass(frozen=True)
class PlanesData:
    """How dermoscopic records become training pairs."""

    fit: Literal["letterbox", "crop"]
    """`letterbox` is the paper's: the whole frame, padded with border. `crop` cuts the centre to the preset's aspect."""
    enlarge: bool
    """Whether a letterbox enlarges a frame that is smaller; the paper's only shrinks."""
    edges: Literal["slic", "none"]
    """Where the instance boundaries come from."""
    split_scheme: Literal["isic2017", "bissoto"]
    exclude: tuple[str, ...]
    """Record ids left out."""
    flips: bool


@dataclass(frozen=True)
class CropsData:
    """How clinical photographs become training pairs: crops around their boxes (Ghorbani et al. 2019, sec. 2)."""

    crops: Annotated[int, Range(1, 64)]
    """Random crops a photo; the paper made 64,000 of 49,920 photos."""
    context: tuple[Annotated[float, Range(1, 10)], Annotated[float, Range(1, 10)]]
    """A crop's side over the larger side of its group of boxes, smallest and largest."""
    adjacent: Annotated[float, Range(0, 10)]
    """Boxes nearer to each other than this share of their side form one group."""
    smallest_px: Annotated[int, Range(8, 4096)]
    """No crop has a smaller side in the photo: what is blown up is blurred."""
    split_seed: Annotated[int, Range(0, 2**31 - 1)]
    exclude: tuple[str, ...]
    """Record ids left out."""
    flips: bool
    """Mirror and turn: a close-up of skin has no up."""


@dataclass(frozen=True)
class PhotosData:
    """How photos, dermoscopic or clinical, become what a noise generator learns from; the model says which and what of them."""

    fit: Literal["stretch", "crop", "letterbox"]
    """`stretch` squeezes the whole frame into the preset's size, `crop` cuts its centre to that aspect first."""
    split_scheme: Literal["isic2017", "bissoto"]
    """For ISIC challenge folders."""
    split_seed: Annotated[int, Range(0, 2**31 - 1)]
    """For the others, which are split by patient or lesion."""
    reject: tuple[Literal["round frame", "ruler"], ...]
    """Photos left out for what their pixels show."""
    exclude: tuple[str, ...]
    """Record ids left out."""
    flips: bool


@dataclass(frozen=True)
class Recipe:
    """What a model learns from: pictures of `size`, (width, height) px, made as `how` says, of the photos that it wants.

    conditions: what boxes may show. diagnoses: photos with one of these, or all where it is empty. mask: whether a picture's
    fourth channel is its lesion mask. accidents: which planes of `cases.accidents` are measured on the photos.
    """

    size: tuple[int, int]
    how: Any
    """One of the three above."""
    conditions: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    mask: bool = False
    accidents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """How a cached frame is shown: a window of (width, height) after shrinking by the whole number `shrink`.

    fade: 1, or less while a picture is blended with its form at half the resolution.
    """

    width: int
    height: int
    shrink: int = 1
    fade: float = 1.0
