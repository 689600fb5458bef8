import numpy as np
import pytest

from sigconv.core import planner
from sigconv.core.boundary import rule_of
from sigconv.core.convolve import convolve, correlate, defined
from sigconv.core.native import direct, lines, sliding, transforms_tiles
from sigconv.core.planner import Slide, product_of_lines
from sigconv.errors import ArgumentError

rng = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(3, 4), (5, 1, 3), (1, 1), (2, 3, 4, 5)])
@pytest.mark.parametrize("kind", "fdFD")
def test_a_product_of_lines_is_found_and_given_back(shape, kind):
    product = np.ones(())
    for k in shape:
        line = rng.normal(size=k) + (1j * rng.normal(size=k) if kind in "FD" else 0)
        product = np.multiply.outer(product, line)
    product = product.astype(kind)
    found = product_of_lines(product)
    again = np.ones(())
    for line in found:
        again = np.multiply.outer(again, line)
    np.testing.assert_allclose(again, product, rtol=8 * np.finfo(kind).eps)


@pytest.mark.parametrize("spoilt", [1e-12, np.inf, np.nan])
def test_what_is_nearly_a_product_is_none(spoilt):
    kernel = np.outer([1.0, 2.0, 1.0], [1.0, 0.0, -1.0])
    assert product_of_lines(kernel) is not None
    kernel[1, 1] += spoilt
    assert product_of_lines(kernel) is None
    assert product_of_lines(np.zeros((2, 2))) is None


@pytest.mark.parametrize("accuracy", ["fast", "local"])
@pytest.mark.parametrize("kind", "fdFD")
@pytest.mark.parametrize("boundary", ["zeros", ("constant", 3.0), "reflect", "odd_symmetric"])
@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), ((2, 3), 1), (1, (1, 2))])
def test_one_axis_after_the_other_is_the_sum(stride, dilation, boundary, kind, accuracy):
    x, across, down = rng.normal(size=(2, 13, 17)), rng.normal(size=5), rng.normal(size=4)
    if kind in "FD":
        x, across = x + 1j * x[::-1], across + 1j * across[::-1]
    x, kernel = x.astype(kind), np.outer(down, across).astype(kind)
    how = {"stride": stride, "dilation": dilation, "boundary": boundary, "accuracy": accuracy}
    one = correlate(x, kernel, "same", "separable", **how)
    expected = correlate(x, kernel, "same", "direct", **how)
    assert one.dtype == x.dtype
    eps = np.finfo(kind).eps
    np.testing.assert_allclose(one, expected, atol=8 * eps * (abs(x).max() + 3) * 3 * abs(kernel).sum())


def test_a_kernel_that_is_no_product_is_not_separated():
    with pytest.raises(ArgumentError, match="no product"):
        convolve(np.ones((5, 5)), [[1, 0], [0, 1]], method="separable")


def ways_of(monkeypatch, run):
    """The names of the kernels that a call goes through."""
    taken = []
    for module, name, way in (
        (direct, "correlate", "sum"),
        (lines, "separable", "lines"),
        (transforms_tiles, "correlate", "transforms"),
    ):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, real=real, way=way, **k: (taken.append(way), real(*a, **k))[1])
    run()
    return taken


@pytest.mark.parametrize(
    ("shape", "taps", "way"),
    [
        ((100_000,), (3,), "sum"),
        ((100_000,), (1000,), "transforms"),
        ((256,), (31,), "sum"),
        ((512, 512), (3, 3), "sum"),
        ((512, 512), (31, 31), "transforms"),
        ((64, 64, 64), (9, 9, 9), "transforms"),
    ],
)
def test_the_cheapest_way_is_taken(monkeypatch, shape, taps, way):
    x, kernel = rng.normal(size=shape), rng.normal(size=taps)
    assert ways_of(monkeypatch, lambda: convolve(x, kernel, "same")) == [way]


def test_a_large_separable_kernel_goes_line_by_line(monkeypatch):
    x, bell = rng.normal(size=(200, 200)), np.hanning(23)[1:-1]
    assert ways_of(monkeypatch, lambda: convolve(x, np.outer(bell, bell), "same")) == ["lines"]


def test_many_lines_take_the_way_of_one(monkeypatch):
    taken = {
        count: set(ways_of(monkeypatch, lambda count=count: convolve(np.ones((count, 900)), np.ones(150), axes=-1)))
        for count in (1, 2, 500)
    }
    assert len({frozenset(ways) for ways in taken.values()}) == 1


def quiet_and_loud(dtype=np.float32):
    x = rng.normal(size=6000) * np.repeat([1.0, 1e4, 1e-3], 2000)
    return x.astype(dtype), rng.normal(size=1500).astype(dtype)


def within_eight_roundings_everywhere(y, x, h):
    exact = np.convolve(x.astype(np.longdouble), h.astype(np.longdouble), "valid")
    size = np.convolve(abs(x.astype(float)), abs(h.astype(float)), "valid")
    return bool((abs(y - exact) <= 8 * np.finfo(x.dtype).eps * size).all())


def test_local_accuracy_of_single_precision_by_transforms_in_double(monkeypatch):
    x, h = quiet_and_loud()
    ways = ways_of(monkeypatch, lambda: convolve(x, h, "valid", accuracy="local"))
    assert ways == ["transforms", "transforms"]
    assert within_eight_roundings_everywhere(convolve(x, h, "valid", accuracy="local"), x, h)
    assert not within_eight_roundings_everywhere(convolve(x, h, "valid", "fft"), x, h)


def test_local_accuracy_by_the_sum_where_double_is_not_enough(monkeypatch):
    x, h = quiet_and_loud()
    x[4000:] *= 1e-12
    assert ways_of(monkeypatch, lambda: convolve(x, h, "valid", accuracy="local"))[-1] == "sum"
    assert within_eight_roundings_everywhere(convolve(x, h, "valid", accuracy="local"), x, h)


def test_a_line_with_a_hole_is_summed_and_its_neighbours_are_not_changed(monkeypatch):
    x, h = rng.normal(size=(3, 5000)), rng.normal(size=700)
    whole = convolve(x, h, axes=-1)
    x[1, 17] = np.nan
    assert ways_of(monkeypatch, lambda: convolve(x, h, axes=-1))[0] == "transforms"
    y = convolve(x, h, axes=-1)
    assert np.isnan(y[1, 17:717]).all()
    np.testing.assert_allclose(y[1, 717:], whole[1, 717:], atol=1e-11)
    assert (y[[0, 2]] == whole[[0, 2]]).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("boundary", ["zeros", ("constant", 2.0), "wrap", "odd_reflect"])
def test_long_kernels_around_holes_give_what_the_sum_gives(boundary, dtype, monkeypatch):
    x, h = rng.normal(size=20_000).astype(dtype), rng.normal(size=3000).astype(dtype)
    h[100] = 0
    x[[500, 9000, 9100, 15_000, 15_500]] = np.nan, np.inf, -np.inf, np.inf, np.inf
    expected = convolve(x, h, "same", "direct", boundary=boundary)
    assert "sum" not in ways_of(monkeypatch, lambda: convolve(x, h, "same", boundary=boundary))
    y = convolve(x, h, "same", boundary=boundary)
    assert np.isposinf(expected).any()
    assert np.isneginf(expected).any()
    bound = 8 * np.finfo(dtype).eps * 3 * abs(h).sum()
    np.testing.assert_allclose(y, expected, atol=bound)


def test_the_costs_are_those_between_which_the_table_stands():
    assert planner.number_cost(10, 8) == planner.COSTS["number"][8][10]
    assert planner.COSTS["number"][8][8] > planner.number_cost(9, 8) > planner.COSTS["number"][8][10]


def test_long_sums_in_double_precision_lose_no_digit_to_a_loud_first_term():
    x = np.r_[1e8, rng.normal(size=(5000,))]
    h = rng.normal(size=4001)
    y = sliding._sum(x, h, Slide((0,), ((0, 0),), rule_of("zeros"), (1,), (1,)))
    exact = np.correlate(x.astype(np.longdouble), h.astype(np.longdouble), "valid")
    plainly = defined(x, h, Slide((0,), ((0, 0),), rule_of("zeros"), (1,), (1,)))
    assert abs(y - exact).max() < 0.5 * abs(plainly - exact).max()
