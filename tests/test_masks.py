"""One reader of masks: whatever a program wrote is the same mask, what was done to it is told, what is no mask is named."""

import io

import cv2
import numpy as np
import pytest
from phantoms import phantom
from PIL import Image

from engine.errors import EngineError
from engine.photos.masks import MARKED, POSSIBLE, read_mask
from engine.pixels import resize_labels

LESION = phantom(3, 0, 192, 128)[1].lesion
WHITE = LESION * np.uint8(255)
SOFT = cv2.GaussianBlur(WHITE, (0, 0), 1.5)


def saved(picture, kind="PNG", **options):
    out = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(out, kind, **options)
    return out.getvalue()


def palette(colours, indices=LESION):
    picture = Image.fromarray(indices, "P")
    picture.putpalette([channel for colour in colours for channel in colour])
    return picture


def coloured(colour):
    return LESION[..., None] * np.array(colour, np.uint8)


def alike(data):
    mask = read_mask(data, "a.png")
    return np.array_equal(mask.marked, LESION) and mask.notices == ()


ALIKE = {
    "0 and 1": LESION, "0 and 255": WHITE, "0 and 128": LESION * np.uint8(128), "one bit": Image.fromarray(WHITE > 0),
    "palette": palette([(0, 0, 0), (128, 0, 0)]), "palette, white first": palette([(255,) * 3, (0,) * 3], 1 - LESION),
    "palette of greys": palette([(value,) * 3 for value in range(256)]), "RGB": coloured((255, 255, 255)),
    "blue": coloured((0, 0, 255)), "RGBA": np.dstack([coloured((255, 255, 255)), np.full(LESION.shape, 255, np.uint8)]),
    "white on nothing": np.dstack([np.full((*LESION.shape, 3), 255, np.uint8), WHITE]),
    "black on nothing": np.dstack([np.zeros((*LESION.shape, 3), np.uint8), WHITE]),
    "16 bits": LESION.astype(np.uint16) * 65535, "16 bits, 0 and 1": LESION.astype(np.uint16),
}  # fmt: skip


@pytest.mark.parametrize("kind", ALIKE)
def test_two_values_are_a_mask_however_they_are_written(kind):
    assert alike(saved(ALIKE[kind]))


def test_a_bmp_and_a_tiff_are_masks_too():
    assert alike(saved(WHITE, "BMP"))
    assert alike(saved(WHITE, "TIFF"))


@pytest.mark.parametrize(("data", "done"), [
    (saved(SOFT), "has soft borders, thresholded at half"),
    (saved(cv2.GaussianBlur(WHITE, (0, 0), 6)), "has soft borders, thresholded at half"),
    (saved(WHITE, "JPEG", quality=60), "is a JPEG, whose soft borders were thresholded at half"),
])  # fmt: skip
def test_soft_borders_are_thresholded_at_half_and_that_is_told(data, done):
    mask = read_mask(data, "a.png")

    assert mask.notices == (("a.png", done),)
    assert (mask.marked & LESION).sum() / (mask.marked | LESION).sum() > 0.9


@pytest.mark.parametrize(("kind", "values"), [
    ("PNG", (0, 1, 2)), ("PNG", (0, 85, 170, 255)), ("PNG", (0, 128, 255)), ("JPEG", (0, 128, 255)),
])  # fmt: skip
def test_more_values_that_are_well_apart_are_named(kind, values):
    bands = np.array(values, np.uint8)[np.minimum(np.arange(192) * len(values) // 192, len(values) - 1)]

    with pytest.raises(EngineError, match=r"a\.png holds the values \d+, \d+, \d+.*; a mask has two"):
        read_mask(saved(np.tile(bands, (128, 1)), kind), "a.png")


def test_grey_128_is_possible_in_a_graded_mask():
    levels = np.zeros((20, 30), np.uint8)
    levels[:10], levels[10:15] = 128, 255

    read = read_mask(saved(levels), "a.png", graded=True).levels

    assert (read[0, 0], read[12, 0], read[19, 0]) == (POSSIBLE, MARKED, 0)


@pytest.mark.parametrize(("picture", "words"), [
    (phantom(3, 0, 192, 128)[0], "greys throughout, as a photo"),
    (np.full((20, 30), 77, np.uint8), "the value 77 alone"),
    (np.array([[254, 255]] * 4, np.uint8), "254 and 255 alone"),
    (np.zeros((20, 30), np.float32), "of the kind F"),
])  # fmt: skip
def test_what_is_no_mask_is_named(picture, words):
    with pytest.raises(EngineError, match=words):
        read_mask(saved(picture, "TIFF" if picture.dtype == np.float32 else "PNG"), "a.png")


def test_another_size_of_the_same_aspect_is_resized_with_a_notice_and_any_other_refused():
    mask = read_mask(saved(WHITE), "a.png", (384, 256))

    assert np.array_equal(mask.marked, resize_labels(LESION, 384, 256))
    assert mask.notices == (("a.png", "was resized from 192x128 to 384x256, its photo's size"),)
    with pytest.raises(EngineError, match=r"a\.png is 192x128; 256x256 is needed"):
        read_mask(saved(WHITE), "a.png", (256, 256))


def test_a_mask_is_turned_as_its_exif_says():
    exif = Image.Exif()
    exif[0x0112] = 3

    assert np.array_equal(read_mask(saved(WHITE[::-1, ::-1], exif=exif), "a.png").marked, LESION)
