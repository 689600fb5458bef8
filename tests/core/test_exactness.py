"""How far results may be from the truth: every bound is in units of eps times sum |x| |h|."""

import numpy as np
import pytest
from scipy import ndimage, signal

import sigconv
from sigconv.core.convolve import METHODS
from tests.core.reference import EPS, convolved, errors

FAST = [method for method in METHODS if method != "direct"]


def separate(method, *taps):
    """A kernel that the method takes: the product of its lines where it has to separate, else noise."""
    rng = np.random.default_rng(len(taps))
    if method != "separable":
        return rng.normal(size=taps)
    kernel = np.ones(())
    for k in taps:
        kernel = np.multiply.outer(kernel, rng.normal(size=k))
    return kernel


def cancelling(rng, cases, most):
    """Signals near 1 and kernels that sum to about 0: `cases` times 50 lines."""
    for _ in range(cases):
        k = int(rng.integers(2, most + 1))
        h = rng.normal(size=k)
        yield 1 + 10.0 ** rng.uniform(-9, -1) * rng.normal(size=(50, k + 20)), h - h.mean()


def worst_over(cases, run):
    return max(float((error / (2.0**-52 * size)).max()) for error, size in (errors(run(x, h), x, h) for x, h in cases))


def test_direct_is_exact_to_a_rounding_where_terms_cancel():
    """10 000 cases: 200 kernels, 50 lines each."""
    cases = list(cancelling(np.random.default_rng(7), cases=200, most=64))
    direct = worst_over(cases, lambda x, h: sigconv.convolve(x, h, "valid", "direct", axes=-1))
    assert direct <= 1.1


def test_direct_is_no_worse_than_numpy_and_scipy_on_noise():
    rng = np.random.default_rng(8)
    cases = [(rng.normal(size=(50, k + 20)), rng.normal(size=k)) for k in rng.integers(1, 64, size=200)]
    ours = worst_over(cases, lambda x, h: sigconv.convolve(x, h, "valid", "direct", axes=-1))
    numpys = worst_over(cases, lambda x, h: [np.convolve(row, h, "valid") for row in x])
    scipys = worst_over(cases, lambda x, h: signal.convolve(x, h[None], "valid", "direct"))
    assert ours <= 1.1 * max(numpys, scipys)


def test_direct_float32_is_the_nearest_number_where_ndimages_is():
    rng = np.random.default_rng(9)
    for k in (3, 7, 15, 31):
        x, h = rng.normal(size=(50, 200)).astype(np.float32), rng.normal(size=k).astype(np.float32)
        ours = sigconv.convolve(x, h, "valid", "direct", axes=-1)
        theirs = ndimage.convolve1d(x, h)[:, k // 2 : k // 2 + ours.shape[1]]
        assert ours.dtype == theirs.dtype == np.float32
        half = (0.5 + 1e-6) * np.spacing(np.abs(convolved(x, h)[0]).astype(np.float32))
        nearest = errors(theirs, x, h)[0] <= half
        assert nearest.mean() > 0.99
        assert np.all(errors(ours, x, h)[0][nearest] <= half[nearest])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", FAST)
@pytest.mark.parametrize("taps", [5, 100, 700])
def test_fast_paths_keep_eight_roundings_of_the_loudest_sample(method, taps, dtype):
    rng = np.random.default_rng(10)
    x = rng.normal(size=(2, 12_000)).astype(dtype)
    x[:, 9_000:9_100] *= 1000
    h = separate(method, taps).astype(dtype)
    y = sigconv.convolve(x, h, "valid", method, axes=-1)
    error, size = errors(y, x, h)
    assert y.dtype == dtype
    assert error.max() <= 8 * EPS[y.dtype] * size.max()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", FAST)
@pytest.mark.parametrize(("shape", "taps"), [((300, 200), (5, 5)), ((300, 200), (31, 24)), ((40, 50, 60), (5, 7, 3))])
def test_fast_paths_keep_the_bound_in_two_and_three_dimensions(method, shape, taps, dtype):
    x = np.random.default_rng(11).normal(size=shape).astype(dtype)
    h = separate(method, *taps).astype(dtype)
    exact = sigconv.convolve(x.astype(np.float64), h.astype(np.float64), "valid", "direct")
    size = signal.convolve(np.abs(x).astype(np.float64), np.abs(h).astype(np.float64), "valid")
    y = sigconv.convolve(x, h, "valid", method)
    slack = np.finfo(np.float64).eps * size.max()  # what the reference may be off by
    assert np.abs(y - exact).max() <= 8 * EPS[y.dtype] * size.max() + slack


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("taps", [5, 100, 700])
def test_local_accuracy_keeps_eight_roundings_at_every_sample(method, taps, dtype):
    """Samples of 1e-6 and of 1e6 in one line: a plain FFT loses the quiet ones."""
    rng = np.random.default_rng(12)
    x = rng.normal(size=(2, 8_000)) * np.repeat([1e-6, 1e6, 1e-3, 1e-6], 2000)
    x, h = x.astype(dtype), separate(method, taps).astype(dtype)
    y = sigconv.convolve(x, h, "valid", method, axes=-1, accuracy="local")
    error, size = errors(y, x, h)
    assert np.all(error <= 8 * EPS[y.dtype] * size)


@pytest.mark.parametrize("accuracy", ["fast", "local"])
@pytest.mark.parametrize("method", ["auto", "fft", "overlap_add"])
@pytest.mark.parametrize(
    ("dtype", "sample", "tap"),
    [(np.float32, 1e34, 1e-4), (np.float32, 1e-43, 1e10), (np.float32, 1e-30, 1e-9), (np.float32, 1e10, 1e-42),
     (np.float64, 1e306, 1e-5), (np.float64, 1e-318, 1e20), (np.float64, 1e150, 1e-176), (np.float64, 1e-170, 1e160)],
)  # fmt: skip
def test_no_scale_is_too_large_or_too_small_for_a_transform(method, accuracy, dtype, sample, tap):
    """What it overflows or loses its digits for on the way is summed, or transformed in double precision."""
    rng = np.random.default_rng(19)
    x, h = ((1 + rng.random(n)) * size for n, size in ((20_000, sample), (900, tap)))
    x, h = x.astype(dtype), h.astype(dtype)
    y = sigconv.convolve(x, h, "valid", method, accuracy=accuracy)[:2000]
    wide = np.longdouble
    exact = np.convolve(x[:2899].astype(wide), h.astype(wide), "valid")
    assert abs(y - exact).max() <= 8 * np.finfo(dtype).eps * exact.max() + 900 * np.finfo(dtype).smallest_subnormal


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("method", METHODS)
def test_what_overflows_is_the_same_on_every_path(method, dtype):
    most = np.finfo(dtype).max
    x = (np.random.default_rng(20).normal(size=5000) * (most / 1e3)).astype(dtype)
    h = separate(method, 300).astype(dtype)
    x[2000:3000] *= 100
    direct = np.isfinite(sigconv.convolve(x, h, "same", "direct"))
    assert 0 < direct.mean() < 1
    for accuracy in ("fast", "local"):
        assert np.array_equal(np.isfinite(sigconv.convolve(x, h, "same", method, accuracy=accuracy)), direct)


@pytest.mark.parametrize("where", [0, 777, 1999])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("taps", [4, 80, 300])
def test_what_is_not_finite_is_the_same_on_every_path(method, taps, bad, where):
    x, h = np.random.default_rng(13).normal(size=2000), separate(method, taps)
    x[where] = bad
    for mode in ("full", "same", "valid"):
        holes = signal.convolve((~np.isfinite(x)).astype(float), np.ones(taps), "full", "direct") > 0
        first = {"full": 0, "same": (taps - 1) // 2, "valid": taps - 1}[mode]
        y = sigconv.convolve(x, h, mode, method)
        assert np.array_equal(~np.isfinite(y), holes[first : first + len(y)])


@pytest.mark.parametrize("method", METHODS)
def test_what_is_not_finite_is_the_same_in_pictures(method):
    x, h = np.random.default_rng(14).normal(size=(90, 80)), separate(method, 9, 8)
    x[5, 7], x[60, 30], x[89, 79] = np.nan, np.inf, -np.inf
    expected = signal.convolve((~np.isfinite(x)).astype(float), np.ones(h.shape), "same", "direct") > 0
    assert np.array_equal(~np.isfinite(sigconv.convolve(x, h, "same", method)), expected)


@pytest.mark.parametrize("method", METHODS)
def test_an_infinite_tap_is_the_same_on_every_path(method):
    x, h = np.random.default_rng(15).normal(size=500), separate(method, 60)
    h[10] = np.inf
    y = sigconv.convolve(x, h, "same", method)
    assert not np.isfinite(y[60:-60]).any()


@pytest.mark.parametrize("width", [1, 4, 50, 3000])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_moving_average_forgets_what_is_not_finite(width, bad):
    x = np.random.default_rng(16).normal(size=(2, 10_000))
    x[0, 4000], x[1, -1] = bad, bad
    expected = np.stack([np.convolve(~np.isfinite(row), np.ones(width), "same") > 0.5 for row in x])
    assert np.array_equal(~np.isfinite(sigconv.moving_average(x, width)), expected)


@pytest.mark.parametrize("width", [2, 10, 1000])
def test_a_moving_average_does_not_drift(width):
    """A second of roaring, then a long whisper: what was loud leaves no trace in the bound of its neighbourhood."""
    x = np.random.default_rng(17).normal(size=40_000)
    x[1000:2000] *= 1e6
    error, size = errors(sigconv.moving_average(x[None], width, mode="valid"), x[None], np.full(width, 1 / width))
    assert error.max() <= 8 * 2.0**-52 * size.max()
    assert error[0, -1000:].max() <= 8 * 2.0**-52 * size.max()


@pytest.mark.parametrize("rows", [1, 70])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_recurrence_is_finite_until_the_first_hole(bad, rows):
    x = np.random.default_rng(18).normal(size=(rows, 120_000))
    x[0, 60_000] = bad
    b, a = signal.butter(4, 0.2)
    sos = signal.butter(4, 0.2, output="sos")
    for ours, theirs in (
        (sigconv.lfilter(b, a, x), signal.lfilter(b, a, x)),
        (sigconv.sosfilt(sos, x), signal.sosfilt(sos, x)),
    ):
        assert np.isfinite(ours[0, :60_000]).all()
        assert np.array_equal(np.isfinite(ours), np.isfinite(theirs))


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32])
@pytest.mark.parametrize("method", METHODS)
def test_integers_are_promoted_never_wrapped(method, dtype):
    ends = [False, True] if dtype is np.bool_ else [np.iinfo(dtype).min, np.iinfo(dtype).max]
    x = np.tile(np.array(ends, dtype), 60)
    h = np.array([ends[1], ends[0], ends[1]], dtype)
    exact = np.convolve(x.astype(object), h.astype(object))
    y = sigconv.convolve(x, h, "full", method)
    assert y.dtype == np.float64
    off = np.abs(y - exact.astype(np.float64))
    bound = 8 * 2.0**-52 * 3 * max(abs(int(end)) for end in ends) ** 2
    assert off.max() <= (0 if method == "direct" and dtype not in (np.int32, np.uint32) else bound)


def test_64_bit_integers_become_the_nearest_floats():
    x = np.array([2**63 - 1, -(2**63), 2**53 + 1, 0], np.int64)
    assert sigconv.convolve(x, [1]).tolist() == [2.0**63, -(2.0**63), 2.0**53, 0.0]
    assert sigconv.moving_average(x[:2], 2, mode="valid").tolist() == [0.0]
    top = np.full(5, 2**64 - 1, np.uint64)
    assert sigconv.convolve(top, [1, 1], "valid").tolist() == [2.0**65] * 4


@pytest.mark.parametrize(
    "run",
    [
        lambda x: sigconv.moving_average(x, 3),
        lambda x: sigconv.gaussian(x, 1),
        lambda x: sigconv.median(x, 3),
        lambda x: sigconv.savgol(x, 5, 2),
        lambda x: sigconv.sobel(x),
        lambda x: sigconv.laplacian(x),
        lambda x: sigconv.lfilter([1, 2], [1, -0.5], x),
        lambda x: sigconv.sosfilt([[1, 2, 0, 1, -0.5, 0]], x),
        lambda x: sigconv.filtfilt([1, 2], [1, -0.5], x),
        lambda x: sigconv.exponential_average(x, 0.5),
    ],
)
@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint8, np.uint64])
def test_every_function_takes_integers_as_the_numbers_they_are(run, dtype):
    ends = [0, 1] if dtype is np.bool_ else [np.iinfo(dtype).min, np.iinfo(dtype).max]
    x = np.tile(np.array(ends, dtype), 20)
    y = run(x)
    assert y.dtype == np.float64
    assert np.array_equal(y, run(x.astype(np.float64)))
