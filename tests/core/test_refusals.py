"""Bad input to every function of the core: the error names the argument, what was given and what is allowed."""

import re
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

import sigconv
from sigconv import CCDE, filters
from sigconv.core import design
from sigconv.core.average import cumulative_average
from sigconv.core.convolve import METHODS
from sigconv.core.edges import prewitt
from sigconv.errors import ArgumentError, SamplingError, ShapeError, SigconvError


def written(value):
    """A value as the name of a test, the same in every process."""
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))


B, A = signal.butter(2, 0.3)
SOS = signal.butter(4, 0.3, output="sos")
X = np.random.default_rng(0).normal(size=(3, 40))

OF_A_LINE = {
    "convolve": lambda x, axis: sigconv.convolve(x, [1.0, 2.0], axes=axis),
    "correlate": lambda x, axis: sigconv.correlate(x, [1.0, 2.0], axes=axis),
    "lfilter": lambda x, axis: sigconv.lfilter(B, A, x, axis),
    "sosfilt": lambda x, axis: sigconv.sosfilt(SOS, x, axis),
    "filtfilt": lambda x, axis: sigconv.filtfilt(B, A, x, axis),
    "sosfiltfilt": lambda x, axis: sigconv.sosfiltfilt(SOS, x, axis),
    "decimate": lambda x, axis: sigconv.decimate(x, 2, axis=axis),
    "resample_poly": lambda x, axis: sigconv.resample_poly(x, 3, 2, axis=axis),
    "moving_average": lambda x, axis: sigconv.moving_average(x, 3, axis),
    "exponential_average": lambda x, axis: sigconv.exponential_average(x, 0.3, axis),
    "cumulative_average": lambda x, axis: cumulative_average(x, axis),
    "gaussian": lambda x, axis: sigconv.gaussian(x, 1.0, axes=axis),
    "median": lambda x, axis: sigconv.median(x, 3, axes=axis),
    "savgol": lambda x, axis: sigconv.savgol(x, 5, 2, axis=axis),
    "sobel": lambda x, axis: sigconv.sobel(x, axis),
    "prewitt": lambda x, axis: prewitt(x, axis),
    "laplacian": lambda x, axis: sigconv.laplacian(x, axes=axis),
}
every_line = pytest.mark.parametrize("run", OF_A_LINE.values(), ids=OF_A_LINE)


def assert_refused(error, words, call):
    """The call raises this error, quietly, and its message has every word."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(error) as caught:
            call()
    missing = [word for word in words if word not in str(caught.value)]
    assert not missing, f"{caught.value} does not say {missing}"


@every_line
@pytest.mark.parametrize("axis", [2, -3, 100])
def test_an_axis_that_is_not_there(run, axis):
    assert_refused(ShapeError, ("ax", str(axis), "-2", "1"), lambda: run(X, axis))
    assert_refused(ShapeError, ("ax", str(axis)), lambda: run(torch.from_numpy(X), axis))


@every_line
@pytest.mark.parametrize("axis", [1.5, "time", int, True], ids=["1.5", "text", "type", "True"])
def test_an_axis_that_is_no_whole_number(run, axis):
    assert_refused(ArgumentError, ("ax", "whole number"), lambda: run(X, axis))


@every_line
@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (np.array([1, None, 3], object), "object"),
        (np.array(["a", "b"]), "U1"),
        (np.zeros(3, "M8[s]"), "datetime64"),
        ([[1.0, 2.0], [3.0]], "array"),
        (np.ma.masked_array([1.0, 2.0], [True, False]), "masked"),
        ({"x": 1}, "object"),
        (None, "object"),
    ],
    ids=["objects", "texts", "dates", "ragged", "masked", "dict", "None"],
)
def test_what_is_no_array_of_numbers(run, bad, said):
    assert_refused(ArgumentError, ("x", said), lambda: run(bad, 0))


@every_line
def test_a_single_number_has_no_axis(run):
    assert_refused(ShapeError, ("ax",), lambda: run(np.float64(1.5), 0))


@every_line
def test_nothing_at_all_is_nothing_or_refused(run):
    """Never a crash, never made-up samples."""
    try:
        y = run(np.zeros((2, 0)), 1)
    except ShapeError as refusal:
        error = str(refusal)
    else:
        error = ""
        assert y.shape[0] == 2
    assert error == "" or re.search("0 samples|no sample|at least", error)


def test_a_tensor_that_is_not_dense():
    sparse = torch.ones(5).to_sparse()
    assert_refused(ArgumentError, ("x", "sparse_coo", "dense"), lambda: sigconv.convolve(sparse, [1.0]))
    assert_refused(ArgumentError, ("kernel", "sparse_coo", "dense"), lambda: sigconv.convolve(torch.ones(5), sparse))


def test_what_reaches_far_beyond_x_and_costs_nothing():
    assert sigconv.convolve(X[0], [1.0, 2.0], stride=10**15).tolist() == [X[0, 0]]
    assert sigconv.convolve(X[0], [2.0], dilation=10**15).tolist() == (2 * X[0]).tolist()
    assert sigconv.savgol(X, 5, 2, deriv=10**9).tolist() == np.zeros_like(X).tolist()
    assert_refused(ArgumentError, ("delta is 1e-300", "deriv"), lambda: sigconv.savgol(X, 5, 2, 2, 1e-300))
    assert_refused(ArgumentError, ("order is 1000000", "sigma"), lambda: sigconv.gaussian(X, 1, order=10**6))


@pytest.mark.parametrize("name", ["stride", "dilation", "origin", "axes"])
@pytest.mark.parametrize("odd", [True, 1.0, (1.0,), (True,)])
def test_a_number_that_was_right_before_as_another_type(name, odd):
    """What is kept from an earlier call does not let 1.0 or True pass for 1."""
    x = X if name == "axes" else X[0]
    sigconv.convolve(x, [1.0, 2.0], "same", **{name: (1,)})
    assert_refused(
        ArgumentError, (name, "whole number"), lambda: sigconv.convolve(x, [1.0, 2.0], "same", **{name: odd})
    )


WRONG_MODE = ["Same", "", None, 7, ("full",)]


@pytest.mark.parametrize(
    ("error", "words", "call"),
    [
        # convolve
        (ShapeError, ("kernel", "2 axes", "1"), lambda: sigconv.convolve(X[0], np.ones((2, 2)))),
        (ShapeError, ("kernel", "1 axes", "2"), lambda: sigconv.convolve(X, [1.0], axes=(0, 1))),
        (ShapeError, ("kernel", "(0,)", "at least one"), lambda: sigconv.convolve(X, [])),
        (ShapeError, ("kernel", "(0,)", "at least one"), lambda: sigconv.correlate(X, [])),
        (ShapeError, ("kernel", "(3, 0)"), lambda: sigconv.convolve(X, np.ones((3, 0)))),
        (ShapeError, ("40", "41"), lambda: sigconv.convolve(X, np.ones(41), "valid")),
        (ShapeError, ("axes", "once"), lambda: sigconv.convolve(X, np.ones((2, 2)), axes=(1, 1))),
        (ArgumentError, ("kernel", "object"), lambda: sigconv.convolve(X, np.array([1, None]))),
        (ArgumentError, ("kernel", "torch"), lambda: sigconv.convolve(X, torch.ones(3))),
        (ArgumentError, ("method", "'fast'", *METHODS), lambda: sigconv.convolve(X, [1.0], "same", "fast")),
        (ArgumentError, ("boundary", "'mirrored'", "reflect"), lambda: sigconv.convolve(X, [1.0], boundary="mirrored")),
        (ArgumentError, ("boundary",), lambda: sigconv.convolve(X, [1.0], boundary=("constant",))),
        (ArgumentError, ("stride", "0"), lambda: sigconv.convolve(X, [1.0], stride=0)),
        (ArgumentError, ("stride", "1.5"), lambda: sigconv.convolve(X, [1.0], stride=1.5)),
        (ArgumentError, ("stride", "(1, 2)", "1 axes"), lambda: sigconv.convolve(X, [1.0], stride=(1, 2))),
        (ArgumentError, ("dilation", "-1"), lambda: sigconv.convolve(X, [1.0, 2.0], dilation=-1)),
        (ArgumentError, ("origin",), lambda: sigconv.convolve(X, [1.0], origin="centre")),
        # difference equations
        (ArgumentError, ("a[0]", "0"), lambda: sigconv.lfilter([1.0], [0.0, 1.0], X)),
        (ArgumentError, ("a[0]", "0"), lambda: sigconv.filtfilt([1.0], [0.0, 1.0], X)),
        (ArgumentError, ("a[0]", "0"), lambda: sigconv.lfilter_zi([1.0], [0.0, 1.0])),
        (ArgumentError, ("a[0]", "0"), lambda: sigconv.lfiltic([1.0], [0.0, 1.0], [1.0])),
        (ArgumentError, ("b", "(0,)"), lambda: sigconv.lfilter([], [1.0], X)),
        (ArgumentError, ("a", "(0,)"), lambda: sigconv.lfilter([1.0], [], X)),
        (ArgumentError, ("b", "(1, 2)", "1 axis"), lambda: sigconv.lfilter([[1.0, 2.0]], [1.0], X)),
        (ArgumentError, ("b", "object"), lambda: sigconv.lfilter([1.0, None], [1.0], X)),
        (ArgumentError, ("a", "torch"), lambda: sigconv.lfilter([1.0], torch.ones(1), X)),
        (ShapeError, ("zi", "(5,)", "2"), lambda: sigconv.lfilter(B, A, X, zi=np.zeros(5))),
        (ShapeError, ("zi", "(4, 2)", "3"), lambda: sigconv.lfilter(B, A, X, zi=np.zeros((4, 2)))),
        (ShapeError, ("zi", "(3, 3)", "2"), lambda: sigconv.lfilter(B, A, X, zi=np.zeros((3, 3)))),
        (ShapeError, ("zi", "(2, 2)"), lambda: sigconv.sosfilt(SOS, X, zi=np.zeros((2, 2)))),
        (ShapeError, ("zi", "(2, 4, 2)"), lambda: sigconv.sosfilt(SOS, X, zi=np.zeros((2, 4, 2)))),
        (ArgumentError, ("zi", "object"), lambda: sigconv.lfilter(B, A, X, zi=np.array([None, 1]))),
        (ShapeError, ("sos", "(2, 5)", "6"), lambda: sigconv.sosfilt(SOS[:, :5], X)),
        (ArgumentError, ("a0", "ones"), lambda: sigconv.sosfilt(2 * SOS, X)),
        (ArgumentError, ("a0", "ones"), lambda: sigconv.sosfilt([[1.0, 0, 0, 0, 1, 0]], X)),
        (ArgumentError, ("sos", "(0, 6)"), lambda: sigconv.sosfilt(np.zeros((0, 6)), X)),
        (ArgumentError, ("z = 1",), lambda: sigconv.sosfilt_zi([[1, 0, 0, 1, -1, 0]])),
        (ShapeError, ("x", "5 samples", "at least"), lambda: sigconv.filtfilt(B, A, X[:, :5])),
        (ArgumentError, ("padtype", "'odds'", "odd"), lambda: sigconv.filtfilt(B, A, X, padtype="odds")),
        (ArgumentError, ("padlen", "-1"), lambda: sigconv.sosfiltfilt(SOS, X, padlen=-1)),
        # rates
        (ArgumentError, ("q", "0"), lambda: sigconv.decimate(X, 0)),
        (ArgumentError, ("q", "1.5"), lambda: sigconv.decimate(X, 1.5)),
        (ArgumentError, ("ftype", "'fire'", "fir"), lambda: sigconv.decimate(X, 2, ftype="fire")),
        (ArgumentError, ("up", "0"), lambda: sigconv.resample_poly(X, 0, 1)),
        (ArgumentError, ("down", "-2"), lambda: sigconv.resample_poly(X, 1, -2)),
        (ArgumentError, ("divisor[0]", "0"), lambda: sigconv.deconvolve([1.0, 2.0], [0.0, 1.0])),
        # averages and smoothing
        (ArgumentError, ("width", "0"), lambda: sigconv.moving_average(X, 0)),
        (ArgumentError, ("width", "-3"), lambda: sigconv.moving_average(X, -3)),
        (ArgumentError, ("width", "2.5"), lambda: sigconv.moving_average(X, 2.5)),
        (ShapeError, ("40", "41"), lambda: sigconv.moving_average(X, 41, mode="valid")),
        (ArgumentError, ("alpha", "0"), lambda: sigconv.exponential_average(X, 0)),
        (ArgumentError, ("alpha", "1.5"), lambda: sigconv.exponential_average(X, 1.5)),
        (ArgumentError, ("alpha", "nan"), lambda: sigconv.exponential_average(X, float("nan"))),
        (ShapeError, ("no samples",), lambda: sigconv.exponential_average(np.zeros(0), 0.5)),
        (ArgumentError, ("sigma", "-1"), lambda: sigconv.gaussian(X, -1)),
        (ArgumentError, ("sigma", "nan"), lambda: sigconv.gaussian(X, float("nan"))),
        (ArgumentError, ("sigma", "(1, 2, 3)", "2 axes"), lambda: sigconv.gaussian(X, (1, 2, 3))),
        (ArgumentError, ("truncate", "0"), lambda: sigconv.gaussian(X, 1, truncate=0)),
        (ArgumentError, ("size", "0", "1 or more"), lambda: sigconv.median(X, 0)),
        (ArgumentError, ("size", "0"), lambda: sigconv.median(X, 0)),
        (ArgumentError, ("complex",), lambda: sigconv.median(X + 1j, 3)),
        (ArgumentError, ("window_length", "4", "odd"), lambda: sigconv.savgol(X, 4, 2)),
        (ArgumentError, ("window_length", "0"), lambda: sigconv.savgol(X, 0, 0)),
        (ArgumentError, ("polyorder", "5", "5"), lambda: sigconv.savgol(X, 5, 5)),
        (ArgumentError, ("deriv", "-1"), lambda: sigconv.savgol(X, 5, 2, -1)),
        (ShapeError, ("40 samples", "41"), lambda: sigconv.savgol(X, 41, 2)),
        (ArgumentError, ("boundary", "'interpolate'"), lambda: sigconv.savgol(X, 5, 2, boundary="interpolate")),
        # matrices
        (ArgumentError, ("shape", "(3, 3)", "1 axes"), lambda: sigconv.convolution_matrix([1.0, 2.0], (3, 3))),
        (ShapeError, ("kernel",), lambda: sigconv.convolution_matrix([], 3)),
    ],
)
def test_what_is_refused_and_why(error, words, call):
    assert_refused(error, words, call)


@pytest.mark.parametrize("mode", WRONG_MODE)
def test_an_extent_that_is_none(mode):
    for run in (
        lambda: sigconv.convolve(X, [1.0], mode),
        lambda: sigconv.correlate(X, [1.0], mode),
        lambda: sigconv.moving_average(X, 3, mode=mode),
    ):
        assert_refused(ArgumentError, ("mode", repr(mode), "full", "same", "valid", "causal"), run)


@pytest.mark.parametrize("width", [41, 1000, 10**6])
def test_a_width_beyond_the_signal_is_the_definition_or_refused(width):
    ours = sigconv.moving_average(X, width)
    full = np.array([np.convolve(row, np.full(width, 1 / width)) for row in X]) if width < 10**5 else None
    if full is None:
        np.testing.assert_allclose(ours, X.sum(1, keepdims=True) / width + np.zeros((1, 40)), atol=1e-18)
    else:
        first = (width - 1) // 2
        np.testing.assert_allclose(ours, full[:, first : first + 40], atol=1e-15)


@pytest.mark.parametrize("cutoff", [50.0, 60.0, 0.0, -1.0])
def test_a_cutoff_at_half_the_rate_or_beyond(cutoff):
    for run in (
        lambda: filters.lowpass(X, cutoff, fs=100),
        lambda: filters.highpass(X, cutoff, fs=100),
        lambda: CCDE.butterworth(2, cutoff, "lowpass", fs=100),
        lambda: design.butterworth(2, cutoff, fs=100),
    ):
        assert_refused(SamplingError, ("cutoff", f"{cutoff:g} Hz", "100 Hz", "50 Hz"), run)


@pytest.mark.parametrize(("a", "radius"), [([1, -1.5], "1.5"), ([1, 0, 1.21], "1.1"), ([1, -1], "1")])
def test_an_unstable_filter_says_so_once(a, radius):
    f = CCDE([1.0], a)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        f(X)
    assert len(told) == 1
    assert "pole radius" in str(told[0].message)
    assert radius in str(told[0].message)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_convolution_is_numpys_or_refused(method, data):
    """Odd sizes, strides, modes and boundaries: an answer of the right length or one of our errors, never a crash."""
    n, k = data.draw(st.integers(0, 40)), data.draw(st.integers(0, 50))
    mode = data.draw(st.sampled_from(["full", "same", "valid", "causal"]))
    boundary = data.draw(st.sampled_from(["zeros", "edge", "reflect", "wrap", "odd_symmetric", ("constant", 2.0)]))
    stride, dilation = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 4))
    dtype = data.draw(st.sampled_from([np.float64, np.float32, np.int8, np.complex128, ">f8"]))
    x = np.arange(n).astype(dtype)
    try:
        y = sigconv.convolve(x, np.ones(k), mode, method, boundary=boundary, stride=stride, dilation=dilation, origin=0)
    except SigconvError:
        y = None
    span = (k - 1) * dilation + 1
    if k == 0 or n == 0 or (mode == "valid" and span > n):
        assert y is None or np.isfinite(y).all()
        return
    assert y is not None
    length = {"full": n + span - 1, "same": n, "causal": n, "valid": n - span + 1}[mode]
    assert len(y) == -(-length // stride)
    assert np.isfinite(y).all()


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_recurrence_is_scipys_or_refused(data):
    numbers = st.integers(-64, 64).map(lambda i: i / 32)
    b = data.draw(st.lists(numbers, max_size=5))
    a = data.draw(st.lists(numbers, max_size=5))
    shape = data.draw(st.sampled_from([(0,), (1,), (7,), (2, 30), (1, 1, 3), (3, 0)]))
    axis = data.draw(st.integers(-3, 3))
    x = np.random.default_rng(5).normal(size=shape)
    try:
        y = sigconv.lfilter(b, a, x, axis)
    except SigconvError:
        assert not b or not a or a[0] == 0 or not -len(shape) <= axis < len(shape)
        return
    with np.errstate(all="ignore"):
        theirs = signal.lfilter(b, a, x, axis) if x.size else x
        scale = np.abs(theirs).max(initial=1)
    if np.isfinite(scale) and np.abs(a[0]) > 1e-3:
        np.testing.assert_allclose(y, theirs, rtol=1e-7, atol=1e-7 * scale)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_any_smoothing_is_an_answer_or_refused(data):
    n, width = data.draw(st.integers(0, 30)), data.draw(st.integers(-2, 70))
    name = data.draw(st.sampled_from(["moving_average", "median", "savgol", "gaussian"]))
    boundary = data.draw(st.sampled_from(["zeros", "edge", "reflect", "symmetric", "wrap", "odd_reflect"]))
    arguments = {"savgol": (width, 2), "gaussian": (width / 7,)}.get(name, (width,))
    x = np.linspace(1, 2, n)
    try:
        y = getattr(sigconv, name)(x, *arguments, boundary=boundary)
    except SigconvError:
        bad = (
            width < 1 or n == 0 or (name in ("median", "savgol") and width % 2 == 0) or (name == "savgol" and width < 3)
        )
        assert bad
        return
    assert y.shape == x.shape
    assert np.isfinite(y).all()


NO_NUMBERS = pytest.mark.parametrize(
    "odd",
    [None, "a", b"x", 1j, [], {}, object(), np.zeros((3, 0)), np.array([1, None]), torch.zeros(4), slice(1)],
    ids=written,
)


@NO_NUMBERS
def test_a_number_that_is_none(odd):
    assert_refused(ArgumentError, ("alpha", "above 0"), lambda: sigconv.exponential_average(X, odd))
    assert_refused(ArgumentError, ("sigma", "0 or more"), lambda: sigconv.gaussian(X, odd))
    assert_refused(ArgumentError, ("truncate", "above 0"), lambda: sigconv.gaussian(X, 1.0, truncate=odd))


@pytest.mark.parametrize("odd", [np.zeros(0), np.zeros(3), np.array([1, None]), [1], {}, {1, 2}, slice(1)], ids=written)
def test_a_word_that_is_none(odd):
    assert_refused(ArgumentError, ("boundary", "zeros"), lambda: sigconv.median(X, 3, boundary=odd))
    assert_refused(ArgumentError, ("mode", "valid"), lambda: sigconv.moving_average(X, 3, mode=odd))
    assert_refused(ArgumentError, ("nan", "ignore"), lambda: sigconv.moving_average(X, 3, nan=odd))
    assert_refused(ArgumentError, ("axis", "whole number"), lambda: sigconv.moving_average(X, 3, odd))


def test_an_axis_as_an_array_without_axes():
    for axes in (np.array(3), torch.tensor(3)):
        assert_refused(ArgumentError, ("axes", "whole number"), lambda a=axes: sigconv.median(X, 3, axes=a))


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), "seven", "7 Hx", "7 mm", None, 1j, object()], ids=written)
def test_hertz_and_seconds_are_called_by_their_argument(odd):
    assert_refused(SamplingError, ("cutoff",), lambda: filters.lowpass(X, odd, fs=250))
    assert_refused(SamplingError, ("high",), lambda: filters.bandpass(X, 1, odd, fs=250))
    assert_refused(SamplingError, ("fs is",), lambda: filters.lowpass(X, 7, fs=odd))
    assert_refused(SamplingError, ("new_rate",), lambda: filters.resample(X, odd, fs=250))
    assert_refused(SamplingError, ("width",), lambda: filters.smooth(X, odd, fs=250))
    assert_refused(SamplingError, ("width",), lambda: filters.smooth(X, odd, "gaussian", fs=250))


@pytest.mark.parametrize("forty", [np.float32(40), np.int64(40), np.array(40)], ids=written)
def test_a_numpy_number_is_a_cutoff(forty):
    np.testing.assert_array_equal(filters.lowpass(X, forty, fs=250), filters.lowpass(X, 40, fs=250))


@pytest.mark.parametrize("odd", [None, "a", b"x", 1j, [1, 2], np.zeros(0), object()], ids=written)
def test_a_design_names_what_is_no_number(odd):
    assert_refused(ArgumentError, ("fs", "positive"), lambda: CCDE.butterworth(2, 30, fs=odd))
    assert_refused(ArgumentError, ("ripple", "positive"), lambda: CCDE.cheby1(2, odd, 30, fs=250))
    assert_refused(ArgumentError, ("q", "positive"), lambda: CCDE.notch(50, odd, fs=250))
    assert_refused(ArgumentError, ("k is", "number"), lambda: CCDE.from_zpk([0.5], [0.2], odd))


def test_windows_and_roots_that_are_none():
    for window in ("hammond", None, 1j, ()):
        assert_refused(ArgumentError, ("window", "get_window"), lambda w=window: CCDE.fir(31, 30, fs=250, window=w))
    assert_refused(ArgumentError, ("p", "object"), lambda: CCDE.from_zpk([0.5], None, 1.0))
    assert_refused(ArgumentError, ("z", "p", "conjugate"), lambda: CCDE.from_zpk([], [0.5j], 1.0))
    assert_refused(ArgumentError, ("z", "p", "finite"), lambda: CCDE.from_zpk([float("nan")], [0.2], 1.0))
    assert_refused(ArgumentError, ("delta", "positive"), lambda: sigconv.savgol(X, 7, 2, delta="1"))
