"""DICOMDIR: the files it names, and none outside its folder."""

import shutil
import warnings
from pathlib import Path

import pydicom
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError
from sigconv.loaders import dicom
from tests.loaders.dicom_samples import ROOT, made_directory, made_series


@pytest.fixture
def disc(tmp_path):
    """A folder with a DICOMDIR that names four slices of one series."""
    made_series(tmp_path / "IMAGES")
    return made_directory(tmp_path / "DICOMDIR", [["IMAGES", f"00{number}.dcm"] for number in range(1, 5)])


def renamed(path, parts):
    """The DICOMDIR whose first file has another name."""
    data = pydicom.dcmread(path)
    record = next(one for one in data.DirectoryRecordSequence if "ReferencedFileID" in one)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom knows that these are no names of files
        record.ReferencedFileID = parts
        data.save_as(path)


def test_a_dicomdir_opens_its_series(disc):
    recording = loaders.open(disc)
    assert recording.shape == (1, 4, 6, 8)
    assert loaders.open(disc.parent).shape == (1, 4, 6, 8)
    made_directory(disc, [["IMAGES", "002.dcm"], ["IMAGES", "001.dcm"]])
    assert loaders.open(disc).shape == (1, 2, 6, 8)
    assert dicom.series(disc)[0].uid == f"{ROOT}.2"


def test_a_published_dicomdir_lists_its_series():
    path = Path(pydicom.data.get_testdata_file("DICOMDIR", download=False))
    with pytest.raises(ArgumentError, match="24 series; choose one"):
        loaders.open(path)
    assert sum(len(one.slices) for one in dicom.series(path)) == 31


@pytest.mark.parametrize("parts", [["..", "secret"], "../secret", "/etc/passwd", ["a/../../secret"], "C:\\secret"])
def test_names_that_leave_the_folder_are_refused(disc, parts):
    (disc.parent / "secret").write_bytes(b"x")
    renamed(disc, parts)
    with pytest.raises(FormatError, match=r"DICOMDIR: .*expected"):
        loaders.open(disc)


def test_a_link_out_of_the_folder_and_a_missing_file_are_refused(disc, tmp_path):
    shutil.copy(tmp_path / "IMAGES" / "001.dcm", tmp_path.parent / "outside.dcm")
    renamed(disc, "LINK")
    with pytest.raises(FormatError, match="'LINK', which is not there"):
        loaders.open(disc)
    (disc.parent / "LINK").symlink_to(tmp_path.parent / "outside.dcm")
    with pytest.raises(FormatError, match="link out of its folder"):
        loaders.open(disc)


def test_a_dicomdir_without_files_is_refused():
    with pytest.raises(FormatError, match="names no file"):
        loaders.open(pydicom.data.get_testdata_file("DICOMDIR-empty.dcm", download=False))
