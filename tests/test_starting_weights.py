"""Fine-tuning: a run may start from another checkpoint's weights, and whatever does not fit is refused by name."""

import numpy as np
import pytest
import torch
from phantoms import phantom, write
from safetensors.torch import load_file

from engine import service
from engine.cases.case import Drawing
from engine.errors import EngineError
from engine.rendering.loading import chosen, load
from engine.training import loop, presets
from engine.training.presets import FAMILIES
from engine.training.starting_weights import Initial, initialise
from engine.weights import checkpoint

NAME, SIZE = "pix2pixhd-live", (64, 32)
TINY = (
    "size=[64, 32]", "model.width=4", "model.blocks=1", "model.discriminator_width=4", "model.perceptual=0",
    "model.projected=0", "train.images=8", "train.snapshot_images=4", "train.precision=fp32", "data.exclude=[]",
    "train.stages=[{until=1.0, width=64, height=32, batch=2}]",
)  # fmt: skip
STILL = ("train.lr_generator=0", "train.lr_discriminator=0")  # a run that learns nothing shows what it started from
WITHOUT_EDGES, WITH_EDGES = "model.edges=false", "model.edges=true"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp("isic")
    return root, write(root, 12, width=SIZE[0], height=SIZE[1])


@pytest.fixture(scope="module")
def first(data, tmp_path_factory):
    """A trained checkpoint, by whether its network is given edges."""
    folder = tmp_path_factory.mktemp("first")
    return {edges: train(data, folder / edges, edges) for edges in (WITHOUT_EDGES, WITH_EDGES)}


def train(data, out, *settings, preset=NAME, tiny=TINY, **options):
    root, labels = data
    request = service.TrainRequest(preset, root, out, labels, (*tiny, *settings), device="cpu", **options)
    return service.run(request).final


def refused(data, out, *settings, **options):
    """The sentence that such a run is refused with."""
    with pytest.raises(EngineError) as caught:
        train(data, out, *settings, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def preset_with(*settings):
    return presets.with_settings(presets.load(NAME), [*TINY, *settings])


def test_an_equal_configuration_takes_the_weights_over_bit_for_bit(first):
    preset = preset_with(WITH_EDGES)
    tensors, _ = checkpoint.load(first[WITH_EDGES])
    torch.manual_seed(9)
    model = FAMILIES[preset.family].build(preset.model)

    initialise(model, Initial.read(first[WITH_EDGES], preset), preset)

    assert all(torch.equal(tensors[f"G.{name}"], value) for name, value in model.networks["G"].state_dict().items())


def test_a_run_starts_from_the_checkpoint_and_names_it_in_its_card(data, first, tmp_path):
    still = train(data, tmp_path / "still", WITH_EDGES, *STILL, init=first[WITH_EDGES])
    moved = train(data, tmp_path / "moved", WITH_EDGES, init=first[WITH_EDGES])

    parent, same, tuned = (load_file(path) for path in (first[WITH_EDGES], still, moved))
    assert parent.keys() == same.keys() == tuned.keys()
    assert all(torch.equal(parent[name], same[name]) for name in parent)
    assert not all(torch.equal(parent[name], tuned[name]) for name in parent)
    for path in (still, moved):
        assert checkpoint.read_card(path).parent == checkpoint.sha256(first[WITH_EDGES])
    assert checkpoint.read_card(first[WITH_EDGES]).parent is None


def painted(path, edges):
    """What a checkpoint's network makes of one case, float32 [1, 3, H, W]."""
    preset, weights = chosen(NAME, path)
    trained = load(preset, weights, "cpu")
    _, planes = phantom(3, 0, *SIZE)
    request = trained.family.request(seed=7, tone="III")
    arrays = trained.family.inputs(preset.model, trained.tables, Drawing(planes, edges), request)
    with torch.inference_mode():
        return trained.network.eval()(*map(torch.from_numpy, arrays))


def test_a_new_input_channel_starts_at_zero_and_changes_nothing_at_first(data, first, tmp_path):
    before = first[WITHOUT_EDGES]
    after = train(data, tmp_path / "run", WITH_EDGES, *STILL, init=before)
    old, new = load_file(before), load_file(after)
    channels = FAMILIES["pix2pixhd"].input_channels(preset_with(WITH_EDGES).model)
    edges = np.random.default_rng(0).integers(0, 2, SIZE[::-1]).astype(np.uint8)

    assert channels
    for name, value in old.items():
        weight = name.removeprefix("G.")
        if weight in channels:
            place = channels[weight].index("edges")
            assert not new[name][:, place].any()
            assert torch.equal(torch.cat([new[name][:, :place], new[name][:, place + 1 :]], dim=1), value)
        else:
            assert torch.equal(new[name], value)
    assert torch.equal(painted(after, edges), painted(after, 0 * edges))
    assert torch.allclose(painted(after, edges), painted(before, None), atol=1e-5)


def test_a_new_input_channel_is_learned(data, first, tmp_path):
    after = train(data, tmp_path / "run", WITH_EDGES, "model.edge_dropout=0", init=first[WITHOUT_EDGES])
    edges = np.random.default_rng(0).integers(0, 2, SIZE[::-1]).astype(np.uint8)

    assert not torch.equal(painted(after, edges), painted(after, 0 * edges))


def test_another_family_is_refused(data, first, tmp_path):
    narrow = ("model.width=2", "train.images=4", "train.stages=[{until=1.0, width=64, height=64, batch=2}]")

    sentence = refused(data, tmp_path / "run", preset="dcgan-64", tiny=narrow, init=first[WITH_EDGES])

    assert sentence == "final.safetensors holds the family 'pix2pixhd'; 'dcgan' is needed."
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("settings", "before", "words"), [
    (("model.blocks=2", WITH_EDGES), WITH_EDGES, "only the preset 'pix2pixhd-live' has the weight 'deep.1."),
    ((WITHOUT_EDGES,), WITH_EDGES, "the weight 'guides.0.weight' was trained with the input 'edges', which this"),
    (("model.width=6", WITH_EDGES), WITH_EDGES, "the weight 'deep.0.conv1.bias' has the shape [32]; [48] is needed"),
    (("model.generator=global", WITH_EDGES), WITH_EDGES, "only final.safetensors has the weight 'deep.0.conv1.bias'"),
], ids=["missing weight", "lost input", "another width", "another network"])  # fmt: skip
def test_what_does_not_fit_is_refused_by_its_name(data, first, tmp_path, settings, before, words):
    sentence = refused(data, tmp_path / "run", *settings, init=first[before])

    assert sentence.startswith("final.safetensors")
    assert words in sentence
    assert not (tmp_path / "run").exists()


def test_a_file_that_is_none_or_holds_a_part_is_refused(data, first, tmp_path):
    tensors, card = checkpoint.load(first[WITH_EDGES])
    del tensors["G.stem.weight"]
    checkpoint.save(tmp_path / "part.safetensors", tensors, card)

    assert "missing.safetensors" in refused(data, tmp_path / "a", WITH_EDGES, init=tmp_path / "missing.safetensors")
    sentence = refused(data, tmp_path / "b", WITH_EDGES, init=tmp_path / "part.safetensors")
    assert "only the preset 'pix2pixhd-live' has the weight 'stem.weight'" in sentence


def killed(data, out, monkeypatch, at, *settings, **options):
    """A run that dies in the middle of a step, without saving its state."""
    real_step, steps = loop.step, []

    def dying(*arguments):
        steps.append(1)
        if len(steps) == at:
            raise KeyboardInterrupt
        return real_step(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "step", dying)
        with pytest.raises(KeyboardInterrupt):
            train(data, out, *settings, **options)


def test_resume_goes_on_with_a_run_that_started_from_a_checkpoint_and_keeps_its_parent(
    data, first, tmp_path, monkeypatch
):
    whole = train(data, tmp_path / "whole", WITH_EDGES, init=first[WITHOUT_EDGES])
    killed(data, tmp_path / "run", monkeypatch, 4, WITH_EDGES, init=first[WITHOUT_EDGES])

    resumed = train(data, tmp_path / "run", WITH_EDGES, resume=True)

    expected, found = load_file(whole), load_file(resumed)
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert checkpoint.read_card(resumed).parent == checkpoint.sha256(first[WITHOUT_EDGES])


def test_a_run_that_died_before_its_first_state_is_not_resumed_without_its_checkpoint(
    data, first, tmp_path, monkeypatch
):
    killed(data, tmp_path / "run", monkeypatch, 1, WITH_EDGES, init=first[WITH_EDGES])

    sentence = refused(data, tmp_path / "run", WITH_EDGES, resume=True)

    assert "started from a checkpoint" in sentence
    assert "--init" in sentence


def test_init_with_resume_is_refused(data, first, tmp_path):
    root, _ = data
    with pytest.raises(EngineError, match=r"--init .*final\.safetensors with --resume: the run goes on from its own"):
        service.TrainRequest(NAME, root, tmp_path, resume=True, init=first[WITH_EDGES])
    record = {"verb": "train", "preset": NAME, "data": "a", "out": "b", "resume": True, "init": "c.safetensors"}
    with pytest.raises(EngineError, match=r"--init c\.safetensors with --resume"):
        service.read_record(record)


def test_planes_of_accidents_may_be_new_to_the_network_and_change_nothing_at_first(first):
    preset = preset_with(WITH_EDGES, 'model.accidents=["hair", "ruler", "ink"]')
    torch.manual_seed(9)
    model = FAMILIES[preset.family].build(preset.model)

    initialise(model, Initial.read(first[WITH_EDGES], preset), preset)

    tensors, _ = checkpoint.load(first[WITH_EDGES])
    stem = model.networks["G"].state_dict()["stem.weight"]
    assert torch.equal(stem[:, :7], tensors["G.stem.weight"])
    assert not stem[:, 7:].any()
