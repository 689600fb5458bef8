"""The motion recipe: a body in its own frame, from files as people have them to a model and back."""

import csv

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError, RecipeError, ShapeError
from sigconv.loaders.mocap.generator import walking
from sigconv.loaders.mocap.markers import axes
from sigconv.recipe import config, lines
from sigconv.recipe.lines import Placement
from sigconv.recipe.mirrored import mirror, mirrored_name
from sigconv.recipe.motion.body import facing, turned
from sigconv.recipe.motion.take import Take
from sigconv.recipe.motion.trip import gather, windows
from sigconv.signal import Signal
from tests.recipe.conftest import Silent, ran

SMALL = ["data.made.subjects=2", "data.made.takes=6", "data.made.seconds=2", "pose.length=2", "run.folds=2"]
SMALL += ["train.epochs=1", "net.text=B C8k5s2R G F"]


def walk(**changes):
    return walking(subjects=1, takes=1, **{"seconds": 2.0, "missing": 0.0, "noise": 0.0, **changes})[0]


def take(source, size=20, **changes):
    told = {"origin": (0,), "up": "z", "start": 0.0, "stop": 2.0, "rate": 10.0, "size": size}
    return Take(source, **{**told, **changes}).read().data.reshape(-1, 3, size)


def moved(source, change):
    """The same recording with other positions."""
    signal = source.read()
    return loaders.of(signal.with_data(change(signal.data.reshape(-1, 3, signal.shape[1])).reshape(signal.shape)))


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    return ran("motion_actions", SMALL, tmp_path_factory.mktemp("runs") / "motion").folder


# known


def test_a_body_walks_ahead_with_its_left_on_the_left():
    whole = take(walk())
    names = walk().notes["markers"]
    assert np.abs(np.median(whole[names.index("Hip_L"), 1]) - 0.1) < 0.05
    assert np.abs(np.median(whole[names.index("Hip_R"), 1]) + 0.1) < 0.05
    assert 0.7 < np.abs(whole[-1, 0]).mean() < 2.0  # metres a second of the body as a whole
    assert np.abs(whole[names.index("Hips"), :2]).max() < 1e-6


def test_names_in_a_mirror():
    assert mirrored_name("walk-turn-left") == "walk-turn-right"
    assert mirrored_name("counterclockwise") == "clockwise"
    assert mirror(["clockwise", "counterclockwise", "up"]) == [1, 0, 2]
    assert mirrored_name("Neck") == "Neck"


# law


def test_where_a_body_stands_and_which_way_it_looks_makes_no_difference():
    one = walk()
    other = moved(one, lambda places: turned(places, 2.0) + np.array([3.0, -1.0, 0.0])[:, None])
    np.testing.assert_allclose(take(other), take(one), atol=1e-5)


def test_a_file_whose_y_is_up_gives_the_same():
    one = walk()
    lying = moved(one, lambda places: places[:, [1, 2, 0]])  # (y, z, x): its second axis is up
    np.testing.assert_allclose(take(lying, up="y"), take(one), atol=1e-5)


def test_what_is_shorter_stands_still_around_and_its_axis_says_where():
    one = walk()
    long = Take(one, (0,), "z", 0.0, 2.0, 10.0, 30)
    data = long.read().data
    np.testing.assert_array_equal(data[:-3, :5], np.repeat(data[:-3, 5:6], 5, 1))
    assert long.axes[1].at(5) == pytest.approx(0.0)
    assert np.abs(data[-3:-1, :4]).max() == 0


def test_markers_that_were_lost_for_a_while_are_bridged():
    data = walk().read()
    gap = data.data.copy()
    gap[:3, 10:14] = np.nan
    found = take(loaders.of(data.with_data(gap)))
    assert np.isfinite(found).all()
    assert np.abs(found - take(walk())).max() < 0.2


def test_facing_goes_round_with_the_body():
    places = np.random.default_rng(0).normal(size=(4, 3, 5))
    before, after = (facing(one, [(0, 1), (2, 3)]) for one in (places, turned(places, 1.0)))
    np.testing.assert_allclose(np.exp(1j * (after - before)), np.exp(1j), atol=1e-9)


def test_a_run_predicts_new_files_of_other_rates_and_lengths(small_run, tmp_path):
    slow = walking(subjects=1, takes=1, seconds=1.5, fs=120.0, missing=0.0)[0]
    loaders.save(slow, tmp_path / "new.trc")
    long = walking(subjects=1, takes=1, seconds=5.0, fs=60.0, missing=0.0)[0]
    loaders.save(long, tmp_path / "long.c3d")
    lines.predict(small_run, [tmp_path / "new.trc"], tmp_path / "new.csv", Placement(), Silent())
    lines.predict(small_run, [tmp_path / "long.c3d"], tmp_path / "long.csv", Placement(1.0), Silent())
    with (tmp_path / "new.csv").open() as one, (tmp_path / "long.csv").open() as other:
        new, rows = list(csv.DictReader(one)), list(csv.DictReader(other))
    assert len(new) == 1
    assert [float(row["start_s"]) for row in rows] == [0, 1, 2, 3]
    said = [float(rows[0][f"p_{name}"]) for name in ("backwards", "forwards", "limping")]
    assert sum(said) == pytest.approx(1, abs=1e-5)
    assert (small_run / "skeletons.png").stat().st_size > 5000
    assert (tmp_path / "long.png").is_file()


def test_class_folders_of_files_with_other_markers_use_those_that_all_have(tmp_path):
    for number, (label, fewer) in enumerate([("a", 0), ("a", 6), ("b", 0), ("b", 3)]):
        (tmp_path / label).mkdir(exist_ok=True)
        signal = walking(subjects=1, takes=1, seconds=1.0, fs=50.0 + number, missing=0.0, seed=number)[0].read()
        names = signal.notes["markers"][fewer // 3 :]
        kept = Signal(signal.data[fewer:], axes(names, signal.shape[1], signal.fs), "m", (), signal.notes)
        loaders.save(kept, tmp_path / label / f"{number}.trc")
    asked = config.read("motion_actions", [f"data.path={tmp_path}", "pose.up=z"])
    cut = windows(asked, gather(asked, Silent()), Silent())
    assert cut.shape == (3 * 18 + 3, 40)
    assert cut.channels[0] == "Neck.x"
    assert np.isfinite(cut.load().data).all()


# errors


def test_what_does_not_go_is_told(small_run, tmp_path):
    bare = walk().read()
    few = Signal(bare.data[:6], axes(["Hips", "Spine"], bare.shape[1], bare.fs), "m", (), bare.notes)
    loaders.save(few, tmp_path / "few.trc")
    with pytest.raises(ArgumentError, match=r"lacks the channels: Neck\.x"):
        lines.predict(small_run, [tmp_path / "few.trc"], tmp_path / "o.csv", Placement(), Silent())
    loaders.save(Signal.from_array(np.zeros((1, 800)), fs=8000), tmp_path / "tone.wav")
    with pytest.raises(ShapeError, match="no motion capture"):
        lines.predict(small_run, [tmp_path / "tone.wav"], tmp_path / "o.csv", Placement(), Silent())
    assert not (tmp_path / "o.csv").exists()


def test_a_marker_that_is_never_seen_and_joints_that_are_not_there(tmp_path):
    lost = walk().read()
    data = lost.data.copy()
    data[:3] = np.nan
    with pytest.raises(FormatError, match="marker Hips is not seen once"):
        take(loaders.of(lost.with_data(data)))
    asked = config.read("motion_actions", [*SMALL, 'pose.joints=["Hips", "Tail"]'])
    with pytest.raises(RecipeError, match="lacks Tail"):
        windows(asked, gather(asked, Silent()), Silent())
    asked = config.read("motion_actions", [*SMALL, 'pose.origin=["Tail"]'])
    with pytest.raises(RecipeError, match=r"pose\.origin has Tail"):
        windows(asked, gather(asked, Silent()), Silent())


@pytest.mark.data
def test_actions_of_real_files_are_gathered_by_their_names(real_data):
    told = ["data.pattern=dataset-2_{action}_{style}_{_}.bvh", "data.label=action", "data.group=style"]
    asked = config.read("motion_actions", [f"data.path={real_data / 'motion_bvh'}", *told])
    gathered = gather(asked, Silent())
    assert len(gathered.sources) == 140
    assert len(set(gathered.labels)) == 10
    assert len(set(gathered.groups)) == 7
    assert windows(asked, gathered, Silent()).shape == (3 * 22 + 3, 40)
