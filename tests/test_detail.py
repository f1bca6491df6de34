"""Detail channels: their equation, their edges, and that no family's networks change where none are asked for."""

import dataclasses

import pytest
import torch

from engine.generators.shared.detail import detail, detail_channels, with_detail
from engine.training import presets
from engine.training.presets import FAMILIES

JUDGING_PIXELS = [
    name
    for name in presets.names()
    if any(field.name == "detail" for field in dataclasses.fields(presets.load(name).model))
]


def test_detail_is_the_difference_from_the_mean_of_the_25_pixels_around():
    picture = torch.rand(2, 4, 9, 11, generator=torch.Generator().manual_seed(0))

    found = detail(picture, 8.0)

    assert found.shape == (2, 3, 9, 11)
    here = picture[1, 2, 4, 5] - picture[1, 2, 2:7, 3:8].mean()
    assert found[1, 2, 4, 5].item() == pytest.approx(8 * here.item(), abs=1e-5)
    mirrored = torch.stack([picture[0, 0, abs(y), abs(x)] for y in range(-2, 3) for x in range(-2, 3)]).mean()
    assert found[0, 0, 0, 0].item() == pytest.approx(8 * (picture[0, 0, 0, 0] - mirrored).item(), abs=1e-5)


def test_a_flat_picture_has_no_detail_and_a_gain_of_zero_adds_no_channel():
    flat = torch.full((1, 3, 8, 8), 0.3)

    assert detail(flat, 8.0).abs().max() < 1e-6
    assert with_detail(flat, flat, 0.0) is flat
    assert with_detail(flat, flat, 8.0).shape[1] == 3 + detail_channels(8.0) == 6
    assert detail_channels(0.0) == 0


@pytest.mark.parametrize("name", JUDGING_PIXELS)
def test_detail_widens_the_first_convolutions_of_the_judge_and_nothing_else(name):
    preset = presets.load(name)
    family, known = FAMILIES[preset.family], {"detail": 8.0, "own_discriminator": 1.0}
    fields = {field.name for field in dataclasses.fields(preset.model)}
    with torch.device("meta"):
        without, seeing = (
            family.build(dataclasses.replace(preset.model, **{k: v for k, v in changes.items() if k in fields}))
            for changes in (known | {"detail": 0.0}, known)
        )

    before, after = (model.networks["D"].state_dict() for model in (without, seeing))
    assert before.keys() == after.keys()
    changed = [key for key in before if before[key].shape != after[key].shape]
    assert changed
    for key in changed:
        grown = after[key].shape.numel() / before[key].shape.numel()
        assert grown < 2.01, key  # three pictures' channels more, at most
    assert {k: v.shape for k, v in without.networks["G"].state_dict().items()} == {
        k: v.shape for k, v in seeing.networks["G"].state_dict().items()
    }
