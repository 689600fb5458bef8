import numpy as np
import pytest
import torch

from sigconv.core.boundary import extend, rule_of, seen_at
from sigconv.errors import ArgumentError, ShapeError

PEERS = {
    "zeros": {"mode": "constant"},
    ("constant", 2.5): {"mode": "constant", "constant_values": 2.5},
    "edge": {"mode": "edge"},
    "reflect": {"mode": "reflect"},
    "symmetric": {"mode": "symmetric"},
    "wrap": {"mode": "wrap"},
    "odd_reflect": {"mode": "reflect", "reflect_type": "odd"},
    "odd_symmetric": {"mode": "symmetric", "reflect_type": "odd"},
}
PADS = [(0, 0), (0, 1), (2, 1), (3, 0), (4, 9), (7, 16), (23, 22)]


def test_the_odd_forms_turn_about_the_end():
    assert extend([1.0, 2.0, 4.0], 2, 2, "odd_reflect").tolist() == [-2, 0, 1, 2, 4, 6, 7]
    assert extend([1.0, 2.0, 4.0], 2, 2, "odd_symmetric").tolist() == [0, 1, 1, 2, 4, 4, 6]


@pytest.mark.parametrize("boundary", PEERS)
@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_every_rule_is_that_of_numpy_pad_however_long(xp, boundary, n):
    x = np.random.default_rng(n).normal(size=(2, n, 3))
    for before, after in PADS:
        ours = extend(xp.array(x), before, after, boundary, axis=1)
        assert xp.owns(ours)
        theirs = np.pad(x, ((0, 0), (before, after), (0, 0)), **PEERS[boundary])
        np.testing.assert_allclose(np.asarray(ours), theirs, atol=1e-12)


@pytest.mark.parametrize("boundary", [name for name in PEERS if isinstance(name, str)])
def test_the_move_follows_the_law(boundary):
    x = np.random.default_rng(0).normal(size=4)
    for i, value in enumerate(extend(x, 20, 20, boundary), start=-20):
        seen = seen_at(i, 4, boundary)
        law = 0.0 if seen is None else seen.sign * x[seen.at] + seen.first * x[0] + seen.last * x[-1]
        assert value == pytest.approx(law)


def test_aliases_are_the_same_rules():
    pairs = {"replicate": "edge", "nearest": "edge", "circular": "wrap", "mirror": "reflect", "symm": "symmetric"}
    assert all(rule_of(alias) == rule_of(name) for alias, name in pairs.items())


def test_dtypes_are_kept_and_nothing_wraps(xp):
    small = xp.array([250, 0, 250], np.uint8)
    assert extend(small, 1, 1, "edge").dtype == small.dtype
    assert np.asarray(extend(small, 1, 1, "odd_reflect")).tolist() == [500, 250, 0, 250, 500]
    assert extend(xp.array([1, 2], np.float32), 3, 3, "odd_reflect").dtype == xp.array([0], np.float32).dtype


def test_gradients_pass():
    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    for boundary in PEERS:
        assert torch.autograd.gradcheck(lambda t, b=boundary: extend(t, 9, 5, b, axis=0), x)


def test_what_cannot_be_extended_is_refused():
    with pytest.raises(ArgumentError, match="did you mean 'reflect'"):
        extend(np.zeros(3), 1, 1, "reflct")
    with pytest.raises(ArgumentError, match="constant"):
        extend(np.zeros(3), 1, 1, ("constant", "a"))
    with pytest.raises(ArgumentError, match="before is -1"):
        extend(np.zeros(3), -1, 1)
    with pytest.raises(ShapeError, match="no samples"):
        extend(np.zeros((2, 0)), 1, 1, "edge")
    with pytest.raises(ShapeError, match="axis is 1"):
        extend(np.zeros(3), 1, 1, axis=1)
    with pytest.raises(ShapeError, match="without samples"):
        seen_at(0, 0, "wrap")


@pytest.mark.parametrize("rule", ["odd_reflect", "odd_symmetric"])
def test_an_end_that_is_not_turned_about_spoils_nothing(xp, rule):
    y = np.asarray(extend(xp.array(np.array([1.0, 2, 3, np.nan])), 2, 2, rule))
    assert np.isfinite(y[:5]).all()
    assert np.isnan(y[5:]).all()


@pytest.mark.parametrize("rule", ["odd_reflect", "odd_symmetric"])
def test_turning_about_an_infinity_says_nothing(rule):
    """No warning: pytest makes an error of one."""
    assert not np.isfinite(extend(np.array([np.inf, 1.0, -np.inf]), 7, 7, rule)[[0, -1]]).any()
