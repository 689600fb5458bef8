"""Whatever happens to an entry, its folder or its writer: what is served is right."""

import logging
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from sigconv.errors import FormatError
from sigconv.loaders.cache import recording as cache_recording
from sigconv.loaders.cache.recording import cached
from sigconv.loaders.cache.shelf import clean, contents
from tests.loaders.scans import Raw, anew, entries, everything, halved, reads, scan


@pytest.fixture(autouse=True)
def shelf(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGCONV_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_every_bit_flip_and_every_cut_is_noticed(tmp_path, shelf, caplog):
    original = scan(tmp_path, shape=(1, 40, 33, 20))
    whole = everything(original)
    anew(original)
    (path,) = entries(shelf)
    content, draw = path.read_bytes(), random.Random(0)
    spoilt = []
    for _ in range(80):
        at = draw.randrange(len(content)) if draw.random() < 0.6 else len(content) - 1 - draw.randrange(600)
        flipped = bytearray(content)
        flipped[at] ^= 1 << draw.randrange(8)
        spoilt.append(bytes(flipped))
    spoilt += [content[: draw.randrange(len(content))] for _ in range(20)]
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
from sigconv.loaders.cache import recording
from tests.loaders.scans import scan
recording._SLAB = 1
slabs = recording._slabs
def deadly(*arguments):
    for number, slab in enumerate(slabs(*arguments)):
        if number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        yield slab
recording._slabs = deadly
recording.cached(scan(Path(sys.argv[1])))
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
    gate = context.Barrier(4, timeout=60)
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
    cache_recording._OPEN._things.clear()
    (shelf / ".ab0.1.part").write_bytes(b"x" * 100)
    oldest, middle, newest = (entry.bytes for entry in contents())
    assert clean(newest) == oldest + middle + 100
    assert clean() == newest
    assert contents() == []
    assert list(shelf.glob(".*.part")) == []
    assert list((shelf / "seen").glob("*")) == []


def test_an_entry_that_is_removed_under_a_reader_is_still_read(tmp_path, shelf):
    original = scan(tmp_path)
    kept = anew(original)
    entries(shelf)[0].unlink()
    before = reads(original)
    np.testing.assert_array_equal(
        everything(kept)[0, 3], np.fromfile(original.notes["path"], "int16")[5400:7200].reshape(40, 45)
    )
    assert reads(original) == before
    cache_recording._OPEN._things.clear()
    np.testing.assert_array_equal(everything(kept), everything(original))  # a new process writes it again
    assert len(entries(shelf)) == 1


@contextmanager
def full_disk():
    """No file can grow beyond 1000 bytes, as on a full disk; that of the tests' own report neither: leave it soon."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("transform", [None, halved])
def test_on_a_full_disk_it_is_read_all_the_same(tmp_path, shelf, caplog, transform):
    original = scan(tmp_path)
    with full_disk():
        assert_it_says_once_and_reads(original, transform, caplog)
    assert [path for path in shelf.rglob("*") if path.is_file() and path.stat().st_size] == []


@pytest.mark.parametrize("transform", [None, halved])
def test_without_a_folder_it_is_read_all_the_same(tmp_path, shelf, caplog, transform):
    shelf.write_text("a file where the folder should be")
    assert_it_says_once_and_reads(scan(tmp_path), transform, caplog)


def assert_it_says_once_and_reads(original, transform, caplog):
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
    cache_recording._OPEN._things.clear()
    np.zeros(original.shape, "int16").tofile(original.notes["path"])
    with pytest.raises(FormatError, match="scan: its file has changed since it was opened"):
        everything(kept)


@dataclass(frozen=True)
class Replaced(Raw):
    """A file that another process writes anew as soon as it was read once."""

    def __call__(self, box, rows):
        found = super().__call__(box, rows)
        content = bytearray(self.path.read_bytes())
        content[-1] ^= 1
        self.path.write_bytes(content)
        return found


def test_samples_of_a_file_that_changed_while_it_was_read_are_not_kept(tmp_path, shelf):
    original = scan(tmp_path)
    changing = replace(original, reader=Replaced(original.reader.path, original.reader.shape))
    with pytest.raises(FormatError, match="changed since it was opened"):
        cached(changing)
    assert entries(shelf) == []
    assert not list(shelf.glob(".*.part"))
