"""Superpixels, instance maps, and cells for a drawn case."""

from pathlib import Path

import numpy as np
import pytest
from phantoms import phantom
from scipy.stats import ks_2samp
from skimage.measure import label

from engine.cases.superpixels import decode_isic, encode_isic, instance_map, proposed_cells, slic_zero
from engine.data.frames import crop_picture
from engine.errors import EngineError
from engine.photos.reading import load_picture

PHOTOS = Path(__file__).resolve().parent.parent.parent / "shared/data/isic2018-384/ISIC2018_Task1-2_Training_Input"
# Deciles of the areas, px, of SLIC-zero superpixels of 30 ISIC 2018 training photos at 384x256 (every 65th by id).
TRAINING_DECILES = (22, 72, 82, 88, 94, 99, 104, 110, 117, 129, 195)


def areas(cells):
    return np.bincount(cells.ravel())


def test_slic_gives_contiguous_ids_from_zero():
    cells = slic_zero(phantom(0, 0, 96, 64)[0], count=60)

    assert np.array_equal(np.unique(cells), np.arange(cells.max() + 1))
    assert label(cells + 1, connectivity=1).max() == cells.max() + 1


def test_an_instance_map_gives_each_superpixel_its_majoritys_class():
    cells = np.repeat(np.arange(4), 4).reshape(2, 8)
    labels = np.array([[1, 1, 1, 2, 2, 2, 2, 2], [1, 7, 7, 7, 0, 0, 0, 0]], np.uint8)

    assert instance_map(cells, labels).tolist() == [[1000] * 4 + [2000] * 4, [7000] * 4 + [0] * 4]


def test_more_than_a_thousand_superpixels_in_a_class_are_refused():
    cells = np.arange(1200).reshape(30, 40)

    with pytest.raises(EngineError, match="1200 superpixels are skin"):
        instance_map(cells, np.ones((30, 40), np.uint8))


def test_a_map_of_another_size_is_refused():
    with pytest.raises(EngineError, match="the same is needed"):
        instance_map(np.zeros((2, 2), int), np.ones((3, 2), np.uint8))


def test_proposed_cells_are_whole_and_sized_as_the_training_superpixels():
    cells = proposed_cells(384, 256, seed=1)
    expected = np.interp(np.linspace(0, 1, 2001), np.linspace(0, 1, 11), TRAINING_DECILES)

    assert label(cells + 1, connectivity=1).max() == cells.max() + 1
    assert ks_2samp(areas(cells), expected).statistic <= 0.1


def test_proposed_cells_match_real_photos_superpixels_where_those_are_at_hand():
    photos = sorted(PHOTOS.glob("*.jpg"))[40::650]
    real = [areas(slic_zero(crop_picture(load_picture(photo), (384, 256)))) for photo in photos]
    made = [areas(proposed_cells(384, 256, seed)) for seed in range(4)]

    assert not real or ks_2samp(np.concatenate(real), np.concatenate(made)).statistic <= 0.1


def test_the_isic_codec_loses_nothing_and_is_little_endian():
    cells = np.array([[0, 255, 256, 65536 + 258]])

    assert encode_isic(cells)[0].tolist() == [[0, 0, 0], [255, 0, 0], [0, 1, 0], [2, 1, 1]]
    assert np.array_equal(decode_isic(encode_isic(cells)), cells)
