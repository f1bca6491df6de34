"""DICOM Secondary Capture of a synthetic picture, by pydicom, an optional extra.

Secondary Capture and not one of the photographic classes, which would claim that something was photographed.
"""

import hashlib
import io
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.formats.jpeg import marked
from engine.formats.xmp import DESCRIPTION

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"  # PS3.4, B.5
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
TEXT_LIMIT = 1024  # a short text, PS3.5, 6.2


def dicom_bytes(picture: NDArray[np.uint8], provenance: dict[str, Any]) -> bytes:
    """A picture, uint8 [H, W, 3] sRGB, as a Secondary Capture file with (0008,001C) Synthetic Data = YES.

    The word SYNTHETIC stands in its corner, since viewers show pixels first. The same case gives the same identifiers.
    Raises EngineError where pydicom is not installed.
    """
    try:
        from pydicom.uid import generate_uid
    except ImportError as error:
        raise EngineError(
            "a DICOM file needs pydicom, which is not installed; `pip install 'moulage[dicom]'` brings it."
        ) from error
    digest = hashlib.sha256(json.dumps(provenance["case"], sort_keys=True).encode()).hexdigest()
    uid, study, series = (str(generate_uid(entropy_srcs=[digest, what])) for what in ("image", "study", "series"))
    file = _file(uid)
    made = datetime.fromisoformat(provenance["made"])
    _identify(file, study, series, digest, made)
    _describe(file, provenance, made)
    _lay(file, marked(picture))
    out = io.BytesIO()
    file.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _file(uid: str) -> "FileDataset":
    """An empty Secondary Capture object under its identifier."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import UID

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(SECONDARY_CAPTURE)
    meta.MediaStorageSOPInstanceUID = UID(uid)
    meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE_ENDIAN)
    file = FileDataset(io.BytesIO(), {}, file_meta=meta, preamble=b"\0" * 128)
    file.SpecificCharacterSet = "ISO_IR 192"
    file.SOPClassUID, file.SOPInstanceUID = SECONDARY_CAPTURE, uid
    return file


def _identify(file: "Dataset", study: str, series: str, digest: str, made: datetime) -> None:
    """Patient, study and series (PS3.3, A.8.1): nobody; what must be there and is unknown is empty."""
    file.PatientName, file.PatientID = "SYNTHETIC^MOULAGE", f"SYNTHETIC-{digest[:16]}"
    file.PatientBirthDate = file.PatientSex = file.ReferringPhysicianName = file.AccessionNumber = ""
    file.StudyInstanceUID, file.SeriesInstanceUID = study, series
    file.StudyID, file.SeriesNumber, file.InstanceNumber = "SYNTHETIC", 1, 1
    file.StudyDate = file.ContentDate = made.strftime("%Y%m%d")
    file.StudyTime = file.ContentTime = made.strftime("%H%M%S")
    file.Modality, file.Laterality = "OT", ""


def _describe(file: "Dataset", provenance: dict[str, Any], made: datetime) -> None:
    """What made it: derived by software, from no acquisition."""
    file.SyntheticData = "YES"
    file.ImageType = ["DERIVED", "SECONDARY"]
    file.ConversionType = "SYN"  # synthetic image, PS3.3, C.8.6.1
    file.SeriesDescription = DESCRIPTION
    file.Manufacturer, file.ManufacturerModelName = "Moulage", provenance["case"]["generator"]
    file.PatientOrientation = ""
    file.BurnedInAnnotation = "NO"  # the word in the corner names nobody
    told: dict[str, Any] = {
        key: provenance[key] for key in ("checkpoint", "badge", "picture_sha256") if key in provenance
    }
    told |= {key: provenance["case"][key] for key in ("generator", "seed", "tone")}
    file.DerivationDescription = f"{DESCRIPTION}. {json.dumps(told, sort_keys=True)}"[:TEXT_LIMIT]
    file.InstanceCreationDate, file.InstanceCreationTime = made.strftime("%Y%m%d"), made.strftime("%H%M%S")


def _lay(file: "Dataset", picture: NDArray[np.uint8]) -> None:
    file.Rows, file.Columns = picture.shape[:2]
    file.SamplesPerPixel, file.PhotometricInterpretation, file.PlanarConfiguration = 3, "RGB", 0
    file.BitsAllocated = file.BitsStored = 8
    file.HighBit, file.PixelRepresentation = 7, 0
    file.PixelData = picture.tobytes()
