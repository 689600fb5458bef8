"""A cache that dask fills has the entries that reading fills it with, and processes share them."""

import multiprocessing
import sys
from pathlib import Path

import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import MissingExtra
from sigconv.loaders.cache import cached, contents, fill
from sigconv.loaders.recording import of
from sigconv.signal import Signal
from tests.loaders.scans import halved


def tones(folder, count=3):
    """Sound files, each of its own pitch, as a collection."""
    for number in range(count):
        tone = Signal.from_array(np.sin(np.arange(800.0) * (number + 1) / 9)[None], fs=8000)
        loaders.save(tone, folder / f"{number}.wav")
    return loaders.pattern(folder, "{label}.wav")


def mapped(path, folder, out):
    """What a process does: read an entry that is there, and say which file it maps."""
    recording = cached(loaders.open(path), folder=folder)
    samples = np.asarray(recording.read().data)
    out.put((samples, str(folder) in Path("/proc/self/maps").read_text()))


@pytest.mark.parametrize("scheduler", ["synchronous", "threads", "processes"])
def test_the_entries_are_those_of_reading(tmp_path, scheduler):
    found, ticks = tones(tmp_path), []
    for transform in (None, halved):
        for recording in found:
            cached(recording, transform, folder=tmp_path / "read")
        assert (
            fill(found, transform, folder=tmp_path / "dask", scheduler=scheduler, progress=lambda: ticks.append(1))
            == {}
        )
    names = {folder: sorted(path.name for path in (tmp_path / folder).glob("*.sig")) for folder in ("read", "dask")}
    assert names["read"] == names["dask"]
    assert len(names["dask"]) == len(ticks) == 6
    for name in names["dask"]:
        assert (tmp_path / "read" / name).read_bytes() == (tmp_path / "dask" / name).read_bytes()


def test_two_processes_map_the_one_entry_that_the_first_wrote(tmp_path):
    tones(tmp_path, 1)
    path, folder = tmp_path / "0.wav", tmp_path / "cache"
    cached(loaders.open(path), folder=folder)
    written = [entry.stat().st_mtime_ns for entry in folder.glob("*.sig")]
    context = multiprocessing.get_context("fork")
    out = context.Queue()
    processes = [context.Process(target=mapped, args=(path, folder, out)) for _ in range(2)]
    for process in processes:
        process.start()
    got = [out.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    assert len(contents(folder)) == len(written) == 1
    for samples, is_mapped in got:
        np.testing.assert_array_equal(samples, loaders.open(path).read().data)
        assert is_mapped


def test_what_cannot_be_read_is_told_and_the_rest_is_there(tmp_path):
    found = tones(tmp_path)
    (tmp_path / "1.wav").write_bytes(b"RIFF")
    faults = fill(found, folder=tmp_path / "cache", scheduler="synchronous")
    assert list(faults) == [1]
    assert "1.wav" in faults[1]
    assert len(contents(tmp_path / "cache")) == 2


def test_without_dask_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", None)
    with pytest.raises(MissingExtra, match=r"pip install 'sigconv\[distributed\]'"):
        fill([of(Signal.from_array(np.arange(8.0), fs=4))], folder=tmp_path)


@pytest.mark.data
def test_real_files_of_several_formats(real_data, tmp_path):
    paths = [
        next((real_data / "fsdd").rglob("*.wav")),
        next((real_data / "eegmmidb_S001").rglob("*.edf")),
        next((real_data / "msd_hippocampus").rglob("*.nii.gz")),
    ]
    found = loaders.Collection(tuple(map(str, paths)), loaders.open)
    assert fill(found, folder=tmp_path, scheduler="threads") == {}
    assert len(contents(tmp_path)) == 3
    for path in paths:
        whole = loaders.open(path)
        np.testing.assert_array_equal(cached(whole, folder=tmp_path).read().data, whole.read().data)
    assert len(contents(tmp_path)) == 3
