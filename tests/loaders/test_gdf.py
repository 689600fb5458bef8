"""GDF: both generations by hand, and MNE-Python's view of them."""

import struct

import mne
import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import FormatError

KINDS = {"<i2": 3, "<i4": 5, "<f4": 16, "<f8": 17}


def write(path, version="2.20", kind="<i2", rates=(100, 100), records=5, table=(), cut=0):
    """A small file by hand: ramps of 0.5 uV a step, and an event table of (sample, type, samples long)."""
    second, count = version >= "1.9", len(rates)
    limits = struct.pack("<8d" if second else "<4d4q", *([-500.0] * 2 + [500.0] * 2), *([-1000] * 2 + [1000] * 2))
    head = bytearray(256)
    head[:8] = f"GDF {version}".encode()
    head[8:16] = b"P7 X    "
    if second:
        head[168:176] = struct.pack("<Q", round((737000.5) * 2**32))
        head[184:186] = struct.pack("<H", 1 + count)
    else:
        head[168:184] = b"2017110312000000"
        head[184:192] = struct.pack("<q", 256 * (1 + count))
    head[236:252] = struct.pack("<qII", records, 1, 1)
    head[252:256] = struct.pack("<HH" if second else "<I", *([count, 0] if second else [count]))
    body = b"".join(name.ljust(16, b"\0") for name in (b"C3", b"Cz")) + bytes(80 * count)
    body += struct.pack("<12x2H", 4275, 4275) if second else b"uV      uV      "
    body += limits + bytes(80 * count) + struct.pack("<2i", *rates) + struct.pack("<2i", *[KINDS[kind]] * 2)
    body += bytes(32 * count)
    x = [np.arange(rate * records).reshape(records, rate) - 100 * i for i, rate in enumerate(rates)]
    data = b"".join(part[record].astype(kind).tobytes() for record in range(records) for part in x)
    told = b""
    if table:
        told = struct.pack("<B", 3) + len(table).to_bytes(3, "little") + struct.pack("<f", max(rates))
        if not second:
            told = struct.pack("<B", 3) + max(rates).to_bytes(3, "little") + struct.pack("<I", len(table))
        columns = list(zip(*table, strict=True))
        told += np.array(columns[0], "<u4").tobytes() + np.array(columns[1], "<u2").tobytes()
        told += bytes(2 * len(table)) + np.array(columns[2], "<u4").tobytes()
    content = bytes(head) + body + data + told
    path.write_bytes(content[: len(content) - cut])
    return path, [part.ravel() * 0.5e-6 for part in x]


@pytest.mark.parametrize("version", ["1.25", "2.20"])
@pytest.mark.parametrize("kind", KINDS)
def test_both_generations_as_written_and_as_mne_reads_them(tmp_path, version, kind):
    path, x = write(tmp_path / "a.gdf", version, kind, table=[(101, 769, 50), (301, 770, 1)])
    recording = loaders.open(path)
    np.testing.assert_allclose(recording.read().data, x, atol=1e-15)
    told = [(e.onset, e.duration, e.label) for e in recording.events]
    assert told == [(1.0, 0.5, "769"), (3.0, 0.01, "770")]
    raw = mne.io.read_raw_gdf(path, verbose="error")
    np.testing.assert_allclose(recording.read().data, raw.get_data(), atol=1e-15)
    np.testing.assert_allclose([e.onset for e in recording.events], raw.annotations.onset)
    assert [e.label for e in recording.events] == list(raw.annotations.description)
    assert recording.notes["start_time"] == raw.info["meas_date"].isoformat()
    assert recording.notes["subject"] == "P7"


def test_channels_of_two_rates_share_the_higher(tmp_path):
    path, x = write(tmp_path / "a.gdf", rates=(100, 25))
    recording = loaders.open(path)
    assert recording.fs == 100.0
    np.testing.assert_allclose(recording.read().data[0], x[0], atol=1e-15)
    np.testing.assert_allclose(recording.read().data[1, ::4], x[1], atol=1e-15)


@pytest.mark.parametrize(("cut", "told"), [(10, "the event table"), (60, "cut short"), (2600, "header|cut short")])
def test_a_file_cut_short_says_where(tmp_path, cut, told):
    path, _ = write(tmp_path / "a.gdf", table=[(101, 769, 50), (301, 770, 1)], cut=cut)
    with pytest.raises(FormatError, match=told):
        loaders.open(path)
