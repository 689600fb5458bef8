"""Volumes are segmented, and their label maps go back into the scan's own geometry: oblique, flipped, tilted."""

import shutil

import nibabel
import numpy as np
import pytest

from sigconv import loaders, space
from sigconv.errors import ArgumentError, FormatError, RecipeError, ShapeError
from sigconv.loaders.volume.generator import torsos
from sigconv.recipe import config, lines
from sigconv.recipe.lines import Placement
from sigconv.recipe.segment.labels import Classes
from sigconv.recipe.segment.volume import prepared, prepared_mask, restored, save, target
from sigconv.recipe.volume import prepared as preparing
from sigconv.signal import Axis, Signal
from tests.loaders.dicom_samples import made_series
from tests.recipe.conftest import Silent

CLASSES = Classes(("background", "high", "low"), ((0,), (7,), (3,)))
QUICK = ["train.epochs=1", "train.steps=3", "run.hold_out=share", "run.share=0.3", "run.model=first"]
SMALL = [
    "net.text=C8NR U{C8k2s2NR T8} C8NR C9k1",
    "data.made.scans=3",
    "patch.size=[16,24,24]",
    "patch.step=[16,16,32]",
]


def recipe(*overrides):
    return config.read("ct_organs", overrides)


def oblique(folder, shape=(20, 26, 9)):
    """A NIfTI whose file axes are turned, flipped and of three spacings, with a bright and a dark block in it."""
    data = np.zeros(shape, np.float32)
    data[2:9, 3:12, 2:6], data[11:18, 14:23, 3:8] = 100, -100
    affine = np.eye(4)
    affine[:3, :3] = np.array([(0, -1.2, 0.3), (2.0, 0.1, 0), (0.2, 0.2, -3.0)]).T
    affine[:3, 3] = (-11, 23, 5)
    nibabel.save(nibabel.Nifti1Image(data, affine), folder / "scan.nii.gz")
    return folder / "scan.nii.gz", data, affine


def truth_of(data):
    return np.select([data > 0, data < 0], [1, 2]).astype(np.uint8)


# known


@pytest.mark.parametrize("spacing", ["[]", "[1.5, 1.0, 1.0]"])
def test_an_oblique_scan_gets_its_labels_where_they_are(tmp_path, spacing):
    path, data, affine = oblique(tmp_path)
    told, scan = recipe(f"grid.spacing={spacing}", "levels.low=-100", "levels.high=100"), loaders.open(path)
    seen = prepared(told, scan).read().data[0]
    labels = restored(told, np.select([seen > 0.5, seen < -0.5], [1, 2]).astype(np.uint8), scan)
    save(CLASSES, labels, scan, tmp_path / "said.nii.gz")
    back = nibabel.load(tmp_path / "said.nii.gz")
    np.testing.assert_allclose(back.affine, affine, atol=1e-4)
    found, truth = np.asarray(back.dataobj), np.array([0, 7, 3])[truth_of(data)]
    if spacing == "[]":
        np.testing.assert_array_equal(found, truth)
    for number in (7, 3):
        both = 2 * ((found == number) & (truth == number)).sum()
        assert both / ((found == number).sum() + (truth == number).sum()) > 0.9


def test_a_dicom_scan_gets_a_segmentation_with_names_that_lies_on_its_slices(tmp_path):
    made_series(tmp_path / "scan")
    scan = loaders.open(tmp_path / "scan")
    labels = np.zeros(scan.shape[1:], np.uint8)
    labels[1:3, 2:5, 1:4], labels[2, 0, 0] = 1, 2
    first, second = save(CLASSES, labels, scan, target(scan, tmp_path / "said"))
    assert (first.name, second.name) == ("said.nii.gz", "said.dcm")
    inside = loaders.dicom.segmentation(second, scan)
    np.testing.assert_array_equal(inside.read().data[0], labels)
    assert inside.notes["labels"] == {1: "high", 2: "low"}
    space.same_grid(loaders.open(first), scan)
    np.testing.assert_array_equal(loaders.load(first).data[0], np.array([0, 7, 3])[labels])


def test_levels_become_what_the_recipe_says(tmp_path):
    path, _, _ = oblique(tmp_path)
    scan = loaders.open(path)
    ct = prepared(recipe("grid.spacing=[]", "levels.low=-50", "levels.high=150"), scan).read()
    assert (ct.data.min(), ct.data.max()) == (-1, 0.5)
    mr = prepared(config.read("volume_segmentation"), scan).read().data
    assert (abs(mr.mean()) < 1e-4, abs(mr.std() - 1) < 1e-4) == (True, True)


# law


def test_a_large_scan_is_held_in_a_file_and_is_the_same(monkeypatch):
    scan, mask = torsos(1, spacing=(16, 16, 16))[0]
    told = recipe("grid.spacing=[8, 8, 8]")
    small = prepared(told, scan).read().data
    monkeypatch.setattr(preparing, "IN_MEMORY", 10)
    large = prepared(told, scan)
    assert isinstance(large.reader.data, np.memmap)
    np.testing.assert_array_equal(large.read().data, small)
    assert prepared_mask(told, mask, scan).read().data.dtype == np.uint8


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "organs"
    return lines.run(
        recipe(*QUICK, *SMALL, "data.made.spacing=[12, 12, 12]", "grid.spacing=[12, 12, 12]"), "x", out, Silent()
    )


def test_a_run_leaves_label_maps_pictures_and_a_baseline(run):
    names = {path.name for path in run.folder.iterdir()}
    assert {"label_maps.png", "dice.png", "report.html", "model.safetensors", "masks"} <= names
    assert run.summary["classes"][:2] == ["background", "lung"]
    assert 0.5 < run.summary["baselines"]["atlas and levels"]["dice lung"]["mean"] < 1


def test_a_new_scan_of_other_spacing_gets_a_label_map_on_its_own_grid(run, tmp_path):
    scan = torsos(1, spacing=(16, 8, 16), seed=5)[0][0]
    loaders.save(scan, tmp_path / "new.nii.gz")
    told = lines.predict(run.folder, [tmp_path / "new.nii.gz"], tmp_path / "said.nrrd", Placement(), Silent())
    assert "said.nrrd: background" in told[0]
    said = loaders.open(tmp_path / "said.nrrd")
    space.same_grid(said, scan)


# errors


def test_names_of_other_files_are_refused(tmp_path):
    scan = torsos(1, spacing=(16, 16, 16))[0][0]
    with pytest.raises(ArgumentError, match=r"label map of a volume is one of \.nii\.gz"):
        target(scan, tmp_path / "said.png")
    with pytest.raises(ArgumentError, match="refers to a DICOM scan"):
        target(scan, tmp_path / "said.dcm")


def test_what_is_no_volume_is_refused():
    flat = loaders.recording.of(Signal(np.zeros((1, 4, 4)), (Axis.channel(["a"]), Axis("y", 4), Axis("x", 4))))
    with pytest.raises(ShapeError, match="this recipe takes volumes z, y, x"):
        prepared(recipe(), flat)


@pytest.mark.parametrize("value", [np.nan, 1.0])
def test_a_scan_of_one_level_or_with_nan_is_named(value):
    axes = (Axis.channel(["a"]), *(Axis(name, 4, "mm") for name in "zyx"))
    scan = loaders.recording.of(Signal(np.full((1, 4, 4, 4), value), axes, notes={"name": "P07"}))
    with pytest.raises(ArgumentError, match="P07"):
        prepared(config.read("volume_segmentation"), scan)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("patch.size=[32,32]", "size has 2 axes"),
        ("grid.spacing=[1,1]", "three lengths along z, y, x"),
        ("levels.low=500", "low 500 is not below high 400"),
        ("augment.mirror=['w']", "mirror"),
        ("augment.degrees=200", "degrees is 200"),
    ],
)
def test_a_wrong_word_in_the_recipe_is_named(override, said):
    with pytest.raises(RecipeError, match=said):
        recipe(override)


def test_a_label_map_on_another_grid_is_told(run, tmp_path):
    for name in ("images", "labels"):
        (tmp_path / name).mkdir()
    scan, mask = torsos(1, spacing=(16, 16, 16))[0]
    loaders.save(scan, tmp_path / "images" / "a.nii.gz")
    loaders.save(mask, tmp_path / "labels" / "a.nii.gz")
    shutil.copy(tmp_path / "images" / "a.nii.gz", tmp_path / "images" / "b.nii.gz")
    other = torsos(1, spacing=(16, 16, 8))[0][1]
    loaders.save(other, tmp_path / "labels" / "b.nii.gz")
    with pytest.raises(FormatError, match=r"b\.nii\.gz.*another grid"):
        lines.run(recipe(*QUICK, *SMALL, f"data.path={tmp_path}"), "x", tmp_path / "out", Silent())
