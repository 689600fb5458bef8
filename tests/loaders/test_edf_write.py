"""EDF+ on disk: what is written reads back, and a failure leaves nothing."""

import datetime
import errno
import os

import mne
import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import ArgumentError, SamplingError
from sigconv.signal import Axis, Event, Signal

NAMES = ("FC5", "Cz", "EOG left")


def signal(samples: int = 800, fs: float = 160.0, unit: str = "V", scale: float = 50e-6) -> Signal:
    data = scale * np.random.default_rng(1).standard_normal((3, samples))
    events = (Event(0.5, 4.1, "T1"), Event(1.25, 0.0, "left hand"), Event(3.0, 0.5, "Ünïcode"))
    notes = {"start_time": "2021-05-04T10:20:30.250000+00:00"}
    return Signal(data, (Axis.channel(NAMES), Axis.time(samples, fs)), unit, events, notes)


# law -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("samples", "fs"),
    [(800, 160.0), (801, 160.0), (1009, 160.0), (1000, 250.0), (997, 128.5), (640, 512 / 3), (7, 160.0)],
)
def test_what_is_written_reads_back_within_one_step(tmp_path, samples, fs):
    path, before = tmp_path / "back.edf", signal(samples, fs)
    try:
        loaders.save(before, path)
    except SamplingError as refused:
        message = str(refused)
        assert not list(tmp_path.iterdir())
        assert f"{fs:g}" in message
        return
    after = loaders.load(path)
    assert after.channels == before.channels
    assert after.unit == "V"
    assert after.fs == pytest.approx(before.fs, rel=1e-7)
    assert after.events == loaders.of(before).read().events
    assert after.shape == before.shape
    step = np.ptp(before.data, axis=1, keepdims=True) / 65535 + 1e-12
    assert np.all(np.abs(after.data - before.data) <= step)
    assert datetime.datetime.fromisoformat(after.notes["start_time"]) == datetime.datetime.fromisoformat(
        before.notes["start_time"]
    )


def test_a_date_that_is_not_known_stays_unknown(tmp_path):
    loaders.save(Signal.from_array(np.ones((1, 160)) * 1e-6, fs=160), tmp_path / "undated.edf")
    assert loaders.open(tmp_path / "undated.edf").notes["start_time"] is None


@pytest.mark.parametrize("scale", [1e-12, 1e-9, 1e-3, 1.0])
def test_no_sample_is_clipped_however_large_or_small(tmp_path, scale):
    before = signal(scale=scale)
    loaders.save(before, tmp_path / "range.edf")
    after = loaders.load(tmp_path / "range.edf")
    step = np.ptp(before.data, axis=1, keepdims=True) / 65535 + 2e-12
    assert np.all(np.abs(after.data - before.data) <= step)


def test_a_flat_channel_keeps_its_level(tmp_path):
    before = signal()
    before = before.with_data(np.full(before.shape, 12e-6))
    loaders.save(before, tmp_path / "flat.edf")
    np.testing.assert_allclose(loaders.load(tmp_path / "flat.edf").data, 12e-6, atol=1e-10)


def test_a_file_is_replaced_as_a_whole(tmp_path):
    loaders.save(signal(), tmp_path / "a.edf")
    loaders.save(signal(1600), tmp_path / "a.edf")
    assert [path.name for path in tmp_path.iterdir()] == ["a.edf"]
    assert loaders.open(tmp_path / "a.edf").duration == 10.0


# refused -------------------------------------------------------------------------------------------------------------


def test_another_suffix_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match=r"writes .*\.edf"):
        loaders.save(signal(), tmp_path / "a.gdf")
    assert not list(tmp_path.iterdir())


def test_a_sample_that_is_no_number_is_refused(tmp_path):
    bad = signal()
    bad.data[1, 7] = np.nan
    with pytest.raises(SamplingError, match="finite"):
        loaders.save(bad, tmp_path / "a.edf")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a.edf"
    loaders.save(signal(), path)
    old = path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        loaders.save(signal(1600), path)
    assert path.read_bytes() == old
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(OSError, match="absent"):
        loaders.save(signal(), tmp_path / "absent" / "a.edf")


# same as -------------------------------------------------------------------------------------------------------------


def test_mne_reads_the_same_samples_and_events(tmp_path):
    loaders.save(signal(), tmp_path / "a.edf")
    raw = mne.io.read_raw_edf(tmp_path / "a.edf", preload=True, verbose="error")
    ours = loaders.load(tmp_path / "a.edf")
    np.testing.assert_allclose(raw.get_data(), ours.data, rtol=0, atol=1e-12)
    assert list(raw.annotations.description) == [event.label for event in ours.events]


@pytest.mark.data
def test_a_real_recording_survives_the_round_trip(real_data, tmp_path):
    before = loaders.load(real_data / "eegmmidb_S001" / "S001" / "S001R04.edf")
    loaders.save(before, tmp_path / "S001R04.edf")
    after = loaders.load(tmp_path / "S001R04.edf")
    assert (after.channels, after.events, after.fs, after.shape) == (
        before.channels,
        before.events,
        before.fs,
        before.shape,
    )
    assert after.notes["start_time"] == before.notes["start_time"]
    step = np.ptp(before.data, axis=1, keepdims=True) / 65535 + 1e-12
    assert np.all(np.abs(after.data - before.data) <= step)


@pytest.mark.parametrize("low", [-51.76729999999999, -88.17069999999998, -1e-5, -0.1 - 0.2, -123456.7])
def test_a_range_that_rounding_would_narrow_is_saved_whole(tmp_path, low):
    data = np.linspace(low, 54.700900000000004, 320)[None] * 1e-6
    loaders.save(Signal.from_array(data, fs=160, unit="V", channels=["C3"]), tmp_path / "x.edf")
    assert np.abs(loaders.load(tmp_path / "x.edf").data - data).max() <= np.ptp(data) / 65535 * 1.01


def test_the_subject_is_written_so_that_a_filtered_copy_stays_with_its_person(tmp_path):
    whose = {"subject": "sub 07"}
    x = Signal.from_array(np.zeros((1, 160)), fs=160, unit="V", channels=["Cz"])
    loaders.save(x.with_data(x.data, notes=whose), tmp_path / "a.edf")
    assert loaders.open(tmp_path / "a.edf").notes["subject"] == "sub_07"
    loaders.save(x.with_data(x.data, notes={"subject": "Jürgen"}), tmp_path / "b.edf")
    assert loaders.open(tmp_path / "b.edf").notes["subject"] == tmp_path.name
