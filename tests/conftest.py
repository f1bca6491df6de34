"""Seeds and one thread for every test, so that results do not depend on the machine."""

import os

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def drawn_lite0(tmp_path_factory):
    """The feature net's file with weights drawn at random, so that no test needs the trained one."""
    import timm
    import torch
    from safetensors.torch import save_file

    path = tmp_path_factory.mktemp("lite0") / "lite0.safetensors"
    torch.manual_seed(0)
    save_file(timm.create_model("tf_efficientnet_lite0", pretrained=False).state_dict(), path)
    return path


@pytest.fixture
def lite0(drawn_lite0, monkeypatch):
    """Every feature net that is loaded is the drawn one."""
    from engine.generators.shared import feature_critics
    from engine.weights import feature_nets

    for module in (feature_critics, feature_nets):
        monkeypatch.setattr(module, "path", lambda name: drawn_lite0)
    return drawn_lite0
