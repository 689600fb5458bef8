"""A cached recording has the same samples, whatever happens to its entry."""

import errno
import functools
import logging
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError
from sigconv.loaders import cache, cache_file, cache_shelf
from sigconv.loaders.cache import cached
from sigconv.loaders.cache_shelf import clean, contents
from sigconv.loaders.recording import Recording
from sigconv.signal import Axis, Event, Signal


@dataclass(frozen=True)
class Raw:
    """A file of numbers read anew for every box, like a decoder; `calls` counts in a file beside it."""

    path: Path
    shape: tuple[int, ...]
    kind: str = "int16"

    def __call__(self, box, rows):
        with self.path.with_suffix(".calls").open("a") as file:
            file.write("x")
        data = np.fromfile(self.path, self.kind).reshape(self.shape)
        return data[(list(rows), *(slice(*pair) for pair in box))]


@dataclass(frozen=True)
class Scaled:
    factor: float

    def __call__(self, signal: Signal) -> Signal:
        axes = (*signal.axes[:-1], replace(signal.axes[-1], step=2.0))
        notes = {**signal.notes, "affine": np.eye(4) * self.factor, "pair": (1, [2.5, None])}
        return signal.with_data(signal.data * np.float32(self.factor), axes=axes, unit="m", notes=notes)


def halved(signal: Signal, by: float = 2.0) -> Signal:
    return signal.with_data(signal.data / by)


def scan(folder: Path, name="scan", shape=(2, 37, 40, 45), kind="int16", seed=0) -> Recording:
    path = folder / f"{name}.raw"
    if not path.exists():
        np.random.default_rng(seed).integers(0, 200, shape).astype(kind).tofile(path)
        os.utime(path, (1e9, 1e9))
    axes = (
        Axis.channel([str(i) for i in range(shape[0])]),
        *(Axis(n, s, "mm") for n, s in zip("zyx", shape[1:], strict=True)),
    )
    return Recording(axes, Raw(path, shape, kind), "HU", (Event(0.0, 0, "x"),), {"name": name, "path": str(path)})


def reads(recording: Recording) -> int:
    calls = Path(recording.notes["path"]).with_suffix(".calls")
    return calls.stat().st_size if calls.exists() else 0


def everything(recording):
    return recording[...].data


def anew(*arguments, **names):
    """As a process that comes later would have it."""
    for kept in (cache._OPEN, cache._MADE):
        kept._things.clear()
    cache._refused.clear()
    cache._told.clear()
    return cached(*arguments, **names)


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGCONV_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def entries(shelf):
    return sorted(shelf.glob("*.sig"))


def test_the_second_time_nothing_is_decoded(tmp_path, shelf):
    original = scan(tmp_path)
    whole = everything(original)
    first = cached(original)
    before = reads(original)
    for again in (first, anew(original), anew(replace(original, notes={**original.notes, "label": "x"}))):
        np.testing.assert_array_equal(everything(again), whole)
        assert again[...].data.dtype == whole.dtype
    assert reads(original) == before
    assert (first.axes, first.unit, first.events) == (original.axes, original.unit, original.events)
    assert first.notes == original.notes
    assert len(entries(shelf)) == 1


def test_a_transform_brings_its_axes_unit_and_notes(tmp_path):
    original = scan(tmp_path)
    for again in (cached(original, Scaled(0.5)), anew(original, Scaled(0.5))):
        np.testing.assert_array_equal(everything(again), everything(original) * np.float32(0.5))
        assert (again.unit, again.axes[-1].step, again.notes["pair"]) == ("m", 2.0, (1, [2.5, None]))
        np.testing.assert_array_equal(again.notes["affine"], np.eye(4) / 2)
        assert again.notes["name"] == "scan"


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_any_box_and_rows_are_those_of_the_source(tmp_path_factory, data):
    grid = data.draw(st.lists(st.integers(1, 70), min_size=1, max_size=3))
    shape = (data.draw(st.integers(1, 3)), *grid)
    kind = data.draw(st.sampled_from(["uint8", "int16", "float32", "float64", "complex64", ">i2"]))
    folder = tmp_path_factory.mktemp("any")
    samples = np.random.default_rng(1).integers(0, 200, shape).astype(kind)
    axes = (
        Axis.channel([str(i) for i in range(shape[0])]),
        *(Axis(n, s) for n, s in zip("abc"[: len(grid)], grid, strict=True)),
    )
    original = loaders.of(Signal(samples, axes))
    kept = cached(original, folder=folder)
    first = [data.draw(st.integers(0, n - 1)) for n in grid]
    last = [data.draw(st.integers(low + 1, n)) for low, n in zip(first, grid, strict=True)]
    box = tuple(zip(first, last, strict=True))
    np.testing.assert_array_equal(kept.samples(box), original.samples(box))
    assert kept.samples(box).dtype == samples.dtype
    picked = kept.pick([str(shape[0] - 1)])
    np.testing.assert_array_equal(picked.samples(box), original.samples(box)[-1:])


def test_the_key_is_the_content_the_transform_and_the_version(tmp_path, shelf, monkeypatch):
    original = scan(tmp_path)
    cached(original)
    for number, more in enumerate(
        [
            (original, Scaled(0.5)),
            (original, Scaled(0.25)),
            (original, halved),
            (original, functools.partial(halved, by=4.0)),
            (original, halved, "model 2"),
            (original.pick(["1"]),),
            (replace(original, reader=replace(original.reader, kind="uint16")),),
            (scan(tmp_path, "other", seed=1),),
        ],
        2,
    ):
        anew(*more)
        assert len(entries(shelf)) == number
    same = scan(tmp_path / "..", "elsewhere" + tmp_path.name)
    anew(replace(same, notes={}))
    assert len(entries(shelf)) == number
    monkeypatch.setattr("sigconv.loaders.cache_key.__version__", "99")
    anew(original)
    assert len(entries(shelf)) == number + 1


def test_a_file_that_changes_gets_another_entry(tmp_path, shelf):
    original = scan(tmp_path)
    anew(original)
    state = Path(original.notes["path"]).stat()
    changed = np.fromfile(original.notes["path"], "int16")
    changed[7] += 1
    changed.tofile(original.notes["path"])
    os.utime(original.notes["path"], ns=(state.st_atime_ns, state.st_mtime_ns))
    np.testing.assert_array_equal(everything(anew(original)), changed.reshape(original.shape))
    assert len(entries(shelf)) == 2


def test_the_content_of_a_file_is_read_once(tmp_path, monkeypatch):
    original = scan(tmp_path)
    monkeypatch.setattr("sigconv.loaders.cache_key._YOUNG", -1.0)
    anew(original)
    opened = []
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *a, **k: (opened.append(self.suffix), real(self, *a, **k))[1])
    anew(original)
    assert ".raw" not in opened


def test_every_bit_flip_and_every_cut_is_noticed(tmp_path, shelf, caplog):
    original = scan(tmp_path, shape=(1, 40, 33, 20))
    whole = everything(original)
    anew(original)
    (path,) = entries(shelf)
    content, draw = path.read_bytes(), random.Random(0)
    spoilt = []
    for _ in range(160):
        at = draw.randrange(len(content)) if draw.random() < 0.6 else len(content) - 1 - draw.randrange(600)
        flipped = bytearray(content)
        flipped[at] ^= 1 << draw.randrange(8)
        spoilt.append(bytes(flipped))
    spoilt += [content[: draw.randrange(len(content))] for _ in range(40)]
    spoilt += [b"", content + b"x", content[1:], b"\0" * len(content), content[: -len(content) // 2] * 2]
    for number, one in enumerate(spoilt):
        path.write_bytes(one)
        caplog.clear()
        np.testing.assert_array_equal(everything(anew(original)), whole)
        assert "written again" in caplog.text, number
        assert path.read_bytes() == content


def test_an_entry_under_another_name_is_not_served(tmp_path, shelf, caplog):
    one, other = scan(tmp_path), scan(tmp_path, "other", seed=1)
    anew(one)
    (path,) = entries(shelf)
    anew(other)
    (wrong,) = set(entries(shelf)) - {path}
    wrong.write_bytes(path.read_bytes())
    np.testing.assert_array_equal(everything(anew(other)), everything(other))
    assert "holds another entry" in caplog.text


WRITER = """
import os, signal, sys
from pathlib import Path
from sigconv.loaders import cache
from tests.loaders.test_cache import scan
cache._SLAB = 1
slabs = cache._slabs
def deadly(*arguments):
    for number, slab in enumerate(slabs(*arguments)):
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        yield slab
cache._slabs = deadly
cache.cached(scan(Path(sys.argv[1])))
"""


def test_a_writer_that_is_killed_leaves_nothing_that_is_served(tmp_path, shelf):
    original = scan(tmp_path)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", WRITER, tmp_path], env={**os.environ, "PYTHONPATH": str(root)}, cwd=root
    )
    assert done.returncode == -signal.SIGKILL
    assert entries(shelf) == []
    assert len(list(shelf.glob(".*.part"))) == 1
    np.testing.assert_array_equal(everything(anew(original)), everything(original))
    assert list(shelf.glob(".*.part")) == []


def together(folder, gate):
    gate.wait()
    return everything(cached(scan(folder), halved)).sum(), os.getpid()


def test_four_processes_at_once_get_one_entry(tmp_path, shelf):
    original = scan(tmp_path)
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(4)
    answers = context.Queue()
    every = [context.Process(target=lambda: answers.put(together(tmp_path, gate))) for _ in range(4)]
    for one in every:
        one.start()
    found = [answers.get(timeout=60) for _ in every]
    for one in every:
        one.join()
    assert {total for total, _ in found} == {everything(original).sum() / 2}
    assert reads(original) == 1 + 1  # one process read it, and this one
    assert len(entries(shelf)) == 1


def test_many_threads_read_one_entry(tmp_path):
    kept, found = cached(scan(tmp_path)), []
    threads = [threading.Thread(target=lambda: found.append(everything(kept).sum())) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_the_bound_is_kept_and_the_least_recently_used_goes_first(tmp_path, shelf, monkeypatch):
    scans = [scan(tmp_path, f"s{i}", seed=i) for i in range(4)]
    anew(scans[0])
    size = entries(shelf)[0].stat().st_size
    monkeypatch.setenv("SIGCONV_CACHE_BYTES", str(3 * size + 1000))
    for one in scans[1:3]:
        anew(one)
    for number, entry in enumerate(contents()):
        os.utime(shelf / f"{entry.key}.sig", (number, number))
    anew(scans[0])  # used again: now the second is the oldest
    anew(scans[3])
    assert {entry.name for entry in contents()} == {"s0", "s2", "s3"}
    assert sum(entry.bytes for entry in contents()) <= 3 * size + 1000
    np.testing.assert_array_equal(everything(anew(scans[1])), everything(scans[1]))


def test_an_entry_in_use_stays_and_what_does_not_fit_is_read_without(tmp_path, shelf, monkeypatch, caplog):
    one, other = scan(tmp_path), scan(tmp_path, "other", seed=1)
    kept = anew(one)
    size = entries(shelf)[0].stat().st_size
    monkeypatch.setenv("SIGCONV_CACHE_BYTES", str(size + 1000))
    assert [entry.busy for entry in contents()] == [True]
    assert clean(0) == 0
    np.testing.assert_array_equal(everything(cached(other)), everything(other))
    assert "SIGCONV_CACHE_BYTES" in caplog.text
    before = reads(one)
    np.testing.assert_array_equal(everything(kept), np.fromfile(one.notes["path"], "int16").reshape(one.shape))
    assert reads(one) == before


def test_cleaning_frees_what_it_says(tmp_path, shelf):
    for i in range(3):
        anew(scan(tmp_path, f"s{i}", seed=i))
    cache._OPEN._things.clear()
    (shelf / ".ab0.1.part").write_bytes(b"x" * 100)
    oldest, middle, newest = (entry.bytes for entry in contents())
    assert clean(newest) == oldest + middle + 100
    assert clean() == newest
    assert contents() == []
    assert list(shelf.glob(".*.part")) == []
    assert list((shelf / "seen").iterdir()) == []


def test_an_entry_that_is_removed_under_a_reader_is_still_read(tmp_path, shelf):
    original = scan(tmp_path)
    kept = anew(original)
    entries(shelf)[0].unlink()
    before = reads(original)
    np.testing.assert_array_equal(
        everything(kept)[0, 3], np.fromfile(original.notes["path"], "int16")[5400:7200].reshape(40, 45)
    )
    assert reads(original) == before
    cache._OPEN._things.clear()
    np.testing.assert_array_equal(everything(kept), everything(original))  # a new process writes it again
    assert len(entries(shelf)) == 1


@pytest.mark.parametrize("transform", [None, halved])
@pytest.mark.parametrize("trouble", [errno.ENOSPC, errno.EACCES])
def test_where_nothing_can_be_written_it_is_read_all_the_same(tmp_path, shelf, monkeypatch, caplog, trouble, transform):
    original = scan(tmp_path)
    if trouble == errno.ENOSPC:

        def full(file, *arguments):
            file.write(b"some")
            raise OSError(trouble, os.strerror(trouble))

        monkeypatch.setattr(cache, "write", full)
    else:
        shelf.write_text("a file where the folder should be")
    with caplog.at_level(logging.WARNING):
        recording = anew(original, transform)
        for _ in range(3):
            np.testing.assert_array_equal(everything(recording), everything(original) / (1 if transform is None else 2))
        np.testing.assert_array_equal(everything(recording.pick(["1"]))[0], everything(recording)[1])
    assert len(caplog.records) == 1
    assert "read without it" in caplog.text


def test_a_recording_that_changed_under_its_entry_is_refused(tmp_path, shelf):
    original = scan(tmp_path)
    kept = anew(original)
    (entries(shelf)[0]).unlink()
    cache._OPEN._things.clear()
    np.zeros(original.shape, "int16").tofile(original.notes["path"])
    with pytest.raises(FormatError, match="scan: its file has changed since it was opened"):
        everything(kept)


def test_memory_is_bounded_while_an_entry_is_written(tmp_path, monkeypatch):
    import tracemalloc

    monkeypatch.setattr(cache, "_SLAB", 1 << 20)
    shape = (1, 512, 128, 128)

    @dataclass(frozen=True)
    class Ramp:
        def __call__(self, box, rows):
            z, y, x = (np.arange(first, last, dtype=np.float32) for first, last in box)
            return (z[:, None, None] + y[:, None] + x)[None]

    axes = (Axis.channel(["CT"]), *(Axis(n, s, "mm") for n, s in zip("zyx", shape[1:], strict=True)))
    Ramp.__qualname__ = "Ramp"
    tracemalloc.start()
    kept = cached(Recording(axes, Ramp(), "HU"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12e6  # of 33.5 MB
    assert kept[:, 511, 127, 127].data.item() == 511 + 127 + 127


def test_a_cached_recording_goes_to_workers(tmp_path):
    from sigconv.windows import batches, patches

    windows = patches([cached(scan(tmp_path))], (16, 16, 16), (8, 8, 8), ["a"])
    order = np.random.default_rng(0).permutation(len(windows))[:40]
    for start in ("fork", "spawn"):
        found = [x.copy() for x, _, _ in batches(windows, order, 8, workers=2, start=start)]
        plain = [x for x, _, _ in batches(patches([scan(tmp_path)], (16, 16, 16), (8, 8, 8), ["a"]), order, 8)]
        np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize(
    ("transform", "message"),
    [
        (lambda signal: signal, "write it as a function or a frozen dataclass of a module"),
        (object(), "no name that lasts"),
        (functools.partial(halved, by=object()), "no name that lasts"),
    ],
)
def test_a_transform_without_a_lasting_name_is_refused(tmp_path, shelf, transform, message):
    with pytest.raises(ArgumentError, match=message):
        cached(scan(tmp_path), transform)
    assert entries(shelf) == []


def noted(signal: Signal) -> Signal:
    return signal.with_data(signal.data, notes={"thing": object()})


def test_a_transform_that_gives_something_odd_is_refused(tmp_path, shelf):
    with pytest.raises(ArgumentError, match="note 'thing' holds a object"):
        cached(scan(tmp_path), noted)
    with pytest.raises(ArgumentError, match="gave a str"):
        cached(scan(tmp_path), repr)
    assert entries(shelf) == []


def test_the_bound_must_be_a_number(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGCONV_CACHE_BYTES", "lots")
    with pytest.raises(ArgumentError, match="SIGCONV_CACHE_BYTES is 'lots'"):
        cached(scan(tmp_path))
    assert cache_shelf.BYTES == "SIGCONV_CACHE_BYTES"


@pytest.mark.data
def test_a_real_recording_is_opened_quickly_from_the_cache(real_data):
    run = loaders.open(real_data / "eegmmidb_S001" / "S001" / "S001R03.edf")
    first = cached(run)
    began = time.perf_counter()
    again = anew(run)
    assert time.perf_counter() - began < 0.1
    np.testing.assert_array_equal(again["C3", 100:400].data, run["C3", 100:400].data)
    assert first.events == run.events
    assert cache_file.MAGIC == b"sigconv1"
