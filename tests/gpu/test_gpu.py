"""On a CUDA device everything gives what it gives on the CPU, and stays on the device."""

import numpy as np
import pytest
import torch

import sigconv
from sigconv.core.boundary import extend
from sigconv.nets import InputSpec, build, named, parse

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]

B, A = np.array([0.2, 0.3, 0.2]), np.array([1.0, -0.5, 0.2])
SOS = np.array([[0.2, 0.3, 0.2, 1, -0.5, 0.2], [1, 0.4, 0.1, 1, -0.2, 0.3]])


def draw(*shape, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0), dtype=dtype)


CORE = {
    "convolve 1-D": lambda x: sigconv.convolve(x[0, 0], x[0, 1, :7], mode="full"),
    "convolve reflect": lambda x: sigconv.convolve(x, x[0, 0, :9][None, None], mode="same", boundary="reflect"),
    "correlate 2-D": lambda x: sigconv.correlate(x, x[:1, :3, :5], mode="same", boundary="wrap"),
    "moving_average": lambda x: sigconv.moving_average(x, 10),
    "exponential_average": lambda x: sigconv.exponential_average(x, 0.2),
    "gaussian": lambda x: sigconv.gaussian(x, 3, axes=-1),
    "median": lambda x: sigconv.median(x, 5, axes=-1),
    "savgol": lambda x: sigconv.savgol(x, 11, 3),
    "sobel": lambda x: sigconv.sobel(x[0]),
    "laplacian": lambda x: sigconv.laplacian(x[0]),
    "lfilter": lambda x: sigconv.lfilter(B, A, x),
    "sosfilt": lambda x: sigconv.sosfilt(SOS, x),
    "filtfilt": lambda x: sigconv.filtfilt(B, A, x),
    "sosfiltfilt": lambda x: sigconv.sosfiltfilt(SOS, x),
    "decimate": lambda x: sigconv.decimate(x, 4),
    "resample_poly": lambda x: sigconv.resample_poly(x, 3, 2, axis=-1),
    "extend": lambda x: extend(x, 30, 50, "odd_reflect"),
    "zero phase": lambda x: sigconv.CCDE.butterworth(4, (7, 30), "bandpass", fs=250).zero_phase(x),
}


@pytest.mark.parametrize("name", CORE)
def test_a_core_function_gives_on_the_device_what_it_gives_on_the_cpu(name):
    x = draw(2, 8, 400)
    y = CORE[name](x.cuda())
    assert y.is_cuda
    torch.testing.assert_close(y.cpu(), CORE[name](x), rtol=1e-9, atol=1e-9)


def test_gradients_of_a_recurrence_are_those_of_the_cpu():
    x, b, a = draw(4, 500), torch.from_numpy(B), torch.from_numpy(A)
    grads = {}
    for device in ("cpu", "cuda"):
        leaves = [t.detach().to(device).requires_grad_() for t in (b, a, x)]
        sigconv.lfilter(*leaves).square().sum().backward()
        grads[device] = [leaf.grad.cpu() for leaf in leaves]
    for ours, wanted in zip(grads["cuda"], grads["cpu"], strict=True):
        torch.testing.assert_close(ours, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("text", "channels", "grid"),
    [
        ("(CR)2P(CR)2PF", 1, (128,)),
        ("C8:reflectR C8k4:odd_symmetric R C8k3:wrap P A F", 2, (32, 32)),
        ("C4NR:leaky.1U{PC8NR:leaky.1T}C4BRC2k1", 1, (16, 16, 16)),
        ("C6k5vt2 R:stanh C8b*:-1 P:l2 F", 3, (24, 24)),
        (str(named.lenet5()), 1, (32, 32)),
    ],
)
def test_a_net_trains_on_the_device_as_on_the_cpu(text, channels, grid):
    grads = {}
    for device in ("cpu", "cuda"):
        network = build(parse(text), InputSpec(channels, grid), seed=0).double().to(device)
        y = network(draw(3, channels, *grid).to(device))
        y.square().mean().backward()
        grads[device] = [y.detach().cpu(), *(p.grad.cpu() for p in network.parameters())]
    for ours, wanted in zip(grads["cuda"], grads["cpu"], strict=True):
        torch.testing.assert_close(ours, wanted, rtol=1e-7, atol=1e-9)


def test_a_volume_net_takes_a_step_in_bfloat16():
    network = build(named.basic_unet(), InputSpec(1, (32, 32, 32)), seed=0).cuda()
    x = draw(2, 1, 32, 32, 32, dtype=torch.float32).cuda()
    exact = network(x)
    with torch.autocast("cuda", torch.bfloat16):
        rough = network(x)
    rough.float().square().mean().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())
    assert (rough.float() - exact).norm() < 0.05 * exact.norm()
