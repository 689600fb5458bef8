import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import signal

from sigconv.core.recurrence import lfilter, sosfilt
from sigconv.core.stable import (
    stable_denominator,
    stable_sections,
    unconstrained_denominator,
    unconstrained_sections,
)
from sigconv.errors import ArgumentError, ShapeError

anything = st.floats(-1e300, 1e300, allow_subnormal=False)
SOS = signal.butter(5, (0.1, 0.3), "bandpass", output="sos")


def test_the_triangle_by_hand(xp):
    sos = stable_sections(xp.array([[1.0, 2, 3, np.arctanh(0.5), np.arctanh(-0.25)]]))
    assert xp.owns(sos)
    np.testing.assert_allclose(np.asarray(sos), [[1, 2, 3, 1, 0.75 * 0.5, -0.25]], rtol=3e-6)


@given(arrays(np.float64, (3, 5), elements=anything))
def test_any_numbers_give_poles_inside_the_unit_circle(free):
    for a1, a2 in stable_sections(free)[:, 4:]:
        assert abs(a2) < 1
        assert abs(a1) < 1 + a2  # the triangle: exact, where numpy.roots is not


@given(arrays(np.float64, 6, elements=st.floats(-3, 3)))
def test_any_reflections_give_a_stable_denominator(free):
    a = stable_denominator(free)
    assert a[0] == 1
    assert np.abs(np.roots(a)).max(initial=0) < 1


def test_single_precision_stays_off_the_circle(xp):
    sos = np.asarray(stable_sections(xp.array([[1, 0, 0, 50, 50], [1, 0, 0, -50, -50]], np.float32)))
    assert sos.dtype == np.float32
    assert np.all(np.abs(sos[:, 5]) < 1)
    assert np.all(np.abs(sos[:, 4]) < 1 + sos[:, 5])


@given(arrays(np.float64, (2, 5), elements=st.floats(-3, 3)))
def test_there_and_back(free):
    np.testing.assert_allclose(unconstrained_sections(stable_sections(free)), free, atol=1e-9)


def test_a_designed_filter_comes_back(xp):
    np.testing.assert_allclose(np.asarray(stable_sections(unconstrained_sections(xp.array(SOS)))), SOS, atol=1e-12)
    a = signal.butter(4, 0.3)[1]
    np.testing.assert_allclose(
        np.asarray(stable_denominator(unconstrained_denominator(xp.array(3 * a)))), a, atol=1e-12
    )


def test_gradients_pass_through_the_filter():
    free = torch.tensor(unconstrained_sections(SOS[:2]), requires_grad=True)
    x = torch.randn(2, 12, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda free, x: sosfilt(stable_sections(free), x), (free, x))
    assert torch.autograd.gradgradcheck(lambda free, x: sosfilt(stable_sections(free), x), (free, x))
    reflections = torch.tensor([0.3, -0.8, 0.5], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda r, x: lfilter([1.0], stable_denominator(r), x), (reflections, x))


def test_a_filter_is_learnt_from_its_output():
    x = torch.randn(4, 400, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    target = sosfilt([[0.2, 0.3, 0.1, 1, -0.9, 0.4]], x)
    free = torch.zeros(1, 5, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([free], max_iter=60, line_search_fn="strong_wolfe")

    def loss():
        optimizer.zero_grad()
        error = (sosfilt(stable_sections(free), x) - target).square().mean()
        error.backward()
        return error

    optimizer.step(loss)
    assert loss().item() < 1e-8


@pytest.mark.parametrize(
    ("error", "call", "words"),
    [
        (ShapeError, lambda: stable_sections(np.zeros((2, 6))), r"\(sections, 5\)"),
        (ShapeError, lambda: stable_denominator(1.0), "single number"),
        (ShapeError, lambda: unconstrained_denominator([]), "at least one coefficient"),
        (ArgumentError, lambda: stable_denominator([1j]), "free is complex"),
        (ArgumentError, lambda: unconstrained_denominator([0, 1]), r"a\[0\] is 0"),
        (ArgumentError, lambda: unconstrained_denominator([1, -2.5, 1]), "reflection coefficient of 1 at order 2"),
        (ArgumentError, lambda: unconstrained_sections([[1, 0, 0, 1, 1.5, 0.2]]), "reflection coefficient of 1.25"),
    ],
)
def test_what_does_not_fit_is_refused(error, call, words):
    with pytest.raises(error, match=words):
        call()
