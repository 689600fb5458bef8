import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from sigconv.core.deconvolve import deconvolve
from sigconv.errors import ArgumentError

RNG = np.random.default_rng(0)


def test_polynomials_divide():
    quotient, remainder = deconvolve([1.0, 0, 0, -1], [1, -1])  # z^3 - 1 = (z - 1)(z^2 + z + 1)
    assert quotient.tolist() == [1, 1, 1]
    assert remainder.tolist() == [0, 0, 0, 0]


@given(st.integers(1, 50), st.integers(1, 12))
def test_what_was_convolved_comes_back(n, k):
    x = RNG.normal(size=n)
    divisor = np.r_[1.0, RNG.uniform(-1, 1, k - 1) / k]  # every zero inside the unit circle
    quotient, remainder = deconvolve(np.convolve(x, divisor), divisor)
    np.testing.assert_allclose(quotient, x, atol=1e-12)
    np.testing.assert_allclose(remainder, 0, atol=1e-12)


def test_it_is_scipys(xp):
    x = RNG.normal(size=40)
    for divisor in ([2.0, 1], [1.0, 0.5, 0.2j], [3.0], RNG.normal(size=41)):
        expected = signal.deconvolve(x, divisor)
        for ours, theirs in zip(deconvolve(xp.array(x), xp.array(divisor)), expected, strict=True):
            assert xp.owns(ours)
            np.testing.assert_allclose(np.asarray(ours), theirs, atol=1e-12)


def test_gradients_twice():
    x = torch.randn(9, dtype=torch.float64, requires_grad=True)
    divisor = torch.tensor([2.0, 0.5, -0.3], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(deconvolve, (x, divisor))
    assert torch.autograd.gradgradcheck(deconvolve, (x, divisor))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (([], [1.0]), r"signal has shape \(0,\)"),
        (([[1.0]], [1.0]), r"signal has shape \(1, 1\)"),
        (([1.0, 2], []), "divisor has shape"),
        (([1.0, 2], [0.0, 1]), r"divisor\[0\] is 0"),
    ],
)
def test_what_does_not_fit_is_refused(given, said):
    with pytest.raises(ArgumentError, match=said):
        deconvolve(*given)
