"""Audio files: samples as written, pieces equal to the slice of the whole, lengths that are those of the samples."""

import struct

import av
import librosa
import numpy as np
import pytest
import soundfile

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError, SamplingError
from sigconv.filters.lazy import Resampled
from sigconv.loaders import audio
from sigconv.signal import Axis, Signal

FS = 16000
CODED = {
    "a.flac": ("FLAC", "PCM_24"),
    "a.ogg": ("OGG", "VORBIS"),
    "a.opus": ("OGG", "OPUS"),
    "a.mp3": ("MP3", "MPEG_LAYER_III"),
}


def chunk(name: bytes, content: bytes, big: bool = False) -> bytes:
    return name + len(content).to_bytes(4, "big" if big else "little") + content + bytes(len(content) % 2)


def wav(data: bytes, *, tag=1, channels=1, fs=8000, bits=16, big=False, extra=b"", size=None, after=b"") -> bytes:
    order = ">" if big else "<"
    block = channels * bits // 8
    form = struct.pack(f"{order}HHIIHH", tag, channels, fs, fs * block, block, bits) + extra
    body = chunk(b"fmt ", form, big) + chunk(b"data", data, big) + after
    if size is not None:
        body = body.replace(b"data" + len(data).to_bytes(4, "little"), b"data" + size.to_bytes(4, "little"))
    return (b"RIFX" if big else b"RIFF") + (len(body) + 4).to_bytes(4, "big" if big else "little") + b"WAVE" + body


@pytest.fixture(scope="module")
def music():
    time = np.arange(20 * FS) / FS
    tone = 0.3 * np.sin(2 * np.pi * (200 + 20 * time) * time) * np.exp(-3 * (time % 1))
    return np.stack([tone, tone[::-1]], 1) + 0.02 * np.random.default_rng(0).normal(size=(len(time), 2))


def write(path, x, **told):
    # piece by piece: libsndfile's Vorbis encoder runs out of stack on long arrays
    with soundfile.SoundFile(path, "w", FS, x.shape[1], **told) as file:
        for first in range(0, len(x), 4096):
            file.write(x[first : first + 4096])


# known ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "told", "expected", "dtype"),
    [
        (bytes([0, 128, 255]), {"bits": 8}, [-1, 0, 127 / 128], np.float32),
        (struct.pack("<3h", -32768, 1, 32767), {}, [-1, 2**-15, 1 - 2**-15], np.float32),
        (struct.pack(">3h", -32768, 1, 32767), {"big": True}, [-1, 2**-15, 1 - 2**-15], np.float32),
        (b"\x00\x00\x80\x01\x00\x00\xff\xff\x7f", {"bits": 24}, [-1, 2**-23, 1 - 2**-23], np.float32),
        (b"\x80\x00\x00\x00\x00\x01", {"bits": 24, "big": True}, [-1, 2**-23], np.float32),
        (struct.pack("<3i", -(2**31), 1, 2**31 - 1), {"bits": 32}, [-1, 2**-31, 1 - 2**-31], np.float64),
        (struct.pack("<2q", -(2**63), 2**62), {"bits": 64}, [-1, 0.5], np.float64),
        (struct.pack("<3f", -2.5, 0.1, 1e9), {"tag": 3, "bits": 32}, np.float32([-2.5, 0.1, 1e9]), np.float32),
        (struct.pack(">2d", -2.5, 0.1), {"tag": 3, "bits": 64, "big": True}, [-2.5, 0.1], np.float64),
    ],
)
def test_every_width_reads_as_written_and_nothing_is_clipped(tmp_path, data, told, expected, dtype):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(data, **told))
    signal = loaders.load(path)
    assert signal.data.dtype == dtype
    assert signal.data[0].tolist() == list(expected)
    assert (signal.channels, signal.fs, signal.unit) == (("mono",), 8000.0, "")


def test_extensible_and_odd_chunks_are_read(tmp_path):
    extra = struct.pack("<HHI", 22, 24, 3) + bytes([1, 0]) + bytes(14)
    info = b"INFO" + chunk(b"INAM", b"Song\0") + chunk(b"IART", "Zoë".encode()) + chunk(b"ICRD", b"2020")
    cues = struct.pack("<I", 2) + struct.pack("<6I", 7, 0, 0, 0, 0, 2) + struct.pack("<6I", 8, 0, 0, 0, 0, 9)
    labels = b"adtl" + chunk(b"labl", struct.pack("<I", 7) + b"here\0")
    after = chunk(b"junk", b"abc") + chunk(b"LIST", info) + chunk(b"cue ", cues) + chunk(b"LIST", labels)
    path = tmp_path / "a.wav"
    path.write_bytes(wav(bytes(6 * 4), tag=0xFFFE, channels=2, bits=24, extra=extra, after=after))
    recording = loaders.open(path)
    assert recording.shape == (2, 4)
    assert recording.channels == ("left", "right")
    assert [recording.notes[name] for name in ("title", "artist", "date")] == ["Song", "Zoë", "2020"]
    assert [(event.onset, event.label) for event in recording.events] == [(2 / 8000, "here")]
    assert "1 cue points lie behind the end" in recording.notes["warnings"][0]


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_a_file_written_to_a_pipe_is_read_to_its_end_with_a_warning(tmp_path, size):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(struct.pack("<4h", 1, 2, 3, 4), size=size))
    recording = loaders.open(path)
    assert (recording.read().data[0] * 2**15).tolist() == [1, 2, 3, 4]
    assert "does not tell the length" in recording.notes["warnings"][0]


def test_more_than_two_channels_are_numbered(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(wav(struct.pack("<6h", 1, 2, 3, 4, 5, 6), channels=3))
    recording = loaders.open(path)
    assert recording.channels == ("1", "2", "3")
    assert (recording["3", 1:].data * 2**15).tolist() == [[6]]


@pytest.mark.parametrize(("form", "subtype"), [
    ("WAV", "PCM_U8"), ("WAV", "ALAW"), ("WAV", "ULAW"), ("WAV", "IMA_ADPCM"), ("WAV", "MS_ADPCM"), ("WAV", "GSM610"),
    ("WAVEX", "PCM_32"), ("WAVEX", "DOUBLE"), ("RF64", "PCM_24"), ("RF64", "FLOAT"),
    ("AIFF", "PCM_S8"), ("AIFF", "PCM_U8"), ("AIFF", "PCM_16"), ("AIFF", "PCM_24"), ("AIFF", "PCM_32"),
    ("AIFF", "FLOAT"), ("AIFF", "DOUBLE"),
])  # fmt: skip
@pytest.mark.parametrize("endian", ["FILE", "BIG", "LITTLE"])
def test_plain_and_companded_files_are_those_of_soundfile(tmp_path, music, form, subtype, endian):
    path = tmp_path / ("a.aiff" if form == "AIFF" else "a.wav")
    x = music[:5000, :1] if subtype == "GSM610" else music[:5000]
    if not soundfile.check_format(form, subtype, endian):  # not every kind has every order of bytes
        assert endian != "FILE"
        return
    soundfile.write(path, x, 8000, subtype, endian, form)
    recording = loaders.open(path)
    expected = soundfile.read(path, always_2d=True)[0].T
    assert recording.shape == expected.shape
    np.testing.assert_array_equal(recording.read().data, expected.astype(recording.read().data.dtype))
    np.testing.assert_array_equal(recording[:, 1000:1100].data, recording.read().data[:, 1000:1100])


# law -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CODED)
def test_a_piece_of_a_coded_file_equals_the_slice_of_the_whole(tmp_path, music, name):
    form, subtype = CODED[name]
    write(tmp_path / name, music, format=form, subtype=subtype)
    recording = loaders.open(tmp_path / name)
    assert recording.shape == (2, 20 * FS)
    whole = recording.read().data
    draw = np.random.default_rng(1)
    for first in draw.integers(0, 20 * FS - 1, 40):
        last = min(20 * FS, first + int(draw.integers(1, 9000)))
        np.testing.assert_array_equal(recording[:, first:last].data, whole[:, first:last])
    assert np.array_equal(recording["right", 100:200].data, whole[1:, 100:200])


@pytest.mark.parametrize("name", ["a.ogg", "a.mp3"])
@pytest.mark.parametrize("quality", [0.0, 0.95])
def test_pieces_are_exact_at_any_bit_rate(tmp_path, music, name, quality):
    form, subtype = CODED[name]
    write(tmp_path / name, music[:, :1], format=form, subtype=subtype, compression_level=quality)
    recording = loaders.open(tmp_path / name)
    whole = recording.read().data
    for first in np.random.default_rng(2).integers(0, 20 * FS - 2000, 40):
        np.testing.assert_array_equal(recording[:, first : first + 2000].data, whole[:, first : first + 2000])


@pytest.mark.parametrize("fs", [FS // 2, 22050, 44100, 12345])
def test_a_resampled_piece_equals_the_slice_of_the_whole(tmp_path, music, fs):
    write(tmp_path / "a.wav", music)
    recording = audio.open(tmp_path / "a.wav", fs=fs)
    whole = recording.read().data
    for start, stop in ((0, 0.5), (3.21, 4.0), (19.5, 20)):
        piece = recording.read(start, stop)
        first = round(start * fs)
        np.testing.assert_allclose(piece.data, whole[:, first : first + piece.shape[1]], atol=3e-6)


@pytest.mark.parametrize("name", ["a.wav", "a.flac"])
def test_what_is_written_is_read_again(tmp_path, music, name):
    x = Signal(np.clip(music.T, -1, 1), (Axis.channel(["left", "right"]), Axis.time(len(music), FS)))
    loaders.save(x, tmp_path / name)
    back = loaders.load(tmp_path / name)
    assert back.axes == x.axes
    assert np.abs(back.data - x.data).max() <= 2.0**-24
    np.testing.assert_array_equal(soundfile.read(tmp_path / name, dtype="float32")[0].T, back.data)
    loaders.save(loaders.open(tmp_path / name), tmp_path / f"again-{name}")
    np.testing.assert_array_equal(loaders.load(tmp_path / f"again-{name}").data, back.data)


def test_wav_keeps_what_is_beyond_one_and_flac_refuses_it_and_leaves_nothing(tmp_path):
    loud = Signal.from_array(np.array([[0.5, -1.5]]), 8000)
    loaders.save(loud, tmp_path / "a.wav")
    np.testing.assert_array_equal(loaders.load(tmp_path / "a.wav").data, loud.data)
    with pytest.raises(SamplingError, match=r"a sample of 1\.5; FLAC holds -1 to 1"):
        loaders.save(loud, tmp_path / "a.flac")
    with pytest.raises(SamplingError, match="not finite"):
        loaders.save(Signal.from_array(np.array([[np.nan]]), 8000), tmp_path / "b.wav")
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    loaders.save(Signal.from_array(np.array([[1.0, -1.0]]), 8000), tmp_path / "edge.flac")
    assert loaders.load(tmp_path / "edge.flac").data.tolist() == [[1 - 2**-23, -1]]


def test_more_than_four_gigabytes_are_written_as_rf64():
    from sigconv.loaders.audio.write import _head

    assert _head(1, 100, 8000)[:4] == b"RIFF"
    long = _head(2, 1 << 30, 8000)
    assert long[:4] == b"RF64"
    assert int.from_bytes(long[28:36], "little") == 1 << 33


# the length ----------------------------------------------------------------------------------------------------------


def with_total(content: bytes, total: int) -> bytes:
    """FLAC whose header tells another number of samples."""
    fields = int.from_bytes(content[18:26], "big")
    return content[:18] + (fields >> 36 << 36 | total).to_bytes(8, "big") + content[26:]


@pytest.mark.parametrize("told", [0, 100_000])
@pytest.mark.parametrize("tag", [b"", b"ID3\x04\0\0\0\0\0\x05abcde"])
def test_flac_that_tells_too_few_samples_is_not_cut_in_silence(tmp_path, music, told, tag):
    write(tmp_path / "whole.flac", music)
    path = tmp_path / "a.flac"
    path.write_bytes(tag + with_total((tmp_path / "whole.flac").read_bytes(), told))
    if told and not tag:
        assert soundfile.info(path).frames == told
    recording = loaders.open(path)
    expected = loaders.load(tmp_path / "whole.flac").data
    np.testing.assert_array_equal(recording.read().data, expected)
    np.testing.assert_array_equal(recording[:, 150_000:150_100].data, expected[:, 150_000:150_100])
    assert ("warnings" in recording.notes) == bool(told)


def test_flac_that_tells_too_many_samples_is_refused(tmp_path, music):
    path = tmp_path / "a.flac"
    write(path, music)
    content = path.read_bytes()
    path.write_bytes(with_total(content, 400_000))
    with pytest.raises(FormatError, match="tells 400000 samples, but the last whole frame ends at sample 320000"):
        loaders.open(path)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(FormatError, match="cut short"):
        loaders.open(path)


def test_mp3_without_a_table_of_contents_is_not_cut_in_silence(tmp_path, music):
    path = tmp_path / "a.mp3"
    write(path, music[:, :1], bitrate_mode="VARIABLE", compression_level=0.7)
    expected = loaders.load(path).data
    content = path.read_bytes()
    frame = content.find(b"\xff\xf3", 4)  # the second one; the first tells how many follow
    path.write_bytes(b"ID3\x04\0\0\0\0\0\x05abcde" + content[frame:] + b"TAG" + bytes(125))
    assert soundfile.info(path).frames < 160_000
    recording = loaders.open(path)
    assert (recording.shape[1] + 529) % 576 == 0
    assert 0 <= recording.shape[1] - expected.shape[1] < 3 * 1152
    whole = recording.read().data
    likeness = [np.corrcoef(whole[0, d : 20_000 + d], expected[0, :20_000])[0, 1] for d in range(1300)]
    assert max(likeness) > 0.99
    np.testing.assert_array_equal(recording[:, 200_000:201_000].data, whole[:, 200_000:201_000])


def test_mp3_that_tells_too_few_frames_is_not_cut_in_silence(tmp_path, music):
    path = tmp_path / "a.mp3"
    write(path, music[:, :1])
    content = path.read_bytes()
    at = max(content.find(b"Xing"), content.find(b"Info")) + 8
    frames = int.from_bytes(content[at : at + 4], "big")
    path.write_bytes(content[:at] + (frames - 100).to_bytes(4, "big") + content[at + 4 :])
    with pytest.raises(FormatError, match=f"tells of {frames - 100} frames, but there are {frames}"):
        loaders.load(path)


@pytest.mark.parametrize("name", ["a.mp3", "a.ogg", "a.opus"])
def test_a_hole_is_refused_and_does_not_shift_what_follows(tmp_path, music, name):
    form, subtype = CODED[name]
    write(tmp_path / name, music, format=form, subtype=subtype)
    content = (tmp_path / name).read_bytes()
    middle = len(content) // 2
    (tmp_path / name).write_bytes(content[:middle] + content[middle + 5000 :])
    with pytest.raises(FormatError, match=r"gap at byte|cut short|expected a page|is missing|checksum"):
        loaders.open(tmp_path / name).read(18, 19)


def test_two_streams_in_one_file_are_refused(tmp_path, music):
    write(tmp_path / "a.ogg", music[:, :1], format="OGG", subtype="VORBIS")
    write(tmp_path / "b.ogg", music[:, 1:], format="OGG", subtype="VORBIS")
    path = tmp_path / "both.ogg"
    path.write_bytes((tmp_path / "a.ogg").read_bytes() + (tmp_path / "b.ogg").read_bytes())
    with pytest.raises(FormatError, match="several streams"):
        loaders.open(path)


def test_an_ogg_file_that_was_stopped_is_read_with_a_warning(tmp_path, music):
    path = tmp_path / "a.ogg"
    write(path, music, format="OGG", subtype="VORBIS")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    recording = loaders.open(path)
    assert "last page is missing" in recording.notes["warnings"][0]
    assert recording.read().shape == recording.shape


# same as -------------------------------------------------------------------------------------------------------------


@pytest.mark.data
@pytest.mark.parametrize("name", ["0_george_0", "7_theo_12", "9_yweweler_49"])
def test_spoken_digits_at_another_rate_are_those_of_librosa(real_data, name):
    path = real_data / "fsdd" / "recordings" / f"{name}.wav"
    y, fs = soundfile.read(path, dtype="float32")
    recording = audio.open(path, fs=16000, mono=True)
    expected = librosa.resample(y, orig_sr=fs, target_sr=16000, res_type="soxr_hq")
    np.testing.assert_allclose(recording.read().data[0], expected, atol=2e-6)
    assert recording.channels == ("mono",)
    # the house's own filter is another one: near, not equal
    ours = Resampled(audio.open(path), 16000).read().data[0]
    assert np.corrcoef(ours, expected)[0, 1] > 0.999


@pytest.mark.data
def test_every_spoken_digit_is_read_as_soundfile_reads_it(real_data):
    for path in sorted((real_data / "fsdd" / "recordings").glob("*_1.wav")):
        recording = loaders.open(path)
        np.testing.assert_array_equal(recording.read().data[0], soundfile.read(path, dtype="float32")[0])
        assert recording.notes["domain"] == "audio"
        assert "warnings" not in recording.notes


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "first", "scale"), [("d0", -127, 2**7), ("d1", -32766, 2**15), ("d2", -8388605, 2**23)]
)
def test_flac_of_8_16_and_24_bits_holds_what_its_record_tells(real_data, name, first, scale):
    path = real_data / "biosignal_wfdb" / f"flacformats.{name}"
    signal = loaders.load(path)
    assert signal.shape == (1, 499)
    assert signal.data[0, 0] * scale == first
    with av.open(path) as container:
        decoded = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], 1)
    full = 2.0 ** (8 * decoded.dtype.itemsize - 1)
    np.testing.assert_array_equal(signal.data, decoded / full)


@pytest.mark.parametrize("name", ["a.mp3", "a.ogg"])
def test_another_decoder_hears_the_same(tmp_path, music, name):
    form, subtype = CODED[name]
    write(tmp_path / name, music, format=form, subtype=subtype)
    with av.open(tmp_path / name) as container:
        decoded = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], 1)
    ours = loaders.load(tmp_path / name).data
    n = min(ours.shape[1], decoded.shape[1])
    assert n > 319_000
    assert np.abs(ours[:, :n] - decoded[:, :n]).max() < 1e-3


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (wav(bytes(8))[:-3], "cut short: 49 bytes, expected 52"),
        (wav(bytes(8))[:30], "has no fmt chunk|has 10 bytes"),
        (wav(bytes(8))[:40], "has no data chunk"),
        (wav(b""), "0 bytes; expected a frame"),
        (wav(bytes(8), channels=0), "0 channels"),
        (wav(bytes(8), fs=0), "at 0 Hz"),
        (wav(bytes(8), tag=85), "format tag is 85"),
        (wav(bytes(8), bits=40), "40 bits in frames of 5 bytes"),
        (wav(bytes(8), tag=3, bits=16), "16 bits in frames of 2 bytes"),
        (b"RIFF" + bytes(100), "not a recording|not a WAV"),
        (b"fLaC" + bytes(100), "STREAMINFO"),
        (b"OggS" + bytes(100), "not an Ogg file|not a recording"),
        (b"ID3" + bytes(100), "no two frames"),
    ],
)
def test_what_is_damaged_says_how(tmp_path, content, said):
    path = tmp_path / f"a.{'ogg' if content[:4] == b'OggS' else 'wav'}"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=said) as refused:
        loaders.load(path)
    assert str(path) in str(refused.value)


def test_what_audio_files_do_not_hold(tmp_path):
    x = Signal.from_array(np.zeros((1, 8)), 8000)
    for signal, error, said in (
        (Signal.from_array(x.data, 8000, "V"), ArgumentError, "is in 'V'"),
        (Signal.from_array(x.data, 0.3), SamplingError, "whole numbers"),
        (Signal.from_array(np.zeros((1, 0)), 8000), SamplingError, "0 samples"),
        (Signal(np.zeros((1, 2, 2)), (Axis.channel("a"), Axis("y", 2), Axis("x", 2))), ArgumentError, "y, x"),
        (Signal.from_array(np.zeros((1, 8), complex), 8000), ArgumentError, "complex"),
    ):
        for name in ("a.wav", "a.flac"):
            with pytest.raises(error, match=said):
                loaders.save(signal, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
    loaders.save(x, tmp_path / "a.wav")
    for fs in (0, -1, 0.5, 1e9):
        with pytest.raises(SamplingError, match="whole numbers"):
            audio.open(tmp_path / "a.wav", fs=fs)
    with pytest.raises(ArgumentError, match=r"suffix is '\.txt'"):
        audio.open(tmp_path / "a.wav", ".txt")
