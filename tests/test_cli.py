"""The command line as a user types it: what works prints, what does not is one sentence and exit code 2."""

import dataclasses
import hashlib
import io
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pydicom
import pytest
from phantoms import write
from PIL import Image
from starters import starter

from engine.cases.case import to_json
from engine.cases.planes import semantic_map
from engine.cli import main
from engine.formats import map_bytes, picture_bytes
from engine.stores.library import Library
from engine.training import presets
from engine.weights.card import Card
from engine.weights.checkpoint import load, save

ROOT = Path(__file__).resolve().parent.parent
MOULAGE = (sys.executable, "-c", "from engine.cli import main; main()")
WEIGHTS = presets.weights_path("pix2pixhd-live")
TINY = (
    "model.width=4", "model.blocks=1", "model.discriminator_width=4", "model.perceptual=0.0", "model.projected=0.0",
    "train.images=16", "train.snapshot_images=8", "train.precision=fp32", "data.exclude=[]",
    "train.stages=[{until=1.0, width=64, height=64, batch=2}]",
)  # fmt: skip


def run(capsys, monkeypatch, *arguments):
    """(exit code, stdout, stderr) of `moulage ARGUMENTS`."""
    monkeypatch.setattr(sys, "argv", ["moulage", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    captured = capsys.readouterr()
    return ended.value.code or 0, captured.out, captured.err


@pytest.fixture
def moulage(capsys, monkeypatch):
    return lambda *arguments: run(capsys, monkeypatch, *arguments)


def settings(*more):
    return [part for assignment in (*TINY, *more) for part in ("--set", assignment)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("phantoms")
    return root, write(root, 12)


def test_presets_as_json_have_the_promised_fields(moulage):
    code, out, _ = moulage("presets", "--json")

    listed = {entry["name"]: entry for entry in json.loads(out)}
    assert code == 0
    fields = {"name", "family", "paper", "takes", "makes", "size", "trained", "parameters"}
    assert all(entry.keys() == fields for entry in listed.values())
    assert listed["pix2pixhd-instance"]["parameters"] == {"G": 182462083, "D": 8321859}
    assert listed["pix2pixhd-live"]["trained"] is True


def test_weights_lists_origin_licence_hash_and_how_to_get_each(moulage):
    _, out, _ = moulage("weights")

    for word in ("lite0", "fid-inception", "Apache-2.0", "sha256", "origin"):
        assert word in out


def test_data_check_says_nothing_is_wrong_or_what_is(moulage, folder):
    assert moulage("data", "check", folder[0], "--labels", folder[1])[:2][0] == 0
    assert "nothing is wrong" in moulage("data", "check", folder[0])[1]


def test_a_record_of_a_check_exits_as_its_command_does(moulage, folder, tmp_path):
    broken, record = tmp_path / "data", tmp_path / "check.json"
    shutil.copytree(folder[0], broken)
    next(broken.rglob("*_segmentation.png")).unlink()
    record.write_text(json.dumps({"verb": "data check", "folder": str(broken)}))

    assert moulage("data", "check", broken)[0] == 1
    code, out, _ = moulage("run", record)
    assert code == 1
    assert "has no lesion mask" in out


def test_training_stops_resumes_and_refuses_another_configuration(moulage, folder, tmp_path):
    root, labels = folder
    base = ("train", "pix2pixhd-live", "--data", root, "--labels", labels, "--device", "cpu", "--out", tmp_path / "run")

    code, out, err = moulage(*base, *settings())
    assert code == 0, err
    final = Path(out.strip().splitlines()[-1])
    assert final.name == "final.safetensors"
    card = json.loads(moulage("card", final)[1])
    assert card["clock"]["images"] == 16
    assert card["data"]["split"] == "train"
    assert "not empty" in moulage(*base, *settings())[2]
    assert "train.images" in moulage(*base, *settings("train.images=32"), "--resume")[2]
    render = ("--case", case(tmp_path), "--checkpoint", final, "--out", tmp_path / "x.png")
    code, _, err = moulage("render", "pix2pixhd-live", *render)
    assert code == 0, f"a run's own settings are in its checkpoint: {err}"
    told = moulage("render", "pix2pixhd-instance", *render)[2]
    assert "was trained as 'pix2pixhd-live'; the preset 'pix2pixhd-instance' was asked for" in told


def test_a_sigterm_saves_and_says_how_to_go_on(folder, tmp_path):
    root, labels = folder
    command = [*MOULAGE, "train", "pix2pixhd-live", "--data", root, "--labels", labels]
    command += ["--device", "cpu", "--out", tmp_path / "run", *settings("train.images=100000")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    while not (tmp_path / "run" / "resume.safetensors").exists():
        assert process.poll() is None
        time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert "--resume" in out
    assert not (tmp_path / "run" / "final.safetensors").exists()


def test_training_reaches_no_other_machine(folder, tmp_path):
    code = """
import os, sys
sys.path.insert(0, "tests")
import loopback
loopback.only()
from engine.cli import main
try:
    main()
finally:
    assert loopback.OUTSIDE == []
"""
    command = [sys.executable, "-c", code, "train", "pix2pixhd-live", "--data", folder[0], "--labels", folder[1]]
    command += ["--device", "cpu", "--out", tmp_path / "run", *settings()]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr[-1500:]
    assert (tmp_path / "run" / "final.safetensors").exists()


def case(folder):
    path = folder / "case.json"
    path.write_text(to_json(starter()))
    return path


def test_a_rendered_picture_holds_its_case_and_repeats_in_another_process(moulage, tmp_path):
    first, second = tmp_path / "a.png", tmp_path / "b.png"

    code, _, err = moulage(
        "render", "pix2pixhd-live", "--case", case(tmp_path), "--tone", "IV", "--seed", "3", "--out", first
    )
    assert code == 0, err
    subprocess.run(
        [*MOULAGE, "render", "pix2pixhd-live", "--case", first, "--out", second],
        cwd=ROOT,
        check=True,
    )
    card = json.loads(moulage("card", first)[1])

    assert np.array_equal(np.asarray(Image.open(first)), np.asarray(Image.open(second)))
    assert card["synthetic"] is True
    assert card["case"]["tone"] == "IV"
    assert card["case"]["seed"] == 3
    assert card["checkpoint"]["sha256"] == json.loads(moulage("card", WEIGHTS)[1])["sha256"]


def test_a_bundle_is_rendered_and_read_back(moulage, tmp_path):
    bundle, again = tmp_path / "mole.moulage.zip", tmp_path / "again.png"

    code, _, err = moulage("render", "pix2pixhd-live", "--case", case(tmp_path), "--seed", "4", "--out", bundle)
    assert code == 0, err
    assert moulage("render", "pix2pixhd-live", "--case", bundle, "--out", again)[0] == 0

    with zipfile.ZipFile(bundle) as archive:
        first = np.asarray(Image.open(io.BytesIO(archive.read("mole.png"))))
    assert np.array_equal(np.asarray(Image.open(again)), first)


@pytest.mark.parametrize("name", ["mole.json", "mole.jpg", "mole.png", "mole.moulage.zip"])
def test_every_form_tells_a_command_that_makes_the_same_picture(moulage, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert moulage("render", "pix2pixhd-live", "--case", case(tmp_path), "--tone", "V", "--out", name)[0] == 0
    told = json.loads(moulage("card", name)[1])

    code, _, err = moulage(*shlex.split(told["command"])[1:])
    assert code == 0, err

    with Image.open("mole-again.png") as again:
        assert hashlib.sha256(np.asarray(again).tobytes()).hexdigest() == told["picture_sha256"]


def test_a_dicom_file_is_rendered(moulage, tmp_path):
    assert moulage("render", "pix2pixhd-live", "--case", case(tmp_path), "--out", tmp_path / "mole.dcm")[0] == 0

    assert pydicom.dcmread(tmp_path / "mole.dcm").SyntheticData == "YES"


def test_the_library_is_listed_searched_and_exported(moulage, tmp_path):
    library = Library(tmp_path / "library")
    for name in ("naevus", "small"):
        told = {"case": json.loads(to_json(starter(name))), "made": "2026-11-21T12:00:00Z"}
        library.keep(picture_bytes(np.zeros((256, 384, 3), np.uint8), told))
    own = ("--folder", tmp_path / "library")

    listed = json.loads(moulage("library", "list", "streaks", "II", *own, "--json")[1])
    code, _, err = moulage("library", "export", "streaks", *own, "--out", tmp_path / "set")

    assert [kept["seed"] for kept in listed] == [7]
    assert code == 0, err
    assert moulage("data", "check", tmp_path / "set")[0] == 0
    assert "1 photos" in moulage("data", "check", tmp_path / "set")[1]
    assert "no kept case" in moulage("library", "export", "IV", *own, "--out", tmp_path / "none")[2]


def test_a_flat_map_renders_too(moulage, tmp_path):
    (tmp_path / "map.png").write_bytes(map_bytes(semantic_map(starter().planes)))

    code, _, err = moulage("render", "pix2pixhd-live", "--map", tmp_path / "map.png", "--out", tmp_path / "p.png")

    assert code == 0, err
    with Image.open(tmp_path / "p.png") as picture:
        assert picture.size == (384, 256)


def wrong_checkpoints(folder):
    tensors, card = load(WEIGHTS)
    save(folder / "family.safetensors", tensors, dataclasses.replace(card, family="dcgan"))
    (folder / "cut.safetensors").write_bytes(WEIGHTS.read_bytes()[:-100])
    (folder / "noise.safetensors").write_bytes(os.urandom(4000))
    newer = WEIGHTS.read_bytes().replace(b'\\"format\\": 1', b'\\"format\\": 9')
    (folder / "newer.safetensors").write_bytes(newer)
    assert isinstance(card, Card)


@pytest.mark.parametrize(("name", "words"), [
    ("family", "dcgan"), ("cut", "damaged"), ("noise", "safetensors"), ("newer", "format 9"), ("missing", "missing"),
])  # fmt: skip
def test_a_wrong_checkpoint_is_one_sentence(moulage, tmp_path, name, words):
    wrong_checkpoints(tmp_path)

    code, out, err = moulage(
        "render",
        "pix2pixhd-live",
        "--case",
        case(tmp_path),
        "--checkpoint",
        tmp_path / f"{name}.safetensors",
        "--out",
        tmp_path / "p.png",
    )

    assert (code, out) == (2, "")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(("arguments", "words"), [
    (("render", "pix2pixhd-life", "--case", "CASE", "--out", "p.png"), "pix2pixhd-live"),
    (("render", "pix2pixhd-semantic", "--case", "CASE", "--out", "p.png"), "no trained weights"),
    (("render", "pix2pixhd-live", "--case", "CASE", "--tone", "VII", "--out", "p.png"), "VII"),
    (("render", "pix2pixhd-live", "--case", "CASE", "--out", "p.webp"), ".webp"),
    (("render", "pix2pixhd-live", "--out", "p.png"), "--case"),
    (("render", "pix2pixhd-live", "--case", "nowhere.json", "--out", "p.png"), "nowhere.json"),
    (("studio", "--host", "0.0.0.0"), "loopback"),
    (("data", "check", "nowhere"), "nowhere"),
    (("train", "pix2pixhd-live", "--data", "nowhere", "--out", "run"), "nowhere"),
    (("train", "pix2pixhd-live", "--data", ".", "--out", "run", "--set", "train.imges=3"), "images"),
    (("card", "nowhere.png"), "nowhere.png"),
    (("evaluate", "fidelity", "--real", "."), "--preset"),
    (("weights", "get", "vgg"), "lite0"),
])  # fmt: skip
def test_a_mistake_is_one_sentence_and_exit_code_2(moulage, tmp_path, monkeypatch, arguments, words):
    path = case(tmp_path)
    monkeypatch.chdir(tmp_path)

    code, _, err = moulage(*(path if a == "CASE" else a for a in arguments))

    assert code == 2
    assert words in err
    assert "Traceback" not in err
    assert err.count("\n") == 1


def test_a_jpeg_as_label_map_is_refused(moulage, tmp_path):
    Image.fromarray(semantic_map(starter().planes)).save(tmp_path / "map.jpg")

    code, _, err = moulage("render", "pix2pixhd-live", "--map", tmp_path / "map.jpg", "--out", tmp_path / "p.png")

    assert code == 2
    assert "JPEG" in err


def test_a_taken_port_is_one_sentence(moulage):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = moulage("studio", "--port", taken.getsockname()[1])

    assert code == 2
    assert "--port" in err


def test_a_full_disk_while_saving_keeps_the_old_picture(moulage, tmp_path, monkeypatch):
    out = tmp_path / "p.png"
    out.write_bytes(b"the old picture")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, err = moulage("render", "pix2pixhd-live", "--case", case(tmp_path), "--out", out)

    assert code == 2
    assert "No space left" in err
    assert out.read_bytes() == b"the old picture"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["case.json", "p.png"]
