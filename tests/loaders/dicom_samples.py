"""DICOM files for tests: made up, cut from real ones, or compressed again."""

import io
import warnings
import zlib
from pathlib import Path

import numpy as np
import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit, JPEGLosslessSV1

CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED = "1.2.840.10008.5.1.4.1.1.2.1"
ROOT = "1.2.826.0.1.3680043.9.9999"


def made_slice(path, pixels, position=(0.0, 0.0, 0.0), syntax=ExplicitVRLittleEndian, **fields):
    """A CT slice with the pixels (row, column) as they are; `fields` replace the header's, None leaves one out."""
    data = Dataset()
    number = fields.get("InstanceNumber", 1)
    header = {
        "SOPClassUID": CT,
        "SOPInstanceUID": f"{ROOT}.{zlib.crc32(f'{path} {number}'.encode())}",
        "Modality": "CT",
        "PatientID": "P1",
        "StudyInstanceUID": f"{ROOT}.1",
        "SeriesInstanceUID": f"{ROOT}.2",
        "FrameOfReferenceUID": f"{ROOT}.3",
        "SeriesDescription": "made up",
        "InstanceNumber": number,
        "ImagePositionPatient": list(position),
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [0.5, 0.25],
        "RescaleSlope": 1,
        "RescaleIntercept": -1024,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": pixels.shape[-2],
        "Columns": pixels.shape[-1],
        "BitsAllocated": 8 * pixels.dtype.itemsize,
        "BitsStored": 8 * pixels.dtype.itemsize,
        "HighBit": 8 * pixels.dtype.itemsize - 1,
        "PixelRepresentation": int(pixels.dtype.kind == "i"),
    }
    for name, value in {**header, **fields}.items():
        if value is not None:
            setattr(data, name, value)
    order = ">" if syntax == "1.2.840.10008.1.2.2" else "<"
    data.PixelData = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    data["PixelData"].VR = "OB" if pixels.dtype.itemsize == 1 else "OW"
    write(data, path, syntax)
    return path


def write(data, path, syntax):
    """The data set as a DICOM file."""
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = syntax
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)


def made_series(folder, heights=(0.0, 2.0, 4.0, 6.0), shape=(6, 8), **fields):
    """Slices at these mm of z, whose pixels count from 0 on through the whole; returns (slice, row, column)."""
    pixels = np.arange(len(heights) * shape[0] * shape[1], dtype=np.uint16).reshape(len(heights), *shape)
    for number, (height, image) in enumerate(zip(heights, pixels, strict=True), 1):
        stored = {"BitsStored": 12, "HighBit": 11, **fields}
        made_slice(folder / f"{number:03}.dcm", image, (-1.0, -2.0, height), InstanceNumber=number, **stored)
    return pixels


def made_directory(path, names):
    """A DICOMDIR that names files, each as its folders and itself."""
    data = Dataset()
    data.SOPClassUID, data.SOPInstanceUID, data.FileSetID = "1.2.840.10008.1.3.10", f"{ROOT}.4", "DISC"
    records = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name on a disc has no dot
        for name in names:
            record = Dataset()
            record.DirectoryRecordType, record.ReferencedFileID = "IMAGE", name
            records.append(record)
        data.DirectoryRecordSequence = records
        write(data, path, ExplicitVRLittleEndian)
    return path


def enhanced(path, heights=(4.0, 0.0, 2.0), shape=(64, 48)):
    """A multi-frame CT whose frames are in no order and each have an intercept of their own; returns the pixels."""
    pixels = np.arange(len(heights) * shape[0] * shape[1], dtype=np.int16).reshape(len(heights), *shape)
    measures, orientation = Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.5, 0.25], 2
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared = Dataset()
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [orientation]
    frames = []
    for number, height in enumerate(heights):
        place, values, frame = Dataset(), Dataset(), Dataset()
        place.ImagePositionPatient = [-1.0, -2.0, height]
        values.RescaleSlope, values.RescaleIntercept, values.RescaleType = 2, -1000 - number, "HU"
        frame.PlanePositionSequence, frame.PixelValueTransformationSequence = [place], [values]
        frames.append(frame)
    made_slice(
        path,
        pixels,
        SOPClassUID=ENHANCED,
        NumberOfFrames=len(heights),
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=frames,
        **dict.fromkeys(("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")),
        **dict.fromkeys(("RescaleSlope", "RescaleIntercept")),
    )
    return pixels


def cropped(source, target, size=64, at=200, syntax=None):
    """The rows and columns `at` to `at + size` of a real slice, in another transfer syntax where one is given."""
    data = pydicom.dcmread(source)
    pixels = data.pixel_array[at : at + size, at : at + size]
    data.Rows = data.Columns = size
    data.PixelData = pixels.tobytes()
    recoded(data, target, syntax)
    return pixels


def recoded(data, target, syntax=None):
    """Write a data set whose pixels are not compressed in another transfer syntax."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if syntax in (JPEGLosslessSV1, JPEGBaseline8Bit):
        pixels = data.pixel_array
        code = jpeg_lossless(pixels) if syntax == JPEGLosslessSV1 else _baseline(pixels)
        data.PixelData = encapsulate([code])
        data["PixelData"].VR = "OB"
        data["PixelData"].is_undefined_length = True
        data.file_meta.TransferSyntaxUID = syntax
        data.save_as(target, enforce_file_format=True)
    elif syntax is None or not pydicom.uid.UID(syntax).is_compressed:
        pixels = data.pixel_array
        data.file_meta.TransferSyntaxUID = syntax or ExplicitVRLittleEndian
        if syntax == "1.2.840.10008.1.2.2":
            data = pydicom.Dataset(data)
            data.PixelData = pixels.astype(pixels.dtype.newbyteorder(">")).tobytes()
            write(data, target, syntax)
        else:
            data.save_as(target, enforce_file_format=True)
    elif pydicom.uid.UID(syntax).is_deflated:
        data.file_meta.TransferSyntaxUID = syntax
        data.save_as(target, enforce_file_format=True)
    else:
        data.compress(syntax, generate_instance_uid=False)
        data.save_as(target, enforce_file_format=True)


def _baseline(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=90)
    return out.getvalue()


def jpeg_lossless(pixels):
    """Process 14, selection value 1 of (row, column) numbers of 16 bits; every category has a code of five bits.

    Source: ITU-T T.81, annex H.
    """
    image = pixels.astype(np.int64) & 0xFFFF
    before = np.empty_like(image)
    before[0, 0], before[0, 1:], before[1:, 0], before[1:, 1:] = 1 << 15, image[0, :-1], image[:-1, 0], image[1:, :-1]
    bits = []
    for difference in ((image - before + 0x8000 & 0xFFFF) - 0x8000).ravel():
        size = int(abs(difference)).bit_length()
        bits.append(f"{size:05b}")
        if 0 < size < 16:
            bits.append(f"{difference if difference > 0 else difference + (1 << size) - 1:0{size}b}")
    text = "".join(bits)
    text += "1" * (-len(text) % 8)
    code = int(text, 2).to_bytes(len(text) // 8, "big").replace(b"\xff", b"\xff\x00")
    rows, columns = (n.to_bytes(2, "big") for n in image.shape)
    table = b"\x00" + bytes([0, 0, 0, 0, 17, *[0] * 11]) + bytes(range(17))
    return (
        b"\xff\xd8\xff\xc3\x00\x0b\x10" + rows + columns + b"\x01\x01\x11\x00"
        + b"\xff\xc4" + (2 + len(table)).to_bytes(2, "big") + table
        + b"\xff\xda\x00\x08\x01\x01\x00\x01\x00\x00" + code + b"\xff\xd9"
    )  # fmt: skip


def ge(real_data):
    """The real series' slices, by name."""
    return sorted((Path(real_data) / "ct_dcm_qa_ge" / "GE").glob("*.dcm"))
