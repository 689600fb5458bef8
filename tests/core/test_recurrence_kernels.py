import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from sigconv.core.native import recurrence
from sigconv.core.native.threads import set_threads, threads
from sigconv.core.recurrence import lfilter_loop, sosfilt_loop

rng = np.random.default_rng(7)
REAL = ("f", "d")


def cascade(sections, dtype="d"):
    """Stable sections of either kind: band-passes, and one with real poles near 1."""
    sos = np.concatenate(
        [signal.butter(max(1, sections), 0.1 + 0.02 * sections, output="sos"), [[1, 0.2, 0, 1, -0.99, 0]]]
    )
    return np.resize(sos, (sections, 6)).astype(dtype)


def rest(sos, x):
    return np.zeros((len(sos), *x.shape[:-1], 2), x.dtype)


def assert_same(one, other):
    """Equal bits, NaN for NaN."""
    one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
    assert one.dtype == other.dtype
    np.testing.assert_array_equal(one, other)


@pytest.fixture
def one_thread_then(request):
    before = threads()
    yield set_threads
    set_threads(before)


def test_half_of_the_last_output_is_fed_back():
    y, zf = recurrence.sosfilt(np.array([[1, 0, 0, 1, -0.5, 0.0]]), np.array([1.0, 0, 0, 4]), np.zeros((1, 2)))
    assert y.tolist() == [1, 0.5, 0.25, 4.125]
    assert zf.tolist() == [[2.0625, 0]]


@pytest.mark.parametrize("sections", [1, 2, 3, 8, 9, 17, 33])
@pytest.mark.parametrize("shape", [(0,), (1,), (5,), (300,), (3, 140), (8, 129), (37, 20), (2, 9, 131), (0, 5)])
@pytest.mark.parametrize("dtype", REAL)
def test_sections_are_the_definition(sections, shape, dtype):
    sos, x = cascade(sections, dtype), rng.normal(size=shape).astype(dtype)
    zi = rng.normal(size=(sections, *shape[:-1], 2)).astype(dtype)
    y, zf = recurrence.sosfilt(sos, x, zi)
    want, after = sosfilt_loop(sos.astype("d"), x.astype("d"), zi.astype("d"))
    assert y.dtype == zf.dtype == x.dtype
    near = {"atol": 2e-3 if dtype == "f" else 1e-11, "rtol": 1e-3 if dtype == "f" else 1e-9}
    np.testing.assert_allclose(y, want, **near)
    np.testing.assert_allclose(zf, after, **near)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.integers(1, 40), st.integers(0, 400), st.sampled_from(REAL), st.booleans(), st.data())
def test_a_row_alone_in_pieces_or_strided_has_the_bits_of_the_batch(sections, rows, n, dtype, back, data):
    sos, x = cascade(sections, dtype), rng.normal(size=(rows, n)).astype(dtype)
    zi = rng.normal(size=(sections, rows, 2)).astype(dtype)
    y, zf = recurrence.sosfilt(sos, x, zi, back)
    for row in {0, rows - 1, data.draw(st.integers(0, rows - 1))}:
        alone, after = recurrence.sosfilt(sos, x[row], zi[:, row], back)
        assert_same(alone, y[row])
        assert_same(after, zf[:, row])
    cut = data.draw(st.integers(0, n))
    parts = [x[:, cut:], x[:, :cut]] if back else [x[:, :cut], x[:, cut:]]
    first, state = recurrence.sosfilt(sos, parts[0], zi, back)
    second, state = recurrence.sosfilt(sos, parts[1], state, back)
    assert_same(np.concatenate([second, first] if back else [first, second], -1), y)
    assert_same(state, zf)
    for view in (
        x.T.copy().T,
        np.repeat(x, 2, -1)[:, ::2],
        x[:, ::-1].copy()[:, ::-1],
        x.astype(x.dtype.newbyteorder()),
    ):
        view.flags.writeable = False
        assert_same(recurrence.sosfilt(sos, view, zi, back)[0], y)


@pytest.mark.parametrize("rows", [1, 7, 8, 20, 70])
def test_threads_change_nothing(rows, one_thread_then):
    sos, x = cascade(4), rng.normal(size=(rows, 9000))
    results = []
    for count in (1, 2, 4):
        one_thread_then(count)
        results.append(recurrence.sosfilt(sos, x, rest(sos, x))[0])
    assert_same(results[1], results[0])
    assert_same(results[2], results[0])


def test_backwards_is_forwards_on_the_flipped_signal_and_writes_in_place():
    sos, x = cascade(5), rng.normal(size=(11, 333))
    forward, zf = recurrence.sosfilt(sos, x[:, ::-1].copy(), rest(sos, x))
    y = x.copy()
    back, after = recurrence.sosfilt(sos, y, rest(sos, x), reverse=True, out=y)
    assert back is y
    assert_same(y, forward[:, ::-1])
    assert_same(after, zf)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rows", [1, 16])
def test_what_is_not_finite_stays_in_its_row_and_behind_its_sample(bad, rows):
    sos, x = cascade(3), rng.normal(size=(rows, 500))
    clean = recurrence.sosfilt(sos, x, rest(sos, x))[0]
    x[0, 201] = bad
    y = recurrence.sosfilt(sos, x, rest(sos, x))[0]
    assert_same(y[1:], clean[1:])
    assert_same(y[0, :201], clean[0, :201])
    with np.errstate(invalid="ignore"):
        want = signal.sosfilt(sos, x[0])
    assert_same(np.isfinite(y[0]), np.isfinite(want))
    assert_same(y[0], recurrence.sosfilt(sos, x[0], rest(sos, x[0]))[0])


EQUATIONS = {
    "a gain": ([2.0], [1.0]),
    "taps": (rng.normal(size=9), [1.0]),
    "many taps": (rng.normal(size=300), [1.0]),
    "one pole": ([0.1], [1, -0.9]),
    "order 4": signal.butter(4, 0.3),
    "order 5": signal.butter(5, 0.2, "high"),
    "order 16": signal.butter(16, 0.5),
    "a sum": ([1.0], [1, -1]),
    "unstable": ([1.0, 0.5], [1, -1.1]),
    "comb": ([1.0], [1, *np.zeros(39), -0.7]),
}


def equation(name, dtype="d"):
    b, a = (np.asarray(c, float) for c in EQUATIONS[name])
    k = max(len(b), len(a))
    return tuple(np.concatenate([c, np.zeros(k - len(c))]).astype(dtype) for c in (b, a))


def state_for(b, x, scale=1.0):
    zi = scale * rng.normal(size=(*x.shape[:-1], len(b) - 1))
    return (zi + 1j * zi[..., ::-1] if b.dtype.kind == "c" else zi).astype(b.dtype)


def noise(shape, dtype):
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if np.dtype(dtype).kind == "c" else x).astype(dtype)


@pytest.mark.parametrize("name", EQUATIONS)
@pytest.mark.parametrize("shape", [(0,), (1,), (600,), (2, 273), (17, 560), (2, 3, 4), (0, 5)])
@pytest.mark.parametrize("dtype", "fdFD")
def test_equations_are_the_definition(name, shape, dtype):
    (b, a), x = equation(name, dtype), noise(shape, dtype)
    zi = state_for(b, x)
    y, zf = recurrence.lfilter(b, a, x, zi)
    wide = "D" if dtype in "FD" else "d"
    want, after = lfilter_loop(*(values.astype(wide) for values in (b, a, x, zi)))
    assert y.dtype == zf.dtype == x.dtype
    loud = max(1.0, np.abs(want).max(initial=0))
    near = {"atol": loud * (2e-4 if dtype in "fF" else 1e-12), "rtol": 0}
    if name != "order 16" or dtype in "dD":
        np.testing.assert_allclose(y, want, **near)
        np.testing.assert_allclose(zf, after, **near)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(sorted(EQUATIONS)), st.integers(1, 20), st.integers(0, 900), st.sampled_from("fdFD"), st.data())
def test_a_row_of_an_equation_has_its_bits_in_any_batch_and_layout(name, rows, n, dtype, data):
    (b, a), x = equation(name, dtype), noise((rows, n), dtype)
    zi = state_for(b, x)
    y, zf = recurrence.lfilter(b, a, x, zi)
    row = data.draw(st.integers(0, rows - 1))
    alone, after = recurrence.lfilter(b, a, x[row], zi[row])
    assert_same(alone, y[row])
    assert_same(after, zf[row])
    back, after = recurrence.lfilter(b, a, x[:, ::-1].copy(), zi, reverse=True)
    assert_same(back, y[:, ::-1])
    assert_same(after, zf)
    for view in (
        x.T.copy().T,
        np.repeat(x, 2, -1)[:, ::2],
        x[:, ::-1].copy()[:, ::-1],
        x.astype(x.dtype.newbyteorder()),
    ):
        view.flags.writeable = False
        assert_same(recurrence.lfilter(b, a, view, zi)[0], y)


@pytest.mark.parametrize("name", ["order 4", "taps", "one pole"])
@pytest.mark.parametrize("rows", [1, 3, 33])
def test_threads_change_no_equation(name, rows, one_thread_then):
    (b, a), x = equation(name), rng.normal(size=(rows, 500_000 // rows))
    results = []
    for count in (1, 2, 4):
        one_thread_then(count)
        results.append(recurrence.lfilter(b, a, x, state_for(b, x, 0)))
    for one in results[1:]:
        assert_same(one[0], results[0][0])
        assert_same(one[1], results[0][1])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["taps", "one pole", "order 4", "comb"])
@pytest.mark.parametrize("rows", [1, 16])
def test_what_is_not_finite_is_so_where_it_is_in_scipy(bad, name, rows):
    (b, a), x = equation(name), rng.normal(size=(rows, 1500))
    zi = state_for(b, x, 0)
    clean = recurrence.lfilter(b, a, x, zi)[0]
    x[0, 701] = bad
    y, zf = recurrence.lfilter(b, a, x, zi)
    assert_same(y[1:], clean[1:])
    assert_same(y[0, :701], clean[0, :701])
    with np.errstate(invalid="ignore"):
        want, after = signal.lfilter(b, a if name != "taps" else [1.0], x[0], zi=zi[0])
    assert_same(np.isfinite(y[0]), np.isfinite(want))
    assert_same(np.isfinite(zf[0]), np.isfinite(after))


CLOSE = {
    "order 2": signal.butter(2, 0.3),
    "order 4": signal.butter(4, 0.3),
    "order 16": signal.butter(16, 0.3),
    "a pole near the circle": ([1, 0, 0], [1, -2 * 0.9999 * np.cos(0.3), 0.9999**2]),
    "poles near each other": signal.butter(4, 0.01),
    "elliptic": signal.ellip(4, 0.1, 60, (0.3, 0.4), "bandpass"),
    "a sum": ([1, 0], [1, -1]),
}


def assert_no_larger(ours, theirs, exact):
    """Over many signals: the error of one alone wanders as slowly as its filter, and says little."""
    ours, theirs = (float(np.sqrt(np.mean(np.abs(y - exact) ** 2))) for y in (ours, theirs))
    assert ours <= theirs


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="no extended precision here")
@pytest.mark.parametrize("name", CLOSE)
def test_rounding_is_no_larger_than_scipys(name):
    (b, a), x = (np.asarray(c, float) for c in CLOSE[name]), np.random.default_rng(0).normal(size=(32, 3000))
    zi = np.zeros((len(x), len(b) - 1))
    exact, _ = lfilter_loop(*(values.astype(np.longdouble) for values in (b, a, x, zi)))
    assert_no_larger(recurrence.lfilter(b, a, x, zi)[0], signal.lfilter(b, a, x), exact)


@pytest.mark.skipif(np.finfo(np.longdouble).eps > 1e-18, reason="no extended precision here")
@pytest.mark.parametrize("order", [2, 8, 16])
@pytest.mark.parametrize(("edge", "kind"), [(0.001, "lowpass"), (0.01, "highpass"), (0.3, "lowpass")])
def test_rounding_of_sections_is_no_larger_than_scipys(order, edge, kind):
    sos, x = signal.butter(order, edge, kind, output="sos"), np.random.default_rng(0).normal(size=(32, 3000))
    zi = np.zeros((len(sos), len(x), 2))
    exact, _ = sosfilt_loop(*(values.astype(np.longdouble) for values in (sos, x, zi)))
    assert_no_larger(recurrence.sosfilt(sos, x, zi)[0], signal.sosfilt(sos, x), exact)


@pytest.mark.parametrize("shape", [(1, 2_200_000), (8, 280_000), (9, 250_001)])
def test_results_that_go_past_the_caches_have_the_bits_of_small_ones(shape):
    x = rng.normal(size=shape)
    (b, a), sos = (np.asarray(c) for c in signal.butter(4, 0.2)), signal.butter(8, [0.1, 0.3], "bandpass", output="sos")
    zi, zs = np.zeros((len(x), 4)), np.zeros((len(sos), len(x), 2))
    part = x[:, :20_001].copy()
    assert_same(recurrence.lfilter(b, a, x, zi)[0][:, :20_001], recurrence.lfilter(b, a, part, zi)[0])
    assert_same(recurrence.sosfilt(sos, x, zs)[0][:, :20_001], recurrence.sosfilt(sos, part, zs)[0])
