"""Label maps go back into the scan's own geometry: oblique, flipped, of another spacing, tilted."""

import nibabel
import numpy as np
import pytest

from sigconv import filters, loaders, space
from sigconv.loaders import recording
from sigconv.loaders.volume.generator import torsos
from sigconv.recipe.volume.maps.back import on_scan, write
from sigconv.signal import Signal
from tests.loaders.dicom_samples import made_series

NAMES = ("background", "high", "low")


def oblique(folder, codes=((0, -1.2, 0.3), (2.0, 0.1, 0), (0.2, 0.2, -3.0)), shape=(20, 26, 9)):
    """A NIfTI whose file axes are turned, flipped and of three spacings, with a bright and a dark block in it."""
    data = np.zeros(shape, np.float32)
    data[2:9, 3:12, 2:6], data[11:18, 14:23, 3:8] = 100, -100
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = np.array(codes).T, (-11, 23, 5)
    folder.mkdir(exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(data, affine), folder / "scan.nii.gz")
    return folder / "scan.nii.gz", data, affine


def said_of(seen):
    """What a network that knows the truth would say of a scan of blocks, as probabilities."""
    data = seen.read().data[0]
    high, low = np.clip(data / 100, 0, 1), np.clip(-data / 100, 0, 1)
    return np.stack([1 - high - low, high, low]).astype(np.float32)


# known


@pytest.mark.parametrize("spacing", [None, (2.0, 1.5, 1.0)])
def test_an_oblique_scan_gets_its_labels_voxel_for_voxel(tmp_path, spacing):
    path, data, affine = oblique(tmp_path / "a")
    scan = loaders.open(path)
    seen = scan if spacing is None else recording.of(filters.to_spacing(scan.read(), spacing))
    labels = on_scan(said_of(seen), seen, scan, NAMES)
    assert write(labels, scan, tmp_path / "said.nii.gz", NAMES) is None
    back = nibabel.load(tmp_path / "said.nii.gz")
    truth = np.select([data > 0, data < 0], [1, 2])
    np.testing.assert_allclose(back.affine, affine, atol=1e-4)
    found = np.asarray(back.dataobj)
    assert found.shape == data.shape
    if spacing is None:
        np.testing.assert_array_equal(found, truth)
    for label in (1, 2):
        both, either = ((found == label) & (truth == label)).sum(), (found == label).sum() + (truth == label).sum()
        assert 2 * both / either > 0.85


def test_a_dicom_scan_gets_a_segmentation_that_lies_on_its_slices(tmp_path):
    made_series(tmp_path / "scan")
    scan = loaders.open(tmp_path / "scan")
    data = np.zeros(scan.shape[1:], np.float32)
    data[1:3, 2:5, 1:4] = 100
    seen = recording.of(scan.read().with_data(data[None], unit=""))
    labels = on_scan(said_of(seen), seen, scan, NAMES)
    assert write(labels, scan, tmp_path / "said.dcm", NAMES) is None
    again = loaders.open(tmp_path / "said.dcm")
    assert again.notes["labels"] == {1: "high", 2: "low"}
    inside = loaders.dicom.segmentation(tmp_path / "said.dcm", scan)
    np.testing.assert_array_equal(inside.read().data[0], data > 0)


# law


def test_a_made_up_torso_keeps_its_organs_through_a_coarser_grid():
    scan, marked = torsos(1, spacing=(6, 6, 6))[0]
    names = ("background", *marked.notes["classes"].values())
    coarse = filters.to_spacing(marked.read(), (8, 8, 8), labels=True)
    said = (coarse.data == np.arange(9)[:, None, None, None]).astype(np.float32)
    labels = on_scan(said, recording.of(coarse), scan, names)
    space.same_grid(labels, scan)
    truth = marked.read().data
    assert ((labels.data == truth) & (truth > 0)).sum() > 0.85 * (truth > 0).sum()
    assert labels.notes["classes"][2] == "liver"


# errors


def test_nothing_found_is_told_in_place_of_an_empty_segmentation(tmp_path):
    made_series(tmp_path / "scan")
    scan = loaders.open(tmp_path / "scan")
    empty = Signal(np.zeros(scan.shape, np.uint8), scan.axes, notes=scan.notes)
    assert "nothing was found" in write(empty, scan, tmp_path / "said.dcm", NAMES)
    assert not (tmp_path / "said.dcm").exists()
