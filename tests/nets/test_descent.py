"""Compiled gradient descent, one sample at a time: torch's autograd step for step, in one, two and three dimensions."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from sigconv.core.boundary import extend
from sigconv.core.native import online
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.connections import Averaged, Convolved, Full, Pointwise, matrix, staggered
from sigconv.nets.descent import Descent

CLOSE = {"float32": 1e-5, "float64": 1e-12}
CONV = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
POOL = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}
BEND = {
    "tanh": torch.tanh,
    "stanh": lambda x: 1.7159 * torch.tanh(2 / 3 * x),
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
}
NETS = {
    "1-D, per unit, a table that wraps, long taps": [
        Convolved((3, 40), 5, (9,), (2,), padding=((4, 3),), boundary=("constant", -1), bias="unit"),
        Pointwise((5, 20), "stanh"),
        Convolved((5, 20), 5, (21,), (1,), padding=((10, 10),), table=staggered(4, 5, 5)),
        Pointwise((5, 20), "relu"),
        Full((5, 20), 3),
    ],
    "2-D as in 1989": [
        Convolved((1, 8, 8), 4, (5, 5), (2, 2), padding=((2, 2),) * 2, boundary=("constant", -1), bias="unit"),
        Pointwise((4, 4, 4), "stanh"),
        Convolved((4, 4, 4), 6, (3, 3), padding=((1, 1),) * 2, table=staggered(3, 4, 6), bias="unit"),
        Averaged((6, 4, 4), (2, 2)),
        Pointwise((6, 2, 2), "tanh"),
        Full((6, 2, 2), 18),
        Pointwise((18,), "sigmoid"),
        Full((18,), 17, bias=False),
        Pointwise((17,), "stanh"),
    ],
    "3-D, groups, dilation, no last activation": [
        Pointwise((2, 5, 6, 7), "tanh"),
        Convolved((2, 5, 6, 7), 4, (2, 3, 2), (1, 2, 1), (2, 1, 1), ((0, 1), (1, 1), (0, 0)), "reflect", 2),
        Averaged((4, 4, 3, 6), (2, 1, 2), (1, 1, 3)),
        Convolved((4, 3, 3, 2), 2, (3, 3, 2), bias=None),
    ],
}


def drawn(net, seed=0):
    draw = np.random.default_rng(seed)
    net.weights = {name: draw.normal(size=shape) / np.prod(shape[1:]) ** 0.5 for name, shape in net.shapes.items()}
    x = draw.normal(size=(12, *net.inputs))
    return x, draw.normal(size=(12, *net.outputs)), draw.integers(12, size=20)


def extended(x, layer):
    """x with what lies outside, by an index that autograd follows."""
    index = torch.arange(x[0, 0].numel(), dtype=torch.float64).reshape(x.shape[2:])
    for axis, pad in enumerate(layer.padding):
        rule = layer.boundary if isinstance(layer.boundary, str) and layer.boundary != "zeros" else ("constant", -1)
        index = extend(index, *pad, rule, axis)
    flat, where = x.flatten(2), index.long().reshape(-1)
    constant = layer.boundary[1] if isinstance(layer.boundary, tuple) else 0.0
    return torch.where(where < 0, torch.tensor(constant, dtype=x.dtype), flat[..., where.clamp(0)]).reshape(
        *x.shape[:2], *index.shape
    )


def through(layer, x, weights, name):
    """One layer in torch's own words."""
    if isinstance(layer, Pointwise):
        return BEND[layer.name](x)
    if isinstance(layer, Averaged):
        return POOL[x.ndim - 2](x, layer.size, layer.stride)
    bias = weights.get(f"{name}.bias")
    if isinstance(layer, Full):
        return functional.linear(x.flatten(1), weights[f"{name}.weight"], bias)
    x, weight = extended(x, layer), weights[f"{name}.weight"]
    if layer.table is not None:
        maps = [
            CONV[x.ndim - 2](x[:, list(seen)], weight[o : o + 1], None, layer.stride, 0, layer.dilation)
            for o, seen in enumerate(layer.table)
        ]
        y = torch.cat(maps, 1)
    else:
        y = CONV[x.ndim - 2](x, weight, None, layer.stride, 0, layer.dilation, layer.groups)
    if bias is None:
        return y
    return y + (bias if layer.bias == "unit" else bias.reshape(-1, *[1] * (x.ndim - 2)))


def torch_steps(net, x, targets, order, rate):
    """The same steps by autograd: (sum of errors, misses, weights)."""
    weights = {name: torch.from_numpy(w.astype(np.float64)).requires_grad_() for name, w in net.weights.items()}
    total = misses = 0
    for i in order:
        y = torch.from_numpy(x[i : i + 1])
        for name, layer in net.layers.items():
            y = through(layer, y, weights, name)
        target = torch.from_numpy(targets[i : i + 1]).reshape(y.shape)
        error = (y - target).square().mean()
        total, misses = total + error.item(), misses + int(y.argmax() != target.argmax())
        grads = torch.autograd.grad(error, list(weights.values()))
        with torch.no_grad():
            for name, w, g in zip(weights, weights.values(), grads, strict=True):
                w -= (rate[name] if isinstance(rate, dict) else rate) * g
    return total, misses, weights


# known


def test_one_weight_takes_the_step_one_takes_by_hand():
    net = Descent([Full((1,), 1)], dtype="float64")
    net.weights = {"0.weight": [[2.0]], "0.bias": [1.0]}
    net.set_rates(0.1)
    # y = 2 · 3 + 1 = 7; (7 − 5)² = 4; its gradient 2 · 2 · 3 = 12 for the weight, 4 for the bias
    assert net.descend([[3.0]], [[5.0]], [0]) == (4.0, 0, -1)
    assert net.weights["0.weight"].item() == pytest.approx(2 - 1.2)
    assert net.weights["0.bias"].item() == pytest.approx(1 - 0.4)


@pytest.mark.parametrize(("dtype", "most"), [(np.float32, 4), (np.float64, 6)])
def test_lamberts_fraction_is_tanh_to_a_few_roundings(dtype, most):
    x = np.r_[np.linspace(-30, 30, 4000), np.logspace(-8, 0, 500)].astype(dtype)
    net = Descent([Pointwise((len(x),), "tanh"), Full((len(x),), 1)], dtype=np.dtype(dtype).name)
    net.respond(x[None])
    start, n = net._flat.stages[0][online.OUT], len(x)
    error = np.abs(net._flat.values[start : start + n] / np.tanh(x.astype(np.float64)) - 1)
    assert error.max() < most * np.finfo(dtype).eps


# law


def test_the_matrices_of_the_layers_give_the_same_answer():
    layers = NETS["2-D as in 1989"][2:5]
    net = Descent(layers, "float64")
    x, _, _ = drawn(net)
    y = x.reshape(12, -1).T
    for name, layer in net.layers.items():
        bias = net.weights.get(f"{name}.bias")
        y = np.tanh(y) if isinstance(layer, Pointwise) else matrix(layer, net.weights.get(f"{name}.weight")) @ y
        y = y if bias is None else y + bias.ravel()[:, None]
    np.testing.assert_allclose(net.respond(x).reshape(12, -1).T, y, atol=1e-13)


def test_the_same_samples_give_the_same_bits_whatever_came_before():
    first, again = (Descent(NETS["2-D as in 1989"]) for _ in range(2))
    x, y, order = drawn(first)
    again.weights = {name: np.full_like(w, np.nan) for name, w in first.weights.items()}
    again.set_rates(1.0)
    assert again.descend(x, y, order)[2] == 0
    again.weights = first.weights
    for net in (first, again):
        net.set_rates(0.1)
        net.descend(x, y, order)
    for name, w in first.weights.items():
        assert np.array_equal(w, again.weights[name])


def test_a_rate_of_zero_keeps_a_layer_as_it_is():
    net = Descent(NETS["2-D as in 1989"])
    x, y, order = drawn(net)
    before = net.weights
    net.set_rates(0.1)
    net.set_rates({"0.weight": 0.0, "7.weight": 0.0})
    net.descend(x, y, order)
    moved = {name for name, w in net.weights.items() if not np.array_equal(w, before[name])}
    assert moved == set(net.shapes) - {"0.weight", "7.weight"}


# same as torch


@pytest.mark.parametrize("dtype", CLOSE)
@pytest.mark.parametrize("name", NETS)
def test_every_step_is_the_step_of_autograd(name, dtype):
    net = Descent(NETS[name], dtype)
    x, targets, order = drawn(net)
    rate = dict(zip(net.shapes, np.linspace(0.003, 0.01, len(net.shapes)), strict=True))
    total, misses, weights = torch_steps(net, x, targets, order, rate)
    net.set_rates(rate)
    error, missed, where = net.descend(x, targets, order)
    assert error == pytest.approx(total, rel=CLOSE[dtype])
    assert (missed, where) == (misses, -1)
    for part, w in net.weights.items():
        np.testing.assert_allclose(w, weights[part].detach().numpy(), atol=CLOSE[dtype])


# errors


def test_what_is_not_finite_stops_at_its_sample():
    net = Descent([Full((2,), 2)])
    net.set_rates(0.1)
    x = np.ones((4, 2))
    x[2, 1] = np.nan
    before_it = Descent([Full((2,), 2)])
    before_it.set_rates(0.1)
    before_it.descend(x, np.ones((4, 2)), [3, 0])
    error, missed, where = net.descend(x, np.ones((4, 2)), [3, 0, 2, 1])
    assert np.isnan(error)
    assert (missed, where) == (-1, 2)
    assert np.array_equal(net.weights["0.weight"], before_it.weights["0.weight"])


@pytest.mark.parametrize(
    ("error", "message", "make"),
    [
        (
            ShapeError,
            "layer 'b' takes .4,., but layer 'a' gives .3,.",
            lambda: {"a": Full((2,), 3), "b": Full((4,), 1)},
        ),
        (ArgumentError, "at least one of them has weights", lambda: [Pointwise((2,), "tanh")]),
        (ArgumentError, "at least one of them has weights", list),
    ],
)
def test_layers_that_make_no_net_are_refused(error, message, make):
    with pytest.raises(error, match=message):
        Descent(make())


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (ShapeError, r"samples has shape \(4, 3\); this net takes \(N, 2\)", lambda net: net.respond(np.ones((4, 3)))),
        (ShapeError, "4 samples and 3 targets", lambda net: net.descend(np.ones((4, 2)), np.ones((3, 2)), [0])),
        (ArgumentError, "from 0 to 3", lambda net: net.descend(np.ones((4, 2)), np.ones((4, 2)), [4])),
        (ArgumentError, "'1.bias' is no part", lambda net: setattr(net, "weights", {"1.bias": 0})),
        (ShapeError, r"0.bias has shape \(3,\)", lambda net: setattr(net, "weights", {"0.bias": np.ones(3)})),
    ],
)
def test_arrays_that_do_not_fit_are_named(error, message, call):
    with pytest.raises(error, match=message):
        call(Descent([Full((2,), 2)]))
