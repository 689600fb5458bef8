"""FIF: gaps, split files, and tags that are wrong on purpose."""

import pickle
import struct

import mne
import numpy as np
import pytest

from sigconv import loaders
from sigconv.errors import FormatError
from sigconv.loaders.eeg.fif import check

NEXT, NAME, SKIP, BUFFER = 2, 118, 301, 300


def saved(path, seconds=8, **options):
    x = np.random.default_rng(0).normal(size=(3, 100 * seconds)) * 1e-6
    x[2] = 0
    x[2, 250:300] = 5
    info = mne.create_info(["C3", "Cz", "STI 014"], 100.0, ["eeg", "eeg", "stim"])
    mne.io.RawArray(x, info, verbose="error").save(path, verbose="error", **options)
    return path, x


def tags(content):
    at, found = 0, []
    while at < len(content):
        kind, type_, size, after = struct.unpack(">iIii", content[at : at + 16])
        found.append((kind, type_, content[at + 16 : at + 16 + size]))
        if after == -1:
            break
        at = after or at + 16 + size
    return found


def packed(found):
    """Tags one behind another, without a directory."""
    body = b""
    for number, (kind, type_, content) in enumerate(found):
        content = struct.pack(">i", -1) if kind == 101 else content
        after = -1 if number == len(found) - 1 else 0
        body += struct.pack(">iIii", kind, type_, len(content), after) + content
    return body


# known ---------------------------------------------------------------------------------------------------------------


def test_samples_triggers_and_kinds(tmp_path):
    path, x = saved(tmp_path / "a_raw.fif", fmt="double")
    recording = loaders.open(path)
    np.testing.assert_array_equal(recording.read().data, x[:2])
    assert [(e.onset, e.label) for e in recording.events] == [(2.5, "5")]
    assert recording.notes["left_out"] == ("STI 014",)


def test_a_gap_of_the_acquisition_is_nan_and_an_event(tmp_path):
    path, x = saved(tmp_path / "a_raw.fif", fmt="double", buffer_size_sec=1)
    found = tags(path.read_bytes())
    buffers = [i for i, tag in enumerate(found) if tag[0] == BUFFER]
    assert len(buffers) == 8
    found.insert(buffers[3], (SKIP, 3, struct.pack(">i", 2)))
    path.write_bytes(packed(found))
    recording = loaders.open(path)
    data = recording.read().data
    assert recording.duration == 10.0
    np.testing.assert_array_equal(np.isnan(data[0]), (np.arange(1000) >= 300) & (np.arange(1000) < 500))
    np.testing.assert_array_equal(data[:, 500:], x[:2, 300:])
    np.testing.assert_array_equal(recording.read(2.5, 5.5).data, data[:, 250:550])
    assert [(e.onset, e.duration) for e in recording.events if e.label == "BAD_ACQ_SKIP"] == [(3.0, 2.0)]


def test_a_split_recording_is_read_whole_and_in_a_worker(tmp_path):
    path, x = saved(tmp_path / "a_raw.fif", seconds=1000, fmt="double", split_size="2MB", buffer_size_sec=1)
    assert len(list(tmp_path.iterdir())) > 1
    recording = loaders.open(path)
    np.testing.assert_array_equal(recording.read().data, x[:2])
    again = pickle.loads(pickle.dumps(recording.reader))  # noqa: S301
    np.testing.assert_array_equal(again(((77_000, 78_000),), (1,)), x[1:2, 77_000:78_000])


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["/etc/passwd", "../other_raw.fif", "link_raw.fif"])
def test_a_next_part_outside_the_folder_is_refused(tmp_path, name):
    home = tmp_path / "home"
    home.mkdir()
    saved(tmp_path / "other_raw.fif")
    (home / "link_raw.fif").symlink_to(tmp_path / "other_raw.fif")
    path, _ = saved(home / "a_raw.fif", seconds=1000, fmt="double", split_size="2MB")
    found = [(k, t, name.encode() if k == NAME else content) for k, t, content in tags(path.read_bytes())]
    path.write_bytes(packed(found))
    with pytest.raises(FormatError, match=r"names the file .* folder"):
        loaders.open(path)


def test_parts_that_lead_in_a_circle_are_refused(tmp_path):
    path, _ = saved(tmp_path / "a_raw.fif", seconds=1000, fmt="double", split_size="2MB")
    found = [(k, t, path.name.encode() if k == NAME else content) for k, t, content in tags(path.read_bytes())]
    path.write_bytes(packed(found))
    with pytest.raises(FormatError, match=r"lead back to a_raw\.fif"):
        check(path)


def test_tags_that_lie_outside_or_lead_back_are_refused(tmp_path):
    path, _ = saved(tmp_path / "a_raw.fif")
    content = bytearray(path.read_bytes())
    path.write_bytes(content[:-200])
    with pytest.raises(FormatError, match=r"a_raw\.fif: "):
        loaders.open(path)
    content[36 + 12 : 36 + 16] = struct.pack(">i", 4)
    path.write_bytes(content)
    with pytest.raises(FormatError, match=r"byte 36: the next tag is at 4, expected"):
        loaders.open(path)
