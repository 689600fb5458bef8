import numpy as np
import pytest

from sigconv import loaders, nets, space
from sigconv.errors import ArgumentError
from sigconv.loaders.eeg.generator import motor_imagery
from sigconv.recipe import config
from sigconv.recipe.explain.files import overlay_clip, write_explanation
from sigconv.recipe.explain.line import explain
from sigconv.recipe.explain.methods import METHODS, Asked, pieces_of
from sigconv.recipe.explain.patch import chosen_patch
from sigconv.recipe.explain.window import chosen_window
from sigconv.recipe.lines import line
from sigconv.recipe.prediction import Model, model_of
from sigconv.report.explain import ask, integrated_gradients, saliency
from sigconv.signal import Axis, Signal
from tests.recipe.conftest import Silent


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """A recording of a subject that the small run did not see."""
    path = tmp_path_factory.mktemp("new") / "new.edf"
    loaders.save(motor_imagery(subjects=1, trials=4, seed=7)[0], path)
    return path


def window(small_run, trial, at="", nth=1, which=None):
    model = model_of(small_run)
    return chosen_window(line("classify", "eeg").domain, model, trial, at, nth, which, Silent())


# known


def test_an_event_is_explained_in_its_own_seconds(small_run, trial):
    onset = next(event.onset for event in loaders.open(trial).events if event.label == "left")
    signal, told = window(small_run, trial, "left")
    model = model_of(small_run)
    assert signal.axis("time").start == pytest.approx(onset + model.recipe.window.start, abs=0.01)
    assert "event left number 1 of 2" in told
    assert signal.channels == tuple(model.facts["channels"])
    assert len(signal.notes["positions"]) > 4


def test_a_time_is_the_window_that_begins_then(small_run, trial):
    signal, told = window(small_run, trial, "6.5 s")
    assert signal.axis("time").start == pytest.approx(6.5, abs=0.06)
    assert ", 6.5" in told


def test_without_a_place_it_is_the_surest_window(small_run, trial):
    _, told = window(small_run, trial)
    assert "the surest of" in told


def test_every_method_writes_a_picture_and_says_its_class(small_run, trial, tmp_path):
    for method in METHODS:
        out = tmp_path / f"{method}.png"
        asked = Asked(method, effort=8, pieces="time=4")
        told = explain(small_run, trial, out, asked, Silent(), which="right", at="right")
        assert told[1].startswith("class right, probability 0.")
        assert out.read_bytes().startswith(b"\x89PNG")
        assert str(out) in told
        assert (tmp_path / f"{method}-parts.png").exists() == (method in ("shapley", "left_out"))
    told = explain(small_run, trial, tmp_path / "a.png", Asked(), Silent(), at="right")
    assert "f(x) − f(baseline)" in told[3]


def test_pieces_are_those_that_mean_something_in_the_domain(small_run, trial):
    signal, _ = window(small_run, trial, "left")
    assert "C3 · 8 to 13 Hz" in pieces_of(signal, "auto", "eeg").names
    walk = Signal.from_array(
        np.zeros((6, 4)), fs=2, channels=[f"{name}.{axis}" for name in ("hip", "knee") for axis in "xyz"]
    )
    assert pieces_of(walk, "auto", "motion").names == ("hip", "knee")
    mel = Signal(np.zeros((1, 16, 16)), (Axis("channel", 1), Axis("freq", 16, "Hz"), Axis.time(16, 8)))
    assert len(pieces_of(mel, "auto", "audio").names) == 64
    assert len(pieces_of(mel, "time=2, freq=3", "audio").names) == 6


@pytest.fixture
def untrained():
    """A model of label maps that was never trained, and its domain."""
    recipe = config.read("membrane_unet")
    shape = (1, *recipe.patch.size)
    module = nets.build(nets.parse("C4RC2k1"), nets.InputSpec(1, shape[1:]), seed=0)
    facts = {"shape": shape, "classes": ["inside", "membrane"]}
    return line("segment", "image").domain, Model(module.eval(), recipe, facts)


def test_of_a_label_map_one_patch_is_explained(untrained, tmp_path):
    domain, model = untrained
    picture = np.random.default_rng(0).integers(0, 255, (1, 200, 300)).astype(np.uint8)
    axes = (Axis.channel(("grey",)), Axis("y", 200), Axis("x", 300))
    loaders.save(Signal(picture, axes), tmp_path / "cells.png")
    signal, told, name = chosen_patch(domain, model, tmp_path / "cells.png", "y=0,x=299", None, Silent())
    assert name == "membrane"
    assert signal.shape == model.facts["shape"]
    assert (signal.axes[1].start, signal.axes[2].stop) == (0, 300)
    assert "around y" in told
    assert ask(model.module, signal, name, model.classes).where.any()
    signal, _, name = chosen_patch(domain, model, tmp_path / "cells.png", "", "inside", Silent())
    assert name == "inside"
    with pytest.raises(ArgumentError, match=r"class is 'membrain' \(did you mean 'membrane'\?\)"):
        chosen_patch(domain, model, tmp_path / "cells.png", "", "membrain", Silent())
    for wrong in ("z=3", "y=middle", "T1"):
        with pytest.raises(ArgumentError, match=r"a place is AXIS=POSITION,… with the axes y \(samples\), x"):
            chosen_patch(domain, model, tmp_path / "cells.png", wrong, None, Silent())


def test_a_volume_s_overlay_lies_where_the_scan_lies(tmp_path):
    axes = (Axis("channel", 1), Axis("z", 4, "mm", 3.0, 6.0), Axis("y", 6, "mm", 2.0), Axis("x", 8, "mm", 1.5, 3.0))
    scan = Signal(np.random.default_rng(0).normal(size=(1, 4, 6, 8)).astype(np.float32), axes)
    network = nets.build(nets.parse("C2RGF"), nets.InputSpec(1, (4, 6, 8)), seed=0)
    found = integrated_gradients(ask(network, scan), steps=2)
    written = write_explanation(found, tmp_path / "why.png")
    assert [path.name for path in written] == ["why.png", "why.nii.gz"]
    again = loaders.load(tmp_path / "why.nii.gz")
    np.testing.assert_allclose(space.affine(again), space.affine(scan))
    np.testing.assert_allclose(again.data, found.attribution.data, rtol=1e-6)


def test_a_clip_s_overlay_is_a_video(tmp_path):
    axes = (Axis("channel", 1), Axis.time(6, 5), Axis("y", 8), Axis("x", 8))
    clip = Signal(np.random.default_rng(0).normal(size=(1, 6, 8, 8)).astype(np.float32), axes)
    network = nets.build(nets.parse("C2RGF"), nets.InputSpec(1, (6, 8, 8)), seed=0)
    found = saliency(ask(network, clip))
    written = write_explanation(found, tmp_path / "why.png")
    assert [path.name for path in written] == ["why.png", "why.mp4"]
    video = loaders.open(tmp_path / "why.mp4")
    assert video.axes[1].size == 6
    assert video.axes[1].rate == pytest.approx(5)
    assert overlay_clip(found).data.dtype == np.uint8


# errors


def test_wrong_questions_name_what_there_is(small_run, trial, tmp_path):
    out = tmp_path / "why.png"
    with pytest.raises(
        ArgumentError, match=r"class is 'lefft' \(did you mean 'left'\?\); this model knows: left, right"
    ):
        explain(small_run, trial, out, Asked(), Silent(), which="lefft", at="left")
    with pytest.raises(ArgumentError, match=r"method is 'gradcam' \(did you mean 'grad_cam'\?\)"):
        explain(small_run, trial, out, Asked("gradcam"), Silent(), at="left")
    with pytest.raises(ArgumentError, match="layer is 'C9'"):
        explain(small_run, trial, out, Asked("saliency", layer="C9"), Silent(), at="left")
    with pytest.raises(ArgumentError, match="it is for saliency and grad_cam"):
        explain(small_run, trial, out, Asked("shapley", layer="C1"), Silent(), at="left")
    with pytest.raises(ArgumentError, match="no recording has an event 'T9'"):
        explain(small_run, trial, out, Asked(), Silent(), at="T9")
    with pytest.raises(ArgumentError, match=r"nth is 9; .* has 2 windows at events 'left'"):
        explain(small_run, trial, out, Asked(), Silent(), at="left", nth=9)
    for wrong in (Asked("shapley", pieces="organs"), Asked("shapley", pieces="time=x"), Asked(baseline="air")):
        with pytest.raises(ArgumentError, match=r"pieces is|baseline is"):
            explain(small_run, trial, out, wrong, Silent(), at="left")
    with pytest.raises(ArgumentError, match="width is 0"):
        explain(small_run, trial, out, Asked("occlusion", width=0), Silent(), at="left")
    assert list(tmp_path.iterdir()) == []


def test_a_place_to_write_that_is_none_is_told_before_any_work(small_run, trial, tmp_path):
    with pytest.raises(ArgumentError, match=r"it is a \.png file"):
        explain(small_run, trial, tmp_path / "why.jpg", Asked(), Silent())
    with pytest.raises(FileNotFoundError, match="make it first"):
        explain(small_run, trial, tmp_path / "no" / "why.png", Asked(), Silent())
    with pytest.raises(FileNotFoundError, match="holds no"):
        explain(tmp_path, trial, tmp_path / "why.png", Asked(), Silent())


def test_all_files_are_written_or_none(tmp_path, monkeypatch):
    axes = (Axis("channel", 1), Axis("z", 4, "mm"), Axis("y", 4, "mm"), Axis("x", 4, "mm"))
    scan = Signal(np.ones((1, 4, 4, 4), np.float32), axes)
    found = saliency(ask(nets.build(nets.parse("F"), nets.InputSpec(1, (4, 4, 4)), seed=0), scan))

    def full(_signal, _path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(loaders, "save", full)
    with pytest.raises(OSError, match="No space"):
        write_explanation(found, tmp_path / "why.png")
    assert list(tmp_path.iterdir()) == []
