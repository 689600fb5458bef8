"""A mask written back as a DICOM segmentation of the scan that it was drawn on."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import __version__, space
from sigconv.errors import ArgumentError, FormatError, MissingExtra
from sigconv.files import write_whole
from sigconv.loaders.dicom.pixels import Slices
from sigconv.loaders.dicom.segment import volume_of
from sigconv.loaders.recording import Recording
from sigconv.signal import Signal

Array = np.ndarray[Any, Any]

_MAY_BE_EMPTY = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
)
_NEEDED = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "FrameOfReferenceUID")
_FRACTIONS = 255  # stored number of a whole voxel, the most that a byte holds


def save_segmentation(mask: Signal, scan: Recording, path: str | Path, names: Sequence[str]) -> None:
    """Write a mask as a DICOM Segmentation that refers to the scan's images, whole or not at all.

    Read again onto the same scan it has the same voxels: each frame lies where the scan's slice does, tilted and
    uneven ones included. Slices without a label are left out. A mask of floats is stored in steps of 1/255.

    Parameters
    ----------
    mask : (1, z, y, x) whole numbers, 0 for nothing and n for names[n - 1]; or (segment, z, y, x) booleans, 0 and 1, or
        floats from 0 to 1, a channel for each name; on the whole grid of the scan
    scan : the DICOM volume, as loaders.open gives it
    names : of the segments, in the order of their numbers

    Raises
    ------
    ArgumentError : numbers without a name, or names without a channel; `scan` is not from DICOM
    ShapeError, SamplingError : the mask lies on another grid
    MissingExtra : highdicom is not installed

    Same as: highdicom.seg.Segmentation.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import highdicom
            import pydicom
    except ImportError as error:
        raise MissingExtra("highdicom", "volume") from error
    volume = volume_of(scan)
    space.same_grid(mask, scan)
    frames = _frames(np.asarray(mask.data), names)
    frames = volume.turn.back(frames).transpose(3, 2, 1, 0)  # (slice, row, column, segment)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about values of the scan's own header
        paths = list(dict.fromkeys(one.path for one in volume.slices))
        sources = [_source(pydicom, one, scan.axis("z").step) for one in paths]
        if len(sources) == 1:
            frames = _in_file_order(frames, volume)
        try:
            made = _made(highdicom, sources, frames, names)
        except Exception as error:
            raise FormatError(
                f"{paths[0]}: a segmentation cannot refer to this scan: {' '.join(str(error).split())[:300]}"
            ) from error
        write_whole(Path(path), lambda file: made.save_as(file))


def _in_file_order(frames: Array, volume: Slices) -> Array:
    """The mask of one file of many frames, in whose order highdicom takes it."""
    numbers = [one.frame for one in volume.slices]
    if sorted(numbers) != list(range(len(numbers))):
        raise ArgumentError(f"scan has {len(numbers)} frames of a file with more; a segmentation refers to all of them")
    unsorted = np.empty_like(frames)
    unsorted[numbers] = frames
    return unsorted


def _made(highdicom: Any, sources: Sequence[Any], frames: Array, names: Sequence[str]) -> Any:
    """frames : (slice, row, column, segment), where one segment of whole numbers holds the labels of all."""
    merged = frames.shape[-1] == 1 and frames.dtype.kind == "u"
    return highdicom.seg.Segmentation(
        source_images=sources,
        pixel_array=np.ascontiguousarray(frames[..., 0] if merged else frames),
        segmentation_type="FRACTIONAL" if frames.dtype.kind == "f" else "BINARY",
        segment_descriptions=_descriptions(highdicom, names),
        series_instance_uid=highdicom.UID(),
        series_number=1,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="sigconv",
        manufacturer_model_name="sigconv",
        software_versions=__version__,
        device_serial_number="0",
        max_fractional_value=_FRACTIONS,
    )


def _source(pydicom: Any, path: Path, step: float) -> Any:
    """The header of an image of the scan, with what may be empty but not absent, and often is."""
    source = pydicom.dcmread(path, stop_before_pixels=True)
    for name in _MAY_BE_EMPTY:
        if name not in source:
            setattr(source, name, "")
    if not source.get("SliceThickness"):
        source.SliceThickness = f"{step:.6g}"
    missing = [name for name in _NEEDED if not source.get(name)]
    if missing:
        raise FormatError(f"{path}: lacks {', '.join(missing)}; a segmentation refers to the scan by it")
    return source


def _frames(data: Array, names: Sequence[str]) -> Array:
    """The mask as unsigned numbers or floats, every one of which has a name."""
    if isinstance(names, str) or not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise ArgumentError(f"names is {names!r}; it is a list of one text or more")
    several = len(data) > 1
    if several and len(data) != len(names):
        raise ArgumentError(f"mask has {len(data)} channels for {len(names)} names; each segment has one")
    if data.size and not np.isfinite(data).all():
        raise ArgumentError("mask has values that are not finite; a label is a whole number, a fraction from 0 to 1")
    low, high = (data.min(), data.max()) if data.size else (0, 0)
    if data.dtype.kind == "f" and (several or len(names) == 1):
        top, told = 1, "floats from 0 to 1"
    elif (data == np.rint(data)).all():
        top, told = 1 if several else len(names), "whole numbers"
        data = data.astype(np.uint8 if len(names) < 256 else np.uint16) if low >= 0 and high <= top else data
    else:
        raise ArgumentError("mask has labels that are not whole numbers; fractions have a channel for each name")
    if low < 0 or high > top:
        raise ArgumentError(
            f"mask has {told} from {low} to {high}; allowed: 0 to {top}, as there are {len(names)} names"
        )
    if not (data > 0).any():
        raise ArgumentError("mask is empty; a segmentation has one labelled voxel or more")
    return data


def _descriptions(highdicom: Any, names: Sequence[str]) -> list[Any]:
    from pydicom.sr.codedict import codes

    algorithm = highdicom.AlgorithmIdentificationSequence(
        name="sigconv", version=__version__, family=codes.DCM.ArtificialIntelligence
    )
    return [
        highdicom.seg.SegmentDescription(
            segment_number=number,
            segment_label=name,
            segmented_property_category=codes.SCT.AnatomicalStructure,
            segmented_property_type=codes.SCT.AnatomicalStructure,
            algorithm_type="AUTOMATIC",
            algorithm_identification=algorithm,
        )
        for number, name in enumerate(names, 1)
    ]
