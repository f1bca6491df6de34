"""The tone sweep, over painters whose obedience is known; the segmenter, over drawn lesions."""

import clinical_phantoms
import numpy as np
import pytest
import torch

from engine.boxes import Box
from engine.case import Case
from engine.configs import CropsData
from engine.data import clinical
from engine.data.cropped import build
from engine.errors import EngineError
from engine.evaluate.tones import boxed, overlap, skin_of, tone_sweep
from engine.judges import segmenters
from engine.labels import Planes
from engine.tone import TONES, lab_to_unit

HOW = CropsData(crops=2, context=(1.4, 2.5), adjacent=0.5, smallest_px=24, split_seed=0, exclude=(), flips=True)


def case(seed):
    return Case(Planes.blank(64, 64), None, "painter", seed, boxes=(Box(20, 20, 40, 44, "melanoma"),))


def flat(ita):
    """A picture whose skin has an ITA in degrees, chroma 15."""
    tangent = np.tan(np.radians(ita))
    unit = lab_to_unit(np.array([[50 + 15 * tangent, 8.0, 15.0]]))[0]
    return np.broadcast_to(np.rint((unit + 1) / 2 * 255), (64, 64, 3)).astype(np.uint8)


def painter(one):
    picture = flat(TONES[one.tone]).copy()
    picture[20:44, 20:40] = picture[20:44, 20:40] // 2
    return picture


def test_an_obedient_painter_has_rank_one_and_no_error():
    found = tone_sweep(painter, [case(s) for s in range(3)], ("I", "II", "III"), lambda p: boxed(case(0)))

    assert found.maps == 3
    assert found.rank_correlation == pytest.approx(1)
    assert found.ordered == 1
    assert found.error_deg < 1.5
    assert found.jaccard == 1
    assert "rank correlation 1.000" in found.sentence()


def test_a_painter_deaf_to_tone_is_found_out():
    rng = np.random.default_rng(0)
    found = tone_sweep(
        lambda one: np.clip(flat(34.5) + rng.integers(-1, 2), 0, 255).astype(np.uint8), [case(0)], tuple(TONES)
    )

    assert abs(found.rank_correlation) < 0.95
    assert found.error_deg > 20
    assert found.error_beyond_deg is None
    assert found.jaccard is None


def test_skin_is_what_no_box_is_near():
    skin = skin_of(case(0))

    assert not skin[16:48, 16:44].any()
    assert skin[:16].all()
    assert overlap(np.zeros((9, 9), bool), np.zeros((9, 9), bool)) is None


@pytest.mark.slow
def test_the_segmenter_finds_drawn_lesions_after_a_short_fit_and_survives_its_file(tmp_path):
    manifest = clinical.read(clinical_phantoms.write(tmp_path / "pad", 36), None, 0)
    train, test = (build(manifest.of(s), (128, 128), HOW, tmp_path / "cache") for s in ("train", "test"))
    torch.manual_seed(0)
    fitted = segmenters.fit(train, 960)

    assert np.mean(segmenters.held_out(fitted, test)) > 0.6
    path = tmp_path / "segmenter.safetensors"
    segmenters.save(fitted, path, card())
    assert path.stat().st_size <= 2 << 20
    picture = clinical_phantoms.drawn(1)[0]
    assert segmenters.load(path).predict(picture[:, :100]).shape == (160, 100)
    assert (segmenters.load(path).predict(picture) ^ fitted.predict(picture)).mean() < 0.01


def test_crops_of_another_size_are_refused(tmp_path):
    manifest = clinical.read(clinical_phantoms.write(tmp_path / "pad", 6, 6), None, 0)
    with pytest.raises(EngineError, match="a multiple of 128 is needed"):
        segmenters.fit(build(manifest, (96, 96), HOW, tmp_path / "cache"), 16)


def card():
    from engine.cards import Card, Clock, Code, DataRef, Env, PresetRef

    return Card(
        family=segmenters.FAMILY, preset=PresetRef("test", "0" * 64), config={}, data=DataRef("phantom", "0" * 64, "train"),
        clock=Clock(480, 30), seed=0, code=Code(None, False), env=Env("3", "2", "cpu"), licence="none",
    )  # fmt: skip
