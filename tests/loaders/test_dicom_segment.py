"""DICOM segmentations: written and read onto the scan they belong to, voxel for voxel."""

import pickle

import numpy as np
import pydicom
import pytest

from sigconv import loaders, space
from sigconv.errors import ArgumentError, FormatError, SamplingError, ShapeError
from sigconv.loaders import dicom
from sigconv.signal import Axis, Signal
from tests.loaders.dicom_samples import ROOT, cropped, enhanced, ge, made_series, made_slice


def mask_on(scan, data, names=("label",)):
    return Signal(data, (Axis.channel(list(names)), *scan.axes[1:]), "", (), scan.notes)


def blobs(scan, seed=3, labels=3):
    draw = np.random.Generator(np.random.PCG64(seed))
    data = draw.integers(0, labels + 1, scan.shape).astype(np.uint8)
    data[:, 1] = 0  # a slice without labels is left out of the file
    return data


@pytest.fixture
def scan(tmp_path):
    made_series(tmp_path / "scan")
    return loaders.open(tmp_path / "scan")


@pytest.mark.data
def test_labels_on_the_real_tilted_uneven_series_come_back_where_they_were(real_data, tmp_path):
    for path in ge(real_data):
        cropped(path, tmp_path / "scan" / path.name)
    scan = loaders.open(tmp_path / "scan")
    bone = (scan.read().data > 200).astype(np.uint8)
    brain = ((scan.read().data > 20) & (scan.read().data < 60)).astype(np.uint8)
    dicom.save_segmentation(mask_on(scan, bone + 2 * brain), scan, tmp_path / "seg.dcm", ["bone", "brain"])
    again = dicom.segmentation(tmp_path / "seg.dcm", scan)
    np.testing.assert_array_equal(again.read().data, bone + 2 * brain)
    assert again.notes["labels"] == {1: "bone", 2: "brain"}
    space.same_grid(again, scan)
    alone = loaders.open(tmp_path / "seg.dcm")
    space.same_grid(alone, scan)
    np.testing.assert_array_equal(alone.read().data, bone + 2 * brain)
    assert alone.axes[1].positions == pytest.approx(scan.axes[1].positions)


def test_many_labels_on_an_even_series(scan, tmp_path):
    data = blobs(scan)
    dicom.save_segmentation(mask_on(scan, data), scan, tmp_path / "seg.dcm", ["a", "b", "c"])
    again = pickle.loads(pickle.dumps(dicom.segmentation(tmp_path / "seg.dcm", scan)))  # noqa: S301 - our own
    np.testing.assert_array_equal(again.read().data, data)
    np.testing.assert_array_equal(again[0, 2:4, 1:5, 3:7].data, data[:, 2:4, 1:5, 3:7])
    apart = dicom.segmentation(tmp_path / "seg.dcm", scan, apart=True)
    assert apart.channels == ("a", "b", "c")
    np.testing.assert_array_equal(apart["b"].data[0], data[0] == 2)
    own = loaders.open(tmp_path / "seg.dcm")
    np.testing.assert_array_equal(own.read().data, data)  # the empty slice is a gap that is filled
    space.same_grid(own, scan)
    assert pydicom.dcmread(tmp_path / "seg.dcm").ReferencedSeriesSequence[0].SeriesInstanceUID == f"{ROOT}.2"


def test_masks_of_a_channel_each_may_overlap(scan, tmp_path):
    data = np.zeros((2, *scan.shape[1:]), bool)
    data[0, 0, :3], data[1, 0, 2:] = True, True
    dicom.save_segmentation(mask_on(scan, data, "ab"), scan, tmp_path / "seg.dcm", ["left", "right"])
    apart = dicom.segmentation(tmp_path / "seg.dcm", scan, apart=True)
    np.testing.assert_array_equal(apart.read().data, data)
    with pytest.raises(FormatError, match="segments 1 and 2 overlap in frame 1"):
        dicom.segmentation(tmp_path / "seg.dcm", scan, apart=False).read()


def test_fractions_come_back_to_a_255th(scan, tmp_path):
    data = np.random.Generator(np.random.PCG64(1)).random((2, *scan.shape[1:]), np.float32)
    dicom.save_segmentation(mask_on(scan, data, "ab"), scan, tmp_path / "seg.dcm", ["left", "right"])
    again = dicom.segmentation(tmp_path / "seg.dcm", scan)
    assert again.channels == ("left", "right")
    assert again.read().data.dtype == np.float32
    assert np.abs(again.read().data - data).max() <= 0.5 / 255 + 1e-6
    with pytest.raises(ArgumentError, match="fractions"):
        dicom.segmentation(tmp_path / "seg.dcm", scan, apart=False)


def test_a_mask_of_an_enhanced_scan_whose_frames_are_in_no_order(tmp_path):
    enhanced(tmp_path / "many.dcm")
    data = pydicom.dcmread(tmp_path / "many.dcm")
    data.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].SpacingBetweenSlices = 2
    data.save_as(tmp_path / "many.dcm")
    scan = loaders.open(tmp_path / "many.dcm")
    data = blobs(scan, labels=1)
    dicom.save_segmentation(mask_on(scan, data), scan, tmp_path / "seg.dcm", ["a"])
    np.testing.assert_array_equal(dicom.segmentation(tmp_path / "seg.dcm", scan).read().data, data)


def test_a_label_map_segmentation_is_read(scan, tmp_path):
    import highdicom

    data = blobs(scan)
    dicom.save_segmentation(mask_on(scan, data), scan, tmp_path / "binary.dcm", ["a", "b", "c"])
    binary = highdicom.seg.segread(tmp_path / "binary.dcm")
    sources = [pydicom.dcmread(one.path) for one in scan.reader.slices]
    for source in sources:
        source.PatientName = source.PatientBirthDate = source.PatientSex = source.AccessionNumber = ""
        source.StudyID = source.StudyDate = source.StudyTime = source.ReferringPhysicianName = ""
        source.SliceThickness = 2
    mapped = highdicom.seg.Segmentation(
        sources,
        np.ascontiguousarray(scan.reader.turn.back(data[0]).transpose(2, 1, 0)),
        "LABELMAP",
        [binary.get_segment_description(number) for number in (1, 2, 3)],
        f"{ROOT}.5", 1, f"{ROOT}.6", 1, "m", "m", "1", "1",
    )  # fmt: skip
    mapped.save_as(tmp_path / "map.dcm")
    again = dicom.segmentation(tmp_path / "map.dcm", scan)
    np.testing.assert_array_equal(again.read().data, data)
    np.testing.assert_array_equal(dicom.segmentation(tmp_path / "map.dcm", apart=True)["c"].data[0], data[0] == 3)


def test_a_published_segmentation_has_its_segments(tmp_path):
    data = pydicom.dcmread(pydicom.data.get_testdata_file("liver_1frame.dcm", download=False))
    del data.PerFrameFunctionalGroupsSequence[1:]
    data.save_as(tmp_path / "liver.dcm")
    recording = loaders.open(tmp_path / "liver.dcm")
    inside = np.unpackbits(np.frombuffer(data.PixelData, np.uint8), bitorder="little")[: 512 * 512].sum()
    assert recording.notes["labels"][1].lower() == "liver"
    assert np.count_nonzero(recording.read().data) == inside > 0


def test_a_folder_with_a_scan_and_its_segmentation_opens_the_scan(scan, tmp_path):
    dicom.save_segmentation(mask_on(scan, blobs(scan)), scan, tmp_path / "scan" / "seg.dcm", ["a", "b", "c"])
    assert loaders.open(tmp_path / "scan").channels == ("CT",)
    assert {one.modality for one in dicom.series(tmp_path / "scan")} == {"CT", "SEG"}


def test_another_scan_is_refused(scan, tmp_path):
    dicom.save_segmentation(mask_on(scan, blobs(scan)), scan, tmp_path / "seg.dcm", ["a", "b", "c"])
    made_series(tmp_path / "moved", heights=(0.0, 2.0, 4.5, 6.0))
    with pytest.raises(FormatError, match=r"seg\.dcm: frame .* lies on no slice of the scan \(the nearest is 0.5 mm"):
        dicom.segmentation(tmp_path / "seg.dcm", loaders.open(tmp_path / "moved"))
    made_series(tmp_path / "wide", shape=(6, 9))
    with pytest.raises(FormatError, match=r"frames of \(6, 8\) pixels .* the scan has \(6, 9\)"):
        dicom.segmentation(tmp_path / "seg.dcm", loaders.open(tmp_path / "wide"))
    with pytest.raises(ArgumentError, match="recording of a DICOM series"):
        dicom.segmentation(tmp_path / "seg.dcm", loaders.of(scan.read()))
    with pytest.raises(FormatError, match="expected a segmentation"):
        dicom.segmentation(scan.reader.slices[0].path)


@pytest.mark.parametrize(
    ("change", "names", "error", "message"),
    [
        (lambda data: data, ["a", "b"], ArgumentError, "whole numbers from 0 to 3; allowed: 0 to 2"),
        (lambda data: data, "abc", ArgumentError, "list of one text or more"),
        (lambda data: data * 0, ["a", "b", "c"], ArgumentError, "mask is empty"),
        (lambda data: data / 2.0, ["a", "b", "c"], ArgumentError, "not whole numbers"),
        (lambda data: data * np.nan, ["a", "b", "c"], ArgumentError, "not finite"),
        (lambda data: data - 1.0, ["a", "b", "c"], ArgumentError, "from -1.0 to"),
        (lambda data: data[:, 1:], ["a", "b", "c"], ShapeError, "different size"),
    ],
)
def test_masks_that_cannot_be_written_are_refused_and_nothing_is_left(scan, tmp_path, change, names, error, message):
    data = change(blobs(scan))
    axes = tuple(axis.cut(0, size) for axis, size in zip(scan.axes[1:], data.shape[1:], strict=True))
    mask = Signal(data, (Axis.channel(["label"]), *axes), "", (), scan.notes)
    with pytest.raises(error, match=message):
        dicom.save_segmentation(mask, scan, tmp_path / "seg.dcm", names)
    assert not (tmp_path / "seg.dcm").exists()


def test_a_mask_elsewhere_and_a_scan_without_a_frame_of_reference_are_refused(scan, tmp_path):
    moved = mask_on(scan, blobs(scan)).with_data(blobs(scan), notes={**scan.notes, "origin": (0.0, 0.0, 1.0)})
    with pytest.raises(SamplingError, match="different places"):
        dicom.save_segmentation(moved, scan, tmp_path / "seg.dcm", ["a", "b", "c"])
    made_slice(tmp_path / "lost.dcm", np.zeros((6, 8), np.uint16), FrameOfReferenceUID=None)
    lost = loaders.open(tmp_path / "lost.dcm")
    with pytest.raises(FormatError, match=r"lost\.dcm: lacks FrameOfReferenceUID"):
        dicom.save_segmentation(mask_on(lost, np.ones(lost.shape, np.uint8)), lost, tmp_path / "seg.dcm", ["a"])
