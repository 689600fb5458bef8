"""S-cells find by themselves what their data are made of."""

import numpy as np
import pytest
import torch
from torch import nn

from sigconv.errors import ArgumentError, ResourceError, ShapeError
from sigconv.nets.layers.cells import CCell, Contrast, SCell
from sigconv.train.unlabelled import Competition, compete, learn_without_labels


def bars(count=60, seed=0, axes=2, size=12):
    """Bright bars along one axis or another (bumps on one axis), and which axis: (count, 1, *grid), (count,)."""
    draw = np.random.default_rng(seed)
    x, y = np.zeros((count, 1, *(size,) * axes), np.float32), np.arange(count) % max(axes, 2)
    for example, kind in zip(x, y, strict=True):
        start = draw.integers(3, size - 4, size=axes)
        sizes = [(6 if axis == kind else 2) if axes > 1 else (2, 6)[kind] for axis in range(axes)]
        place = tuple(slice(min(a, size - n), min(a, size - n) + n) for a, n in zip(start, sizes, strict=True))
        example[0][place] = draw.uniform(0.5, 2)
    return x, y


def net(axes=2, planes=(6, 8)):
    return nn.Sequential(
        Contrast(1, axes=axes),
        SCell(2, planes[0], 3, axes=axes),
        CCell(planes[0], 3, axes=axes, stride=2),
        SCell(planes[0], planes[1], 3, axes=axes),
        CCell(planes[1], 3, axes=axes, stride=2),
    )


def unit(rows):
    rows = torch.as_tensor(rows, dtype=torch.float32)
    return rows / rows.norm(dim=1, keepdim=True)


# known


def test_a_new_cell_comes_where_all_others_are_silent():
    seen = unit([[1, 0, 0], [0.9, 0.1, 0], [0, 1, 0], [0.1, 1, 0], [0, 0, 1]])
    assert compete(seen, 10, Competition(rounds=0)).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert compete(seen, 2, Competition(rounds=0)).tolist() == [[1, 0, 0], [0, 1, 0]]


def test_the_winner_takes_part_of_all_it_has_won():
    seen = unit([[1, 0], [1, 0.2], [0, 1]])
    patterns = compete(seen, 2, Competition(rounds=1))
    torch.testing.assert_close(patterns, unit(torch.stack([seen[0] + seen[1], seen[2]])))


def test_cells_find_the_two_shapes_that_the_data_are_made_of():
    shapes = np.array([[1, 0, 2], [0, 3, 0]], np.float32)
    x = np.zeros((40, 1, 9), np.float32)
    for i in range(40):
        x[i, 0, 3:6] = (1 + i % 5) * shapes[i % 2]
    cell = SCell(1, 2, 3, axes=1)
    learn_without_labels(nn.Sequential(cell), x, Competition(quiet=0.99, likeness=0.9))
    found = {tuple((p / p.max()).round(decimals=4).tolist()) for p in cell.patterns[:, 0].detach()}
    assert (0.5, 0, 1) in found or (0, 1, 0) in found
    u = cell(torch.from_numpy(x[:2]))
    assert float(u[:, :, 4].max()) > 0.9


# law


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_every_layer_learns_on_one_two_and_three_axes(axes):
    x, _ = bars(20, axes=axes)
    cells = net(axes)
    rows = []
    learnt = learn_without_labels(cells, x, Competition(samples=2000), progress=rows.append)
    assert [row.name for row in learnt] == ["1", "3"]
    assert rows == list(learnt)
    for row, layer in zip(learnt, (cells[1], cells[3]), strict=True):
        power = (layer.patterns**2 * layer.weights).flatten(1).sum(1)
        np.testing.assert_allclose(power[: row.used], 1, rtol=1e-4)
        assert float(layer.patterns[row.used :].abs().sum()) == 0
        assert float(layer.patterns.min()) >= 0
        assert 0 < row.likeness <= 1


def test_one_axis_learns_what_two_axes_with_one_row_do():
    x, _ = bars(20, axes=1)
    line, plane = SCell(1, 6, 3, axes=1), SCell(1, 6, (1, 3), axes=2)
    learn_without_labels(nn.Sequential(line), x)
    learn_without_labels(nn.Sequential(plane), x[:, :, None])
    torch.testing.assert_close(plane.patterns[:, :, 0], line.patterns)


def test_the_seed_alone_decides():
    x, _ = bars()

    def patterns(seed):
        torch.rand(seed + 1)
        cells = net()
        learn_without_labels(cells, x, Competition(samples=500), seed=seed)
        return torch.cat([p.flatten() for p in cells.parameters()])

    assert torch.equal(patterns(0), patterns(0))
    assert not torch.equal(patterns(0), patterns(1))


def test_learning_leaves_torch_s_and_numpy_s_generators_alone():
    x, _ = bars(10)
    cells = net()
    before = torch.random.get_rng_state()
    learn_without_labels(cells, x)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_brightness_does_not_decide_what_is_learnt():
    x, _ = bars()
    cells, others = net(), net()
    learn_without_labels(cells[:2], x)
    learn_without_labels(others[:2], 0.25 * x)
    torch.testing.assert_close(cells[1].patterns, others[1].patterns, rtol=1e-3, atol=1e-3)


def test_a_higher_bound_uses_more_cells():
    x, _ = bars()
    used = []
    for likeness in (0.5, 0.7, 0.9):
        cells = nn.Sequential(Contrast(1, axes=2), SCell(2, 1000, 3, axes=2))
        used.append(learn_without_labels(cells, x, Competition(likeness=likeness))[0].used)
    assert used[0] < used[1] < used[2] < 1000


# same as


def test_winning_is_k_means_on_the_sphere():
    draw = np.random.default_rng(0)
    seen = unit(draw.uniform(size=(200, 5)))
    ours = compete(seen, 4, Competition(likeness=0.95, rounds=6))
    centres = compete(seen, 4, Competition(likeness=0.95, rounds=0)).numpy()
    for _ in range(6):
        winners = (seen.numpy() @ centres.T).argmax(1)
        sums = np.stack([seen.numpy()[winners == k].sum(0) for k in range(4)])
        centres = sums / np.linalg.norm(sums, axis=1, keepdims=True)
    np.testing.assert_allclose(ours, centres, atol=1e-5)


# errors


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"likeness": 1.0}, "likeness is 1.0; allowed: above 0 and below 1"),
        ({"rounds": -1}, "rounds is -1"),
        ({"samples": 0}, "samples is 0"),
        ({"quiet": 1.0}, "quiet is 1.0"),
        ({"batch": 0}, "batch is 0"),
    ],
)
def test_settings_outside_their_range_are_refused(given, says):
    with pytest.raises(ArgumentError, match=says):
        Competition(**given)


def test_what_cannot_be_learnt_from_is_refused():
    x, _ = bars(4)
    with pytest.raises(ArgumentError, match="no S-cell layer"):
        learn_without_labels(nn.Sequential(CCell(1, 3, axes=2)), x)
    with pytest.raises(ArgumentError, match="seed is -1"):
        learn_without_labels(net(), x, seed=-1)
    with pytest.raises(ShapeError, match="one example or more"):
        learn_without_labels(net(), x[:0])
    with pytest.raises(ShapeError, match=r"these cells take \(N, 1, n1, n2\)"):
        learn_without_labels(net(), x[:, 0])
    with pytest.raises(ArgumentError, match="nothing to see"):
        learn_without_labels(net(), np.ones_like(x))
    x[2, 0, 3, 3] = np.nan
    with pytest.raises(ArgumentError, match=r"infinity .* in example 2"):
        learn_without_labels(net(), x)


def test_more_samples_than_memory_allows_are_refused_before_any_work():
    x, _ = bars(4)
    with pytest.raises(ResourceError, match=r"would need 72000000000 bytes; allowed: 4294967296\. Take fewer samples"):
        learn_without_labels(net(), x, Competition(samples=10**9))
