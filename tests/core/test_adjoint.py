import numpy as np
import pytest
import torch
from scipy import signal

from sigconv.core.average import exponential_average
from sigconv.core.native import blocks, correlations, tensors, threads
from sigconv.core.recurrence import lfilter, lfilter_loop, sosfilt, sosfilt_loop
from sigconv.core.state import lfilter_zi, lfiltic, sosfilt_zi
from sigconv.core.zerophase import filtfilt, sosfiltfilt

DTYPES = [torch.float64, torch.complex128]
SOS = signal.butter(3, (0.2, 0.5), "bandpass", output="sos")


def draw(*shape, dtype=torch.float64, grad=True, seed=0):
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(*shape, dtype=dtype, generator=generator).requires_grad_(grad)


def both(function, *arguments):
    return torch.autograd.gradcheck(function, arguments) and torch.autograd.gradgradcheck(function, arguments)


@pytest.fixture(params=["compiled", "blocks"])
def way(request, monkeypatch):
    """The two ways a tensor is filtered: by compiled loops, and by matrix products as on a GPU."""
    if request.param == "blocks":
        monkeypatch.setattr(blocks, "_BLOCK", 4)
        monkeypatch.setattr(tensors, "COMPILED", ())
    return request.param


def test_the_gradient_of_an_echo_is_the_echo_backwards(way):
    x = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    lfilter([1], [1, -0.5], x)[3].backward()
    assert x.grad.tolist() == [0.125, 0.25, 0.5, 1]


def test_the_gradient_of_coefficients_by_hand(way):
    """y = x1 b + x0 a with minus a fed back: y[1] = b x[1] - a b x[0]."""
    b, a = (torch.tensor([value], dtype=torch.float64, requires_grad=True) for value in (3.0, 0.5))
    y = lfilter(b, torch.cat([torch.ones(1), a]), torch.tensor([2.0, 7.0], dtype=torch.float64))
    y[1].backward()
    assert y.tolist() == [6, 18]
    assert b.grad.tolist() == [7 - 0.5 * 2]
    assert a.grad.tolist() == [-3 * 2]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("nb_na_n", [(3, 3, 5), (1, 3, 4), (3, 1, 4), (3, 2, 1), (4, 4, 2), (1, 1, 3)])
def test_lfilter_has_first_and_second_gradients_for_everything(way, dtype, nb_na_n):
    nb, na, n = nb_na_n
    b, a = draw(nb, dtype=dtype), draw(na, dtype=dtype, seed=1)
    with torch.no_grad():
        a *= 0.3
        a[0] += 1.5
    x, zi = draw(2, n, dtype=dtype, seed=2), draw(2, max(nb, na) - 1, dtype=dtype, seed=3)
    assert both(lambda b, a, x, zi: lfilter(b, a, x, -1, zi), b, a, x, zi)
    assert both(lambda b, a, x: lfilter(b, a, x, -1), b, a, x)


def test_every_subset_of_gradients_is_the_same_gradient(way):
    given = draw(3), torch.tensor([1.2, -0.3, 0.2], dtype=torch.float64, requires_grad=True), draw(2, 8), draw(2, 2)
    weights = draw(2, 8, grad=False, seed=5), draw(2, 2, grad=False, seed=6)

    def loss(b, a, x, zi):
        y, zf = lfilter(b, a, x, -1, zi)
        return (weights[0] * y).sum() + (weights[1] * zf).sum()

    whole = torch.autograd.grad(loss(*given), given)
    for mask in range(1, 16):
        chosen = [v if mask >> i & 1 else v.detach() for i, v in enumerate(given)]
        wanted = [v for v in chosen if v.requires_grad]
        for i, found in zip(
            [i for i in range(4) if mask >> i & 1], torch.autograd.grad(loss(*chosen), wanted), strict=True
        ):
            torch.testing.assert_close(found, whole[i])


@pytest.mark.parametrize("dtype", DTYPES)
def test_sections_have_first_and_second_gradients(way, dtype):
    sos = torch.tensor(SOS[:2], dtype=dtype)
    x, zi = draw(2, 6, dtype=dtype), draw(2, 2, 2, dtype=dtype)
    assert both(lambda x: sosfilt(sos, x, -1, zi.detach()), x)
    assert both(lambda x, zi: sosfilt(sos, x, -1, zi), x, zi)
    free = torch.tensor(np.delete(SOS[:2], 3, 1), dtype=dtype, requires_grad=True)

    def run(free, x, zi):
        return sosfilt(torch.cat([free[:, :3], torch.ones_like(free[:, :1]), free[:, 3:]], 1), x, -1, zi)

    assert both(run, free, x, zi)


def test_zero_phase_and_averages_have_first_and_second_gradients(way):
    b, a = draw(3), torch.tensor([1.2, -0.3, 0.2], dtype=torch.float64, requires_grad=True)
    x = draw(2, 6)
    assert both(lambda b, a, x: filtfilt(b, a, x, padlen=4), b, a, x)
    assert torch.autograd.gradcheck(lambda b, a, x: filtfilt(b, a, x, method="gust"), (b, a, x))
    assert both(lambda x: sosfiltfilt(SOS[:2], x, padlen=3), x)
    assert both(lambda x: exponential_average(x, 0.3, axis=0), x)


@pytest.mark.parametrize("padtype", ["odd", "even", "constant", None])
@pytest.mark.parametrize("n", [12, 5000])
def test_the_gradient_of_zero_phase_is_its_transposed(padtype, n):
    """<Z x, g> = <x, Z' g>, and what is given for x does not depend on whether g wants a gradient."""
    b, a = signal.butter(2, 0.3)
    x, g = draw(9, n), draw(9, n, grad=False, seed=1)
    for run in (lambda x: filtfilt(b, a, x, 1, padtype, 9), lambda x: sosfiltfilt(SOS[:2], x, 1, padtype, 9)):
        y = run(x)
        (back,) = torch.autograd.grad((y * g).sum(), x)
        torch.testing.assert_close((back * x).sum(), (y * g).sum(), rtol=1e-9, atol=1e-9)
        if n < 100:
            assert both(run, x[:2].detach().requires_grad_())
    single = x.float().detach().requires_grad_()
    (back,) = torch.autograd.grad((filtfilt(b, a, single, 1, padtype, 9) * g.float()).sum(), single)
    assert back.dtype == torch.float32


def test_states_have_gradients():
    b, a = draw(3), torch.tensor([1.2, -0.3, 0.2], dtype=torch.float64, requires_grad=True)
    free, x = torch.tensor(np.delete(SOS, 3, 1) * 0.9, requires_grad=True), draw(2, 12)

    def whole(free):
        return torch.cat([free[:, :3], torch.ones_like(free[:, :1]), free[:, 3:]], 1)

    assert both(lfilter_zi, b, a)
    assert both(lambda b, a, y, x: lfiltic(b, a, y, x), b, a, draw(2, 2), draw(2, 3))
    assert both(lambda free: sosfilt_zi(whole(free)), free)
    assert torch.autograd.gradcheck(lambda free, x: sosfiltfilt(whole(free), x, padlen=3), (free, x))


@pytest.mark.parametrize("padtype", ["odd", "even", "constant", None])
def test_a_wanted_gradient_does_not_change_the_answer(way, padtype):
    x, b, a = draw(2, 40, 3), *(torch.tensor(c) for c in signal.butter(2, 0.3))
    for run in (
        lambda x: lfilter(b, a, x, 1),
        lambda x: sosfilt(SOS, x, 1),
        lambda x: filtfilt(b, a, x, 1, padtype),
        lambda x: sosfiltfilt(SOS, x, 1, padtype),
    ):
        torch.testing.assert_close(run(x), run(x.detach()), rtol=1e-12, atol=1e-12)


def test_mixed_real_and_complex_arguments_keep_their_kind():
    b, x = draw(2), draw(6, dtype=torch.complex128)
    assert both(lambda b, x: lfilter(b, [1, 0.5], x), b, x)
    lfilter(b, [1, 0.5], x).abs().sum().backward()
    assert b.grad.dtype == torch.float64


@pytest.mark.parametrize("n", [0, 1, 3, 63, 64, 65, 1000])
@pytest.mark.parametrize("dtype", [*DTYPES, torch.float32])
def test_matrix_products_are_the_loop(n, dtype):
    b, a = (torch.tensor(c, dtype=dtype) for c in signal.butter(4, 0.3))
    tolerance = {"rtol": 1e-3, "atol": 1e-4} if dtype is torch.float32 else {"rtol": 1e-10, "atol": 1e-10}
    x, zi = draw(2, 3, n, dtype=dtype, grad=False), draw(2, 3, 4, dtype=dtype, grad=False)
    for one, other in zip(blocks.lfilter(b, a, x, zi), lfilter_loop(b, a, x, zi), strict=True):
        torch.testing.assert_close(one, other, **tolerance)
    sos, zs = torch.tensor(SOS, dtype=dtype), draw(3, 2, 3, 2, dtype=dtype, grad=False)
    for one, other in zip(blocks.sosfilt(sos, x, zs), sosfilt_loop(sos, x, zs), strict=True):
        torch.testing.assert_close(one, other, **tolerance)


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_matrix_products_spoil_what_the_loop_spoils(bad):
    b, a = (torch.tensor(c) for c in signal.butter(2, 0.3))
    x = draw(2, 200, grad=False)
    x[0, 100] = bad
    spoilt = [~torch.isfinite(y) for y in blocks.lfilter(b, a, x, torch.zeros(2, 2, dtype=x.dtype))]
    loops = [~torch.isfinite(y) for y in lfilter_loop(b, a, x, torch.zeros(2, 2, dtype=x.dtype))]
    assert all(torch.equal(*pair) for pair in zip(spoilt, loops, strict=True))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_in_single(dtype):
    b, a = (torch.tensor(c, dtype=dtype) for c in signal.butter(2, 0.3))
    x = draw(50).to(dtype).detach().requires_grad_()
    y = lfilter(b, a, x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == dtype
    assert torch.equal(y, lfilter(b.float(), a.float(), x.float()).to(dtype))


def test_single_precision_coefficients_collect_their_gradients_in_double():
    b, a = (torch.tensor(c) for c in signal.butter(2, 0.3))
    x = 1 + draw(4, 20_000, grad=False)
    exact, found = ([t.detach().requires_grad_() for t in (b.to(d), a.to(d))] for d in (torch.float64, torch.float32))
    for coefficients in (exact, found):
        lfilter(*coefficients, x.to(coefficients[0].dtype)).sum().backward()
    for one, other in zip(exact, found, strict=True):
        torch.testing.assert_close(other.grad.double(), one.grad, rtol=3e-6, atol=0)


@pytest.mark.parametrize("n", [1, 100, 1024, 5000, 40_000])
@pytest.mark.parametrize("k", [1, 2, 5, 8])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_compiled_sums_are_the_definition(n, k, dtype):
    late, b, x, y = (
        draw(*shape, grad=False, seed=i).to(dtype) for i, shape in enumerate([(3, n + k - 1), (k,), (3, n), (3, n)])
    )
    with torch.no_grad():
        fast = correlations.all_three(late, b, x, y, (True, True, True))
    exact = correlations.all_three(late.double(), b.double(), x.double(), y.double(), (True, True, True))
    for one, other in zip(fast, exact, strict=True):
        torch.testing.assert_close(one, other.to(dtype), rtol=1e-5, atol=1e-4 if dtype is torch.float32 else 1e-10)


def test_gradients_do_not_depend_on_threads():
    late, b, x = draw(3, 70_004, grad=False), draw(5, grad=False), draw(3, 70_000, grad=False, seed=1)
    before = threads.threads()
    found = []
    for count in (1, 3):
        threads.set_threads(count)
        with torch.no_grad():
            found.append(correlations.all_three(late, b, x, x, (True, True, True)))
    threads.set_threads(before)
    assert all(torch.equal(*pair) for pair in zip(*found, strict=True))
