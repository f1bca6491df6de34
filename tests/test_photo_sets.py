"""Photos for noise generators: layouts beyond the challenges, diagnoses, splits, masks as a channel, rejected artefacts."""

import csv
import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from phantoms import phantom, write
from PIL import Image

from engine import service
from engine.cases.diagnoses import DIAGNOSES, place_of
from engine.data.artefacts import round_framed, ruled
from engine.data.batches.loading import batch_at
from engine.data.batches.order import Sampling, View
from engine.data.caches.photos import build
from engine.data.readers import dermoscopic, registry
from engine.data.recipes import Frame, PhotosData, Recipe
from engine.data.sources import SOURCES
from engine.errors import EngineError
from engine.service.evaluate import HeldOut
from engine.training import presets

SHARED = Path(__file__).resolve().parent.parent.parent / "shared/data"
HOW = PhotosData("stretch", "isic2017", 0, (), (), False)
REJECTING = dataclasses.replace(HOW, fit="crop", reject=("round frame",))


def picture(path, seed=0, mask=None):
    drawn, planes = phantom(seed, 0, 48, 32)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(drawn).save(path)
    if mask:
        mask.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(planes.lesion * np.uint8(255)).save(mask)


def table(path, rows, delimiter=","):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        out.writeheader()
        out.writerows(rows)


@pytest.mark.parametrize("name", ["HAM10000_metadata", "HAM10000_metadata.csv"])
def test_ham10000_in_two_parts_is_split_by_lesion(tmp_path, name):
    ids = [f"ISIC_{24306 + i:07d}" for i in range(40)]
    for i, one in enumerate(ids):
        folder = tmp_path / f"HAM10000_images_part_{1 + i % 2}"
        picture(
            folder / f"{one}.jpg", i, tmp_path / "HAM10000_segmentations_lesion_tschandl" / f"{one}_segmentation.png"
        )
    dxs = ("mel", "nv", "bcc", "akiec")
    table(
        tmp_path / name,
        [{"lesion_id": f"HAM_{i // 2}", "image_id": one, "dx": dxs[i // 2 % 4]} for i, one in enumerate(ids)],
    )

    found = registry.read(tmp_path, None, HOW)
    assert found.layout == "ham10000"
    assert len(found.records) == 40
    assert all(record.mask for record in found.records)
    sides = {}
    for record in found.records:
        assert sides.setdefault(record.group, record.split) == record.split
    assert {record.split for record in found.records} == {"train", "val", "test"}
    binary = registry.read(tmp_path, None, HOW, ("benign", "melanoma"))
    assert {(r.diagnosis, r.label) for r in binary.records} == {("melanocytic nevus", 0), ("melanoma", 1)}


def test_ph2_reads_its_own_sheet(tmp_path):
    for i, name in enumerate(("IMD002", "IMD003", "IMD004")):
        folder = tmp_path / "PH2 Dataset images" / name
        picture(
            folder / f"{name}_Dermoscopic_Image" / f"{name}.bmp", i, folder / f"{name}_lesion" / f"{name}_lesion.bmp"
        )
    lines = ["||   Name || Histological Diagnosis || Clinical Diagnosis || Asymmetry ||"]
    lines += [f"|| {name} ||   || {code} || 0 ||" for name, code in (("IMD002", 0), ("IMD003", 1), ("IMD004", 2))]
    (tmp_path / "PH2_dataset.txt").write_text("\n".join(lines))

    found = registry.read(tmp_path, None, HOW)
    assert [r.diagnosis for r in found.records] == ["melanocytic nevus", "atypical nevus", "melanoma"]
    assert all(r.mask for r in found.records)


def test_an_archive_download_carries_every_pictures_own_licence_and_finest_known_diagnosis(tmp_path):
    rows = [
        {
            "isic_id": "ISIC_1",
            "diagnosis_1": "Malignant",
            "diagnosis_3": "Melanoma in situ",
            "image_type": "dermoscopic",
        },
        {"isic_id": "ISIC_2", "diagnosis_1": "Benign", "diagnosis_3": "Nevus", "image_type": "dermoscopic"},
        {"isic_id": "ISIC_3", "diagnosis_1": "Malignant", "diagnosis_3": "Something rare", "image_type": ""},
        {"isic_id": "ISIC_4", "diagnosis_1": "Benign", "diagnosis_3": "Nevus", "image_type": "clinical: close-up"},
    ]
    table(tmp_path / "metadata.csv", [r | {"copyright_license": "CC-BY", "attribution": "a clinic"} for r in rows])
    for i in (1, 2, 3):
        picture(tmp_path / f"ISIC_{i}.jpg", i)

    found = registry.read(tmp_path, None, HOW)
    assert {r.id: r.diagnosis for r in found.records} == {
        "ISIC_1": "melanoma", "ISIC_2": "melanocytic nevus", "ISIC_3": "malignant",
    }  # fmt: skip
    assert {r.licence for r in found.records} == {"ISIC Archive: CC-BY, a clinic"}
    (tmp_path / "ISIC_1.jpg").unlink()
    with pytest.raises(EngineError, match="names ISIC_1, whose image is not beside it"):
        registry.read(tmp_path, None, HOW)


def test_a_lentigo_maligna_melanoma_is_a_melanoma():
    assert dermoscopic.archive_diagnosis({"diagnosis_3": "Lentigo maligna melanoma"}) == "melanoma"
    assert dermoscopic.archive_diagnosis({"diagnosis_1": "Indeterminate"}) is None


def test_a_diagnosis_belongs_to_its_group_and_names_are_known():
    assert place_of("melanoma", ("benign", "melanoma")) == 1
    assert place_of("dermatofibroma", ("benign", "melanoma")) == 0
    assert place_of("actinic keratosis", ("benign", "malignant")) is None
    assert place_of(None, ("benign",)) is None
    assert {*dermoscopic.HAM_DIAGNOSES.values(), *dermoscopic.ARCHIVE_WORDS.values()} <= set(DIAGNOSES)


def test_a_challenge_folder_without_masks_has_photos_diagnoses_and_a_split(tmp_path):
    ids = [f"ISIC_{i:07d}" for i in range(40)]
    for i, one in enumerate(ids):
        picture(tmp_path / "ISIC2018_Task1-2_Training_Input" / f"{one}.jpg", i)
    table(
        tmp_path / "labels.csv",
        [{"image_id": one, "melanoma": float(i % 4 == 0), "seborrheic_keratosis": 0.0} for i, one in enumerate(ids)],
    )

    found = registry.read(tmp_path, tmp_path / "labels.csv", HOW, ("benign", "melanoma"))

    assert [record.label for record in found.records] == [int(i % 4 == 0) for i in range(40)]
    assert all(record.mask is None for record in found.records)
    assert {record.split for record in found.records} == {"train", "val", "test"}


def test_data_check_counts_an_archive_download_and_names_what_is_wrong(tmp_path):
    rows = [{"isic_id": f"ISIC_{i}", "diagnosis_1": "Benign", "diagnosis_3": "Nevus"} for i in range(3)]
    table(tmp_path / "metadata.csv", [r | {"copyright_license": "CC-0", "attribution": "a clinic"} for r in rows])
    for i in range(3):
        picture(tmp_path / f"ISIC_{i}.jpg", i)

    sound = service.run(service.CheckRequest(tmp_path))

    assert (sound.layout, sound.problems) == ("isic archive", ())
    assert sound.counts == {"photos": 3, "lesions or patients": 3, "lesion masks": 0, "melanocytic nevus": 3}
    assert sound.licence == "ISIC Archive: CC-0, a clinic"
    (tmp_path / "ISIC_1.jpg").write_bytes((tmp_path / "ISIC_0.jpg").read_bytes())
    (tmp_path / "ISIC_2.jpg").write_bytes(b"no picture")
    assert [name for name, _ in service.run(service.CheckRequest(tmp_path)).problems] == ["ISIC_1.jpg", "ISIC_2.jpg"]
    (tmp_path / "ISIC_2.jpg").unlink()
    ((name, sentence),) = service.run(service.CheckRequest(tmp_path)).problems
    assert (name, sentence) == (
        tmp_path.name,
        f"{tmp_path.name}/metadata.csv names ISIC_2, whose image is not beside it",
    )


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "set", write(tmp_path / "set", 12)


def test_a_challenge_folder_gives_labels_and_masks_as_the_fourth_channel(folder, tmp_path):
    found = registry.read(*folder, HOW, ("benign", "melanoma"))
    assert [r.label for r in found.records] == [1 if i % 3 == 0 else 0 for i in range(12)]

    cache = build(found.of("train"), Recipe((96, 64), HOW, mask=True), tmp_path)
    drawn, planes = phantom(0, 0, 96, 64)
    assert np.array_equal(cache.pictures[0], np.dstack([drawn, planes.lesion * np.uint8(255)]))
    batch = batch_at(cache, 0, View(4, Frame(24, 16), Sampling(1, True, 0.0)), torch.device("cpu"))
    assert batch.pictures.shape == (4, 4, 16, 24)
    assert set(batch.pictures[:, 3].unique().tolist()) == {-1.0, 1.0}
    again = batch_at(cache, 0, View(4, Frame(24, 16), Sampling(1, True, 0.0)), torch.device("cpu"))
    assert torch.equal(batch.pictures, again.pictures)
    assert torch.equal(batch.labels, again.labels)


def test_a_fading_frame_is_blended_with_its_form_at_half_the_resolution(folder, tmp_path):
    cache = build(registry.read(*folder, HOW), Recipe((96, 64), HOW), tmp_path)

    def shown(fade):
        return batch_at(
            cache, 0, View(2, Frame(48, 32, fade=fade), Sampling(1, False, 0.0)), torch.device("cpu")
        ).pictures

    halves = shown(0.0)
    assert torch.allclose(halves[:, :, ::2, ::2], halves[:, :, 1::2, 1::2])
    assert torch.allclose(shown(0.3), 0.7 * halves + 0.3 * shown(1.0), atol=1e-6)


def test_photos_without_a_wanted_diagnosis_or_mask_are_named(folder, tmp_path):
    with pytest.raises(EngineError, match="no photo of basal cell carcinoma; its diagnoses: benign, melanoma"):
        registry.read(*folder, HOW, ("basal cell carcinoma",))
    bare = [dataclasses.replace(r, mask=None) for r in registry.read(*folder, HOW).records]
    with pytest.raises(EngineError, match="no lesion mask for 12 of 12 photos"):
        build(
            dataclasses.replace(registry.read(*folder, HOW), records=tuple(bare)),
            Recipe((8, 8), HOW, mask=True),
            tmp_path,
        )
    with pytest.raises(EngineError, match="known are isic challenge, ham10000, ph2, isic archive, clinical"):
        registry.read(tmp_path / "nothing", None, HOW)


def skin(height=192, width=256):
    random = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    shade = 190 - 90 * np.exp(-(((y - height / 2) / 40) ** 2 + ((x - width / 2) / 50) ** 2))
    return np.clip(shade[..., None] * [1, 0.8, 0.7] + random.normal(0, 3, (height, width, 3)), 0, 255).astype(np.uint8)


def test_a_round_frame_is_told_from_a_dark_lesion_and_dark_skin():
    framed, y, x = skin(), *np.mgrid[:192, :256]
    framed[np.hypot(y - 96, x - 128) > 110] = 8

    assert round_framed(framed)
    assert not round_framed(skin())
    assert not round_framed((skin() * 0.35).astype(np.uint8))


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("distance", [5, 8, 12])
def test_a_ruler_is_told_from_hairs(turned, distance):
    ruler, hairy = skin(), skin()
    for tick in range(20, 236, distance):
        cv2.line(ruler, (tick, 176), (tick, 188), (30, 20, 20), 1)
    for hair in np.random.default_rng(1).integers(0, 190, (9, 4)):
        cv2.line(hairy, tuple(map(int, hair[:2])), tuple(map(int, hair[2:])), (40, 25, 20), 1)
    turn = (lambda p: np.ascontiguousarray(p.transpose(1, 0, 2))) if turned else (lambda p: p)

    assert ruled(turn(ruler))
    assert not ruled(turn(hairy))
    assert not ruled(turn(skin()))


def test_rejected_photos_are_left_out_of_the_cache_and_none_left_is_a_sentence(folder, tmp_path):
    found = registry.read(*folder, HOW)
    framed = np.asarray(Image.open(found.records[2].picture)).copy()
    y, x = np.mgrid[: framed.shape[0], : framed.shape[1]]
    framed[np.hypot(y - 32, x - 48) > 36] = 5
    Image.fromarray(framed).save(found.records[2].picture)
    again = registry.read(*folder, HOW)

    kept = build(again, Recipe((48, 32), REJECTING), tmp_path)
    assert set(kept.ids) == {r.id for r in again.records} - {again.records[2].id}
    one = dataclasses.replace(again, records=again.records[2:3])
    with pytest.raises(EngineError, match="leaves no photo"):
        build(one, Recipe((48, 32), REJECTING), tmp_path)


def test_an_exclusion_list_enters_the_runs_configuration(folder, tmp_path):
    listed = tmp_path / "non-dermoscopic.txt"
    listed.write_text("# the 118\nISIC_9000000.jpg\n\nISIC_9000001\n")
    narrow = (
        "model.width=2",
        "model.discriminator_width=2",
        "train.images=4",
        "train.stages=[{until=1.0, width=64, height=64, batch=2}]",
    )

    def train(out):
        root, labels = folder
        service.run(service.TrainRequest("dcgan-64", root, out, labels, narrow, device="cpu", exclude=listed))

    train(tmp_path / "run")

    card = service.read_card(tmp_path / "run" / "final.safetensors")
    assert card["config"]["data"]["exclude"] == ["ISIC_9000000", "ISIC_9000001"]
    listed.write_text("ISIC_9000000,ISIC_9000001\n")
    with pytest.raises(EngineError, match="one id a line"):
        train(tmp_path / "other")


def test_the_shared_photos_give_the_counts_of_their_readme():
    if SHARED.is_dir():
        read = SOURCES[PhotosData].read
        found = read(SHARED / "isic2018-384", SHARED / "isic2018_labels.csv", presets.load("pgan-256").recipe)
        assert (len(found.records), sum(r.label for r in found.records)) == (2594, 519)
        assert len(read(SHARED / "pad-ufes-20", None, presets.load("dcgan-128-bcc").recipe).records) == 346


def test_an_exclusion_list_may_name_photos_that_were_not_asked_for(folder):
    root, labels = folder
    recipe = presets.load("dcgan-128-melanoma").recipe
    melanomas = [f"ISIC_{9_000_000 + i}" for i in range(0, 12, 3)]
    listing = dataclasses.replace(recipe.how, exclude=(melanomas[0], "ISIC_9000001"))

    found = SOURCES[PhotosData].training(root, labels, dataclasses.replace(recipe, how=listing))

    assert {record.id for record in found.records} == set(melanomas[1:])
    listing = dataclasses.replace(recipe.how, exclude=("ISIC_1234567",))
    with pytest.raises(EngineError, match="names ISIC_1234567"):
        SOURCES[PhotosData].training(root, labels, dataclasses.replace(recipe, how=listing))


def test_a_report_leaves_out_what_training_rejects(folder, tmp_path):
    root, labels = folder
    melanomas = registry.read(root, labels, HOW, ("melanoma",)).of("train").records
    framed = np.asarray(Image.open(melanomas[0].picture)).copy()
    y, x = np.mgrid[: framed.shape[0], : framed.shape[1]]
    framed[np.hypot(y - 32, x - 48) > 36] = 5
    Image.fromarray(framed).save(melanomas[0].picture)

    held = HeldOut.of(root, labels, "dcgan-128-melanoma", "train")
    manifest = registry.read(root, labels, HOW, ("melanoma",)).of("train")
    trained = build(
        manifest, Recipe((48, 32), dataclasses.replace(REJECTING, reject=("round frame", "ruler"))), tmp_path
    )
    assert tuple(record.id for record in held.records) == trained.ids
    assert melanomas[0].id not in trained.ids
    assert len(held.photos()) == len(held.floor()) == len(trained.ids)


def test_a_label_file_beside_an_archives_own_table_is_refused(tmp_path):
    table(tmp_path / "metadata.csv", [{"isic_id": "ISIC_0", "diagnosis_1": "Benign"}])
    picture(tmp_path / "ISIC_0.jpg")
    table(tmp_path / "labels.csv", [{"image_id": "ISIC_0", "melanoma": 1.0}])

    with pytest.raises(EngineError, match=r"labels.csv was given; .* is laid out as isic archive, whose own table"):
        registry.read(tmp_path, tmp_path / "labels.csv", HOW)
