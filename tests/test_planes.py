"""Planes and the maps derived from them."""

import numpy as np
import pytest

from engine.cases.planes import Planes, instance_edges, pack, planes_from_semantic, semantic_map, unpack
from engine.errors import EngineError


def random_planes(seed=0, height=9, width=13):
    random = np.random.default_rng(seed)
    return Planes(
        random.integers(0, 2, (height, width), dtype=np.uint8),
        random.integers(0, 3, (5, height, width), dtype=np.uint8),
        random.integers(0, 2, (height, width), dtype=np.uint8),
    )


def test_packing_loses_nothing():
    assert unpack(pack(random_planes())) == random_planes()


def test_a_certainty_of_three_or_a_stray_bit_is_refused():
    with pytest.raises(EngineError, match="certainty is 3"):
        unpack(np.full((2, 2), 0b1100, np.uint16))
    with pytest.raises(EngineError, match="4096"):
        unpack(np.full((2, 2), 4096, np.uint16))


def test_the_highest_id_wins_wherever_it_lies():
    planes = Planes.blank(4, 1)
    planes.lesion[0, :2] = 1
    planes.markers[0, 0, :] = 2
    planes.markers[4, 0, 1] = 1
    planes.border[0, 3] = 1

    assert semantic_map(planes).tolist() == [[3, 7, 3, 0]]


def test_a_flat_map_read_back_is_itself():
    labels = np.arange(8, dtype=np.uint8)[None]
    planes = planes_from_semantic(labels)

    assert semantic_map(planes).tolist() == labels.tolist()
    assert planes.lesion.tolist() == [[0, 0, 1, 1, 1, 1, 1, 1]]


def test_a_value_over_seven_is_refused_with_its_value():
    with pytest.raises(EngineError, match="value 9"):
        planes_from_semantic(np.full((2, 2), 9, np.uint8))


def test_edges_mark_both_sides_of_a_boundary_as_pix2pixhd_does():
    ids = np.random.default_rng(0).integers(0, 3, (7, 9))
    padded = np.pad(ids, 1, mode="edge")
    neighbours = [padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]]

    assert np.array_equal(instance_edges(ids) > 0, np.any([n != ids for n in neighbours], axis=0))


def test_planes_of_different_sizes_are_refused():
    with pytest.raises(EngineError, match="do not fit"):
        Planes(np.zeros((2, 2), np.uint8), np.zeros((5, 2, 3), np.uint8), np.zeros((2, 2), np.uint8))
