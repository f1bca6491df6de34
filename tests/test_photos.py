"""Photos: every kind of file that can be converted faithfully, everything else one sentence, private and really deleted."""

import contextlib
import io
import struct
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from phantoms import phantom
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

from engine.cases import superpixels
from engine.cases.superpixels import GRAINS, slic_zero
from engine.cases.tone import TONES, nearest_type
from engine.errors import EngineError
from engine.photos.proposal import propose_lesion
from engine.photos.reading import png_bytes, read_photo
from engine.stores import photos as photo_store
from engine.stores.photos import Photos

PICTURE, PLANES = phantom(3, 0, 384, 256)
FRAME = (1536, 1024)
DATA = Path(__file__).resolve().parent.parent.parent / "shared/data/isic2018-384"


def saved(picture, kind="PNG", **options):
    out = io.BytesIO()
    (picture if isinstance(picture, Image.Image) else Image.fromarray(picture)).save(out, kind, **options)
    return out.getvalue()


def read(data, enough=FRAME):
    return read_photo(data, "a.jpg", enough)[0].astype(int)


def near(a, b, most=1):
    return a.shape == b.shape and np.abs(a.astype(int) - b.astype(int)).max() <= most


def cmyk_profile():
    """An ICC version 2 CMYK profile whose sixteen grid points are those of RGB = (1 - CMY)(1 - K), in Lab."""
    rows = []
    grid = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), axis=-1).reshape(-1, 4)
    colours = ((1 - grid[:, :3]) * (1 - grid[:, 3:]) * 255).astype(np.uint8)[None]
    lab = ImageCms.createProfile("LAB")
    made = ImageCms.profileToProfile(Image.fromarray(colours), ImageCms.createProfile("sRGB"), lab, outputMode="LAB")
    rows = np.asarray(made).reshape(-1, 3).copy()
    rows[:, 1:] += 128  # Pillow's Lab bytes are signed, the profile's have their zero at 128
    identity = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    table += b"".join(struct.pack(">i", 65536 * (i % 4 == 0)) for i in range(9))
    table += identity * 4 + rows.astype(np.uint8).tobytes() + identity * 3
    white = b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)
    text = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78)
    right = b"text" + bytes(4) + b"none\0"
    tags, at, body = [], 128 + 4 + 12 * 4, b""
    for name, part in ((b"desc", text), (b"cprt", right), (b"wtpt", white), (b"A2B0", table)):
        part += bytes(-len(part) % 4)
        tags.append(name + struct.pack(">II", at + len(body), len(part)))
        body += part
    head = struct.pack(">I4sI4s4s4s", at + len(body), b"none", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head + bytes(128 - len(head)) + struct.pack(">I", 4) + b"".join(tags) + body


def test_a_jpeg_png_and_tiff_come_back_as_pillow_reads_them():
    for kind, options in (("PNG", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("JPEG", {"quality": 95})):
        data = saved(PICTURE, kind, **options)
        assert near(read(data), np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), 0), kind


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF"])
def test_a_photo_is_turned_upright_and_its_size_with_it(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(PICTURE, kind, exif=exif)

    pixels, size = read_photo(data, "a", FRAME)

    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    assert near(pixels, expected, 0)
    assert size == (expected.shape[1], expected.shape[0])


def test_grey_palette_alpha_and_sixteen_bits_are_their_colours_in_eight_bits():
    grey = np.asarray(Image.fromarray(PICTURE).convert("L"))
    palette = Image.fromarray(PICTURE).quantize(64)
    alpha = np.dstack([PICTURE, np.full(grey.shape, 128, np.uint8)])
    deep = (grey.astype(np.uint16) << 8) + 77
    colour_16 = png_16_bit((PICTURE.astype(np.uint16) << 8) + 77)

    assert near(read(saved(grey)), np.dstack([grey] * 3), 0)
    assert near(read(saved(palette)), np.asarray(palette.convert("RGB")), 0)
    assert near(read(saved(alpha)), PICTURE * 0.502 + 255 * 0.498, 2)
    assert near(read(saved(deep)), np.dstack([grey] * 3))
    assert near(read(saved(deep, "TIFF")), np.dstack([grey] * 3))
    assert near(read(colour_16), PICTURE)


def png_16_bit(values):
    """A truecolour PNG of 16 bits a channel, which Pillow reads but does not write."""
    import cv2

    return bytes(cv2.imencode(".png", values[..., ::-1])[1])


def test_a_profile_is_obeyed():
    """A Display-P3-like picture's colours, through LittleCMS and back, are what they were."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    lab_profile = ImageCms.createProfile("LAB")
    lab = ImageCms.profileToProfile(
        Image.fromarray(PICTURE), ImageCms.createProfile("sRGB"), lab_profile, outputMode="LAB"
    )
    lab_icc = ImageCms.ImageCmsProfile(lab_profile).tobytes()

    assert near(read(saved(PICTURE, icc_profile=srgb)), PICTURE)
    assert near(read(saved(lab, "TIFF", icc_profile=lab_icc)), PICTURE, 4)


def test_cmyk_is_read_through_its_profile_and_refused_without():
    flat = np.zeros((80, 90, 4), np.uint8)
    flat[:, 30:60, 1:3] = 255
    flat[:, 60:, 3] = 255
    cmyk = Image.frombytes("CMYK", (90, 80), flat.tobytes())

    pixels = read(saved(cmyk, "TIFF", icc_profile=cmyk_profile()))

    assert near(pixels[40, [10, 45, 80]], np.array([[255, 255, 255], [255, 0, 0], [0, 0, 0]]), 12)
    for kind in ("JPEG", "TIFF"):
        with pytest.raises(EngineError, match="CMYK without a colour profile"):
            read(saved(cmyk, kind))


def test_a_large_jpeg_is_reduced_while_it_is_decoded_and_any_other_afterwards():
    large = np.tile(PICTURE, (12, 12, 1))

    for kind in ("JPEG", "PNG"):
        pixels, size = read_photo(saved(large, kind), "a", (384, 256))
        assert size == (4608, 3072)
        assert 384 <= pixels.shape[1] < 4608
        assert 256 <= pixels.shape[0] < 3072
        assert abs(pixels.mean() - PICTURE.mean()) < 1


def animated(kind):
    frames = [Image.fromarray(PICTURE), Image.fromarray(PICTURE[::-1])]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(("data", "words"), [
    (b"", "empty"),
    (b"a text file", "no picture"),
    (b"\xff\xd8\xff\xe0 hardly", "no picture"),
    (saved(PICTURE, "JPEG")[:-4000], "not copied whole"),
    (saved(PICTURE, "PNG")[:-4000], "not copied whole"),
    (saved(PICTURE, "TIFF")[:-4000], "not copied whole"),
    (animated("GIF"), "a GIF"),
    (animated("WEBP"), "a WebP"),
    (animated("PNG"), "several pictures"),
    (animated("TIFF"), "several pictures"),
    (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC"),
    (saved(PICTURE[:40]), "384x40; at least 64"),
    (saved(np.zeros((99, 99), np.float32), "TIFF"), "kind F"),
    (saved(PICTURE, icc_profile=b"no profile at all" * 20), "colour profile"),
    (saved(Image.new("1", (11000, 11000))), "11000x11000, 121 megapixels; at most 110"),
    (saved(Image.new("1", (40000, 30000)), "TIFF", compression="group4"), "over 179 megapixels; at most 110"),
])  # fmt: skip
def test_what_cannot_be_read_faithfully_is_one_sentence(data, words):
    with pytest.raises(EngineError, match=words) as caught:
        read(data)
    assert str(caught.value).startswith("a.jpg ")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["JPEG", "PNG", "TIFF"]), st.integers(0, 4000), st.binary(min_size=1, max_size=20))
def test_no_damage_does_worse_than_a_sentence(kind, at, noise):
    data = bytearray(saved(PICTURE[:80, :80], kind))
    data[at % len(data) : at % len(data) + len(noise)] = noise
    with contextlib.suppress(EngineError):
        assert read(bytes(data)).shape[2] == 3


def test_a_phones_two_picture_jpeg_is_its_first():
    data = saved(PICTURE, "MPO", save_all=True, append_images=[Image.fromarray(PICTURE[::-1])], quality=95)

    assert Image.open(io.BytesIO(data)).format == "MPO"
    assert near(read(data), PICTURE, 40)


def test_what_is_kept_is_pixels_alone_and_its_owners(tmp_path):
    exif, notes = Image.Exif(), PngImagePlugin.PngInfo()
    exif[0x010F] = "Camera of Dr Secret"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    notes.add_text("Comment", "Dr Secret")
    photos = Photos(tmp_path / "photos")

    for data in (
        saved(PICTURE, "PNG", exif=exif, pnginfo=notes),
        saved(PICTURE, "JPEG", exif=exif, comment=b"Dr Secret"),
    ):
        pixels, _ = read_photo(data, "a", FRAME)
        name = photos.keep(pixels)
        kept = photos.png(name)
        assert b"Secret" in data
        assert b"Secret" not in kept
        assert [kind for kind, _ in chunks(kept)] == [b"IHDR", b"IDAT", b"IEND"]
        assert np.array_equal(photos.picture(name, (384, 256)), pixels)
    assert (tmp_path / "photos").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "photos").iterdir()} == {0o600}


def chunks(png):
    at = 8
    merged = {}
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        merged.setdefault(kind, length)
        at += 12 + length
    return merged.items()


def test_superpixels_are_slics_computed_once_and_their_owners(tmp_path, monkeypatch):
    photos, calls = Photos(tmp_path), []
    name = photos.keep(PICTURE)
    monkeypatch.setattr(photo_store, "slic_zero", lambda *given: calls.append(given) or slic_zero(*given))

    grains = {grain: [photos.superpixels(name, (384, 256), grain) for _ in range(2)] for grain in GRAINS}

    assert len(calls) == len(GRAINS)
    for grain, (first, again) in grains.items():
        assert np.array_equal(first, again)
        assert np.array_equal(first, slic_zero(PICTURE, GRAINS[grain]))
        assert 0.9 * GRAINS[grain] <= first.max() + 1 <= 1.1 * GRAINS[grain]
    assert grains["medium"][0].max() < superpixels.MOST_IN_A_CLASS
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    with pytest.raises(EngineError, match="coarse, medium, fine"):
        photos.superpixels(name, (384, 256), "../../x")


def test_a_deleted_photo_leaves_nothing_behind(tmp_path):
    photos = Photos(tmp_path, undo_s=0.2)
    name, other = photos.keep(PICTURE), photos.keep(PICTURE[::-1])
    photos.superpixels(name, (384, 256), "coarse")
    (tmp_path / f".{name}.png.killed").write_bytes(b"half a photo")

    assert photos.names() == [other, name] or photos.names() == [name, other]
    assert photos.delete(name)
    assert not photos.delete(name)

    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([f"{name}.png.deleted", f"{other}.png"])
    deadline = time.monotonic() + 10
    while len(list(tmp_path.iterdir())) > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [file.name for file in tmp_path.iterdir()] == [f"{other}.png"]
    for ask in (lambda: photos.png(name), lambda: photos.superpixels(name, (384, 256), "fine")):
        with pytest.raises(EngineError, match="no longer on this machine"):
            ask()
    with pytest.raises(EngineError, match="gone for good"):
        photos.undelete(name)
    with pytest.raises(EngineError, match="sha256"):
        photos.delete("../drafts/x")


def test_a_deleted_photo_can_be_brought_back_for_a_moment_and_a_killed_process_leaves_it_to_the_next(tmp_path):
    photos = Photos(tmp_path)
    name = photos.keep(PICTURE)
    kept = photos.png(name)
    photos.delete(name)
    assert not photos.holds(name)
    photos.undelete(name)
    assert photos.png(name) == kept
    photos.delete(name)

    assert photos.keep(PICTURE) == name, "opened again meanwhile"
    assert [file.name for file in tmp_path.iterdir()] == [f"{name}.png"]

    photos.delete(name)
    Photos(tmp_path, undo_s=0.0)
    assert list(tmp_path.iterdir()) == []


def test_superpixels_that_are_ready_after_the_deletion_are_not_written(tmp_path, monkeypatch):
    photos, started, deleted = Photos(tmp_path), threading.Event(), threading.Event()
    name, told = photos.keep(PICTURE), []

    def slow(picture, count):
        started.set()
        deleted.wait(10)
        return np.zeros(picture.shape[:2], np.int32)

    def ask():
        try:
            photos.superpixels(name, (384, 256), "fine")
        except EngineError as error:
            told.append(str(error))

    monkeypatch.setattr(photo_store, "slic_zero", slow)
    asking = threading.Thread(target=ask)
    asking.start()
    started.wait(10)
    photos.delete(name)
    deleted.set()
    asking.join()

    assert "no longer" in told[0]
    assert [file.name for file in tmp_path.iterdir()] == [f"{name}.png.deleted"]


def jaccard(a, b):
    return (a & b).sum() / max(1, (a | b).sum())


def test_a_drawn_lesion_is_found_and_bare_skin_is_left_alone():
    scores = [jaccard(propose_lesion(picture).lesion, planes.lesion) for picture, planes in
              (phantom(index, 0, 384, 256) for index in range(8))]  # fmt: skip

    assert np.median(scores) > 0.8
    blank = propose_lesion(np.full((256, 384, 3), 200, np.uint8))
    assert blank.lesion.max() == 0
    assert blank.doubt == "nothing stands out from the skin"
    assert propose_lesion(np.zeros((256, 384, 3), np.uint8)).lesion.shape == (256, 384)


def test_a_dermoscopes_dark_corners_are_no_lesion():
    picture, planes = phantom(3, 0, 384, 256)
    y, x = np.mgrid[:256, :384]
    dark = np.hypot((x - 192) / 192, (y - 128) / 128) > 1.15
    framed = np.where(dark[..., None], 5, picture).astype(np.uint8)

    proposed = propose_lesion(framed).lesion

    assert not (proposed[dark]).any()
    assert jaccard(proposed, planes.lesion) > 0.7


def test_real_lesions_are_found_where_photos_are_at_hand():
    from engine.data.frames import crop_labels, crop_picture
    from engine.photos.masks import load_mask
    from engine.photos.reading import load_picture

    files = sorted((DATA / "ISIC2018_Task1-2_Training_Input").glob("*.jpg"))[7::65]
    masks = [DATA / "ISIC2018_Task1_Training_GroundTruth" / f"{file.stem}_segmentation.png" for file in files]
    frame = 384, 256
    proposed = [propose_lesion(crop_picture(load_picture(file), frame)).lesion for file in files]
    drawn = [crop_labels(load_mask(mask).marked, frame) for mask in masks]
    scores = [jaccard(*pair) for pair in zip(proposed, drawn, strict=True)]

    assert not scores or np.median(scores) >= 0.75


def test_each_types_own_ita_lies_within_its_bounds():
    assert {nearest_type(ita): tone for tone, ita in TONES.items()} == {tone: tone for tone in TONES}
    assert [nearest_type(ita) for ita in (55.1, 55, 41, 28, 10, -30)] == ["I", "II", "III", "IV", "V", "VI"]


def test_nothing_in_the_kept_png_depends_on_the_file_it_came_from():
    assert png_bytes(PICTURE) == png_bytes(PICTURE.copy())
