"""nnU-Net's layout on real volumes: channels, label maps, and what is missing."""

import json
import shutil

import numpy as np
import pytest

from sigconv import windows
from sigconv.errors import ArgumentError, FormatError, SamplingError, ShapeError
from sigconv.loaders.collections.nnunet import nnunet

pytestmark = pytest.mark.data


@pytest.fixture
def hippocampus(real_data, tmp_path):
    """Six real cases in nnU-Net's layout, by links."""
    for folder in ("imagesTr", "labelsTr"):
        (tmp_path / folder).mkdir()
    for path in sorted((real_data / "msd_hippocampus" / "images").glob("*.nii.gz"))[:6]:
        case = path.name.removesuffix(".nii.gz")
        (tmp_path / "imagesTr" / f"{case}_0000.nii.gz").symlink_to(path)
        (tmp_path / "labelsTr" / path.name).symlink_to(real_data / "msd_hippocampus" / "labels" / path.name)
    told = {
        "channel_names": {"0": "MRI"},
        "labels": {"background": 0, "anterior": 1, "posterior": 2},
        "numTraining": 6,
        "file_ending": ".nii.gz",
    }
    (tmp_path / "dataset.json").write_text(json.dumps(told))
    return tmp_path


def test_nnunets_layout_gives_volumes_and_label_maps(hippocampus):
    found = nnunet(hippocampus)
    assert len(found) == 6
    assert found[0].channels == ("MRI",)
    mask = found.mask(0)
    assert mask.axes[1:] == found[0].axes[1:]
    assert set(np.unique(mask.read().data)) == {0, 1, 2}
    assert mask.notes["labels"] == {0: "background", 1: "anterior", 2: "posterior"}
    assert found.groups[0].startswith("hippocampus_")
    cut = windows.patches(found.recordings(), (16, 16, 16), (16, 16, 16), found.groups)
    assert len(cut) >= 48


def test_two_channels_are_one_recording_and_an_older_table_is_read(hippocampus):
    for path in sorted((hippocampus / "imagesTr").iterdir()):
        shutil.copy(path, str(path).replace("_0000", "_0001"))
    told = {"modality": {"0": "T1", "1": "T2"}, "labels": {"0": "background", "1": "anterior", "2": "posterior"}}
    (hippocampus / "dataset.json").write_text(json.dumps(told))
    recording = nnunet(hippocampus)[0]
    assert recording.channels == ("T1", "T2")
    whole = recording.read().data
    np.testing.assert_array_equal(whole[0], whole[1])
    np.testing.assert_array_equal(recording["T2", 3:9, 2:5].data[0], whole[1, 3:9, 2:5])


def test_a_mask_on_another_grid_is_taken_only_when_asked(hippocampus):
    first, second = sorted((hippocampus / "labelsTr").iterdir())[:2]
    target = second.resolve()
    first.unlink()
    first.symlink_to(target)
    found = nnunet(hippocampus)
    with pytest.raises((ShapeError, SamplingError), match="another grid"):
        found.mask(0)
    assert found.mask(0, any_grid=True).shape == found.mask(1).shape


def test_what_nnunets_layout_lacks_is_named(hippocampus):
    victim = sorted((hippocampus / "labelsTr").iterdir())[3]
    kept = victim.resolve()
    victim.unlink()
    with pytest.raises(FormatError, match=f"1 of 6 masks are missing: {victim.name.removesuffix('.nii.gz')}"):
        nnunet(hippocampus)
    victim.symlink_to(kept)
    for told, message in (
        ("{", "not readable as JSON"),
        ("[]", "holds a list"),
        ('{"channel_names": {"0": "MRI"}}', "labels is None"),
        ('{"channel_names": {"0": "a", "1": "b"}, "labels": {"x": 0}}', "6 cases have not 2 channels"),
        ('{"channel_names": {"1": "a"}, "labels": {"x": 0}}', r"numbers \[1\], expected 0, 1, 2"),
        ('{"channel_names": {"0": "a"}, "labels": {"x": 0}, "file_ending": "/../x"}', "file_ending is"),
        ('{"channel_names": {"0": "a"}, "labels": {"all": [1, 2]}}', "regions of several labels"),
    ):
        (hippocampus / "dataset.json").write_text(told)
        with pytest.raises(FormatError, match=message):
            nnunet(hippocampus)
    (hippocampus / "dataset.json").unlink()
    with pytest.raises(FormatError, match=r"looked for dataset\.json and imagesTr.*found imagesTr/hippocampus"):
        nnunet(hippocampus)


def test_the_decathlons_own_names_and_a_test_part_are_read(hippocampus):
    images = hippocampus / "imagesTr"
    for path in sorted(images.iterdir()):
        path.rename(str(path).replace("_0000", ""))
    (hippocampus / "imagesTs").mkdir()
    shutil.copy(sorted(images.iterdir())[0], hippocampus / "imagesTs" / "hippocampus_900.nii.gz")
    (images / "._hippocampus_001.nii.gz").write_text("left by an archive")
    found = nnunet(hippocampus)
    assert found.parts == ("train",) * 6 + ("test",)
    assert found[6].notes["name"] == "hippocampus_900"
    split = windows.by_part(found.parts, found.groups)
    assert split.test.tolist() == [6]
    with pytest.raises(ArgumentError, match="imagesTs/hippocampus_900 has no mask"):
        found.mask(6)
