"""A learnt recursive filter is the core's recurrence and cannot become unstable."""

import numpy as np
import pytest
import scipy.signal
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.layers.recurrent import LONGEST, LearnableCCDE


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def layer(*args):
    torch.manual_seed(0)
    return LearnableCCDE(*args).double()


# known


def test_one_pole_halves_at_each_sample():
    one = layer(1, 0, 1)
    one.poles.data = torch.atanh(torch.tensor([[-0.5 / LONGEST]]).double())
    y = one(torch.tensor([[[1.0, 0, 0, 0]]]).double())
    torch.testing.assert_close(y, torch.tensor([[[1, 0.5, 0.25, 0.125]]]).double())


def test_without_feedback_it_passes_its_input_at_first():
    x = draw(2, 3, 9)
    assert torch.equal(layer(3, 4, 0)(x), x)


# law


@settings(max_examples=50)
@given(order=st.integers(1, 6), scale=st.sampled_from([0.1, 1, 10, 1e6]), seed=st.integers(0, 99))
def test_every_pole_stays_inside_the_circle(order, scale, seed):
    filters = LearnableCCDE(4, 1, order).double()
    filters.poles.data = scale * torch.randn(4, order, generator=torch.Generator().manual_seed(seed)).double()
    for section in filters.sections():
        for a in section.detach().numpy():
            assert np.abs(np.roots(a)).max(initial=0) < 1


def test_it_learns_the_filter_that_made_a_signal():
    x = draw(4, 1, 200)
    wanted = torch.from_numpy(scipy.signal.lfilter([0.2, 0.1], [1, -1.2, 0.6], x.numpy()))
    learner = layer(1, 1, 2)
    optimizer = torch.optim.LBFGS(learner.parameters(), max_iter=60, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        value = (learner(x) - wanted).square().mean()
        value.backward()
        return value

    optimizer.step(loss)
    assert loss() < 1e-8
    np.testing.assert_allclose(learner.polynomials()[1].detach().ravel(), [1, -1.2, 0.6], atol=1e-3)


def test_its_gradients_are_those_of_differences():
    filters = layer(2, 1, 3)
    names = list(filters.state_dict())

    def run(x, *values):
        return torch.func.functional_call(filters, dict(zip(names, values, strict=True)), (x,))

    assert torch.autograd.gradcheck(run, (draw(1, 2, 7).requires_grad_(), *filters.parameters()))


# same as SciPy


@pytest.mark.parametrize(("order_b", "order_a"), [(0, 0), (2, 0), (0, 3), (3, 2), (1, 5)])
def test_each_channel_is_scipys_filter(order_b, order_a):
    filters, x = layer(3, order_b, order_a), draw(2, 3, 60)
    filters.b.data = draw(3, order_b + 1)
    b, a = (c.detach().numpy() for c in filters.polynomials())
    assert b.shape == (3, order_b + 1)
    assert a.shape == (3, order_a + 1)
    y = filters(x).detach()
    for c in range(3):
        np.testing.assert_allclose(y[:, c], scipy.signal.lfilter(b[c], a[c], x[:, c]), atol=1e-10)


# errors


def test_arguments_and_inputs_that_do_not_fit_are_named():
    with pytest.raises(ArgumentError, match="channels is 0"):
        LearnableCCDE(0)
    with pytest.raises(ArgumentError, match="order_a is -1"):
        LearnableCCDE(1, 2, -1)
    with pytest.raises(ShapeError, match="3 channels"):
        layer(3)(draw(1, 2, 9))
    with pytest.raises(ShapeError, match="state 0 has shape"):
        layer(3).resumed(draw(1, 3, 9), [draw(1, 3, 5)])
