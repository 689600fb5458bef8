"""A cached recording has the same samples, axes and notes; its key tells what it depends on."""

import functools
import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigconv import filters, loaders
from sigconv.errors import ArgumentError
from sigconv.loaders.cache import file as cache_file
from sigconv.loaders.cache import recording as cache_recording
from sigconv.loaders.cache import shelf as cache_shelf
from sigconv.loaders.cache.recording import cached
from sigconv.loaders.recording import Recording
from sigconv.signal import Axis, Signal
from tests.loaders.scans import Scaled, anew, entries, everything, halved, reads, scan


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGCONV_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


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
    monkeypatch.setattr("sigconv.loaders.cache.key.__version__", "99")
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
    monkeypatch.setattr("sigconv.loaders.cache.key._YOUNG", -1.0)
    anew(original)
    opened = []
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *a, **k: (opened.append(self.suffix), real(self, *a, **k))[1])
    anew(original)
    assert ".raw" not in opened


def test_memory_is_bounded_while_an_entry_is_written(tmp_path, monkeypatch):
    import tracemalloc

    monkeypatch.setattr(cache_recording, "_SLAB", 1 << 20)
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
        (functools.partial(halved, by=object()), "no name that lasts"),
    ],
)
def test_a_transform_without_a_lasting_name_is_refused(tmp_path, shelf, transform, message):
    with pytest.raises(ArgumentError, match=message):
        cached(scan(tmp_path), transform)
    assert entries(shelf) == []


def test_what_is_no_recording_is_told_how_to_become_one(tmp_path):
    with pytest.raises(ArgumentError, match=r"source is a str; .*loaders.open\(path\)"):
        cached("scan.raw")
    with pytest.raises(ArgumentError, match=r"loaders.of\(signal\)"):
        cached(scan(tmp_path).read())
    with pytest.raises(ArgumentError, match="source is a NoneType"):
        cached(None)
    with pytest.raises(ArgumentError, match="transform is 3"):
        cached(scan(tmp_path), 3)
    for wrong in (-1, "5 GB", 0.5):
        with pytest.raises(ArgumentError, match="most_bytes is"):
            cache_shelf.clean(wrong)


def noted(signal: Signal) -> Signal:
    return signal.with_data(signal.data, notes={"thing": object()})


def test_a_spectrogram_is_kept_as_a_source_and_the_refusal_says_so(tmp_path, shelf):
    sound = Signal.from_array(np.random.default_rng(0).uniform(-0.5, 0.5, (1, 4000)), fs=8000)
    loaders.save(sound, tmp_path / "in.wav")
    sound = loaders.open(tmp_path / "in.wav")
    mel = functools.partial(filters.log_mel, bands=20)
    with pytest.raises(ArgumentError, match=r"give cached\(filters\.Spectrogram\(recording, transform\)\)"):
        cached(sound, mel)
    kept = cached(filters.Spectrogram(sound, mel)).read()
    np.testing.assert_array_equal(kept.data, mel(sound.read()).data)


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
    took = []
    for _ in range(5):
        began = time.process_time()
        again = anew(run)
        took.append(time.process_time() - began)
    assert min(took) < 0.1
    np.testing.assert_array_equal(again["C3", 100:400].data, run["C3", 100:400].data)
    assert first.events == run.events
    assert cache_file.MAGIC == b"sigconv1"


@dataclass(frozen=True)
class Given:
    """A transform with a parameter of any kind."""

    value: object = None
    notes: object = None
    aside: object = field(default=None, compare=False)

    def __call__(self, signal):
        return signal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Given((0, 1)), Given([0, 1])),  # which index an array differently
        (Given(np.array(5.0)), Given(np.array([5.0]))),
        (Given(1), Given(1.0)),
        (Given(1), Given(True)),
        (Given(notes=1), Given(notes=2)),
        (Given(aside=1), Given(aside=2)),
    ],
)
def test_what_differs_a_little_has_another_key(tmp_path, shelf, one, other):
    original = scan(tmp_path)
    cached(original, one), cached(original, other)
    assert len(entries(shelf)) == 2


def _times(factor):
    @functools.wraps(halved)
    def made(signal):
        return signal.with_data(signal.data * factor)

    return made


@pytest.mark.parametrize(
    "transform",
    [
        _times(2),  # goes by the name of another function
        Given(np.ma.array([1, 2], mask=[False, True])),
        Given(np.zeros(2, [("a", "i4")])),
        Given(np.array(["2020-01-01"], "datetime64[D]")),
        Given({1: 2}.get),
    ],
)
def test_what_its_name_does_not_tell_is_refused(tmp_path, transform):
    with pytest.raises(ArgumentError, match=r"as a function or a frozen dataclass|has no name that lasts"):
        cached(scan(tmp_path), transform)
