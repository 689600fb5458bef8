import numpy as np
import pytest
import torch
from scipy import signal

from sigconv.core.native import fir, threads
from sigconv.core.recurrence import lfilter, lfilter_loop
from sigconv.core.zerophase import filtfilt

rng = np.random.default_rng(0)
DTYPES = [np.float32, np.float64, np.complex64, np.complex128]


def drawn(*shape, dtype=np.float64):
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


def test_a_sum_of_neighbours_by_hand(xp):
    y, zf = lfilter([1, 10], [1], xp.array([1.0, 2, 3]), zi=[5])
    assert y.tolist() == [6, 12, 23]
    assert zf.tolist() == [30]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 2, 4, 5, 40])
@pytest.mark.parametrize("n", [0, 1, 3, 39, 1030, 40_000])
def test_it_is_the_loop(dtype, k, n):
    b, x, zi = drawn(k).astype(dtype), drawn(2, n, dtype=dtype), drawn(2, k - 1, dtype=dtype)
    a = np.eye(1, k, dtype=dtype)[0]
    theirs = signal.lfilter(b, a[:1], x, zi=zi) if n else (x, zi)
    tolerance = 1e-4 if np.dtype(dtype).itemsize // (1 + (np.dtype(dtype).kind == "c")) == 4 else 1e-12
    for one, other in zip(fir.lfilter(b, a, x, zi), theirs, strict=True):
        assert one.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)
    if n < 100:
        for one, other in zip(fir.lfilter(b, a, x, zi), lfilter_loop(b, a, x, zi), strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
def test_pieces_are_the_whole_bit_for_bit(dtype):
    b, x = drawn(37).astype(dtype), drawn(3, 5000, dtype=dtype)
    whole = lfilter(b, [1], x)
    state, parts = np.zeros((3, 36), dtype), []
    for part in np.split(x, [0, 1, 3, 30, 70, 1100, 1101, 4000], axis=1):
        y, state = lfilter(b, [1], part, zi=state)
        parts.append(y)
    assert np.array_equal(np.concatenate(parts, 1), whole)


def test_threads_layout_and_batch_do_not_change_a_bit():
    b, x = drawn(33), drawn(3, 100_000)
    whole = lfilter(b, [1], x)
    before = threads.threads()
    threads.set_threads(1)
    assert np.array_equal(lfilter(b, [1], x), whole)
    threads.set_threads(before)
    assert np.array_equal(lfilter(b, [1], np.asfortranarray(x)), whole)
    assert np.array_equal(lfilter(b, [1], x[1]), whole[1])
    x.flags.writeable = False
    assert np.array_equal(lfilter(b, [1], x.astype(">f8")), whole)
    assert np.array_equal(lfilter(b, [1], x), whole)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_a_number_is_forgotten(xp, bad):
    x = rng.normal(size=(2, 200))
    x[0, 50] = bad
    spoilt = ~np.isfinite(np.asarray(lfilter([1.0, 2, 3], [2], xp.array(x))))
    assert np.argwhere(spoilt).tolist() == [[0, 50], [0, 51], [0, 52]]


def test_zero_phase_without_feedback_is_scipys(xp):
    b, x = signal.firwin(31, 0.3), rng.normal(size=(3, 400, 2))
    np.testing.assert_allclose(np.asarray(filtfilt(b, 1, xp.array(x), 1)), signal.filtfilt(b, 1, x, 1), atol=1e-12)


def test_blocks_forget_too():
    from sigconv.core.native import blocks

    x = torch.randn(200, dtype=torch.float64)
    x[50] = torch.nan
    b, a = torch.tensor([1.0, 2, 3], dtype=x.dtype), torch.tensor([1.0, 0, 0], dtype=x.dtype)
    y, _ = blocks.lfilter(b, a, x, torch.zeros(2, dtype=x.dtype))
    assert torch.nonzero(~torch.isfinite(y)).flatten().tolist() == [50, 51, 52]
