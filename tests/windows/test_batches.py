"""Batches come in order, the same for any number of workers, and no process stays behind."""

import copy
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigconv.errors import ArgumentError, FormatError, MissingExtra, NotationError, ResourceError, ShapeError
from sigconv.loaders.recording import Recording
from sigconv.signal import Axis
from sigconv.windows import Loaded, batches, patches, sliding
from tests.windows.counted import Plane, cut


def plain(found):
    return [(x.copy(), y.copy(), indices.copy()) for x, y, indices in found]


def assert_same(ours, theirs):
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        for a, b in zip(one, other, strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)


def left_behind():
    return [child for child in multiprocessing.active_children() if child.name != "SpawnPoolWorker"]


def test_a_batch_has_windows_classes_and_indices():
    (x, y, indices), rest = plain(batches(cut(), [5, 0, 7], 2))
    assert (x.dtype, y.dtype, indices.dtype) == (np.float32, np.int64, np.int64)
    assert x.tolist() == [[[5, 6, 7, 8], [1005, 1006, 1007, 1008]], [[0, 1, 2, 3], [1000, 1001, 1002, 1003]]]
    assert (y.tolist(), indices.tolist()) == ([1, 0], [5, 0])
    assert rest[0].shape == (1, 2, 4)


@pytest.mark.parametrize(("start", "workers"), [("fork", 1), ("fork", 3), ("spawn", 2), ("forkserver", 2)])
def test_any_number_of_workers_gives_the_same_bits(workers, start):
    windows = cut(kind="uint8", length=100)
    order = np.random.default_rng(0).permutation(len(windows))
    assert_same(plain(batches(windows, order, 7, workers=workers, start=start)), plain(batches(windows, order, 7)))
    assert left_behind() == []


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, 60), max_size=40), st.integers(1, 9), st.integers(1, 3), st.integers(1, 3))
def test_every_order_and_size_is_the_same_with_workers(order, size, workers, ahead):
    windows = cut()
    assert_same(
        plain(batches(windows, order, size, workers=workers, ahead=ahead)), plain(batches(windows, order, size))
    )


def test_batches_that_are_kept_keep_their_numbers():
    windows = cut()
    order = list(range(len(windows))) * 3
    kept = list(batches(windows, order, 4, workers=2, ahead=1))
    assert_same(kept, plain(batches(windows, order, 4)))
    pieces = [x[1:2, :, ::2] for x, _, _ in batches(windows, order, 4, workers=2, ahead=1)]
    assert [piece[0, 0, 0] for piece in pieces] == [order[i + 1] for i in range(0, len(order) - 1, 4)]


def test_memory_is_shared_and_bounded():
    addresses = set()
    for x, _, _ in batches(cut(), list(range(60)) * 4, 4, workers=2, ahead=2):
        addresses.add(x.ctypes.data)
    assert len(addresses) <= 2 * 2 + 2


def test_windows_in_memory_need_no_workers():
    loaded = cut().load()
    assert isinstance(loaded, Loaded)
    assert_same(plain(batches(loaded, [3, 1], 1, workers=4)), plain(batches(cut(), [3, 1], 1)))
    assert left_behind() == []


def test_an_empty_order_has_no_batches():
    assert list(batches(cut(), [], 4, workers=2)) == []


def test_label_maps_come_with_their_patches():
    grid = (Axis.channel(["MR"]), Axis("z", 5, "mm"), Axis("y", 6, "mm"))
    image = Recording(grid, Plane(), "", (), {"name": "image"})
    target = Recording((Axis.channel(["label"]), *grid[1:]), Plane("uint8", 3), "", (), {"name": "label"})
    windows = patches([image], (2, 3), (1, 3), ["a"], [target])
    order = range(len(windows))
    found = plain(batches(windows, order, 3, workers=2))
    assert_same(found, plain(batches(windows, order, 3)))
    x, y, _ = found[0]
    assert (y.dtype, y.shape) == (np.int64, (3, 2, 3))
    np.testing.assert_array_equal(y, x[:, 0] % 3)


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_an_error_comes_as_it_was_raised_where_its_batch_would_come(start):
    windows = cut(at=20)
    found = batches(windows, range(60), 4, workers=2, start=start)
    for _ in range(4):
        next(found)
    with pytest.raises(FormatError, match=r"^run.edf: byte 17: found 0, expected 1") as told:
        next(found)
    assert str(told.value) == "run.edf: byte 17: found 0, expected 1"
    assert "in a worker process" in told.value.__notes__[0]
    assert "in __call__" in told.value.__notes__[0]
    assert left_behind() == []


def test_errors_with_other_arguments_arrive_too():
    with pytest.raises(MissingExtra, match=r"pip install 'sigconv\[eeg\]'"):
        list(batches(cut(at=20, trouble="extra"), range(60), 4, workers=1))
    with pytest.raises(RuntimeError, match="OddError: 1 and 2"):
        list(batches(cut(at=20, trouble="odd"), range(60), 4, workers=1))


def test_sources_that_cannot_be_sent_are_refused_before_anything_starts():
    windows = cut()
    nameless = replace(windows, sources=(replace(windows.sources[0], reader=lambda box, rows: None),))
    with pytest.raises(ArgumentError, match="use start='fork' or workers=0"):
        next(batches(nameless, [0], 1, workers=1, start="spawn"))
    assert left_behind() == []


def test_every_error_of_ours_survives_the_way():
    error = copy.copy(NotationError("'X' is not a layer", "CX", 1))
    assert (error.text, error.column, str(error)) == ("CX", 1, "'X' is not a layer\n  CX\n   ^")
    assert str(copy.copy(MissingExtra("mne", "eeg"))).startswith("mne is not installed")


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_a_killed_worker_is_an_error(start):
    with pytest.raises(ResourceError, match=r"exit code -9, -9 is a kill\) while it read the windows 16, 17, 18, 19"):
        list(batches(cut(at=19, trouble="kill"), range(16, 60), 4, workers=2, start=start))
    assert left_behind() == []


def test_leaving_the_loop_ends_the_workers_even_in_the_middle_of_a_read():
    began = time.monotonic()
    for _ in batches(cut(at=63, trouble="sleep"), range(61), 4, workers=2, ahead=8):
        break
    assert left_behind() == []
    assert time.monotonic() - began < 50  # the read takes 60


SCRIPT = """
import signal, sys, time
from sigconv.windows import batches
from tests.windows.counted import cut
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # off in the background of a shell
    for x, y, indices in batches(cut(), list(range(60)) * 100000, 4, workers=2, start=sys.argv[1]):
        if indices[0] == 8:
            print("ready", flush=True)
"""


def children_of(pid):
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and (folder / "stat").read_text().rsplit(")", 1)[1].split()[1] == str(pid):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def gone(pids, seconds=40.0):
    ends = time.monotonic() + seconds
    while (left := [pid for pid in pids if lives(pid)]) and time.monotonic() < ends:
        time.sleep(0.02)
    return left == []


def lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("start", "blow"),
    [("fork", signal.SIGINT), ("fork", signal.SIGTERM), ("fork", signal.SIGKILL), ("spawn", signal.SIGINT)],
)
def test_a_program_that_is_stopped_leaves_no_process_behind(start, blow, tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, tmp_path / "script.py", start],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
        start_new_session=True,
        text=True,
    ) as program:
        assert program.stdout.readline() == "ready\n"
        workers = children_of(program.pid)
        assert len(workers) >= 2
        if blow == signal.SIGINT:
            os.killpg(program.pid, blow)  # as a terminal does: to every process
        else:
            program.send_signal(blow)
        assert gone(workers)
        said = program.communicate(timeout=60)[1]
    assert program.returncode != 0
    assert said.count("Traceback") == (blow == signal.SIGINT)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0, 99], 4), ArgumentError, "order goes from 0 to 99; there are windows 0 to 60"),
        (([-1], 4), ArgumentError, "order goes from -1"),
        (([0.5], 4), ShapeError, "float64"),
        (([[0, 1]], 4), ShapeError, "one line of whole numbers"),
        (([0], 0), ArgumentError, "size is 0"),
    ],
)
def test_wrong_arguments_are_named_at_once(arguments, error, message):
    with pytest.raises(error, match=message):
        batches(cut(), *arguments)
    for wrong in ({"workers": -1}, {"ahead": 0}):
        with pytest.raises(ArgumentError, match=next(iter(wrong))):
            batches(cut(), [0], 1, **wrong)
    with pytest.raises(ArgumentError, match="start is 'thread'"):
        next(batches(cut(), [0], 1, workers=1, start="thread"))


@pytest.mark.data
def test_real_recordings_are_read_by_workers(real_data):
    from sigconv import loaders

    run = loaders.open(real_data / "eegmmidb_S001" / "S001" / "S001R03.edf")
    windows = sliding(run, 2.0, 1.0)
    order = np.random.default_rng(1).permutation(len(windows))
    assert_same(plain(batches(windows, order, 16, workers=2)), plain(batches(windows, order, 16)))
