"""The video recipe: clips at one rate and size, the network beside its twins, and back on new files."""

import csv
import json

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, RecipeError, ShapeError
from sigconv.loaders.video.generator import moving_shapes
from sigconv.recipe import config, lines
from sigconv.recipe.lines import Placement
from sigconv.recipe.video.beside import FRAME, SHUFFLED, baselines
from sigconv.recipe.video.clips import Frames
from sigconv.recipe.video.trip import augment, gather, windows
from sigconv.recipe.video.twins import Shuffled, Still
from sigconv.signal import Axis, Signal
from sigconv.windows import leave_one_group_out
from tests.recipe.conftest import Silent, ran

SMALL = ["data.made.sources=2", "data.made.clips=12", "data.made.size=16", "clip.size=16", "clip.frames=4"]
SMALL += ["run.share=0.5", "train.epochs=1", "net.text=C4k3s2BR C8k3BR G F", "augment.move=1"]


def counting(frames=10, fs=10.0, positions=()):
    """A video whose every pixel is the number of its frame."""
    data = np.broadcast_to(np.arange(frames, dtype=np.uint8)[:, None, None], (1, frames, 4, 4))
    time = Axis.at_positions("time", positions, "s") if positions else Axis.time(frames, fs)
    return loaders.of(Signal(data, (Axis.channel(["grey"]), time, Axis("y", 4), Axis("x", 4))))


def shown(source, start, rate, count):
    return Frames(source, start, rate, count, 4, colour=False).shown()


@pytest.fixture(scope="module")
def small_run(tmp_path_factory):
    return ran("video_actions", SMALL, tmp_path_factory.mktemp("runs") / "video").folder


# known


def test_of_each_moment_the_frame_that_is_shown_then():
    assert shown(counting(), 0.0, 5.0, 4) == [0, 2, 4, 6]
    assert shown(counting(), 0.05, 10.0, 3) == [0, 1, 2]
    assert shown(counting(), 0.8, 10.0, 4) == [8, 9, 9, 9]
    assert shown(counting(), -0.2, 10.0, 3) == [0, 0, 0]
    assert shown(counting(4, positions=(0.0, 0.1, 0.5, 0.6)), 0.0, 5.0, 4) == [0, 1, 1, 3]


def test_a_clip_has_mean_nothing_and_spread_one_and_a_black_one_stays_nothing():
    clip = Frames(moving_shapes(1, 1, frames=8, size=16)[0], 0.0, 25.0, 8, 8, colour=True).read().data
    assert clip.shape == (3, 8, 8, 8)
    assert abs(clip.mean()) < 1e-5
    assert clip.std() == pytest.approx(1, abs=1e-4)
    black = loaders.of(counting(1).read().with_data(np.zeros((1, 1, 4, 4))))
    assert not Frames(black, 0.0, 1.0, 3, 4, colour=False).read().data.any()


# law


def test_the_twin_has_the_middle_frame_and_the_shuffled_one_the_same_frames():
    clip = Frames(moving_shapes(1, 1, frames=8, size=16)[0], 0.0, 25.0, 8, 16, colour=False)
    whole, mixed = clip.read().data, Shuffled(clip, 3).read().data
    np.testing.assert_array_equal(Still(clip).read().data, whole[:, 4])
    order = [int(np.flatnonzero([(frame == other).all() for other in whole[0]])[0]) for frame in mixed[0]]
    assert sorted(order) == list(range(8))
    assert order != list(range(8))
    np.testing.assert_array_equal(Shuffled(clip, 3).samples(((2, 5), (0, 16), (0, 16))), mixed[:, 2:5])


def test_a_mirror_of_clips_exchanges_classes_that_tell_a_side():
    asked = config.read("video_actions", SMALL)
    cut = windows(asked, gather(asked, Silent()), Silent())
    flip = augment(asked, cut).steps[-1]
    named = dict(zip(cut.classes, (cut.classes[i] for i in flip.classes), strict=True))
    assert named["left"] == "right"
    assert named["clockwise"] == "counterclockwise"
    assert named["up"] == "up"


def test_a_run_shows_the_network_beside_its_twins(small_run):
    told = json.loads((small_run / "metrics.json").read_text())
    assert list(told["baselines"]) == [FRAME, SHUFFLED]
    assert (small_run / "side_by_side.png").stat().st_size > 5000
    assert (small_run / "frames.png").stat().st_size > 5000


def test_a_run_predicts_files_of_other_sizes_rates_and_lengths(small_run, tmp_path):
    clip = moving_shapes(1, 1, frames=24, size=48, fs=30.0)[0]
    loaders.save(clip, tmp_path / "new.mkv")
    lines.predict(small_run, [tmp_path / "new.mkv"], tmp_path / "new.csv", Placement(0.2), Silent())
    with (tmp_path / "new.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["start_s"]) for row in rows] == pytest.approx([0, 0.2, 0.4])
    assert (tmp_path / "new.png").is_file()
    short = moving_shapes(1, 1, frames=2, size=16)[0]
    loaders.save(short, tmp_path / "short.mkv")
    lines.predict(small_run, [tmp_path / "short.mkv"], tmp_path / "short.csv", Placement(), Silent())
    assert (tmp_path / "short.csv").read_text().count("\n") == 2


def test_a_slow_recording_goes_with_the_usual_step(small_run, tmp_path):
    loaders.save(counting(6, fs=1.0), tmp_path / "slow.mkv")
    lines.predict(small_run, [tmp_path / "slow.mkv"], tmp_path / "slow.csv", Placement(), Silent())
    assert (tmp_path / "slow.csv").read_text().count("\n") > 2


def test_a_twin_keeps_checkpoints_and_goes_on_from_them(tmp_path):
    asked = config.read("video_actions", SMALL)
    gathered = gather(asked, Silent())
    cut = windows(asked, gathered, Silent())
    split = leave_one_group_out(cut.groups)[0]
    twin = next(iter(baselines(asked, gathered, cut, Silent()).values()))
    said = twin(split, tmp_path)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    np.testing.assert_array_equal(twin(split, tmp_path), said)
    assert kept == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} != {}


# errors


def test_what_does_not_go_is_told(small_run, tmp_path):
    loaders.save(Signal.from_array(np.zeros((1, 800)), fs=8000), tmp_path / "tone.wav")
    with pytest.raises(ShapeError, match="no video"):
        lines.predict(small_run, [tmp_path / "tone.wav"], tmp_path / "o.csv", Placement(), Silent())
    clip = moving_shapes(1, 1, frames=4, size=16)[0]
    loaders.save(clip, tmp_path / "new.mkv")
    with pytest.raises(ArgumentError, match="not for video"):
        lines.predict(small_run, [tmp_path / "new.mkv"], tmp_path / "o.csv", Placement(0.5, ("cue",)), Silent())
    asked = config.read("video_actions", [*SMALL, "net.text=C4k3x5x5 G F"])
    with pytest.raises(RecipeError, match="does not build for single frames"):
        lines.run(asked, "video_actions", tmp_path / "out", Silent())
    assert not (tmp_path / "out").exists()
    with pytest.raises(RecipeError, match="one of frame and shuffled stays true"):
        config.read("video_actions", ["baseline.frame=false", "baseline.shuffled=false"])
