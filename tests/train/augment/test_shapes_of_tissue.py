"""Windows reoriented and warped: labels go where their samples go, and each window depends on its own draws alone."""

import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError, ShapeError
from sigconv.train.augment.reoriented import Reoriented
from sigconv.train.augment.warped import Warped


def draws(*seeds):
    return [np.random.default_rng(seed) for seed in seeds]


def tiles(grid, count=1):
    """Windows whose values are their labels, in tiles of four samples."""
    index = sum(
        torch.arange(n).reshape([-1 if i == a else 1 for i in range(len(grid))]) // 4 for a, n in enumerate(grid)
    )
    y = (index % 3).repeat(count, *[1] * len(grid))
    return y[:, None].float(), y


# known


@pytest.mark.parametrize(
    ("axes", "grid", "kinds"), [((-1,), (4,), 2), ((-2, -1), (3, 3), 8), ((-3, -2, -1), (3,) * 3, 48)]
)
def test_every_symmetry_comes_and_no_other(axes, grid, kinds):
    x = torch.arange(float(np.prod(grid))).reshape(1, 1, *grid)
    seen = {tuple(Reoriented(axes)(x, torch.zeros(1), draws(seed))[0].flatten().tolist()) for seed in range(600)}
    assert len(seen) == kinds
    assert all(sorted(one) == x.flatten().tolist() for one in seen)


# law


@pytest.mark.parametrize("grid", [(8, 8), (4, 6, 6)])
def test_labels_go_where_their_samples_go(grid):
    x, y = tiles(grid, 5)
    seen, labels = Reoriented((-2, -1))(x, y, draws(0, 1, 2, 3, 4))
    assert torch.equal(seen[:, 0], labels.float())
    assert not torch.equal(labels, y)


@pytest.mark.parametrize("grid", [(24, 20), (12, 16, 16)])
def test_labels_warp_with_their_window(grid):
    x, y = tiles(grid, 3)
    seen, labels = Warped(spread=2, apart=8)(x, y, draws(0, 1, 2))
    assert labels.dtype == y.dtype
    assert set(labels.unique().tolist()) <= {0, 1, 2}
    clear = seen[:, 0] == seen[:, 0].round()  # where no border is near, a value is the label itself
    assert clear.float().mean() > 0.2
    assert torch.equal(seen[:, 0][clear], labels[clear].float())
    assert (labels != y).float().mean() > 0.05


@pytest.mark.parametrize("kind", [Reoriented((-2, -1)), Warped(2, 4)])
def test_a_window_depends_on_its_own_draws_alone_and_stays_as_it_was(kind):
    x, y = tiles((8, 8), 3)
    before = x.clone()
    together = kind(x, y, draws(0, 1, 2))
    for i in range(3):
        alone = kind(x[i : i + 1], y[i : i + 1], draws(i))
        torch.testing.assert_close(alone[0][0], together[0][i])
        assert torch.equal(alone[1][0], together[1][i])
    assert torch.equal(x, before)


def test_classes_go_through():
    x, y = torch.zeros(2, 1, 4, 4), torch.tensor([0, 1])
    for kind in (Reoriented((-1,)), Warped(1, 2)):
        assert kind(x, y, draws(0, 1))[1] is y


# errors


def test_what_is_outside_the_range_is_refused():
    for axes in ((), (0, 1), (-1, -1)):
        with pytest.raises(ArgumentError, match="axes"):
            Reoriented(axes)
    for spread, apart in ((-1, 4), (1, 0), (float("inf"), 4)):
        with pytest.raises(ArgumentError, match="spread"):
            Warped(spread, apart)
    with pytest.raises(ShapeError, match="only equal ones exchange"):
        Reoriented((-2, -1))(torch.zeros(1, 1, 4, 5), torch.zeros(1), draws(0))
    with pytest.raises(ShapeError, match="1 grid axes"):
        Warped(1, 2)(torch.zeros(1, 1, 8), torch.zeros(1), draws(0))
