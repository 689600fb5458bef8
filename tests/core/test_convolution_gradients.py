"""Gradients of convolve and correlate, first and second, for the signal and for the kernel."""

from functools import partial

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from sigconv.core.boundary import rule_of
from sigconv.core.convolve import convolve, correlate, defined
from sigconv.core.native import convolution
from sigconv.core.planner import Slide

CASES = {
    "full": ((7,), (3,), {"mode": "full"}),
    "same": ((7,), (4,), {"mode": "same"}),
    "same, later": ((7,), (4,), {"mode": "same", "origin": 1}),
    "valid": ((7,), (3,), {"mode": "valid"}),
    "causal": ((7,), (3,), {"mode": "causal"}),
    "kernel longer than the signal": ((3,), (6,), {"mode": "same"}),
    "batch": ((2, 6), (3,), {"mode": "same"}),
    "first axis": ((6, 2), (3,), {"mode": "full", "axes": 0}),
    "stride": ((8,), (3,), {"mode": "same", "stride": 3}),
    "dilation": ((8,), (3,), {"mode": "valid", "dilation": 2}),
    "stride and dilation": ((2, 11), (3,), {"mode": "full", "stride": 2, "dilation": 3}),
    "picture": ((4, 5), (3, 2), {"mode": "same", "stride": (2, 1)}),
    "axes the other way round": ((4, 2, 5), (2, 3), {"mode": "valid", "axes": (2, 0), "dilation": (2, 1)}),
    "volume": ((3, 3, 4), (2, 2, 3), {"mode": "same"}),
    **{
        boundary if isinstance(boundary, str) else "constant": ((5,), (4,), {"mode": "same", "boundary": boundary})
        for boundary in (("constant", 2.0), "edge", "reflect", "symmetric", "wrap", "odd_reflect", "odd_symmetric")
    },
}
METHODS = ("direct", "fft", "auto")


def pair(shape, taps, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(size, dtype=dtype, generator=generator, requires_grad=True) for size in (shape, taps))


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128], ids=["real", "complex"])
@pytest.mark.parametrize("run", [convolve, correlate])
@pytest.mark.parametrize("case", CASES)
def test_gradients_of_first_and_second_order(case, run, dtype):
    shape, taps, how = CASES[case]
    x, h = pair(shape, taps, dtype)
    assert gradcheck(partial(run, **how), (x, h))
    assert gradgradcheck(partial(run, **how), (x, h))


@pytest.mark.parametrize("method", METHODS)
def test_gradients_of_every_method(method):
    for case in ("stride and dilation", "picture", "reflect"):
        shape, taps, how = CASES[case]
        x, h = pair(shape, taps)
        assert gradcheck(partial(convolve, method=method, **how), (x, h))


def test_a_gradient_only_where_it_is_wanted():
    x, h = pair((6,), (3,))
    convolve(x, h.detach()).sum().backward()
    assert h.grad is None
    assert x.grad.tolist() == pytest.approx([h.detach().sum().item()] * 6)
    assert not convolve(x.detach(), h.detach()).requires_grad


@pytest.mark.parametrize("taps", [(90,), (9, 11)])
def test_the_gradient_of_a_large_kernel_is_that_of_the_definition(taps):
    shape = (3, 200) if len(taps) == 1 else (40, 30)
    x, h = pair(shape, taps)
    slide = Slide(
        tuple(range(-len(taps) % len(shape), len(shape))),
        ((4, 0),) * len(taps),
        rule_of("zeros"),
        (2,) * len(taps),
        (1,) * len(taps),
    )
    expected = torch.autograd.grad((defined(x, h, slide) ** 2).sum(), (x, h))
    ours = torch.autograd.grad((convolution.correlate(x, h, slide, "auto", "fast") ** 2).sum(), (x, h))
    for mine, theirs in zip(ours, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-11)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex128])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", CASES)
def test_another_device_gives_the_same(case, method, dtype):
    """The path of a GPU, on tensors of the CPU."""
    shape, taps, how = CASES[case]
    x, h = (t.detach() for t in pair(shape, taps, dtype))
    slides = []

    def seen(x, h, slide, method, accuracy):
        slides.append(slide)
        return convolution._values(x, h, slide, method, accuracy)

    whole = {"origin": 0, "stride": 1, "dilation": 1, "axes": None, "boundary": "zeros", **how}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convolution, "correlate", seen)
        expected = correlate(x, h, method=method, **whole)
    y = convolution._on_device(x, h.conj().resolve_conj(), slides[0], method)
    assert y.dtype == dtype
    torch.testing.assert_close(y, expected)


def test_a_tensor_is_worked_on_where_it_lies_and_gives_what_an_array_gives():
    x = np.random.default_rng(0).normal(size=(3, 500))
    h = np.random.default_rng(1).normal(size=40)
    for method in METHODS:
        tensors = convolve(torch.from_numpy(x.copy()), torch.from_numpy(h), "same", method)
        assert np.array_equal(tensors.numpy(), convolve(x, h, "same", method))


def test_conjugate_and_strided_tensors():
    z = torch.randn(50, 2, dtype=torch.complex128)
    y = convolve(z.conj()[:, 1], torch.ones(3, dtype=torch.float64))
    np.testing.assert_allclose(y, np.convolve(z.numpy().conj()[:, 1], np.ones(3)))


@pytest.mark.parametrize("boundary", ["zeros", "odd_reflect"])
def test_a_stride_that_leaves_samples_over_has_gradients_of_the_second_order(boundary):
    x, h = pair((2, 4), (2,))

    def f(x, h):
        return convolve(x, h, "full", boundary=boundary, stride=2, dilation=2, accuracy="local")

    assert gradcheck(f, (x, h))
    assert gradgradcheck(f, (x, h))
