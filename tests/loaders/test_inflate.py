"""Compressed files read at any place are what inflating the whole gives, in bounded memory."""

import bz2
import gzip
import os
import zlib

import numpy as np
import pytest

from sigconv.errors import FormatError
from sigconv.loaders import kept
from sigconv.loaders.volume import inflate

RNG = np.random.default_rng(0)
CONTENT = RNG.integers(0, 60, 5_000_000).astype(np.uint8).tobytes()


def filled(path, compression, first, length, start=0) -> bytes:
    room = bytearray(length)
    return bytes(room[: inflate.fill(path, start, compression, first, memoryview(room))])


@pytest.fixture
def few(monkeypatch):
    """A process that keeps next to nothing, so that decoders begin again at their marks."""
    monkeypatch.setattr(kept, "MOST", 3 * inflate.PIECE)
    monkeypatch.setattr(inflate, "_MARKS", 2)
    monkeypatch.setattr(inflate, "_FILES", 1)
    inflate._forget()
    kept.forget()


@pytest.mark.parametrize(
    ("compression", "packed"),
    [
        ("zlib", gzip.compress(CONTENT, 1)),
        ("zlib", zlib.compress(CONTENT, 1)),
        ("zlib", gzip.compress(CONTENT[:2_000_000], 1) + gzip.compress(CONTENT[2_000_000:], 1)),
        ("zlib", gzip.compress(CONTENT, 1) + b"what else lies behind"),
        ("bzip2", bz2.compress(CONTENT, 1)),
    ],
    ids=["gzip", "zlib", "two members", "something behind", "bzip2"],
)
def test_pieces_in_any_order_are_those_of_the_whole(compression, packed, tmp_path, few):
    path = tmp_path / "packed"
    path.write_bytes(b"head" + packed)
    for first in (4_000_000, 0, 3_000_000, 2_000_001, 4_999_000, 1_999_999, 100):
        length = int(RNG.integers(1, 1_500_000))
        assert filled(path, compression, first, length, start=4) == CONTENT[first : first + length]
    assert filled(path, compression, len(CONTENT) + 5_000_000, 10, start=4) == b""
    assert kept._room.taken <= kept.MOST
    assert all(len(known.marks) <= 3 for known in inflate._decoders.files.values())


def test_a_file_that_is_written_again_is_read_again(tmp_path):
    path = tmp_path / "packed"
    path.write_bytes(gzip.compress(b"before"))
    assert filled(path, "zlib", 0, 9) == b"before"
    path.write_bytes(gzip.compress(b"afterwards"))
    assert filled(path, "zlib", 0, 10) == b"afterwards"


def test_a_bomb_is_inflated_no_further_than_asked(tmp_path):
    path = tmp_path / "bomb"
    path.write_bytes(gzip.compress(bytes(100_000_000), 9))
    kept.forget()
    assert filled(path, "zlib", 5, 5) == bytes(5)
    assert sum(map(len, kept._room.things.values())) == inflate.PIECE


def test_a_forked_child_begins_anew(tmp_path):
    path = tmp_path / "packed"
    path.write_bytes(gzip.compress(CONTENT[:100]))
    assert filled(path, "zlib", 0, 100) == CONTENT[:100]
    with inflate._decoders.lock, kept._room.lock:  # which a child could never get
        child = os.fork()
        if child == 0:
            os._exit(0 if not kept._room.things and filled(path, "zlib", 0, 100) == CONTENT[:100] else 1)
    _, code = os.waitpid(child, 0)
    assert code == 0
    assert kept._room.things


@pytest.mark.parametrize("compression", ["zlib", "bzip2"])
def test_damage_is_refused_each_time_it_is_met_with_the_byte(compression, tmp_path, few):
    packed = gzip.compress(CONTENT, 1) if compression == "zlib" else bz2.compress(CONTENT, 1)
    path = tmp_path / "packed"
    path.write_bytes(packed[: len(packed) // 2])
    for _ in range(2):
        assert filled(path, compression, 100, 50) == CONTENT[100:150]
        with pytest.raises(FormatError, match=r"packed: cut short: its compressed data break off at byte \d+"):
            filled(path, compression, 4_000_000, 10)
    path.write_bytes(packed[: len(packed) // 2] + bytes(1000) + packed[len(packed) // 2 + 1000 :])
    for _ in range(2):
        with pytest.raises(FormatError, match="packed: damaged compressed data before byte"):
            filled(path, compression, 4_900_000, 10)
    path.write_bytes(b"nothing of that kind")
    with pytest.raises(FormatError, match="packed: damaged"):
        filled(path, compression, 0, 10)
