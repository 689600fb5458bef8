import numpy as np
import pytest
import torch
from scipy import signal

from sigconv.core import recurrence
from sigconv.core.native import recurrence as native
from sigconv.core.recurrence import lfilter, sosfilt
from sigconv.core.state import lfilter_zi, lfiltic, sosfilt_zi
from sigconv.core.zerophase import filtfilt, sosfiltfilt
from sigconv.errors import ArgumentError, ShapeError

rng = np.random.default_rng(0)
B, A = signal.butter(3, (0.2, 0.5), "bandpass")
SOS = signal.butter(3, (0.2, 0.5), "bandpass", output="sos")
X = rng.normal(size=(3, 50, 2))


def assert_near(ours, theirs):
    np.testing.assert_allclose(np.asarray(ours), theirs, atol=1e-11)


def test_half_of_the_last_output_is_fed_back(xp):
    y = lfilter([1], [2, -1], xp.array([2, 0, 0, 4]))
    assert xp.owns(y)
    assert y.tolist() == [1, 0.5, 0.25, 2.125]


def test_the_equation_holds_at_every_sample():
    w1, w2 = [2.0, -0.6, 0.3], [0.5, 0.2, -0.1, 0.7]
    x = X[0, :, 0]
    y = lfilter(w2, w1, x)
    assert_near(np.convolve(w1, y)[:50], np.convolve(w2, x)[:50])


@pytest.mark.parametrize(("b", "a"), [(B, A), ([1, 2, 3], [2]), ([3], [1, 0.5]), ([1 + 1j, 2], [1, 0.5j])])
def test_lfilter_is_scipys_with_and_without_state(xp, b, a):
    x = xp.array(X)
    assert_near(lfilter(b, a, x, axis=1), signal.lfilter(b, a, X, axis=1))
    zi = rng.normal(size=(3, max(len(a), len(b)) - 1, 2))
    for ours, theirs in zip(lfilter(b, a, x, 1, zi), signal.lfilter(b, a, X, 1, zi), strict=True):
        assert_near(ours, theirs)


def test_sosfilt_is_scipys_with_and_without_state(xp):
    assert_near(sosfilt(SOS, xp.array(X), axis=1), signal.sosfilt(SOS, X, axis=1))
    zi = rng.normal(size=(3, 3, 2, 2))
    for ours, theirs in zip(sosfilt(SOS, xp.array(X), 1, zi), signal.sosfilt(SOS, X, 1, zi), strict=True):
        assert_near(ours, theirs)


def test_the_native_loops_are_the_definitions(monkeypatch):
    zi, zs = rng.normal(size=(3, 6, 2)), rng.normal(size=(3, 3, 2, 2))
    for x in (X, X + 1j * X[::-1]):
        fast = *lfilter(B, A, x, 1, zi), *sosfilt(SOS, x, 1, zs)
        with monkeypatch.context() as patch:
            patch.setattr(native, "lfilter", recurrence.lfilter_loop)
            patch.setattr(native, "sosfilt", recurrence.sosfilt_loop)
            for one, other in zip(fast, (*lfilter(B, A, x, 1, zi), *sosfilt(SOS, x, 1, zs)), strict=True):
                assert_near(one, other)


def test_a_state_from_the_past_goes_on_as_the_loop_does(xp):
    x = rng.normal(size=(2, 40))
    y, zf = signal.lfilter(B, A, x, zi=np.zeros((2, 6)))
    newest = xp.array(y[:, ::-1]), xp.array(x[:, ::-1])
    assert_near(lfiltic(2 * B, 2 * A, *newest), zf)


@pytest.mark.parametrize(("b", "a"), [(B, A), ([1, 2, 3], [2]), ([3], [2, 0.5, 4]), ([2], [3]), ([1j, 2], [1, 3])])
@pytest.mark.parametrize(("y", "x"), [([1, 2], None), ([], [3, 1, 4, 1, 5, 9, 2, 6]), ([5.0, 2, 7, 9], [1])])
def test_lfiltic_is_scipys(b, a, y, x):
    assert_near(lfiltic(b, a, y, x), signal.lfiltic(b, a, y, x))


def test_pieces_filtered_with_the_state_are_the_whole(xp):
    x = xp.array(X[..., 0])
    zi = np.zeros((3, 6))
    y1, state = lfilter(B, A, x[:, :17], zi=zi)
    y2, _ = lfilter(B, A, x[:, 17:], zi=state)
    whole = np.asarray(lfilter(B, A, x))
    assert np.array_equal(np.concatenate([np.asarray(y1), np.asarray(y2)], 1), whole)


def test_a_step_in_the_steady_state_stays_a_step(xp):
    assert_near(lfilter_zi(xp.array(2 * B), 3 * A), signal.lfilter_zi(2 * B, 3 * A))
    assert_near(sosfilt_zi(xp.array(SOS)), signal.sosfilt_zi(SOS))
    assert_near(lfilter_zi([1, 2, 3], [1]), signal.lfilter_zi([1, 2, 3], [1]))
    b, a = signal.butter(2, 0.3)
    assert_near(lfilter(b, a, xp.array(np.ones(9)), zi=lfilter_zi(b, a))[0], np.ones(9))


@pytest.mark.parametrize("padtype", ["odd", "even", "constant", None])
def test_zero_phase_is_scipys(xp, padtype):
    assert_near(filtfilt(B, A, xp.array(X), 1, padtype), signal.filtfilt(B, A, X, 1, padtype))
    assert_near(sosfiltfilt(SOS, xp.array(X), 1, padtype), signal.sosfiltfilt(SOS, X, 1, padtype))
    assert_near(filtfilt(B, A, xp.array(X), 1, padtype, 5), signal.filtfilt(B, A, X, 1, padtype, 5))


@pytest.mark.parametrize("padtype", ["odd", "even", "constant", None])
def test_long_signals_have_their_added_samples_in_pieces_of_their_own(xp, padtype):
    x = rng.normal(size=(9, 5000))
    given = x.copy()
    assert_near(filtfilt(B, A, xp.array(x), 1, padtype), signal.filtfilt(B, A, x, 1, padtype))
    assert_near(sosfiltfilt(SOS, xp.array(x), 1, padtype), signal.sosfiltfilt(SOS, x, 1, padtype))
    assert_near(sosfiltfilt(SOS, x.T, 0, padtype), signal.sosfiltfilt(SOS, x.T, 0, padtype))
    assert np.array_equal(x, given)
    assert np.array_equal(sosfiltfilt(SOS, x, 1, padtype)[4], sosfiltfilt(SOS, x[4], 0, padtype))


@pytest.mark.parametrize("irlen", [None, 3, 20])
@pytest.mark.parametrize(("b", "a"), [(B, A), signal.butter(1, 0.3), ([1, 2, 1], [2]), ([3], [2])])
def test_gustafsson_is_scipys(xp, b, a, irlen):
    theirs = signal.filtfilt(b, a, X, 1, method="gust", irlen=irlen)
    assert_near(filtfilt(b, a, xp.array(X), 1, method="gust", irlen=irlen), theirs)


def test_gustafsson_makes_the_order_of_the_passes_unimportant():
    b, a = signal.butter(2, 0.3)
    y = filtfilt(b, a, X, 1, method="gust")
    assert_near(filtfilt(b, a, X[:, ::-1], 1, method="gust")[:, ::-1], y)


@pytest.mark.parametrize("padtype", ["odd", "even", "constant", None])
def test_no_filter_writes_into_its_input(xp, padtype):
    x = xp.array(X)
    for run in (
        lambda: lfilter(B, A, x, 1),
        lambda: sosfilt(SOS, x, 1),
        lambda: filtfilt(B, A, x, 1, padtype),
        lambda: sosfiltfilt(SOS, x, 1, padtype),
    ):
        run()
        assert np.array_equal(np.asarray(x), X)


def test_zero_phase_delays_nothing():
    t = np.arange(2000)
    x = np.sin(2 * np.pi * 0.15 * t)
    y = sosfiltfilt(SOS, x)
    lags = signal.correlation_lags(2000, 2000)
    assert lags[np.argmax(signal.correlate(y, x))] == 0


def test_precision_follows_the_signal_and_the_loop_runs_wide(xp):
    x = xp.array(X, np.float32)
    y = lfilter(B, A, x, axis=1)
    assert y.dtype == x.dtype
    assert_near(y, signal.lfilter(B, A, X.astype(np.float32), axis=1).astype(np.float32))
    assert sosfiltfilt(SOS, x, 1).dtype == x.dtype
    assert lfilter(B, A, xp.array([1, 2])).dtype == xp.array([1.0]).dtype


def test_coefficients_are_divided_in_the_precision_of_the_loop(xp):
    b, a, x = np.array([1, 2], "f"), np.array([3, -1, 0.7], "f"), X[:, :, 0]
    wide = b.astype(float), a.astype(float)
    past, rest = rng.normal(size=4), np.zeros((3, 2))
    assert_near(lfilter(xp.array(b), xp.array(a), xp.array(x)), signal.lfilter(*wide, x))
    single = x.astype("f")
    assert_near(
        lfilter(xp.array(b), xp.array(a), xp.array(single), zi=rest)[1], signal.lfilter(*wide, single, zi=rest)[1]
    )
    assert_near(lfiltic(xp.array(b), xp.array(a), xp.array(past)), signal.lfiltic(*wide, past))
    assert_near(lfilter_zi(xp.array(b), wide[1]), signal.lfilter_zi(*wide))
    assert_near(filtfilt(xp.array(b), xp.array(a), xp.array(x)), signal.filtfilt(*wide, x))
    assert_near(
        filtfilt(xp.array(b), xp.array(a), xp.array(x), method="gust"), signal.filtfilt(*wide, x, method="gust")
    )
    sos = SOS.astype("f")
    assert_near(sosfiltfilt(xp.array(sos), xp.array(x)), signal.sosfiltfilt(sos.astype(float), x))


def test_gustafsson_keeps_the_precision_of_the_signal(xp):
    b, a = signal.butter(2, 0.3)
    for filter_, kind in ((b, "F"), (1j * b, "f")):
        assert (
            filtfilt(filter_, a, xp.array(X.astype(kind)), 1, method="gust").dtype == xp.array(np.zeros(1, "F")).dtype
        )
    wide = X.astype(np.longdouble)
    y = filtfilt(b, a, wide, 1, method="gust")
    assert y.dtype == wide.dtype
    assert_near(y.astype(float), signal.filtfilt(b, a, X, 1, method="gust"))


def test_nothing_in_is_nothing_out(xp):
    assert tuple(lfilter(B, A, xp.array(np.zeros((2, 0)))).shape) == (2, 0)


@pytest.mark.parametrize(
    ("error", "call", "words"),
    [
        (ArgumentError, lambda: lfilter([1], [0, 1], [1.0]), r"a\[0\] is 0"),
        (ArgumentError, lambda: lfilter([], [1], [1.0]), "b has shape"),
        (ArgumentError, lambda: lfilter_zi([1], [1, -1]), "pole at z = 1"),
        (ArgumentError, lambda: sosfilt([[1, 0, 0, 2, 0, 0]], [1.0]), r"sos\[:, 3\] is 2; .*all ones"),
        (ShapeError, lambda: sosfilt([[1, 0, 0]], [1.0]), "sections, 6"),
        (ShapeError, lambda: lfilter(B, A, X, axis=3), "axis is 3"),
        (ShapeError, lambda: lfilter(B, A, X, 1, np.zeros(3)), "zi has shape"),
        (ShapeError, lambda: sosfiltfilt(SOS, np.zeros(5)), "x has 5 samples.*at least 22"),
        (ArgumentError, lambda: filtfilt(B, A, X, 1, "none"), "padtype is 'none'"),
        (ArgumentError, lambda: filtfilt(B, A, X, 1, np.zeros(3)), "padtype is array"),
        (ArgumentError, lambda: filtfilt(B, [1, np.nan], X, 1, method="gust"), "not finite within 50 samples"),
        (ArgumentError, lambda: filtfilt([1], [1, -1e300], X, 1, method="gust"), "not finite within 50 samples"),
        (ArgumentError, lambda: lfilter(B, A, torch.ones(3).to_sparse()), "x is a tensor .*sparse"),
        (ArgumentError, lambda: lfilter(B, A, torch.ones(3, device="meta")), "x is a tensor on meta"),
        (ArgumentError, lambda: filtfilt(B, A, X, 1, method="gustav"), "method is 'gustav'.*gust"),
        (ArgumentError, lambda: filtfilt(B, A, X, 1, method="gust", irlen=0), "irlen is 0"),
        (ShapeError, lambda: filtfilt(B, A, X[:, :0], 1, method="gust"), "no samples"),
        (ArgumentError, lambda: lfilter(B, A, np.array([1, None])), "object"),
        (ArgumentError, lambda: lfilter(np.ones((2, 2)), A, X), "b has shape"),
        (ArgumentError, lambda: sosfilt(np.array(SOS, object), X), "sos holds object"),
        (ShapeError, lambda: lfilter([1], [1], 3.0), "axis is -1, but the array is a single number"),
        (ShapeError, lambda: lfiltic([1], [1, 1], 3.0), "y is a single number"),
        (
            ArgumentError,
            lambda: lfilter([1], [1], torch.ones(3), zi=torch.ones(1, device="meta")),
            "zi is on meta and x on",
        ),
        (ArgumentError, lambda: lfilter(torch.ones(2, device="meta"), [1], torch.ones(3)), "b is on meta and x on cpu"),
        (ArgumentError, lambda: lfilter(torch.ones(1), [1], [1.0]), "torch tensor"),
    ],
)
def test_what_does_not_fit_is_refused(error, call, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("b", [[0.5], [0.5, 0.25], [0.5, 0.25, 1, 2]])
@pytest.mark.parametrize("a", [[1.0], [2.0, -0.5], [1.0, -0.5, 0.25]])
@pytest.mark.parametrize("kinds", ["ddd", "ffd", "fdf", "ddf", "fff"])
@pytest.mark.parametrize("axis", [0, -1])
def test_the_short_way_in_gives_the_bits_of_the_long_one(b, a, kinds, axis):
    rng = np.random.default_rng(5)
    b, a = np.array(b, kinds[0]), np.array(a, kinds[1])
    x = rng.standard_normal((3, 40)).astype(kinds[2])
    far = [np.concatenate([c, np.zeros(70 - len(c), c.dtype)]) for c in (b, a)]  # too long to be kept
    y = lfilter(b, a, x, axis)
    assert y.dtype == x.dtype
    state = np.zeros((3, max(len(b), len(a)) - 1) if axis else (max(len(b), len(a)) - 1, 40), kinds[2])
    assert np.array_equal(y, lfilter(b, a, x, axis, state)[0])
    other = b.astype(b.dtype.newbyteorder("S"))
    assert np.array_equal(y, lfilter(other, a, x, axis))
    np.testing.assert_allclose(y, lfilter(*far, x, axis), rtol=1e-5 if "f" in kinds else 1e-12, atol=1e-6)
