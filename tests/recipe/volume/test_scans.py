"""Volumes with a class each: made up or from class folders, beside a twin that sees one slice."""

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import RecipeError, ShapeError
from sigconv.loaders.volume.generator import helices
from sigconv.recipe import config, lines
from sigconv.recipe.lines import Placement
from sigconv.recipe.volume import trip
from tests.recipe.conftest import Silent

QUICK = [
    "data.made.volumes=12",
    "data.made.size=12",
    "grid.size=[12,12,12]",
    "train.epochs=1",
    "run.hold_out=share",
    "run.share=0.34",
    "run.model=first",
]


def recipe(*overrides):
    return config.read("ct_classification", overrides)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Class folders of NIfTI files of three sizes, with a stray note among them."""
    made = tmp_path_factory.mktemp("vessels")
    for number, size in enumerate((12, 14, 17) * 4):
        vessel = helices(number + 1, size, seed=3)[number].read()
        place = made / vessel.notes["label"]
        place.mkdir(exist_ok=True)
        loaders.save(vessel, place / f"{number}.nii.gz")
    (made / "README.txt").write_text("winding vessels")
    return made


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "vessels"
    return lines.run(recipe(*QUICK, f"data.path={folder}", "data.skip=true"), "ct_classification", out, Silent())


# known


def test_scans_of_any_size_become_one_window_each_about_their_middle(folder):
    told = recipe(*QUICK, f"data.path={folder}", "data.skip=true", "levels.low=0", "levels.high=100")
    gathered = trip.gather(told, Silent())
    cut = trip.windows(told, gathered, Silent())
    assert (cut.shape, len(cut), cut.classes) == ((1, 12, 12, 12), 12, ("left", "right"))
    large = next(i for i, source in enumerate(gathered.sources) if source.shape[1] == 17)
    middle = gathered.sources[large].read().data[0, 2:14, 2:14, 2:14]
    np.testing.assert_allclose(cut.batch([large])[0, 0], np.clip(middle / 50 - 1, -1, 1), atol=1e-5)


def test_every_scan_is_brought_to_the_spacing_that_is_asked_for():
    told = recipe("data.made.volumes=4", "data.made.size=24", "grid.spacing=[2, 2, 2]", "grid.size=[12,12,12]")
    cut = trip.windows(told, trip.gather(told, Silent()), Silent())
    assert [axis.step for axis in cut.sources[0].axes[1:]] == [2, 2, 2]
    assert cut.batch([0]).shape == (1, 1, 12, 12, 12)


# law


def test_a_run_has_both_baselines_pictures_and_a_model_that_predicts(run, folder, tmp_path):
    assert list(run.summary["baselines"]) == [
        "its 2-D twin on the middle slice",
        "histogram of 32 levels, logistic regression",
    ]
    assert (run.folder / "scans.png").stat().st_size > 1000
    new = next((folder / "left").glob("*.nii.gz"))
    said = lines.predict(run.folder, [new], tmp_path / "said.csv", Placement(), Silent())
    assert said[0].startswith("1 windows: ")
    assert "p_left" in (tmp_path / "said.csv").read_text()


@pytest.mark.slow
def test_the_winding_is_told_in_three_dimensions_and_not_in_two(tmp_path):
    found = lines.run(recipe(), "ct_classification", tmp_path / "run", Silent())
    assert found.summary["accuracy"] > 0.95
    assert found.summary["baselines"]["its 2-D twin on the middle slice"]["accuracy"] < 0.65


# errors


def test_a_scan_with_more_channels_is_refused_at_predict(run, tmp_path):
    scan = helices(1, 12)[0].read()
    two = np.concatenate([scan.data, scan.data])
    axes = (loaders.recording.Axis.channel(["a", "b"]), *scan.axes[1:])
    loaders.save(scan.with_data(two, axes=axes), tmp_path / "two.nrrd")
    with pytest.raises(ShapeError, match=r"\(2, 12, 12, 12\)"):
        lines.predict(run.folder, [tmp_path / "two.nrrd"], tmp_path / "said.csv", Placement(), Silent())


def test_what_is_no_volume_is_named(tmp_path):
    from sigconv.loaders.image.generator import textured_shapes

    for label in "ab":
        (tmp_path / label).mkdir()
        loaders.save(textured_shapes(1)[0].read(), tmp_path / label / "1.png")
    with pytest.raises(RecipeError, match="is of the domain 'image'"):
        lines.run(recipe(*QUICK, f"data.path={tmp_path}"), "x", tmp_path / "out", Silent())


def test_a_text_that_builds_no_twin_for_slices_says_how_to_leave_it_out(folder, tmp_path):
    told = recipe(*QUICK, f"data.path={folder}", "data.skip=true", "net.text=C4k3x3x3 R G F")
    with pytest.raises(RecipeError, match=r"does not build for slices; .*baseline\.slice=false"):
        lines.run(told, "x", tmp_path / "out", Silent())
    assert not (tmp_path / "out").exists()


def test_a_size_without_three_axes_is_named():
    with pytest.raises(RecipeError, match=r"grid\.size"):
        recipe("grid.size=[12,12]")
