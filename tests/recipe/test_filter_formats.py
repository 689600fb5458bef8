"""`sigconv filter` beyond EEG: sound and markers go through the same filters into files of their own kind."""

import numpy as np
import pytest

from sigconv import filters, loaders
from sigconv.recipe.convert import convert
from sigconv.recipe.progress import bars
from sigconv.signal import Axis, Signal

OPTIONS = {"smooth": None, "average_reference": False, "resample": None, "order": 4, "zero_phase": True}


def run(source, target, edges, **options):
    with bars() as progress:
        return convert(source, target, edges, **{**OPTIONS, **options}, progress=progress)


def test_sound_is_filtered_as_the_library_does(tmp_path):
    sound = Signal.from_array(np.random.default_rng(0).uniform(-0.5, 0.5, (2, 80_000)), fs=8000)
    loaders.save(sound, tmp_path / "in.wav")
    told = run(tmp_path / "in.wav", tmp_path / "out.wav", {"lowpass": "1000"})
    assert "2 channels, 80000 samples at 8000 Hz" in told
    read = loaders.load(tmp_path / "in.wav")
    np.testing.assert_allclose(
        loaders.load(tmp_path / "out.wav").data, filters.lowpass(read, 1000, order=4).data, atol=1e-6
    )


def test_markers_are_smoothed_and_gaps_stay_gaps(tmp_path):
    data = np.cumsum(np.random.default_rng(0).normal(size=(6, 200)), axis=1) / 100
    data[:3, 50:60] = np.nan
    names = [f"{marker}.{axis}" for marker in ("LASI", "RASI") for axis in "xyz"]
    loaders.save(Signal(data, (Axis.channel(names), Axis.time(200, 100)), "m"), tmp_path / "in.trc")
    run(tmp_path / "in.trc", tmp_path / "out.c3d", {}, smooth="50 ms")
    smooth = loaders.load(tmp_path / "out.c3d")
    assert smooth.channels == tuple(names)
    assert np.isnan(smooth.data[:3, 50:60]).all()
    assert np.isfinite(smooth.data[3:]).all()
    expected = filters.smooth(loaders.load(tmp_path / "in.trc"), 0.05).data[3:]
    np.testing.assert_allclose(smooth.data[3:], expected, atol=1e-5)


@pytest.mark.data
def test_markers_without_a_name_do_not_trouble_the_filter(real_data, tmp_path):
    told = run(real_data / "mocap_formats/btkdata/TRCSamples/Gait.trc", tmp_path / "out.c3d", {"lowpass": "6"})
    assert told == "lowpass 6; 99 channels, 487 samples at 100 Hz"


def test_sound_does_not_become_volts(tmp_path):
    loaders.save(Signal.from_array(np.zeros((1, 8000)), fs=8000), tmp_path / "in.wav")
    with pytest.raises(ValueError, match="would make volts"):
        run(tmp_path / "in.wav", tmp_path / "out.edf", {"lowpass": "1000"})
    assert not (tmp_path / "out.edf").exists()


def test_what_is_no_signal_over_time_is_refused(tmp_path):
    grey = Signal(np.zeros((1, 8, 8), np.uint8), (Axis.channel(["grey"]), Axis("y", 8), Axis("x", 8)))
    loaders.save(grey, tmp_path / "in.png")
    with pytest.raises(ValueError, match="takes signals of"):
        run(tmp_path / "in.png", tmp_path / "out.wav", {"lowpass": "1"})
    with pytest.raises(ValueError, match=r"writes \.edf, \.wav"):
        run(tmp_path / "in.png", tmp_path / "out.mp3", {"lowpass": "1"})
