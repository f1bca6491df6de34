"""Do pairs agree: exact on shapes of known overlap, through the front door on a real preset's narrow form."""

import dataclasses
import json

import numpy as np
import pytest
from narrow_generators import NARROW, narrow, untrained
from phantoms import write

from engine import service
from engine.errors import EngineError
from engine.evaluate.overlap import jaccard
from engine.evaluate.pairs import agreement
from engine.training import presets


def square(left, side=20):
    mask = np.zeros((60, 80), np.uint8)
    mask[20 : 20 + side, left : left + side] = 1
    return mask


def test_jaccard_is_intersection_over_union():
    assert jaccard(square(10) > 0, square(10) > 0) == 1
    assert jaccard(square(10) > 0, square(20) > 0) == pytest.approx(10 / 30)
    assert jaccard(square(10) > 0, square(50) > 0) == 0
    assert jaccard(np.zeros((3, 3), bool), np.zeros((3, 3), bool)) == 1


def test_pairs_are_judged_beside_photos_by_the_same_segmentation():
    picture = lambda mask: np.repeat(200 - 150 * mask[..., None], 3, axis=2).astype(np.uint8)  # noqa: E731
    made = [(picture(square(10)), square(10 + shift)) for shift in (0, 10, 40)] + [
        (picture(0 * square(1)), 0 * square(1))
    ]
    photos = [(picture(square(30)), square(30))] * 4

    found = agreement(made, photos, lambda p: (p[..., 0] < 100).astype(np.uint8))

    assert (found.n, found.empty) == (4, 1)
    assert found.jaccard_mean == pytest.approx((1 + 1 / 3 + 0 + 1) / 4)
    assert found.jaccard_median == pytest.approx((1 + 1 / 3) / 2)
    assert (found.photos_mean, found.photos_median) == (1, 1)
    assert "4 pairs, 1 without a lesion" in found.sentence()


def test_a_generator_of_pairs_is_judged_through_the_front_door_and_one_of_pictures_is_not(tmp_path, monkeypatch):
    real = presets.load
    monkeypatch.setattr(presets, "load", lambda name, *rest: narrow(name) if name in NARROW else real(name, *rest))
    labels = write(tmp_path / "set", 24)
    weights = untrained("dcgan-pairs-live", tmp_path / "w.safetensors")

    def report(preset, checkpoint=None):
        asked = service.EvaluateRequest(
            "pairs", tmp_path / "set", preset, labels=labels, out=tmp_path / "report.json", checkpoint=checkpoint
        )
        return service.run(asked)

    found = report("dcgan-pairs-live", weights)

    assert found.n > 0
    assert found.photos_median > 0.6
    assert json.loads((tmp_path / "report.json").read_text()) == dataclasses.asdict(found)
    with pytest.raises(EngineError, match="makes pictures without masks"):
        report("pgan-256-live")
