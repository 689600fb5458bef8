import copy
import json
import pickle

import numpy as np
import pytest
import torch
from scipy import signal

from sigconv.errors import ArgumentError, SamplingError, ShapeError
from sigconv.filters import CCDE
from sigconv.signal import Signal

X = np.random.default_rng(0).normal(size=(2, 400))


def test_it_is_its_difference_equation():
    f = CCDE([0.5, 0, -1], [2, -1])
    assert str(f) == "y[n] = 0.25 x[n] - 0.5 x[n-2] + 0.5 y[n-1]"
    assert f.impulse(3).tolist() == [0.25, 0.125, -0.4375]
    assert str(CCDE([0.0])) == "y[n] = 0"
    assert str(CCDE(np.array([-1, 1j], "F"))) == str(CCDE([-1, 1j]))
    assert str(CCDE([-1, 1j])) == "y[n] = (-1+0j) x[n] + (0+1j) x[n-1]"


def test_the_three_ways_to_one_filter_agree(xp):
    z, p, k = signal.butter(3, 0.2, output="zpk")
    b, a = signal.zpk2tf(z, p, k)
    expected = signal.lfilter(b, a, X)
    for f in (CCDE(b, a), CCDE.from_zpk(z, p, k), CCDE.from_sos(signal.zpk2sos(z, p, k))):
        np.testing.assert_allclose(np.asarray(f(xp.array(X))), expected, atol=1e-11)
        np.testing.assert_allclose(np.sort(f.zeros.real)[:3], -np.ones(3), atol=1e-4)
        np.testing.assert_allclose(f.response(64)[1], signal.freqz(b, a, 64)[1], atol=1e-10)


def test_sections_print_one_equation_each():
    f = CCDE.from_sos([[1, 0.5, 0, 1, -0.5, 0], [2, 0, 0, 1, 0, 0.25]])
    assert str(f) == "u1[n] = x[n] + 0.5 x[n-1] + 0.5 u1[n-1]\ny[n] = 2 u1[n] - 0.25 y[n-2]"


def test_every_design_passes_and_stops(xp):
    t = np.arange(4000) / 250
    slow, fast = np.sin(2 * np.pi * 8 * t), np.sin(2 * np.pi * 90 * t)
    for f in (
        CCDE.butterworth(4, "30 Hz", fs=250),
        CCDE.cheby1(4, 0.1, 30, fs=250),
        CCDE.cheby2(6, 50, 50, fs=250),
        CCDE.ellip(4, 0.1, 50, 30, fs=250),
        CCDE.bessel(6, 30, fs=250),
        CCDE.fir(101, 30, fs=250),
        CCDE.fir(101, 30, fs=250, window=("kaiser", 8)),
        CCDE.remez(61, (0, "25 Hz", 45, 125), (1, 0), fs=250),
        CCDE.peak(8, 2, fs=250),
    ):
        assert f.fs == 250
        assert f.is_stable
        kept, gone = (np.asarray(f(xp.array(x)))[2000:] for x in (slow, fast))
        assert np.abs(kept).max() == pytest.approx(1, abs=0.12)
        assert np.abs(gone).max() < 0.05


def test_a_cascade_is_one_filter_after_the_other():
    low, high = CCDE.butterworth(4, 30, fs=250), CCDE.butterworth(3, 5, "highpass", fs=250)
    np.testing.assert_allclose((low @ high)(X), low(high(X)), atol=1e-12)
    assert (low @ high).sos.shape == (4, 6)
    taps = CCDE.fir(31, 60, fs=250)
    for f, g in ((low, CCDE([1, 0.5], [2, 1])), (taps, CCDE([1], [1, -0.5])), (low, taps), (CCDE([1j, 2]), taps)):
        np.testing.assert_allclose(f.cascade(g)(X), f(g(X)), atol=1e-9)
    assert (low @ CCDE([1.0])).fs == 250
    with pytest.raises(ArgumentError, match=r"order 24 would lose.*f\(g\(x\)\)"):
        CCDE.butterworth(12, (1, 2), "bandpass", fs=1000) @ CCDE.fir(31, 60, fs=1000)
    with pytest.raises(SamplingError, match="250 Hz for one filter and 160 Hz"):
        low @ CCDE.butterworth(4, 30, fs=160)


def test_parallel_filters_add_their_outputs():
    low, high = CCDE.butterworth(4, 30, fs=250), CCDE.butterworth(3, 60, "highpass", fs=250)
    np.testing.assert_allclose((low + high)(X), low(X) + high(X), atol=1e-10)
    np.testing.assert_allclose((low + low)(X), 2 * low(X), atol=1e-10)
    assert str(CCDE([1, 1]) + CCDE([1], [1, -0.5])) == "y[n] = 2 x[n] + 0.5 x[n-1] - 0.5 x[n-2] + 0.5 y[n-1]"
    with pytest.raises(ArgumentError, match=r"f\(x\) \+ g\(x\)"):
        CCDE.butterworth(12, (1, 2), "bandpass", fs=1000) + CCDE.butterworth(12, (5, 6), "bandpass", fs=1000)


def test_an_inverse_undoes_its_filter():
    for f in (CCDE([2, 1], [1, -0.3]), CCDE.from_sos([[2, 1, 0.2, 1, -0.5, 0], [1, 0.1, 0, 1, 0, 0.25]])):
        np.testing.assert_allclose(f.inverse()(f(X)), X, atol=1e-12)
    with pytest.raises(ArgumentError, match=r"b\[0\] is 0: the filter delays"):
        CCDE([0, 1]).inverse()
    with pytest.warns(RuntimeWarning, match=r"radius is 2 ") as caught:
        CCDE([1, -2]).inverse()(X[:, :9])
    assert len(caught) == 1


def test_a_linear_phase_filter_is_late_by_half_its_length():
    frequencies, late = CCDE.fir(31, 60, fs=250).group_delay(64)
    assert late == pytest.approx(np.full(64, 15))
    assert frequencies[-1] == pytest.approx(125 * 63 / 64)
    sections, polynomial = CCDE.butterworth(4, 30, fs=250), CCDE(*signal.butter(4, 30, fs=250))
    np.testing.assert_allclose(sections.group_delay()[1], polynomial.group_delay()[1], atol=1e-5)


def test_a_design_keeps_its_sections_where_a_polynomial_would_break():
    f = CCDE.butterworth(12, (1, "2 Hz"), "bandpass", fs=1000)
    assert f.is_stable
    sos = signal.butter(12, (1, 2), "bandpass", fs=1000, output="sos")
    once = signal.sosfilt(sos, X)
    np.testing.assert_allclose(f(X), once, atol=1e-9 * np.abs(once).max())
    both_ways = signal.sosfiltfilt(sos, X)
    np.testing.assert_allclose(f.zero_phase(X), both_ways, atol=1e-6 * np.abs(both_ways).max())
    assert f.response()[0].max() < 500


def test_h_is_the_dft_of_the_impulse_response():
    f = CCDE.butterworth(4, (7, 30), "bandpass", fs=160)
    n = f.settle(1e-12)
    h = np.fft.fft(f.impulse(2 * n))[:n]
    frequencies, response = f.response(n)
    np.testing.assert_allclose(response, h, atol=1e-10)
    assert frequencies[-1] == pytest.approx(80 * (n - 1) / n)


def test_a_notch_removes_its_frequency():
    t = np.arange(5000) / 250
    f = CCDE.notch("50 Hz", fs=250)
    assert np.abs(f(np.sin(2 * np.pi * 50 * t))[-500:]).max() < 1e-6


@pytest.mark.parametrize(
    "f",
    [CCDE.butterworth(4, (7, 30), "bandpass", fs=250), CCDE(*signal.butter(3, 0.2)), CCDE.fir(31, 30, fs=250)],
    ids=["sections", "polynomial", "fir"],
)
def test_a_stream_is_the_filter_in_chunks(xp, f):
    whole, stream, parts, at = np.asarray(f(xp.array(X))), f.stream(channels=2), [], 0
    for size in (1, 0, 7, 100, 292):
        parts.append(np.asarray(stream.push(xp.array(X[:, at : at + size]))))
        at += size
        stream = f.stream(channels=2, state=json.loads(json.dumps(stream.state())))
    assert np.array_equal(np.concatenate(parts, -1), whole)
    with pytest.raises(ArgumentError, match="state is that of another stream: its shape"):
        f.stream(channels=3, state=stream.state())
    with pytest.raises(ArgumentError, match="state is that of another stream"):
        CCDE([1.0, 2]).stream(channels=2, state=stream.state())


def test_an_unstable_filter_says_so_once():
    f = CCDE([1], [1, -1.25])
    assert not f.is_stable
    with pytest.warns(RuntimeWarning, match=r"radius is 1\.25") as caught:
        y = f(np.array([1.0, 0, 0]))
    assert len(caught) == 1
    assert y.tolist() == [1, 1.25, 1.5625]
    f.zero_phase(np.ones(30))  # warnings are errors here: nothing is said again
    with pytest.raises(ArgumentError, match=r"radius 1\.25"):
        f.settle()


def test_a_signal_comes_back_as_a_signal():
    x = Signal.from_array(X, fs=160, unit="V", channels=["C3", "C4"])
    f = CCDE.butterworth(2, 10, fs=160)
    y = f(x)
    assert (y.channels, y.unit, y.fs) == (("C3", "C4"), "V", 160)
    np.testing.assert_array_equal(y.data, f(X))
    with pytest.raises(SamplingError, match="fs is 250"):
        CCDE.butterworth(2, 10, fs=250)(x)


def test_it_is_frozen_and_differentiable():
    f = CCDE([1.0, 2.0])
    for numbers in (f.b, f.poles, f.zeros):
        with pytest.raises(ValueError, match="read-only"):
            numbers[0] = 3
    x = torch.randn(8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(f, x)


def test_filters_of_the_same_numbers_are_one_value():
    f = CCDE.butterworth(4, 30, fs=250)
    _ = f.poles
    again = pickle.loads(pickle.dumps(f))  # noqa: S301 - our own bytes
    for same in (CCDE.butterworth(4, 30, fs=250), CCDE.from_sos(f.sos, 250), again, copy.copy(f), copy.deepcopy(f)):
        assert same == f
        assert len({same, f}) == 1
        assert not same.b.flags.writeable
        assert not same.sos.flags.writeable
    assert again(X).tobytes() == f(X).tobytes()
    assert CCDE([1, 2]) == CCDE(np.array([1.0, 2]), (1,))
    assert hash(CCDE([0.0])) == hash(CCDE([-0.0]))
    others = CCDE(f.b, f.a, fs=250), CCDE.from_sos(f.sos), CCDE.from_sos(f.sos, 251), CCDE(f.b + 1e-15, f.a, fs=250)
    assert len({f, *others}) == 5
    assert f != "a filter"
    assert CCDE([1, 2]) != CCDE([1], [1, 2])


def test_what_does_not_fit_is_refused():
    with pytest.raises(ArgumentError, match=r"a\[0\] is 0"):
        CCDE([1], [0, 1])
    with pytest.raises(ArgumentError, match="torch tensor"):
        CCDE(torch.ones(2))
    with pytest.raises(SamplingError, match=r"cutoff is 90 Hz.*80 Hz"):
        CCDE.butterworth(4, (7, 90), "bandpass", fs=160)
    with pytest.raises(ShapeError, match="x has 5 samples"):
        CCDE.butterworth(4, 7, fs=160).zero_phase(np.zeros(5))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda f: CCDE([1], fs=0), SamplingError, "fs is 0 Hz"),
        (lambda f: CCDE([1], [1], [[1, 1, 0, 1, -0.5, 0]]), ArgumentError, "b and a are not the polynomials of sos"),
        (lambda f: CCDE([1], fs="fast"), ArgumentError, "fs is 'fast'"),
        (lambda f: f.response(8, fs=0), SamplingError, "fs is 0 Hz"),
        (lambda f: f.group_delay(8, fs=-1), SamplingError, "fs is -1 Hz"),
        (lambda f: f.response(-1), ArgumentError, "n is -1"),
        (lambda f: f.response(1.5), ArgumentError, r"n is 1\.5"),
        (lambda f: f.response(10**30), ArgumentError, "n is 10+; no array"),
        (lambda f: CCDE([1], [1e-320, 1])(X), ArgumentError, "leave double precision"),
        (lambda f: CCDE.fir(31, 30, fs=250, window=("kaiser",)), ArgumentError, r"window is \('kaiser',\)"),
        (lambda f: f.settle("a"), ArgumentError, "tol is 'a'"),
        (lambda f: f @ X, ArgumentError, "other is .*array"),
        (lambda f: f + 1, ArgumentError, "other is 1; "),
        (lambda f: f.stream(None), ArgumentError, "channels is None"),
        (lambda f: f.stream(-1), ArgumentError, "channels is -1"),
        (lambda f: CCDE.remez(31, (0, 30, 50, 125), (1,), fs=250), ArgumentError, "4 edges, desired 1 gains; two"),
        (lambda f: CCDE.remez(31, None, (1, 0), fs=250), ArgumentError, "bands is None"),
        (lambda f: CCDE.from_zpk([[0.5]], [0.2], 1), ArgumentError, r"z has shape \(1, 1\)"),
        (lambda f: CCDE.from_zpk([0.5], torch.zeros(1), 1), ArgumentError, "p is a torch tensor"),
    ],
)
def test_what_is_refused_and_why(call, error, said):
    with pytest.raises(error, match=said):
        call(CCDE.butterworth(2, 30, fs=250))
