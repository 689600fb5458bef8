from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from sigconv.core.median import defined, median
from sigconv.core.native import order, threads

rng = np.random.default_rng(0)
NAMES = {"symmetric": "reflect", "reflect": "mirror", "edge": "nearest", "wrap": "wrap", "zeros": "constant"}


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 9, 16])
def test_a_network_finds_the_wanted_one_of_all_zeros_and_ones(count):
    pairs = order.comparisons(count, count // 2)  # what sorts zeros and ones sorts anything (Knuth)
    for bits in product([0, 1], repeat=count) if count < 10 else rng.integers(0, 2, (500, count)):
        held = list(bits)
        for low, high in pairs:
            held[low], held[high] = min(held[low], held[high]), max(held[low], held[high])
        assert held[count // 2] == sorted(bits)[count // 2]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_window_is_the_definition(data):
    size = tuple(data.draw(st.lists(st.integers(1, 9), min_size=3, max_size=3)))
    shape = (data.draw(st.integers(1, 2)), *(k + data.draw(st.integers(0, 12)) for k in size))
    draws = np.random.default_rng(data.draw(st.integers(0, 99)))
    values = draws.normal(size=shape) if data.draw(st.booleans()) else draws.integers(-3, 3, shape)
    x = values.astype(data.draw(st.sampled_from([np.float32, np.float64])))
    expected = defined(x, size)
    np.testing.assert_array_equal(order.selected(x, size), expected)
    np.testing.assert_array_equal(x.reshape(-1)[order.positions(x, size)], expected)


@pytest.mark.parametrize("boundary", NAMES)
@pytest.mark.parametrize("size", [2, 4, 51, 500, 10_001])
def test_long_lines_are_ndimages(size, boundary):
    x = rng.normal(size=9000)
    theirs = ndimage.median_filter(x, size, mode=NAMES[boundary]) if size <= 9000 else None
    y = median(x, size, boundary=boundary)
    if theirs is not None:
        np.testing.assert_array_equal(y, theirs)
    assert y.shape == x.shape


@pytest.mark.parametrize(("shape", "size"), [((90, 140), (9, 12)), ((150, 70), (2, 31)), ((30, 31, 32), 5)])
def test_large_windows_are_ndimages(xp, shape, size):
    x = rng.integers(0, 50, shape).astype(np.float32)
    y = median(xp.array(x), size)
    np.testing.assert_array_equal(np.asarray(y), ndimage.median_filter(x, size))


def test_a_nan_spoils_the_windows_that_hold_it_and_no_other(xp):
    x = rng.normal(size=(20, 30))
    x[7, 9] = np.nan
    for size in (3, 9):
        y = np.asarray(median(xp.array(x), size))
        expected = np.zeros(x.shape, bool)
        expected[max(0, 7 - size // 2) : 8 + size // 2, 9 - size // 2 : 10 + size // 2] = True
        np.testing.assert_array_equal(np.isnan(y), expected)
        clean = np.asarray(median(np.nan_to_num(x), size))
        np.testing.assert_array_equal(y[~expected], clean[~expected])


def test_the_gradient_goes_to_the_chosen_sample():
    x = torch.tensor([5.0, 1.0, 3.0, 9.0, 2.0], dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(median(x, 3, boundary="edge")[1:4].sum(), x)
    assert gradient.tolist() == [0, 0, 3, 0, 0]
    many = torch.from_numpy(rng.permutation(24).reshape(4, 6).astype(float)).requires_grad_()
    for rule in ("symmetric", "odd_reflect", "zeros"):
        assert torch.autograd.gradcheck(lambda v, r=rule: median(v, 3, boundary=r), many)


def test_threads_change_nothing():
    x = rng.normal(size=(300, 300))
    before, results = threads.threads(), set()
    try:
        for count in (1, 3):
            threads.set_threads(count)
            results |= {median(x, 5).tobytes(), median(x, 5).tobytes()}
            assert median(x, 11).tobytes() == ndimage.median_filter(x, 11).tobytes()
    finally:
        threads.set_threads(before)
    assert len(results) == 1
