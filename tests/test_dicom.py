"""DICOM Secondary Capture, read back by pydicom: the pixels, and everywhere that it is synthetic."""

import io
import json
import sys

import numpy as np
import pydicom
import pytest
from starters import starter

from engine.cases.case import to_json
from engine.errors import EngineError
from engine.formats import dicom_bytes
from engine.formats.jpeg import marked

PICTURE = np.random.default_rng(0).integers(0, 256, (256, 384, 3)).astype(np.uint8)
TOLD = {
    "case": json.loads(to_json(starter())),
    "checkpoint": {"preset": "pix2pixhd-live", "sha256": "ab" * 32, "licence": "x"},
    "badge": "",
    "made": "2026-11-21T12:00:00Z",
}


def test_pydicom_reads_a_secondary_capture_that_says_it_is_synthetic():
    data = dicom_bytes(PICTURE, TOLD)
    seen = pydicom.dcmread(io.BytesIO(data))

    assert seen[0x0008, 0x001C].value == "YES"
    assert seen.SOPClassUID == seen.file_meta.MediaStorageSOPClassUID == "1.2.840.10008.5.1.4.1.1.7"
    assert list(seen.ImageType) == ["DERIVED", "SECONDARY"]
    assert seen.PatientID.startswith("SYNTHETIC-")
    assert (seen.Modality, seen.ConversionType, seen.ContentDate) == ("OT", "SYN", "20261121")
    assert "SYNTHETIC" in seen.DerivationDescription
    assert seen.SOPInstanceUID.is_valid
    assert len({seen.SOPInstanceUID, seen.StudyInstanceUID, seen.SeriesInstanceUID}) == 3
    assert np.array_equal(seen.pixel_array, marked(PICTURE))
    assert np.array_equal(marked(PICTURE)[:200], PICTURE[:200])
    assert data == dicom_bytes(PICTURE, TOLD)


def test_without_pydicom_the_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pydicom.uid", None)

    with pytest.raises(EngineError, match=r"pip install 'moulage\[dicom\]'"):
        dicom_bytes(PICTURE, TOLD)
