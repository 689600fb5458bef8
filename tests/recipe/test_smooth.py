"""The smoothing recipe: the lecture's picture, and the recording written in its own format."""

import json

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import RecipeError
from sigconv.recipe import config, lines
from sigconv.recipe.eeg.smooth import versions
from sigconv.signal import Signal
from tests.recipe.conftest import Silent


def smoothed(out, *overrides):
    result = lines.run(config.read("smooth_eeg", list(overrides)), "smooth_eeg", out, Silent())
    return json.loads((out / "metrics.json").read_text()), result


# known


def test_the_three_versions_are_those_of_the_lecture():
    x = np.random.default_rng(0).normal(size=400)
    said = {name: one.step(Signal.from_array(x, fs=100)).data[0] for name, one in versions(10).items()}
    whole = np.convolve(x, np.ones(10) / 10)
    np.testing.assert_allclose(said["centred"], np.convolve(x, np.ones(10) / 10, mode="same"), atol=1e-12)
    np.testing.assert_allclose(said["causal"], whole[:400], atol=1e-12)
    both = np.convolve(whole[:400][::-1], np.ones(10) / 10)[:400][::-1]
    np.testing.assert_allclose(said["zero_phase"][40:-40], both[40:-40], atol=1e-12)


# law


@pytest.mark.parametrize("keep", ["centred", "causal", "zero_phase"])
def test_the_recording_comes_back_in_its_own_format_smoothed_as_a_whole(tmp_path, keep):
    x = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 4000)).astype(np.float32)
    loaders.save(Signal.from_array(x, fs=1000), tmp_path / "in.wav")
    told, result = smoothed(tmp_path / "out", f"data.path={tmp_path / 'in.wav'}", f"smooth.keep={keep}")
    assert told["written"] == "smoothed.wav"
    assert any("smoothed.wav" in line for line in result.told)
    expected = versions(10)[keep].step(loaders.load(tmp_path / "in.wav")).data
    np.testing.assert_allclose(loaders.load(tmp_path / "out" / "smoothed.wav").data, expected, atol=1e-4)
    assert told["delay_ms"] == pytest.approx(4.5)
    assert 5 < told["power_left_percent"]["causal"] < 15  # a tenth, of white noise
    assert (tmp_path / "out" / "power.png").stat().st_size > 5000


@pytest.mark.data
@pytest.mark.parametrize("file", ["eegmmidb_S001/S001/S001R03.edf", "biosignal_wfdb/100.hea"])
def test_real_recordings_are_smoothed(real_data, tmp_path, file):
    path = real_data / file
    told, _ = smoothed(tmp_path / "out", f"data.path={path}")
    back = loaders.open(tmp_path / "out" / told["written"])
    assert told["written"] == "smoothed.edf"
    whole = loaders.open(path)
    assert told["left_out_s"] == pytest.approx(whole.duration - back.duration, abs=1e-9)
    assert told["left_out_s"] < 1
    assert path.suffix == ".hea" or back.events == whole.events


# errors


def test_what_does_not_go_is_told(tmp_path):
    loaders.save(Signal.from_array(np.zeros((1, 100)), fs=100), tmp_path / "in.wav")
    given = f"data.path={tmp_path / 'in.wav'}"
    for told, match in (
        ("data.channel=C3", r"data\.channel is 'C3'"),
        ("smooth.samples=200", r"smooth\.samples is 200; the recording has 100"),
        ("smooth.start=5", r"smooth\.start and smooth\.length"),
    ):
        with pytest.raises(RecipeError, match=match):
            smoothed(tmp_path / "out", given, told)
    assert not (tmp_path / "out").exists()
    from sigconv.loaders.image.generator import textured_shapes

    loaders.save(textured_shapes(1, 1)[0], tmp_path / "in.png")
    with pytest.raises(RecipeError, match="not channels over time"):
        smoothed(tmp_path / "out", f"data.path={tmp_path / 'in.png'}")
