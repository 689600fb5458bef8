"""Reading through a filter piece by piece equals filtering the whole; alignment makes the covariance the identity."""

from itertools import pairwise

import numpy as np
import pytest

from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.filters import resample
from sigconv.filters.align import covariance, whitened, whitening
from sigconv.filters.fir import fir, fir_bandpass_taps
from sigconv.filters.lazy import Filtered, Resampled, pieces
from sigconv.loaders import of
from sigconv.signal import Signal

FS = 160.0


@pytest.fixture
def noise():
    mixing = np.random.default_rng(1).normal(size=(5, 5))
    x = mixing @ np.random.default_rng(2).normal(size=(5, 3000))
    return of(Signal.from_array(x, FS, channels=list("abcde")))


def passed(source):
    taps = fir_bandpass_taps(7, 30, FS)
    return Filtered(source, lambda piece: fir(piece, taps), margin=(len(taps) // 2 + 1) / FS)


@pytest.mark.parametrize(("start", "stop"), [(0, 2), (0.3, 0.9), (7, 11.5), (16, 18.75), (0, 18.75)])
def test_a_piece_equals_the_same_piece_of_the_whole(noise, start, stop):
    whole = fir(noise.read(), fir_bandpass_taps(7, 30, FS)).data
    piece = passed(noise).read(start, stop)
    expected = whole[:, round(start * FS) : round(stop * FS)]
    np.testing.assert_allclose(piece.data, expected, atol=1e-12 * np.abs(whole).max())
    assert piece.axis("time").start == pytest.approx(start)


@pytest.mark.parametrize("rate", [80.0, 320.0, 100.0, 48.0, 160.0])
@pytest.mark.parametrize(("start", "stop"), [(0, 2), (0.25, 0.5), (7, 11.5), (16, 18.75), (0, 18.75)])
def test_a_resampled_piece_equals_the_same_piece_of_the_whole(noise, rate, start, stop):
    whole = resample(noise.read(), rate)
    lazily = Resampled(noise, rate)
    assert lazily.axes == whole.axes
    piece = lazily.read(start, stop)
    expected = whole.data[:, round(start * rate) : round(stop * rate)]
    np.testing.assert_allclose(piece.data, expected, atol=1e-12 * np.abs(whole.data).max())
    assert piece.fs == rate


def test_too_small_a_margin_would_show(noise):
    narrow = Filtered(noise, passed(noise).step, margin=0.1)
    whole = fir(noise.read(), fir_bandpass_taps(7, 30, FS)).data
    assert np.abs(narrow.read(7, 8).data - whole[:, 1120:1280]).max() > 1e-3


def test_pieces_cover_a_source_once(noise):
    cuts = pieces(noise, 4.1)
    assert cuts[0][0] == 0
    assert cuts[-1][1] == 18.75
    assert all(a[1] == b[0] for a, b in pairwise(cuts))


def test_what_a_lazy_filter_refuses(noise):
    for start, stop in [(-0.5, 1), (1, 1), (2, 1), (18, 19)]:
        with pytest.raises(SamplingError, match="allowed: a piece of one sample or more"):
            passed(noise).read(start, stop)
    with pytest.raises(SamplingError, match="no fraction of whole numbers"):
        Resampled(noise, np.pi)
    with pytest.raises(ShapeError, match="source has 1 samples"):
        Resampled(of(noise.read(0, 1 / FS)), 80)
    with pytest.raises(ShapeError, match="must keep the axes"):
        Filtered(noise, lambda s: s.with_data(s.data[:, ::2])).read(0, 1)


def test_a_whitened_source_has_unit_covariance(noise):
    matrix = whitening(covariance(noise), 1e-9)
    np.testing.assert_allclose(covariance(whitened(noise, matrix)), np.eye(5), atol=1e-6)


def test_shrinkage_one_only_scales(noise):
    moments = covariance(noise)
    np.testing.assert_allclose(whitening(moments, 1.0), np.eye(5) / np.sqrt(np.trace(moments) / 5))


def test_the_covariance_is_that_of_the_whole(noise):
    x = noise.read().data
    np.testing.assert_allclose(covariance(noise), x @ x.T / x.shape[1])


def test_what_alignment_refuses(noise):
    with pytest.raises(ArgumentError, match="shrinkage is 0"):
        whitening(np.eye(2), 0)
    with pytest.raises(SamplingError, match="flat"):
        whitening(np.zeros((2, 2)), 0.1)
    with pytest.raises(SamplingError, match="not all finite"):
        covariance(of(Signal.from_array(np.full((1, 100), np.nan), FS)))


@pytest.mark.parametrize(("low", "high", "fs"), [(7, 30, 160), (8, 12, 250), (1, 40, 512), (0.5, 70, 256)])
def test_taps_are_those_of_mne(low, high, fs):
    mne = pytest.importorskip("mne")
    expected = mne.filter.create_filter(None, fs, low, high, fir_design="firwin", verbose="error")
    ours = fir_bandpass_taps(low, high, fs)
    assert len(ours) == len(expected)
    frequencies = np.linspace(0, fs / 2, 2000)
    kernel = np.exp(-2j * np.pi * np.outer(frequencies / fs, np.arange(len(ours))))
    gain, theirs = np.abs(kernel @ ours), np.abs(kernel @ expected)
    assert np.abs(gain - theirs).max() < 0.01
    inside = (frequencies > low) & (frequencies < high)
    assert np.abs(gain[inside] - 1).max() < 0.01


@pytest.mark.parametrize(("low", "high"), [(0, 30), (30, 7), (7, 80), (7, 7), (float("nan"), 30), (7, 79.9999999)])
def test_an_impossible_band_is_refused(low, high):
    with pytest.raises(SamplingError, match=r"allowed"):
        fir_bandpass_taps(low, high, FS)
