"""One decoder for the studio and for training: every kind of file, upright, in sRGB, or one sentence."""

import io
import sys
import zlib

import numpy as np
import pytest
from phantoms import phantom
from PIL import Image, ImageCms
from test_photos import cmyk_profile, near, png_16_bit, saved

from engine.cases.boxes import Box
from engine.data.caches.crops import of_photo
from engine.data.decoding import decode
from engine.data.recipes import CropsData
from engine.data.records import ClinicalRecord, PhotoRecord
from engine.errors import EngineError
from engine.photos.reading import load_picture, read_photo

PICTURE, PLANES = phantom(3, 0, 192, 128)
GREY = np.asarray(Image.fromarray(PICTURE).convert("L"))
DEEP_GREY = GREY.astype(np.uint16) * 257


def turned(orientation, kind="JPEG", **options):
    """A photo that is stored turned and says by its EXIF how to turn it back, as a phone's is."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    back = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    stored = Image.fromarray(PICTURE).transpose(back[orientation])
    return saved(stored, kind, exif=exif, **options)


def written(tmp_path, data, name="photo.jpg"):
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_training_reads_a_turned_photo_upright_with_its_mask_and_box(tmp_path, orientation):
    photo = written(tmp_path, turned(orientation, quality=98))
    mask = written(tmp_path, saved(PLANES.lesion * np.uint8(255)), "mask.png")
    rows, columns = (np.flatnonzero(PLANES.lesion.any(axis=axis)) for axis in (1, 0))
    box = Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1, "melanoma")

    decoded = decode(PhotoRecord("a", photo, mask, None, "a", "", None))

    assert near(decoded.picture, PICTURE, 40)
    assert np.array_equal(decoded.lesion, PLANES.lesion)
    how = CropsData(1, (1.0, 1.0), 0.5, 8, 0, (), False)
    upright = written(tmp_path, saved(PICTURE), "upright.png")
    turned_crop, crop = (
        of_photo(ClinicalRecord("a", file, None, (box,), None, "a", "", None), 64, how)[0] for file in (photo, upright)
    )
    assert turned_crop[0].boxes == crop[0].boxes
    assert near(turned_crop[1], crop[1], 40)


FILES = {
    "png": (saved(PICTURE), PICTURE, 0),
    "bmp": (saved(PICTURE, "BMP"), PICTURE, 0),
    "tiff": (saved(PICTURE, "TIFF"), PICTURE, 0),
    "jpeg 2000": (saved(PICTURE, "JPEG2000", irreversible=False), PICTURE, 0),
    "16-bit grey": (saved(DEEP_GREY), np.dstack([GREY] * 3), 0),
    "16-bit grey tiff": (saved(DEEP_GREY, "TIFF"), np.dstack([GREY] * 3), 0),
    "16-bit colour": (png_16_bit(PICTURE.astype(np.uint16) * 257), PICTURE, 1),
    "sRGB by name": (
        saved(PICTURE, icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()), PICTURE, 0,
    ),
    "palette": (saved(Image.fromarray(GREY).quantize(256)), np.dstack([GREY] * 3), 0),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_studio_and_training_read_the_same_pixels(tmp_path, kind):
    data, expected, most = FILES[kind]

    trained = load_picture(written(tmp_path, data))
    opened, size = read_photo(data, "a", (4000, 4000))

    assert near(trained, expected, most)
    assert np.array_equal(opened, trained)
    assert size == (192, 128)


def test_cmyk_goes_through_its_profile_in_training_too(tmp_path):
    red = np.zeros((80, 90, 4), np.uint8)
    red[..., 1:3] = 255
    cmyk = Image.frombytes("CMYK", (90, 80), red.tobytes())

    pixels = load_picture(written(tmp_path, saved(cmyk, "TIFF", icc_profile=cmyk_profile())))

    assert near(pixels[40, 45:46], np.array([[255, 0, 0]]), 12)
    with pytest.raises(EngineError, match=r"photo\.jpg is CMYK without a colour profile"):
        load_picture(written(tmp_path, saved(cmyk, "JPEG")))


def text_bomb():
    """A PNG whose text chunk unpacks to 80 MB, more than Pillow allows."""
    data = saved(PICTURE)
    body = b"Comment\0\0" + zlib.compress(bytes(80 << 20), 9)
    chunk = len(body).to_bytes(4, "big") + b"zTXt" + body + zlib.crc32(b"zTXt" + body).to_bytes(4, "big")
    return data[:33] + chunk + data[33:]


@pytest.mark.parametrize(("data", "words"), [
    (b"", "is empty"),
    (b"text", "is no picture"),
    (saved(PICTURE)[:-3000], "not copied whole"),
    (text_bomb(), "photo.jpg"),
    (saved(Image.new("1", (40000, 30000)), "TIFF", compression="group4"), "over 179 megapixels; at most 110"),
    (saved(Image.new("1", (11000, 11000))), "121 megapixels; at most 110"),
])  # fmt: skip
def test_what_training_cannot_read_is_one_sentence_that_names_the_file(tmp_path, data, words):
    with pytest.raises(EngineError, match=words) as caught:
        load_picture(written(tmp_path, data))

    assert str(caught.value).startswith("photo.jpg ")


def test_a_link_that_leads_nowhere_is_named(tmp_path):
    (tmp_path / "photo.jpg").symlink_to(tmp_path / "gone.jpg")

    with pytest.raises(EngineError, match=r"photo\.jpg is a link to .*gone\.jpg, which does not exist"):
        load_picture(tmp_path / "photo.jpg")


def dicom(pixels, **changes):
    """A VL photographic image as a camera's software writes it: explicit little endian, or as `changes` say."""
    pydicom = pytest.importorskip("pydicom")
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, generate_uid

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = pydicom.uid.UID("1.2.840.10008.5.1.4.1.1.77.1.4")
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file = FileDataset(io.BytesIO(), {}, file_meta=meta, preamble=b"\0" * 128)
    file.SOPClassUID, file.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    file.Rows, file.Columns = pixels.shape[:2]
    file.SamplesPerPixel = 3 if pixels.ndim == 3 else 1
    file.PhotometricInterpretation = "RGB" if pixels.ndim == 3 else "MONOCHROME2"
    file.PlanarConfiguration = 0
    file.BitsAllocated = file.BitsStored = 8 * pixels.itemsize
    file.HighBit, file.PixelRepresentation = file.BitsStored - 1, 0
    file.PixelData = pixels.tobytes()
    for name, value in changes.items():
        setattr(file, name, value)
    return file


def dicom_bytes(file):
    out = io.BytesIO()
    file.save_as(out, enforce_file_format=True)
    return out.getvalue()


def test_a_dicom_photograph_is_read_plain_and_compressed(tmp_path):
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit

    for name, file, expected, most in (
        ("plain", dicom(PICTURE), PICTURE, 0),
        ("16 bits", dicom(DEEP_GREY), np.dstack([GREY] * 3), 0),
        ("12 of 16 bits", dicom(DEEP_GREY >> 4, BitsStored=12, HighBit=11), np.dstack([GREY] * 3), 1),
        ("inverted", dicom(255 - GREY, PhotometricInterpretation="MONOCHROME1"), np.dstack([GREY] * 3), 0),
    ):
        assert near(load_picture(written(tmp_path, dicom_bytes(file), "a.dcm")), expected, most), name
    for syntax, interpretation, stream, most in (
        (JPEG2000Lossless, "YBR_RCT", saved(PICTURE, "JPEG2000", irreversible=False, mct=1, no_jp2=True), 0),
        (JPEGBaseline8Bit, "YBR_FULL", saved(PICTURE, "JPEG", quality=98, subsampling=0), 12),
    ):
        file = dicom(PICTURE, PhotometricInterpretation=interpretation, PixelData=encapsulate([stream]))
        file.file_meta.TransferSyntaxUID = syntax
        file["PixelData"].VR = "OB"
        assert near(load_picture(written(tmp_path, dicom_bytes(file), "a.dcm")), PICTURE, most), syntax.name


def test_a_dicom_that_is_no_photograph_is_one_sentence(tmp_path):
    for file, words in (
        (dicom(np.zeros((2, 64, 64), np.uint8), NumberOfFrames=2, Rows=64, Columns=64, SamplesPerPixel=1), "2 frames"),
        (dicom(PICTURE, PhotometricInterpretation="HSV"), "of the kind HSV"),
        (dicom(PICTURE, Rows=20000, Columns=20000), "400 megapixels"),
        (dicom(PICTURE, PixelData=b"short"), "cannot be decoded"),
    ):
        with pytest.raises(EngineError, match=words):
            load_picture(written(tmp_path, dicom_bytes(file), "a.dcm"))


def test_without_pydicom_a_dicom_is_named_as_one(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydicom", None)
    data = b"\0" * 128 + b"DICM" + b"\0" * 40

    with pytest.raises(EngineError, match=r"a\.dcm is a DICOM, which needs pydicom; .*moulage\[dicom\]"):
        load_picture(written(tmp_path, data, "a.dcm"))
