from itertools import product

import numpy as np
import pytest
import torch

from sigconv.core.average import moving_average
from sigconv.core.boundary import extend
from sigconv.core.gaps import too_long
from sigconv.core.gaussian import gaussian
from sigconv.core.kernels import gaussian as bell
from sigconv.errors import ArgumentError

nan = np.nan
rng = np.random.default_rng(0)
SHAPES = [(40,), (12, 15), (7, 8, 9)]


def holes(shape, share=0.3):
    x = rng.normal(size=shape)
    x[rng.random(shape) < share] = nan
    return x


def weighted_means(x, kernel, boundary):
    """The mean of the present neighbours, weighted by the kernel, window by window."""
    for axis, k in enumerate(kernel.shape):
        x = extend(x, k // 2, (k - 1) // 2, boundary, axis)
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape)
    weights = kernel * ~np.isnan(windows)
    within = tuple(range(-kernel.ndim, 0))
    with np.errstate(invalid="ignore"):
        return np.sum(np.where(weights > 0, windows, 0) * weights, within) / np.sum(weights, within)


@pytest.mark.parametrize("boundary", ["zeros", "symmetric", "wrap", "odd_reflect", ("constant", nan)])
@pytest.mark.parametrize("shape", SHAPES)
def test_means_are_of_what_is_there(xp, shape, boundary):
    x = holes(shape)
    axes = tuple(range(len(shape)))
    y = moving_average(xp.array(x), (5, 4, 3)[: len(shape)], axes=axes, boundary=boundary, nan="ignore")
    assert xp.owns(y)
    np.testing.assert_allclose(y, weighted_means(x, np.ones((5, 4, 3)[: len(shape)]), boundary), atol=1e-12)
    y = gaussian(xp.array(x), 0.8, boundary=boundary, nan="ignore")
    np.testing.assert_allclose(y, weighted_means(x, bell(0.8, len(shape)), boundary), atol=1e-11)


def test_without_gaps_nothing_changes():
    x = rng.normal(size=(20, 30))
    for f in (lambda v, **k: moving_average(v, 7, **k), lambda v, **k: gaussian(v, 2, **k)):
        assert f(x, nan="ignore").tobytes() == f(x).tobytes()


def test_gaps_up_to_the_longest_are_filled():
    x = np.array([1, nan, 1, nan, nan, 1, nan, nan, nan, 1, nan])
    still = [
        np.isnan(moving_average(x, 9, nan="ignore", max_gap=longest, boundary="symmetric")).tolist()
        for longest in (0, 1, 2, 3)
    ]
    assert still[0] == np.isnan(x).tolist()
    assert still[1] == [i in (3, 4, 6, 7, 8) for i in range(11)]
    assert still[2] == [i in (6, 7, 8) for i in range(11)]
    assert still[3] == [False] * 11
    assert np.isnan(moving_average(np.full(5, nan), 3, nan="ignore", boundary="edge")).all()


def test_a_sample_of_a_picture_is_filled_along_its_shortest_gap():
    missing = np.zeros((5, 5), bool)
    missing[2] = missing[:, 3] = True
    assert too_long(missing, (0, 1), 1).tolist() == [[r == 2 and c == 3 for c in range(5)] for r in range(5)]
    assert too_long(missing, (1,), 1).tolist() == [[r == 2] * 5 for r in range(5)]
    assert torch.equal(
        too_long(torch.from_numpy(missing), (0,), 4), torch.zeros(5, 5, dtype=bool).index_fill(1, torch.tensor(3), True)
    )


@pytest.mark.parametrize("shape", SHAPES[:2])
def test_gradients_reach_what_is_there_and_zero_elsewhere(shape):
    x = torch.from_numpy(holes([n // 2 for n in shape])).requires_grad_()
    there = ~torch.isnan(x.detach())
    for f in (
        lambda v: moving_average(v, 3, axes=range(len(shape)), boundary="reflect", nan="ignore"),
        lambda v: gaussian(v, 1.0, nan="ignore"),
    ):
        (gradient,) = torch.autograd.grad(torch.nansum(f(x) ** 2), x)
        assert torch.all(gradient[~there] == 0)
        assert torch.all(torch.isfinite(gradient[there]))

        def of_present(values, f=f):
            return torch.nan_to_num(f(torch.full_like(x.detach(), nan).masked_scatter(there, values)))

        present = x.detach()[there].requires_grad_()
        assert torch.autograd.gradcheck(of_present, present)
        assert torch.autograd.gradgradcheck(of_present, present)


def test_gradients_of_every_boundary():
    x = torch.randn(5, 6, dtype=torch.float64, requires_grad=True)
    rules = ["zeros", "edge", "reflect", "symmetric", "wrap", "odd_reflect", "odd_symmetric", ("constant", 2.0)]
    for rule, mode in product(rules, ["same", "full", "causal"]):
        for f in (
            lambda v, r=rule, m=mode: moving_average(v, 9, mode=m, boundary=r),
            lambda v, r=rule, m=mode: moving_average(v, (3, 4), axes=(0, 1), mode=m, boundary=r),
            lambda v, r=rule: gaussian(v, (0.7, 1.5), order=(0, 1), boundary=r),
        ):
            assert torch.autograd.gradcheck(f, x)
            assert torch.autograd.gradgradcheck(f, x)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: moving_average([1.0], 1, nan="omit"), "nan is 'omit'"),
        (lambda: moving_average([1.0], 1, max_gap=2), "max_gap is 2 with nan 'propagate'"),
        (lambda: moving_average([1.0], 1, nan="ignore", max_gap=-1), "max_gap is -1"),
        (lambda: moving_average([1.0], 1, mode="full", nan="ignore", max_gap=1), "max_gap is 1 with mode 'full'"),
        (lambda: gaussian([1.0], 1, order=1, nan="ignore"), "order is 1 with nan 'ignore'"),
    ],
)
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
