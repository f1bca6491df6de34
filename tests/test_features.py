"""Inception features: the same numbers as torch-fidelity's, in order, remembered by content."""

import logging

import numpy as np
import pytest
import torch
from phantoms import phantom
from torch_fidelity import feature_extractor_inceptionv3 as reference
from torch_fidelity.interpolate_compat_tensorflow import interpolate_bilinear_2d_like_tensorflow1x

from engine.errors import EngineError
from engine.evaluate import features
from engine.weights import feature_nets as weights


def pictures(count, width=48, height=32):
    return [phantom(index, 3, width, height)[0] for index in range(count)]


def averages(inputs):
    """A stand-in for the network: each picture's first row of pixels, repeated to 2048 numbers."""
    return inputs[:, :, 0].flatten(1).repeat(1, 3)[:, : features.FEATURES]


@pytest.mark.parametrize(("width", "height"), [(384, 256), (48, 32), (299, 299), (640, 301)])
def test_a_picture_reaches_the_network_exactly_as_torch_fidelity_sends_it(width, height):
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    sent = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    expected = (interpolate_bilinear_2d_like_tensorflow1x(sent, (299, 299), align_corners=False) - 128) / 128
    assert torch.equal(features.prepared(picture), expected)


def test_features_keep_the_order_of_the_pictures_and_progress_reaches_the_end():
    drawn, told = [*pictures(9), *pictures(2, 60, 40)], []
    found = features.inception(drawn, averages, lambda done, total: told.append((done, total)))
    alone = np.concatenate([features.inception([picture], averages) for picture in drawn])
    assert found.shape == (11, features.FEATURES)
    assert found.dtype == np.float64
    assert np.array_equal(found, alone)
    assert told == [(4, 11), (8, 11), (11, 11)]


def test_no_pictures_have_no_features():
    assert features.inception([], averages).shape == (0, features.FEATURES)


def test_the_number_of_threads_is_left_as_it_was():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        features.inception(pictures(5), averages)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("bad", [np.zeros((8, 8, 3)), np.zeros((8, 8), np.uint8), np.zeros((8, 8, 4), np.uint8)])
def test_what_is_not_a_picture_is_refused(bad):
    with pytest.raises(EngineError, match=r"allowed is uint8 \[H, W, 3\]"):
        features.prepared(bad)


def test_features_are_remembered_by_content_and_a_broken_memory_is_made_anew(tmp_path):
    drawn, calls = pictures(3), []

    def counting(inputs):
        calls.append(len(inputs))
        return averages(inputs)

    first = features.cached(drawn, tmp_path, counting)
    assert np.array_equal(features.cached(drawn, tmp_path, counting), first)
    assert calls == [3]
    changed = [drawn[0] ^ np.uint8(1), *drawn[1:]]
    assert not np.array_equal(features.cached(changed, tmp_path, counting), first)
    for file in tmp_path.iterdir():
        file.write_bytes(file.read_bytes()[:100])
    assert np.array_equal(features.cached(drawn, tmp_path, counting), first)
    assert calls == [3, 3, 3]


def test_a_folder_that_takes_nothing_costs_a_line_in_the_log_not_the_result(tmp_path, caplog):
    (tmp_path / "file").write_text("in the way")
    with caplog.at_level(logging.WARNING):
        assert features.cached(pictures(2), tmp_path / "file", averages).shape == (2, features.FEATURES)
    assert "not remembered" in caplog.text


def test_a_missing_inception_is_named_with_the_command_that_brings_it(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "folder", lambda: tmp_path)
    with pytest.raises(EngineError, match="moulage weights get fid-inception"):
        features.load_network()


def torch_fidelitys(state, monkeypatch):
    """torch-fidelity's own Inception, filled convolution by convolution from the TorchScript's weights."""
    monkeypatch.setattr(reference, "load_state_dict_from_url", lambda *args, **kwargs: {})
    monkeypatch.setattr(reference.FeatureExtractorInceptionV3, "load_state_dict", lambda self, given: None)
    network = reference.FeatureExtractorInceptionV3("reference", ["2048"])
    blocks = [m for m in network.modules() if isinstance(m, reference.BasicConv2d)]
    values = list(state.values())
    assert len(values) == 4 * len(blocks)
    for block, (kernel, beta, mean, variance) in zip(blocks, zip(*[iter(values)] * 4, strict=True), strict=True):
        block.conv.weight.data.copy_(kernel)
        block.bn.weight.data.fill_(1)
        block.bn.bias.data.copy_(beta)
        block.bn.running_mean.copy_(mean)
        block.bn.running_var.copy_(variance)
    return network.eval()


def test_the_fid_inception_gives_torch_fidelitys_features_wherever_it_is_installed(monkeypatch):
    if not (weights.folder() / weights.FEATURE_NETS["fid-inception"].file).is_file():
        with pytest.raises(EngineError, match="weights get"):
            features.load_network()
        return
    network, drawn = features.load_network(), pictures(2, 192, 128)
    twin = torch_fidelitys(network.state_dict(), monkeypatch)
    with torch.inference_mode():
        expected = twin(torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2))[0].numpy()
    np.testing.assert_allclose(features.inception(drawn, network), expected, atol=5e-5)
