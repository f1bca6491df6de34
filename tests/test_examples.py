"""The six examples to start from: finished, different, markers only where there is lesion."""

import numpy as np
import pytest
from skimage.measure import label

from engine.cases.examples import EXAMPLES, example
from engine.cases.planes import MARKERS
from engine.errors import EngineError

PIECES = {"two lesions": 2}
SHOWS = {
    "melanoma-like": {"pigment_network", "streaks", "globules"},
    "seborrhoeic keratosis-like": {"milia_like_cyst"},
    "negative network": {"negative_network", "globules"},
    "small": {"pigment_network"},
}


def test_there_are_six():
    assert len(EXAMPLES) == 6


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_finished_and_repeats(name):
    planes = example(name).planes

    assert planes.size == (384, 256)
    assert (planes.markers.max(axis=0) <= 2 * planes.lesion).all()
    assert planes.markers.any()
    assert not planes.lesion[[0, -1]].any()
    assert not planes.lesion[:, [0, -1]].any()
    assert label(planes.lesion).max() == PIECES.get(name, 1)
    shown = {marker for marker, plane in zip(MARKERS, planes.markers, strict=True) if plane.any()}
    assert shown >= SHOWS.get(name, set())
    example.cache_clear()
    assert np.array_equal(example(name).planes.markers, planes.markers)


def test_small_is_small_and_the_melanoma_is_the_least_symmetric():
    area = {name: example(name).planes.lesion.mean() for name in EXAMPLES}
    overlap = {}
    for name in ("naevus", "melanoma-like", "seborrhoeic keratosis-like", "negative network"):
        lesion = example(name).planes.lesion.astype(bool)
        rows, columns = np.nonzero(lesion)
        row, column = (2 * round(v.mean()) - v for v in (rows, columns))
        inside = (row >= 0) & (row < 256) & (column >= 0) & (column < 384)
        overlap[name] = lesion[row[inside], column[inside]].sum() / lesion.sum()

    assert min(area, key=area.get) == "small"
    assert min(overlap, key=overlap.get) == "melanoma-like"


def test_an_unknown_starter_is_a_sentence():
    with pytest.raises(EngineError, match="melanoma-like"):
        example("mole")
