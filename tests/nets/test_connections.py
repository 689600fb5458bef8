"""The whole numbers of layers, by the paper's counts and beside torch's own layers."""

import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.connections import (
    Averaged,
    Convolved,
    Count,
    Full,
    Pointwise,
    connections,
    count,
    matrix,
    outside,
    staggered,
    window,
)

AROUND = ((2, 2), (2, 2))
PAPER = {"stride": (2, 2), "padding": AROUND, "boundary": ("constant", -1), "bias": "unit"}
H1 = Convolved((1, 16, 16), 12, (5, 5), **PAPER)
H2 = Convolved((12, 8, 8), 12, (5, 5), **PAPER, table=staggered(8, 12, 12))
SIX = Convolved((4, 6, 7), 6, (3, 2), (2, 1), (1, 2), ((1, 2), (0, 3)), groups=2)


def draw(*shape):
    return np.random.default_rng(1).normal(size=shape)


# known


def test_lenet_1989_has_the_units_connections_and_parameters_of_its_paper():
    assert count(H1) == Count(768, 19_968, 1_068)
    assert count(H2) == Count(192, 38_592, 2_592)
    assert count(Full((12, 4, 4), 30)) == Count(30, 5_790, 5_790)
    assert count(Full((30,), 10)) == Count(10, 310, 310)
    net = (H1, Pointwise((12, 8, 8), "stanh"), H2, Full((12, 4, 4), 30), Full((30,), 10))
    assert count(net) == Count(1_256 - 256, 64_660, 9_760)


def test_a_corner_unit_of_the_paper_sees_sixteen_constants():
    seen = connections(H1).seen[0].reshape(5, 5)
    assert (seen[:2] == -1).all()
    assert (seen[:, :2] == -1).all()
    assert seen[2:, 2:].tolist() == [[0, 1, 2], [16, 17, 18], [32, 33, 34]]
    assert outside(H1) == -1


def test_a_staggered_table_goes_round():
    assert staggered(8, 12, 12)[11] == (11, 0, 1, 2, 3, 4, 5, 6)
    assert staggered(2, 4, 2) == ((0, 1), (2, 3))
    assert np.bincount(np.ravel(staggered(8, 12, 12))).tolist() == [8] * 12


@pytest.mark.parametrize(
    ("boundary", "wanted"),
    [("zeros", [-1, 0, 1, 2, -1]), ("edge", [0, 0, 1, 2, 2]), ("wrap", [2, 0, 1, 2, 0]), ("reflect", [1, 0, 1, 2, 1])],
)
def test_every_boundary_is_an_index(boundary, wanted):
    assert window(Convolved((1, 3), 1, (1,), padding=((1, 1),), boundary=boundary)).ravel().tolist() == wanted


def test_an_average_shares_one_weight_that_is_not_learnt():
    layer = Averaged((2, 5), (2,))
    assert matrix(layer, None).toarray()[:2].tolist() == [[0.5, 0.5] + [0] * 8, [0, 0, 0.5, 0.5] + [0] * 6]
    assert count(layer) == Count(4, 8, 0)


# law


@pytest.mark.parametrize("layer", [SIX, Averaged((3, 4, 5), (2, 3), (1, 2)), Full((2, 3), 4)])
def test_the_transposed_matrix_sends_a_gradient_back(layer):
    # <W x, h> = <x, Wᵀ h>
    weight = draw(*layer.shapes.get("weight", ()))
    w = matrix(layer, weight)
    x, h = draw(w.shape[1]), draw(w.shape[0])
    assert h @ (w @ x) == pytest.approx((w.T @ h) @ x)


# same as torch


def test_the_matrix_of_a_convolution_is_torchs_convolution_and_its_gradient():
    weight, x = draw(*SIX.shapes["weight"]), torch.from_numpy(draw(1, *SIX.inputs)).requires_grad_()
    padded = torch.nn.functional.pad(x, (0, 3, 1, 2))
    y = torch.nn.functional.conv2d(padded, torch.from_numpy(weight), stride=(2, 1), dilation=(1, 2), groups=2)
    w = matrix(SIX, weight)
    assert y.shape[1:] == SIX.outputs
    np.testing.assert_allclose(w @ x.detach().numpy().ravel(), y.detach().numpy().ravel(), atol=1e-12)
    h = draw(*y.shape)
    y.backward(torch.from_numpy(h))
    np.testing.assert_allclose(w.T @ h.ravel(), x.grad.numpy().ravel(), atol=1e-12)


# errors


@pytest.mark.parametrize(
    ("error", "message", "make"),
    [
        (ArgumentError, "channels is 0", lambda: Convolved((1, 4), 0, (3,))),
        (ArgumentError, "groups is 2; it divides", lambda: Convolved((3, 4), 2, (3,), groups=2)),
        (ArgumentError, "odd rule", lambda: Convolved((1, 4), 1, (3,), boundary="odd_reflect")),
        (ArgumentError, "bias is 'row'", lambda: Convolved((1, 4), 1, (3,), bias="row")),
        (ArgumentError, "map 0 the channels", lambda: Convolved((2, 4), 1, (3,), table=((0, 2),))),
        (ArgumentError, "beside a table", lambda: Convolved((2, 4), 2, (3,), groups=2, table=((0,), (1,)))),
        (ShapeError, "table has 1 rows", lambda: Convolved((2, 4), 2, (3,), table=((0,),))),
        (ShapeError, r"\[1, 2\] channels", lambda: Convolved((2, 4), 2, (3,), table=((0,), (0, 1))).shapes),
        (ShapeError, "kernel is", lambda: Convolved((1, 4, 4), 1, (3,))),
        (ShapeError, "padding is", lambda: Convolved((1, 4), 1, (3,), padding=((1, 1), (1, 1)))),
        (ShapeError, "fewer than the 5", lambda: Convolved((1, 4), 1, (5,)).outputs),
        (ArgumentError, "seen is 3; there are 2", lambda: staggered(3, 2, 2)),
        (ArgumentError, "no connections of its own", lambda: connections(Pointwise((3,), "tanh"))),
        (ArgumentError, "did you mean 'tanh'", lambda: Pointwise((3,), "tahn")),
    ],
)
def test_what_does_not_fit_is_named(error, message, make):
    with pytest.raises(error, match=message):
        make()
