"""Spectrograms: tones lie at their hertz and seconds, the way back is exact, numbers are librosa's, pieces are the
slice of the whole."""

import copy
from functools import partial

import librosa
import numpy as np
import pytest
import soundfile
import torch

from sigconv import filters, loaders
from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.signal import Axis, Event, Signal

FS = 16000


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(size=(2, 12345)).astype(np.float32)


@pytest.fixture
def sound(noise):
    return Signal.from_array(noise, FS, channels=["left", "right"], events=[Event(0.1, 0.2, "word")])


def assert_near(ours, theirs, relative=1e-5):
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= relative * np.abs(theirs).max()


# known ---------------------------------------------------------------------------------------------------------------


def test_a_tone_lies_at_its_frequency_and_a_click_at_its_time():
    tone = np.sin(2 * np.pi * 1000 * np.arange(FS) / FS)
    made = filters.spectrogram(Signal.from_array(tone, FS), power=1)
    assert made.axis("freq").at(int(made.data[0, :, 50].argmax())) == 1000.0
    # a full-scale sine: half of the sum of the taper
    assert made.data[0, :, 50].max() == pytest.approx(0.5 * 200, rel=1e-6)
    click = np.zeros(FS)
    click[4800] = 1
    made = filters.spectrogram(Signal.from_array(click, FS))
    assert made.axis("time").at(int(made.data[0].sum(0).argmax())) == pytest.approx(0.3)


def test_a_window_of_four_by_hand():
    made = filters.stft(np.array([1.0, 2, 3, 4]), "4 ms", "2 ms", fs=1000, taper="boxcar")
    # windows: 0 0 1 2 · 1 2 3 4 · 3 4 0 0
    np.testing.assert_allclose(made, [[3, 10, 7], [-1 + 2j, -2 + 2j, 3 - 4j], [-1, -2, -1]], atol=1e-12)


def test_axes_are_hertz_and_seconds_and_go_on_where_the_recording_is(sound):
    later = Signal(sound.data, (sound.axes[0], Axis.time(12345, FS, 7.0)), events=sound.events, notes={"name": "a"})
    made = filters.stft(later, "32 ms", "8 ms")
    assert made.shape == (2, 257, 97)
    assert made.axis("freq") == Axis("freq", 257, "Hz", 31.25)
    assert made.axis("time").at(10) == pytest.approx(7.08)
    assert made.channels == ("left", "right")
    assert made.events == sound.events
    assert made.notes["name"] == "a"


def test_mel_bands_lie_unevenly_and_coefficients_have_a_name_of_their_own(sound):
    bands = filters.mel(sound, bands=20).axis("freq")
    assert bands.at(0) == pytest.approx(librosa.mel_frequencies(22, fmin=0, fmax=8000)[1])
    with pytest.raises(SamplingError, match="uneven"):
        _ = bands.rate
    assert filters.mfcc(sound, bands=20).axes[1].name == "coefficient"
    octaves = filters.cqt(sound, low=110, bands=36).axis("freq")
    assert octaves.at(12) == pytest.approx(220)


# law -----------------------------------------------------------------------------------------------------------------


def test_energy_is_kept(noise):
    x = noise[0, :6400].astype(float)
    made = filters.spectrogram(x, "4 ms", "4 ms", fs=FS, taper="boxcar")
    twice = 2 * made[1:-1].sum() + made[0].sum() + made[-1].sum()
    assert twice / 64 == pytest.approx((x**2).sum())


def test_a_shift_by_a_hop_shifts_the_columns(noise):
    whole = filters.stft(noise, fs=FS)
    later = filters.stft(noise[:, 160:], fs=FS)
    assert_near(later[..., 5:-5], whole[..., 6 : later.shape[-1] + 1 - 5], 1e-6)


@pytest.mark.parametrize(("window", "hop"), [("25 ms", "10 ms"), ("25 ms", "12.5 ms"), (0.0333, 0.0111)])
@pytest.mark.parametrize("length", [12345, 400, 37, 1])
def test_the_way_back_is_exact(noise, window, hop, length):
    x = Signal.from_array(noise[:, :length].astype(float), FS)
    back = filters.istft(filters.stft(x, window, hop))
    assert np.abs(back.data - x.data).max() < 1e-10
    assert back.axes == x.axes
    assert "spectrogram" not in back.notes


@pytest.mark.parametrize("boundary", ["zeros", "reflect", "edge", "wrap"])
def test_the_way_back_does_not_depend_on_what_lies_beyond_the_ends(sound, boundary):
    back = filters.istft(filters.stft(sound, boundary=boundary, size=512))
    assert np.abs(back.data - sound.data).max() < 1e-5


STEPS = {
    "stft": filters.stft,
    "reflected": partial(filters.stft, window=0.0333, hop=0.0111, boundary="reflect"),
    "spectrogram": partial(filters.spectrogram, power=1),
    "mel": partial(filters.mel, bands=32),
    "log_mel": filters.log_mel,
    "mfcc": filters.mfcc,
    "cqt": partial(filters.cqt, low=220, bands=48),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_piece_equals_the_slice_of_the_whole(sound, name):
    whole = STEPS[name](sound)
    lazy = copy.deepcopy(filters.Spectrogram(loaders.of(sound), STEPS[name]))  # as a worker process gets it
    assert lazy.axes == whole.axes
    columns = whole.shape[2]
    for first, last in ((0, columns), (0, 1), (columns - 2, columns), (30, 31), (20, 50)):
        piece = lazy.samples(((2, 9), (first, last)))
        expected = whole.data[:, 2:9, first:last]
        assert piece.shape == expected.shape
        assert np.abs(piece - expected).max() <= 1e-5 * np.abs(whole.data).max()


def test_a_lazy_spectrogram_is_read_by_hertz_and_seconds(sound):
    lazy = filters.Spectrogram(loaders.of(sound), filters.stft)
    piece = lazy.read((1000, 0.1), (2000, 0.3))
    assert piece.shape == (2, 25, 20)
    assert (piece.axes[1].start, piece.axes[2].start) == (1000.0, pytest.approx(0.1))
    assert [event.label for event in piece.events] == ["word"]
    assert lazy.read(4000).shape == (2, 101, 78)


def test_tensors_stay_tensors_with_gradients(noise):
    x = torch.tensor(noise[:, :2000], dtype=torch.float64, requires_grad=True)
    for step in (filters.stft, filters.spectrogram, filters.mel, filters.log_mel, filters.mfcc):
        made = step(x, fs=FS)
        assert_near(made.detach().numpy(), step(noise[:, :2000].astype(float), fs=FS), 1e-12)
        made.abs().sum().backward()
        assert torch.isfinite(x.grad).all()
    small = torch.tensor(noise[:1, :40], dtype=torch.float64, requires_grad=True)
    back = partial(filters.istft, window=0.001, hop=0.0005, fs=FS)
    assert torch.autograd.gradcheck(lambda t: back(filters.stft(t, 0.001, 0.0005, fs=FS)), small)
    assert torch.allclose(back(filters.stft(small, 0.001, 0.0005, fs=FS)), small[:, :40])


def test_mel_energies_come_back_approximately(noise):
    sound = Signal.from_array(np.cumsum(noise, axis=1) - np.cumsum(noise, axis=1).mean(), FS)
    for step in (filters.mel, filters.log_mel):
        made = step(sound)
        again = step(filters.from_mel(made))
        assert again.axes == made.axes
        assert np.corrcoef(again.data.ravel(), made.data.ravel())[0, 1] > 0.95


def test_the_constant_q_transform_comes_back_between_its_bands():
    time = np.arange(FS) / FS
    x = Signal.from_array(np.sin(2 * np.pi * 440 * time) + 0.5 * np.sin(2 * np.pi * 1320 * time), FS)
    for bands in (48, 49, 53):
        back = filters.icqt(filters.cqt(x, "4 ms", low=220, bands=bands))
        assert back.axes == x.axes
        inside = slice(2000, -2000)
        assert np.abs(back.data - x.data)[:, inside].max() < 0.1


def test_a_grey_picture_is_a_spectrogram_with_its_top_row_highest():
    grey = Signal(np.arange(12.0).reshape(1, 4, 3), (Axis.channel(["grey"]), Axis("y", 4), Axis("x", 3)))
    made = filters.from_image(grey, "8 kHz", "300 ms", low="1 kHz", start=2.0, spacing="log")
    np.testing.assert_array_equal(made.data[0, -1], [0, 1, 2])
    assert [round(made.axis("freq").at(i)) for i in range(4)] == [1000, 2000, 4000, 8000]
    assert [made.axis("time").at(i) for i in (0, 2)] == [2.0, pytest.approx(2.2)]


# same as -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "window", "hop"), [(512, 512, 128), (1024, 400, 160), (401, 401, 100)])
def test_numbers_are_those_of_librosa(noise, size, window, hop):
    told = {"window": window / FS, "hop": hop / FS, "fs": FS, "size": size}
    theirs = {"n_fft": size, "win_length": window, "hop_length": hop}
    spectra = librosa.stft(noise, **theirs)
    assert_near(filters.stft(noise, **told), spectra)
    assert_near(filters.stft(noise, **told, boundary="reflect"), librosa.stft(noise, **theirs, pad_mode="reflect"))
    assert_near(filters.stft(noise, **told, taper="hamming"), librosa.stft(noise, **theirs, window="hamming"))
    assert_near(filters.spectrogram(noise, **told, power=1), np.abs(spectra))
    power = np.abs(spectra) ** 2
    for kind in ({"htk": False}, {"htk": True}):
        bands = librosa.feature.melspectrogram(S=power, sr=FS, n_fft=size, n_mels=20, fmin=100, fmax=7000, **kind)
        assert_near(filters.mel(noise, **told, bands=20, low=100, high=7000, **kind), bands)
        levels = librosa.power_to_db(bands, top_db=None)
        assert_near(filters.log_mel(noise, **told, bands=20, low=100, high=7000, **kind), levels)
        coefficients = librosa.feature.mfcc(S=levels, n_mfcc=13)
        assert_near(filters.mfcc(noise, **told, bands=20, low=100, high=7000, **kind), coefficients)


def test_the_way_back_is_that_of_librosa_and_torch(noise):
    changed = librosa.stft(noise, n_fft=512, hop_length=128)
    changed[:, 30:60] = 0
    ours = filters.istft(changed, 512 / FS, 128 / FS, FS, samples=noise.shape[1])
    assert_near(ours, librosa.istft(changed, hop_length=128, length=noise.shape[1]))
    window = torch.hann_window(512)
    theirs = torch.istft(torch.from_numpy(changed), 512, 128, window=window, length=noise.shape[1])
    assert_near(ours, theirs.numpy())


@pytest.mark.parametrize(("low", "bands", "octave"), [(110, 48, 12), (220, 100, 24)])
def test_the_constant_q_transform_is_that_of_librosa(sound, low, bands, octave):
    made = filters.cqt(sound, "16 ms", low=low, bands=bands, octave=octave)
    theirs = librosa.cqt(sound.data, sr=FS, hop_length=256, fmin=low, n_bins=bands, bins_per_octave=octave)
    assert_near(made.data, theirs)


@pytest.mark.parametrize(("samples", "hop"), [(1600, "8 ms"), (1500, "20 ms"), (1501, "20 ms"), (1600, "25 ms")])
def test_the_constant_q_transform_has_an_axis_for_every_hop(samples, hop):
    eeg = Signal(np.random.default_rng(0).normal(size=(2, samples)), (Axis.channel("ab"), Axis.time(samples, 160)))
    made = filters.cqt(eeg, hop, low="8 Hz")
    steps = round(made.axis("time").step * 160)
    assert made.shape[2] == made.axis("time").size == samples // steps + 1


@pytest.mark.data
def test_a_spoken_digit_has_librosas_numbers(real_data):
    path = real_data / "fsdd" / "recordings" / "3_jackson_7.wav"
    sound = loaders.load(path)
    y, fs = soundfile.read(path, dtype="float32")
    bands = librosa.feature.melspectrogram(y=y, sr=fs, n_fft=256, win_length=200, hop_length=80, n_mels=32)
    assert_near(filters.mel(sound, bands=32, size=256).data[0], bands)
    assert_near(
        filters.mfcc(sound, bands=32, size=256).data[0],
        librosa.feature.mfcc(S=librosa.power_to_db(bands, top_db=None), n_mfcc=13),
    )
    assert_near(filters.stft(sound).data[0], librosa.stft(y, n_fft=200, hop_length=80))
    assert_near(
        filters.cqt(sound, low=110, bands=48).data[0], librosa.cqt(y, sr=fs, hop_length=64, fmin=110, n_bins=48)
    )
    assert np.abs(filters.istft(filters.stft(sound)).data - sound.data).max() < 1e-6


# errors --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda x: filters.stft(x, "1 us"), SamplingError, "window is 1e-06 s, less than one sample"),
        (lambda x: filters.stft(x, hop=0), SamplingError, "hop is 0 s"),
        (lambda x: filters.stft(x, size=100), SamplingError, "size is 100, the window 400"),
        (lambda x: filters.stft(x, taper="hanning!"), ArgumentError, "taper is 'hanning!'"),
        (lambda x: filters.stft(x, boundary="mirrored"), ArgumentError, "boundary"),
        (lambda x: filters.stft(x.data), SamplingError, "fs is missing"),
        (lambda x: filters.stft(x.data + 1j, fs=FS), ArgumentError, "complex"),
        (lambda x: filters.stft(x.data[:, :0], fs=FS), ShapeError, "one sample or more"),
        (lambda x: filters.stft(filters.stft(x)), ShapeError, "a spectrogram is of"),
        (lambda x: filters.spectrogram(x, power=0), ArgumentError, "power is 0"),
        (lambda x: filters.istft(x), ArgumentError, "without the settings of Framing"),
        (lambda x: filters.istft(filters.spectrogram(x)), ArgumentError, "spectra is real"),
        (lambda x: filters.istft(filters.stft(x), "25 ms"), ArgumentError, "leave them out"),
        (lambda x: filters.istft(filters.stft(x).data), ArgumentError, "does not know window and hop"),
        (
            lambda x: filters.istft(filters.stft(x, hop="13 ms")),
            SamplingError,
            "hop is 208 samples",
        ),
        (lambda x: filters.mel(x, bands=200), SamplingError, "lie between two frequencies"),
        (lambda x: filters.mel(x, bands=0), ArgumentError, "bands is 0"),
        (lambda x: filters.mel(x, low=7000, high=300), SamplingError, "low is 7000 Hz and high 300 Hz"),
        (lambda x: filters.mel(x, high="9 kHz"), SamplingError, "high 9000 Hz"),
        (lambda x: filters.mfcc(x, coefficients=41), ArgumentError, "coefficients is 41; 40 bands"),
        (lambda x: filters.from_mel(filters.stft(x)), ArgumentError, "without the settings of Mel"),
        (lambda x: filters.from_mel(filters.mfcc(x)), ArgumentError, "no way back"),
        (lambda x: filters.cqt(x, low=110, bands=200), SamplingError, "Nyquist"),
        (lambda x: filters.cqt(x, low=0), SamplingError, "low is 0 Hz"),
        (lambda x: filters.cqt(x, "1 us"), SamplingError, "^hop is 1e-06 s"),
        (lambda x: filters.stft(loaders.of(x)), ArgumentError, r"a Recording.*give x\.read\(\)"),
        (lambda x: filters.cqt(torch.zeros(100), fs=FS), ArgumentError, "tensor"),
        (lambda x: filters.icqt(filters.stft(x)), ArgumentError, "without the settings of ConstantQ"),
        (lambda x: filters.Spectrogram(x, filters.common_average), ArgumentError, "step is no stft"),
        (lambda x: filters.Spectrogram(x, partial(filters.stft, boundary="wrap")), ArgumentError, "wrap"),
        (lambda x: filters.Spectrogram(filters.stft(x), filters.stft), ShapeError, "it is \\(channel, time\\)"),
        (lambda x: filters.from_image(x, 100, 1), ShapeError, "one grey channel"),
    ],
)
def test_what_is_refused(sound, call, error, said):
    with pytest.raises(error, match=said):
        call(sound)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"high": 0, "duration": 1}, "low is 0 Hz and high 0 Hz"),
        ({"high": 100, "duration": 1, "spacing": "log"}, "above 0 for octaves"),
        ({"high": 100, "duration": 0}, "duration is 0 s"),
    ],
)
def test_what_a_picture_cannot_be(told, said):
    grey = Signal(np.zeros((1, 4, 3)), (Axis.channel(["grey"]), Axis("y", 4), Axis("x", 3)))
    with pytest.raises(SamplingError, match=said):
        filters.from_image(grey, **told)
