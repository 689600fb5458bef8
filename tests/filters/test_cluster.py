"""A dask array's chunks in parallel are the array filtered whole."""

import builtins

import numpy as np
import pytest
from scipy import signal

import sigconv
from sigconv.errors import ArgumentError, MissingExtra, ShapeError
from sigconv.filters import CCDE
from sigconv.filters.cluster import both_ways, scanned

da = pytest.importorskip("dask.array")

X = np.random.default_rng(0).normal(size=(3, 4001))
FILTERS = {
    "sections": CCDE.butterworth(4, (7, 30), "bandpass", fs=250),
    "polynomial": CCDE(*signal.butter(3, 0.2)),
    "fir": CCDE.fir(101, 30, fs=250),
    "slow": CCDE.butterworth(2, 0.1, "highpass", fs=250),
    "gain": CCDE([2.0]),
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("chunks", [(3, 4001), (2, 1500), (1, 170), (3, (2000, 1, 2000))])
def test_chunks_are_the_whole(name, chunks):
    f, x = FILTERS[name], da.from_array(X, chunks=chunks)
    y, expected = f(x), f(X)
    assert (y.shape, y.chunks, y.dtype) == (x.shape, x.chunks, expected.dtype)
    np.testing.assert_allclose(y.compute(), expected, atol=1e-11)
    z = f.zero_phase(x)
    np.testing.assert_allclose(z.compute(), f.zero_phase(X), atol=1e-10)


def test_an_unstable_filter_is_scanned_whole():
    f = CCDE([1], [1, -1])  # the running sum
    np.testing.assert_allclose(scanned(f, da.from_array(X, chunks=(3, 100))).compute(), X.cumsum(-1), atol=1e-9)


def test_any_axis_and_precision():
    f = FILTERS["sections"]
    x = da.from_array(X.T.astype(np.float32), chunks=(900, 2))
    y = scanned(f, x, 0).compute()
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, f(X.astype(np.float32)).T, atol=1e-6)
    np.testing.assert_allclose(both_ways(f, x, 0).compute(), f.zero_phase(X.astype(np.float32)).T, atol=1e-5)


def test_nothing_is_computed_before_it_is_asked_for():
    def never(_):
        raise AssertionError("computed")

    x = da.from_array(X, chunks=(3, 500)).map_blocks(never, dtype=float)
    assert FILTERS["sections"](x).shape == X.shape


def test_what_is_refused(monkeypatch):
    x = da.from_array(X, chunks=(3, 500))
    with pytest.raises(ShapeError, match="axis is 2"):
        scanned(FILTERS["fir"], x, 2)
    with pytest.raises(ShapeError, match="x has 9 samples"):
        FILTERS["sections"].zero_phase(x[:, :9])
    with pytest.raises(ArgumentError, match="unknown sizes"):
        FILTERS["fir"](x[0][x[0] > 0])

    whole = builtins.__import__

    def without_dask(name, *rest):
        if name.startswith("dask"):
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_dask)
    with pytest.raises(MissingExtra, match=r"sigconv\[distributed\]"):
        FILTERS["fir"](x)


def test_functions_of_arrays_say_that_they_do_not_take_dask():
    lazy = da.zeros((2, 100), chunks=(2, 50))
    for call in (lambda: sigconv.moving_average(lazy, 9), lambda: sigconv.lfilter([1.0], [1, 0.5], lazy)):
        with pytest.raises(ArgumentError, match=r"dask array.*compute"):
            call()
