"""The lesion segmenter, a judge that is trained by the one loop: it learns, is loaded, is scored, and ships."""

import clinical_phantoms
import numpy as np
import pytest
import torch
from PIL import Image

from engine import service
from engine.data.batches.loading import batch_at
from engine.data.batches.order import Sampling, View
from engine.data.recipes import Frame
from engine.data.sources import source_of
from engine.errors import EngineError
from engine.judges.lesion_segmenter import predict
from engine.training import presets
from engine.training.presets import FAMILIES
from engine.weights import checkpoint

NAME = "lesion-segmenter"
TINY = (
    "model.width=4", "train.images=240", "train.snapshot_images=240", "data.crops=2", "data.smallest_px=24",
    "train.stages=[{until=1.0, width=128, height=128, batch=4}]",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return clinical_phantoms.write(tmp_path_factory.mktemp("clinical") / "pad", 36)


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    """The checkpoint of a short run, and what it reported on its way."""
    told = []
    request = service.TrainRequest(NAME, folder, tmp_path_factory.mktemp("run") / "out", None, TINY, device="cpu")
    return service.run(request, service.Watch(report=told.append)).final, told


def jaccard(segmenter, numbers):
    crops = [clinical_phantoms.drawn(index)[:2] for index in numbers]
    return float(np.mean(predict.jaccards(segmenter, crops)))


def test_a_few_steps_lower_both_terms_of_the_loss(trained, folder, tmp_path):
    final, told = trained
    preset = presets.with_settings(presets.load(NAME), TINY)
    torch.manual_seed(preset.train.seed)
    model = FAMILIES[NAME].build(preset.model)
    source = source_of(preset.recipe)
    cache = source.build(source.read(folder, None, preset.recipe).of("test"), preset.recipe, tmp_path, None)
    batch = batch_at(cache, 0, View(8, Frame(128, 128), Sampling(0, False, 0.0)), torch.device("cpu"))

    def terms():
        model.networks["S"].eval()
        with torch.no_grad():
            ((group, found),) = model.losses(batch, 0)
        assert group == "S"
        return found

    before = terms()
    model.networks["S"].load_state_dict({k.removeprefix("S."): v for k, v in checkpoint.load(final)[0].items()})
    after = terms()
    assert before.keys() == after.keys() == {"cross_entropy", "dice"}
    assert all(after[term] < 0.95 * before[term] for term in before)
    assert [status.images for status in told] == [80, 160, 240]
    assert told[0].terms.keys() == {"S.cross_entropy", "S.dice"}


def test_its_checkpoint_is_loaded_and_finds_lesions_that_it_was_not_shown(trained):
    final, _ = trained
    card, segmenter = checkpoint.read_card(final), predict.load(final)
    picture, _, _ = clinical_phantoms.drawn(400)

    assert (card.family, card.preset.name) == (NAME, NAME)
    assert "CC BY 4.0" in card.licence
    assert all(name.startswith("S.") for name in checkpoint.load(final)[0])
    assert segmenter.predict(picture[:, :100]).shape == (160, 100)
    assert segmenter.predict(picture).dtype == bool
    assert jaccard(segmenter, range(400, 412)) > 0.5


def test_a_run_shows_photos_with_their_masks_over_time(trained):
    final, _ = trained

    with Image.open(final.parent / "samples" / "000000240.png") as shown:
        assert shown.size == (
            6 * 128,
            2 * 3 * 128,
        )  # twelve photos in two rows, each over the photos again and their masks


def test_the_report_on_masks_tells_its_jaccard(trained, folder, tmp_path):
    final, _ = trained
    request = service.EvaluateRequest("masks", folder, NAME, out=tmp_path / "report.json", checkpoint=final)

    found = service.run(request)

    assert 0.3 < found.jaccard_median <= 1
    assert 0.3 < found.jaccard_mean <= 1
    assert found.crops == presets.load(NAME).data.crops * found.photos > 0
    assert found.sentence().startswith(f"Jaccard with the drawn masks: median {found.jaccard_median:.2f}, mean ")
    assert f'"jaccard_mean": {found.jaccard_mean}' in (tmp_path / "report.json").read_text()


def test_the_shipped_weights_find_the_lesions_of_phantoms():
    segmenter = predict.shipped()

    assert jaccard(segmenter, range(12)) > 0.6
    assert presets.weights_path(NAME) is not None


def test_it_may_be_tuned_further_on_photos_of_ones_own(folder, tmp_path):
    shipped = presets.weights_path(NAME)
    settings = ("model.width=16", "train.images=8", "train.lr_generator=0", *TINY[2:])
    request = service.TrainRequest(NAME, folder, tmp_path / "run", None, settings, init=shipped, device="cpu")

    final = service.run(request).final

    assert checkpoint.read_card(final).parent == checkpoint.sha256(shipped)
    before, after = (checkpoint.load(path)[0] for path in (shipped, final))
    assert all(torch.equal(before[name], after[name]) for name in before if "running" not in name and "num" not in name)


def test_a_file_of_another_family_or_width_is_one_sentence(trained, tmp_path):
    tensors, card = checkpoint.load(trained[0])
    del tensors["S.last.bias"]
    checkpoint.save(tmp_path / "part.safetensors", tensors, card)

    with pytest.raises(EngineError, match=r"holds the family 'pix2pixhd'; 'lesion-segmenter' is needed"):
        predict.load(presets.weights_path("pix2pixhd-live"))
    with pytest.raises(EngineError, match=r"part\.safetensors holds another net"):
        predict.load(tmp_path / "part.safetensors")


def test_a_photo_of_another_size_than_its_own_is_refused_in_training(folder, tmp_path):
    request = service.TrainRequest(NAME, folder, tmp_path / "run", None, ("size=[96, 96]",), device="cpu")

    with pytest.raises(EngineError, match=r"size = \[96, 96\]; \[128, 128\], which the model makes"):
        service.run(request)


@pytest.mark.parametrize("asked", ["render", "sample", "sample of maps", "sample one", "sweep"])
def test_a_judge_paints_nothing_and_says_so(folder, tmp_path, asked):
    case, out = tmp_path / "case.json", tmp_path / "out"
    case.write_text(service.to_json(service.starter_case(presets.load("pix2pixhd-live"))))
    request = {
        "render": service.RenderRequest(NAME, out.with_suffix(".png"), case=case),
        "sample": service.SampleRequest(NAME, 1, out),
        "sample of maps": service.SampleRequest(NAME, 1, out, data=folder),
        "sample one": service.SampleOneRequest(NAME, 1, out.with_suffix(".png")),
        "sweep": service.SweepRequest(NAME, case, out.with_suffix(".png")),
    }[asked]

    words = "judges photos and paints none"
    with pytest.raises(EngineError, match=rf"'{NAME}' {words}"):
        service.run(request)
    assert not out.exists()


def test_a_generator_is_no_segmenter(folder):
    with pytest.raises(EngineError, match="'dermgan-live' segments no photos"):
        service.run(service.EvaluateRequest("masks", folder, "dermgan-live"))


def test_the_studio_lists_it_with_neither_kind_of_generator():
    listed = [info.name for info in (*service.live_generators(), *service.noise_generators())]

    assert listed
    assert NAME not in listed
    assert NAME in presets.names()
    assert FAMILIES[NAME].capabilities(presets.load(NAME).model).takes == "photo"
