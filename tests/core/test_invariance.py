"""The same numbers, to the last bit, however the same samples are given: threads, memory layout, batch, axis."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy import signal

import sigconv
from sigconv.core.average import cumulative_average
from sigconv.core.convolve import METHODS
from sigconv.core.edges import prewitt
from sigconv.core.native import threads

LENGTH = 12_000
B, A = signal.butter(4, 0.2)
SOS = signal.butter(4, [0.1, 0.3], "bandpass", output="sos")
TAPS = np.random.default_rng(1).normal(size=300)


@dataclass(frozen=True)
class Function:
    """A function of lines along one axis; the other axes are a batch."""

    name: str
    run: Callable[[Any, int], Any]


def along_a_line() -> list[Function]:
    named = {
        "convolve 3": lambda x, axis: sigconv.convolve(x, [1.0, -2.0, 0.5], "same", axes=axis),
        "convolve 31 reflected": lambda x, axis: sigconv.convolve(x, TAPS[:31], "same", axes=axis, boundary="reflect"),
        "convolve stride and dilation": lambda x, axis: sigconv.convolve(x, TAPS[:9], axes=axis, stride=3, dilation=2),
        "correlate 8": lambda x, axis: sigconv.correlate(x, TAPS[:8], "valid", axes=axis),
        "lfilter": lambda x, axis: sigconv.lfilter(B, A, x, axis),
        "lfilter fir": lambda x, axis: sigconv.lfilter(TAPS[:40], [1.0], x, axis),
        "lfilter one pole": lambda x, axis: sigconv.lfilter([0.1], [1.0, -0.9], x, axis),
        "sosfilt": lambda x, axis: sigconv.sosfilt(SOS, x, axis),
        "filtfilt": lambda x, axis: sigconv.filtfilt(B, A, x, axis),
        "sosfiltfilt": lambda x, axis: sigconv.sosfiltfilt(SOS, x, axis),
        "moving_average 10": lambda x, axis: sigconv.moving_average(x, 10, axis),
        "moving_average 1000": lambda x, axis: sigconv.moving_average(x, 1000, axis, "valid"),
        "exponential_average": lambda x, axis: sigconv.exponential_average(x, 0.1, axis),
        "cumulative_average": lambda x, axis: cumulative_average(x, axis),
        "gaussian": lambda x, axis: sigconv.gaussian(x, 2.5, axes=axis),
        "median": lambda x, axis: sigconv.median(x, 5, axes=axis),
        "savgol": lambda x, axis: sigconv.savgol(x, 11, 3, axis=axis),
        "sobel": lambda x, axis: sigconv.sobel(x, axis, axes=axis),
        "prewitt": lambda x, axis: prewitt(x, axis, axes=axis),
        "laplacian": lambda x, axis: sigconv.laplacian(x, axes=axis),
    }
    for method in METHODS:
        named[f"convolve 300 by {method}"] = lambda x, axis, m=method: sigconv.convolve(x, TAPS, "same", m, axes=axis)
    later = {
        "decimate": lambda x, axis: sigconv.decimate(x, 4, axis=axis),
        "resample_poly": lambda x, axis: sigconv.resample_poly(x, 3, 2, axis=axis),
    }
    named |= {name: run for name, run in later.items() if name in sigconv.__all__}
    return [Function(name, run) for name, run in named.items()]


def on_pictures() -> list[Function]:
    kernel = np.outer(TAPS[:9], TAPS[9:18])
    noise = np.random.default_rng(2).normal(size=(7, 5))
    named = {
        "gaussian": lambda x, _: sigconv.gaussian(x, (2, 1), axes=(-2, -1)),
        "median 3": lambda x, _: sigconv.median(x, 3, axes=(-2, -1)),
        "sobel": lambda x, _: sigconv.sobel(x, -2, axes=(-2, -1)),
        "laplacian": lambda x, _: sigconv.laplacian(x, axes=(-2, -1)),
        "correlate 7×5": lambda x, _: sigconv.correlate(x, noise, "same"),
        "correlate 7×5 wrapped": lambda x, _: sigconv.correlate(x, noise, "same", boundary="wrap"),
    }
    for method in METHODS:
        named[f"convolve 9×9 by {method}"] = lambda x, _, m=method: sigconv.convolve(x, kernel, "same", m)
    return [Function(name, run) for name, run in named.items()]


LINES, PICTURES = along_a_line(), on_pictures()
every_line = pytest.mark.parametrize("function", LINES, ids=lambda f: f.name)
every_picture = pytest.mark.parametrize("function", PICTURES, ids=lambda f: f.name)
every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=["float64", "float32"])


def noise(*shape: int, dtype: Any = np.float64) -> Any:
    return np.random.default_rng(3).normal(size=shape).astype(dtype)


def assert_same_bits(one: Any, other: Any) -> None:
    one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
    assert (one.shape, one.dtype) == (other.shape, other.dtype)
    unlike = one.view(np.uint8).reshape(*one.shape, -1) != other.view(np.uint8).reshape(*other.shape, -1)
    places = np.argwhere(unlike.any(axis=-1))
    if len(places):
        here = tuple(places[0])
        pytest.fail(f"{len(places)} of {one.size} samples differ, the first at {here}: {one[here]!r}, {other[here]!r}")


@pytest.fixture
def restored_threads():
    before = threads.threads()
    yield
    threads.set_threads(before)


def with_threads(count: int, run: Callable[[], Any]) -> Any:
    threads.set_threads(count)
    return run()


@pytest.mark.usefixtures("restored_threads")
@every_dtype
@pytest.mark.parametrize("shape", [(1, 400_000), (70, 3000)], ids=["one channel", "many channels"])
@every_line
def test_threads_change_nothing(function, shape, dtype):
    x = noise(*shape, dtype=dtype)
    one = with_threads(1, lambda: function.run(x, 1))
    for count in (2, 4):
        assert_same_bits(with_threads(count, lambda: function.run(x, 1)), one)


@pytest.mark.usefixtures("restored_threads")
@every_dtype
@every_picture
def test_threads_change_nothing_in_pictures(function, dtype):
    x = noise(3, 331, 217, dtype=dtype)
    one = with_threads(1, lambda: function.run(x, 1))
    for count in (2, 4):
        assert_same_bits(with_threads(count, lambda: function.run(x, 1)), one)


def layouts(x: Any) -> dict[str, Any]:
    """The same samples, differently in memory."""
    apart = np.zeros((2 * x.shape[0], *x.shape[1:-1], 3 * x.shape[-1]), x.dtype)
    apart[::2, ..., ::3] = x
    locked = x.copy()
    locked.flags.writeable = False
    askew = np.zeros(x.nbytes + 1, np.uint8)[1:].view(x.dtype).reshape(x.shape)
    askew[...] = x
    return {
        "every third": apart[::2, ..., ::3],
        "backwards": np.flip(np.ascontiguousarray(np.flip(x))),
        "Fortran": np.asfortranarray(x),
        "read-only": locked,
        "other byte order": x.astype(x.dtype.newbyteorder()),
        "not aligned": askew,
    }


@every_dtype
@every_line
def test_memory_layout_changes_nothing(function, dtype):
    x = noise(6, LENGTH // 4, dtype=dtype)
    plain = function.run(x, 1)
    for name, same in layouts(x).items():
        before = same.tobytes()
        y = function.run(same, 1)
        assert y.dtype.isnative, name
        assert_same_bits(y, plain)
        assert same.tobytes() == before, f"{name}: the input was written to"


@every_dtype
@every_picture
def test_memory_layout_changes_nothing_in_pictures(function, dtype):
    x = noise(2, 61, 47, dtype=dtype)
    plain = function.run(x, 1)
    for same in layouts(x).values():
        assert_same_bits(function.run(same, 1), plain)


@every_dtype
@pytest.mark.parametrize("channels", [3, 70])
@every_line
def test_a_channel_is_the_same_alone_and_in_a_batch(function, channels, dtype):
    x = noise(channels, LENGTH // 4, dtype=dtype)
    together = function.run(x, 1)
    for channel in (0, 1, channels // 2, channels - 1):
        assert_same_bits(function.run(x[channel], 0), together[channel])
        assert_same_bits(function.run(x[channel : channel + 1], 1)[0], together[channel])


@every_line
def test_a_long_channel_is_the_same_alone_and_in_a_batch(function):
    x = noise(9, 10 * LENGTH)
    assert_same_bits(function.run(x[4], 0), function.run(x, 1)[4])


@every_dtype
@every_picture
def test_a_picture_is_the_same_alone_and_in_a_batch(function, dtype):
    x = noise(4, 61, 47, dtype=dtype)
    together = function.run(x, 1)
    for i in range(4):
        assert_same_bits(function.run(x[i], 1), together[i])


@every_dtype
@every_line
def test_the_place_of_the_axis_changes_nothing(function, dtype):
    x = noise(2, 5, LENGTH // 4, dtype=dtype)
    last = function.run(x, -1)
    assert_same_bits(np.moveaxis(function.run(np.moveaxis(x, -1, 0), 0), 0, -1), last)
    assert_same_bits(np.moveaxis(function.run(np.moveaxis(x, -1, 1).copy(), 1), 1, -1), last)


@every_line
def test_no_channels_are_no_channels(function):
    assert function.run(noise(0, 1500), 1).shape[0] == 0


@every_line
def test_the_same_call_gives_the_same_bits(function):
    x = noise(3, LENGTH)
    assert_same_bits(function.run(x, 1), function.run(x, 1))
