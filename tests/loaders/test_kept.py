"""What is kept: found again, no more than the bound, by one version of a file, in every thread and no forked child."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sigconv.loaders import kept


@pytest.fixture
def small(monkeypatch):
    """A process that keeps 100 kB, and nothing yet."""
    monkeypatch.setattr(kept, "MOST", 100_000)
    kept.forget()
    yield
    kept.forget()


def test_what_was_asked_for_longest_ago_goes_first(small):
    for name in ("a", "b", "a", "c", "d"):  # three of 30 kB fit
        kept.once((name,), lambda: np.zeros(30_000, np.uint8))
    assert [name for name in "abcd" if kept.found((name,)) is not None] == ["a", "c", "d"]
    assert kept._room.taken <= 100_000


def test_one_that_needs_more_than_half_of_the_room_is_not_kept(small):
    kept.keep(("small",), b"1")
    kept.keep(("large",), bytes(60_000))
    assert kept.found(("large",)) is None
    assert kept.found(("small",)) == b"1"


def test_many_that_are_empty_do_not_grow_without_end(small):
    for number in range(1000):
        kept.keep((number,), b"")
    assert len(kept._room.things) < 100


def test_what_is_kept_cannot_be_written_to(small):
    made = kept.once(("a",), lambda: np.zeros(3))
    with pytest.raises(ValueError, match="read-only"):
        made[0] = 1


def test_what_could_not_be_made_is_tried_again(small):
    with pytest.raises(ZeroDivisionError):
        kept.once(("a",), lambda: np.zeros(1 // 0))
    assert kept.once(("a",), lambda: np.ones(1)) == 1


def test_threads_share_the_room_and_its_count_stays_right(small):
    def work(seed):
        for number in np.random.default_rng(seed).integers(0, 12, 500).tolist():
            found = kept.once((number,), lambda number=number: np.full(10_000, number, np.uint8))
            assert found[0] == number

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert kept._room.taken == sum(map(kept._size, kept._room.things.values())) <= 100_000


def test_a_file_written_again_or_put_in_place_of_another_is_a_new_version(tmp_path):
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"one")
    before = kept.version(path)
    os.utime(path, ns=(1, 1))
    written = kept.version(path)
    other.write_bytes(b"two")
    os.utime(other, ns=(1, 1))
    other.replace(path)
    assert len({before, written, kept.version(path)}) == 3


def test_a_forked_child_keeps_nothing_and_waits_for_no_lock(small):
    kept.keep(("a",), b"1")
    with kept._room.lock:  # as another thread may hold it
        child = os.fork()
        if child == 0:
            os._exit(0 if kept.found(("a",)) is None else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert kept.found(("a",)) == b"1"
