"""Second derivatives along single weights."""

import numpy as np
import pytest
import torch

from sigconv.errors import ShapeError
from sigconv.nets.connections import Averaged, Convolved, Full, Pointwise
from sigconv.train import curvature, newton_rates, uniform_weights

# known


def test_one_linear_unit_by_hand():
    # (w x + b - t)²: second derivative 2 x² along w, 2 along b, for x = 1 and 3 in the mean 10 and 2
    layers = {"F": Full((1,), 1)}
    found = curvature(layers, {"F.weight": [[4.0]], "F.bias": [1.0]}, [[1.0], [3.0]])
    assert found["F.weight"].item() == pytest.approx(10)
    assert found["F.bias"].item() == pytest.approx(2)


def test_rates_are_short_where_it_bends():
    rates = newton_rates({"F.weight": np.array([0.0, 0.1, 9.9])}, rate=0.01, least=0.1)
    np.testing.assert_allclose(rates["F.weight"], [0.1, 0.05, 0.001])


# same as torch


def test_where_no_sum_is_squared_it_is_the_hessian_of_autograd():
    # each weight meets the output on one path and the net is linear: no term is left out
    layers = {
        "C": Convolved((1, 5), 1, (3,), (2,), padding=((1, 0),), boundary=("constant", -1), bias="unit"),
        "A": Averaged((1, 2), (2,)),
        "P": Pointwise((1, 1), "relu"),
        "F": Full((1, 1), 3),
    }
    weights = {name: abs(w) + 0.1 for name, w in uniform_weights(layers, 0).items()}
    x = np.random.default_rng(0).uniform(1, 2, (1, 1, 5))
    found = curvature(layers, weights, x)
    names, given = list(weights), [torch.from_numpy(w) for w in weights.values()]

    def error(*parts):
        w = dict(zip(names, parts, strict=True))
        padded = torch.nn.functional.pad(torch.from_numpy(x), (1, 0), value=-1)
        y = torch.nn.functional.conv1d(padded, w["C.weight"], stride=2) + w["C.bias"]
        y = torch.nn.functional.linear(y.mean(2), w["F.weight"], w["F.bias"])
        return y.square().mean()

    hessian = torch.autograd.functional.hessian(error, tuple(given))
    for i, name in enumerate(names):
        if name == "C.weight":
            continue  # shared: places that meet again in one sum have cross terms, which are left out
        n = found[name].size
        np.testing.assert_allclose(found[name].ravel(), hessian[i][i].reshape(n, n).diagonal(), rtol=1e-10)


def test_it_is_never_negative():
    layers = {"C": Convolved((2, 4, 4), 3, (3, 3)), "P": Pointwise((3, 2, 2), "stanh"), "F": Full((3, 2, 2), 2)}
    found = curvature(layers, uniform_weights(layers, 1), np.random.default_rng(1).normal(size=(6, 2, 4, 4)))
    assert {name: w.shape for name, w in found.items()} == {n: w.shape for n, w in uniform_weights(layers, 1).items()}
    assert all((w >= 0).all() and w.any() for w in found.values())


# errors


def test_samples_that_do_not_fit_are_named():
    with pytest.raises(ShapeError, match=r"samples has shape \(2, 3\); the net takes \(N, 4\)"):
        curvature({"F": Full((4,), 1)}, {}, np.ones((2, 3)))
