"""The compiled sum over the taps against its definition, on any grid."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigconv.core.boundary import extend, rule_of
from sigconv.core.geometry import length_after
from sigconv.core.native.direct import correlate
from sigconv.core.native.threads import set_threads, threads
from sigconv.errors import ShapeError

RULES = ["zeros", ("constant", 2.5), "edge", "reflect", "symmetric", "wrap", "odd_reflect", "odd_symmetric"]
rng = np.random.default_rng(0)


def definition(x, taps, axes, padding, boundary, strides, dilations):
    for axis, (before, after) in zip(axes, padding, strict=True):
        x = extend(x, before, after, boundary, axis)
    total = 0
    for place in product(*map(range, taps.shape)):
        window = [slice(None)] * x.ndim
        for a, i, k, s, d in zip(axes, place, taps.shape, strides, dilations, strict=True):
            window[a] = slice(i * d, i * d + (length_after(x.shape[a], k, s, d) - 1) * s + 1, s)
        total = total + x[tuple(window)] * taps[place]
    return total


@st.composite
def jobs(draw):
    ndim = draw(st.integers(1, 4))
    axes = tuple(draw(st.permutations(range(ndim)))[: draw(st.integers(1, ndim))])
    shape = [draw(st.integers(1, (400, 50, 16, 8)[ndim - 1])) for _ in range(ndim)]
    taps = [draw(st.integers(1, (40, 9, 5, 4)[len(axes) - 1])) for _ in axes]
    strides, dilations = ([draw(st.integers(1, 3)) for _ in axes] for _ in range(2))
    spans = [(k - 1) * d + 1 for k, d in zip(taps, dilations, strict=True)]
    padding = [
        (before := draw(st.integers(0, 25)), max(draw(st.integers(0, 25)), k - shape[a] - before))
        for a, k in zip(axes, spans, strict=True)
    ]
    dtype = draw(st.sampled_from([np.float32, np.float64, np.complex64, np.complex128]))
    return shape, axes, taps, padding, draw(st.sampled_from(RULES)), strides, dilations, dtype


@settings(max_examples=150, deadline=None)
@given(jobs())
def test_it_is_the_definition(job):
    shape, axes, taps, padding, boundary, strides, dilations, dtype = job
    x, h = rng.normal(size=shape), rng.normal(size=taps)
    if np.issubdtype(dtype, np.complexfloating):
        x, h = x + 1j * rng.normal(size=shape), h + 1j * rng.normal(size=taps)
    x, h = x.astype(dtype), h.astype(dtype)
    wide = np.result_type(dtype, np.float64)
    if boundary in ("odd_reflect", "odd_symmetric"):  # lifts are sums too, made in the precision of x
        x = np.round(x * 8) / 8
    expected = definition(x.astype(wide), h.astype(wide), axes, padding, boundary, strides, dilations)
    scale = definition(np.abs(x), np.abs(h), axes, padding, "edge", strides, dilations).max()
    y = correlate(x.astype(dtype), h, axes, padding, rule_of(boundary), strides, dilations)
    assert y.dtype == dtype
    assert y.shape == expected.shape
    scale = max(scale, np.abs(expected).max())
    np.testing.assert_allclose(y, expected, rtol=0, atol=9 * float(np.finfo(dtype).eps) * scale)


@pytest.mark.parametrize("taps", [1, 2, 3, 4, 5, 31])
@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_long_lines_side_by_side_are_the_definition(taps, dilation, dtype):
    x, h = rng.normal(size=(3, 2, 5000)).astype(dtype), rng.normal(size=taps).astype(dtype)
    for boundary in ("zeros", "reflect"):
        expected = definition(x.astype(float), h.astype(float), (2,), [(7, 150)], boundary, (1,), (dilation,))
        y = correlate(x, h, (2,), [(7, 150)], rule_of(boundary), (1,), (dilation,))
        np.testing.assert_allclose(y, expected, rtol=0, atol=9 * float(np.finfo(dtype).eps) * np.abs(h).sum() * 5)
        turned = correlate(x.transpose(2, 0, 1), h, (0,), [(7, 150)], rule_of(boundary), (1,), (dilation,))
        np.testing.assert_array_equal(turned.transpose(1, 2, 0), y)


@pytest.mark.parametrize(
    ("shape", "taps"), [((600_000,), (3,)), ((200_000,), (31,)), ((300, 700), (7, 7)), ((40, 60, 70), (5, 3, 4))]
)
@pytest.mark.parametrize("quick", [True, False])
def test_threads_and_batch_change_no_bit(shape, taps, quick):
    x, h = rng.normal(size=shape).astype(np.float32), rng.normal(size=taps).astype(np.float32)
    axes, padding = tuple(range(len(shape))), [(2, 1)] * len(shape)
    before, several = threads(), []
    try:
        for count in (1, 2, 4):
            set_threads(count)
            several.append(correlate(x, h, axes, padding, quick=quick))
    finally:
        set_threads(before)
    pair = correlate(np.stack([x[::-1], x]), h, tuple(a + 1 for a in axes), padding, quick=quick)[1]
    for one in (*several[1:], pair):
        np.testing.assert_array_equal(one, several[0])


@pytest.mark.parametrize("taps", [(3, 3), (5, 5), (7, 7), (3, 3, 3), (5, 5, 5), (7, 7, 7), (2, 7, 7)])
@pytest.mark.parametrize("loud", [0, 12])
def test_quick_sums_of_single_precision_stay_within_eight_eps_at_every_output(taps, loud):
    shape = (37,) * len(taps)
    x, h = (rng.normal(size=s) * 10 ** rng.uniform(0, loud, size=s) for s in (shape, taps))
    x, h = x.astype(np.float32), h.astype(np.float32)
    axes, padding = tuple(range(len(taps))), [(k // 2, k // 2) for k in taps]
    true = correlate(x.astype(float), h.astype(float), axes, padding)
    size = correlate(abs(x).astype(float), abs(h).astype(float), axes, padding)
    error = abs(correlate(x, h, axes, padding, quick=True) - true)
    assert (error <= 8 * np.finfo(np.float32).eps * size).all()


@pytest.mark.parametrize("side", [3, 5, 7])
@pytest.mark.parametrize("shape", [(50, 150), (9, 20, 70)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_squares_that_are_written_out_have_the_bits_of_any_other_kernel(side, shape, dtype):
    x, h = rng.normal(size=shape).astype(dtype), rng.normal(size=(side,) * len(shape)).astype(dtype)
    wider = np.concatenate([h, np.zeros_like(h[..., :1])], axis=-1)
    padding = [(1, side - 2)] * len(shape)
    y = correlate(x, h, tuple(range(len(shape))), padding)
    same = correlate(x, wider, tuple(range(len(shape))), [*padding[:-1], (1, side - 1)])
    np.testing.assert_array_equal(y, same)


@pytest.mark.parametrize("width", [256, 250])  # rows that begin memory's lines, and rows that do not
@pytest.mark.parametrize("taps", [(3, 3, 3), (2, 4, 3)])
def test_results_that_go_past_the_caches_have_the_bits_of_small_ones(width, taps):
    x, h = rng.normal(size=(70, 256, width)).astype(np.float32), rng.normal(size=taps).astype(np.float32)
    padding = [(1, k - 2) for k in taps]
    y = correlate(x, h, (0, 1, 2), padding)
    np.testing.assert_array_equal(y[:9], correlate(x[:12], h, (0, 1, 2), padding)[:9])
    np.testing.assert_array_equal(y[-9:], correlate(x[-12:], h, (0, 1, 2), padding)[-9:])


@pytest.mark.parametrize("value", [1.0, 0.1, 1 / 3])
@pytest.mark.parametrize("taps", [(3, 3), (7, 7), (15, 15), (31, 31), (9, 9, 9)])
def test_single_precision_is_rounded_once(value, taps):
    x, h = np.full((33,) * len(taps), value, np.float32), np.full(taps, 0.7, np.float32)
    y = correlate(x, h, tuple(range(len(taps))), [(0, 0)] * len(taps))
    true = float(np.float32(value)) * float(np.float32(0.7)) * h.size
    np.testing.assert_array_equal(y, np.float32(true))


def test_an_infinity_reaches_its_windows_and_no_other():
    x = np.zeros((40, 90), np.float32)
    x[20, 60], x[5, 3] = np.inf, np.nan
    y = correlate(x, np.ones((5, 7), np.float32), (0, 1), [(2, 2), (3, 3)])
    touched = np.zeros_like(y, bool)
    touched[18:23, 57:64] = touched[3:8, 0:7] = True
    np.testing.assert_array_equal(~np.isfinite(y), touched)
    assert np.isposinf(y[18:23, 57:64]).all()


def test_a_kernel_longer_than_the_grid_is_refused():
    with pytest.raises(ShapeError, match="3"):
        correlate(np.ones(2), np.ones(3), (0,), [(0, 0)])
