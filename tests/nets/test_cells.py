"""The cells of the Neocognitron answer as Fukushima's formulas say, on any number of axes."""

from itertools import pairwise, product

import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.layers.cells import CCell, Contrast, SCell

GRIDS = [(9,), (6, 7), (4, 5, 6)]


def draw(*shape, seed=1):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def bell(size, sigma):
    place = np.arange(size) - (size - 1) / 2
    values = np.exp(-0.5 * (place / sigma) ** 2)
    return values / values.sum()


# known


def test_an_s_cell_answers_by_hand():
    # falloff so large that c is 1/2 for both: the pattern (3, 4) has Σ c X² = 12.5
    cell = SCell(1, 1, 2, axes=1, threshold=0.5, strength=2.0, falloff=1000).learn(torch.tensor([[[3.0, 4.0]]]))
    x = torch.tensor([[[3.0, 4.0]]])
    # at sample 1 it sees (3, 4): v = √12.5, s = 1, so u = 0.5/0.5 · 2 v (1 − 0.5) / (1 + 0.5 · 2 v) = v / (1 + v)
    # at sample 0 it sees (0, 3): v = √4.5, s = 4/5, so u = 2 v (0.8 − 0.5) / (1 + v)
    v0, v1 = 4.5**0.5, 12.5**0.5
    np.testing.assert_allclose(cell(x)[0, 0], [0.6 * v0 / (1 + v0), v1 / (1 + v1)], rtol=1e-6)


@pytest.mark.parametrize("grid", GRIDS)
def test_an_s_cell_answers_1_to_its_pattern_and_0_to_one_at_right_angles(grid):
    kernel = (3,) * len(grid)
    one, two = torch.zeros(1, 2, *kernel), torch.zeros(1, 2, *kernel)
    one[0, 0], two[0, 1] = draw(*kernel), draw(*kernel, seed=2)
    cell = SCell(2, 2, 3, axes=len(grid), strength=1e6).learn(torch.cat([one, two]))
    middle = (1,) * len(grid)
    np.testing.assert_allclose(cell(one)[(0, slice(None), *middle)], [1, 0], atol=1e-4)
    np.testing.assert_allclose(cell(two)[(0, slice(None), *middle)], [0, 1], atol=1e-4)


def test_an_s_cell_is_silent_from_its_threshold_on():
    # (cos α, sin α) has the likeness cos α to (1, 0)
    cell = SCell(2, 1, 1, axes=1, threshold=0.6, strength=1e6).learn(torch.tensor([[[1.0], [0.0]]]))
    likeness = torch.tensor([1.0, 0.9, 0.8, 0.61, 0.59, 0.0])
    x = torch.stack([likeness, (1 - likeness**2).sqrt()])[None]
    np.testing.assert_allclose(cell(x)[0, 0], (likeness - 0.6).clamp(min=0) / 0.4, atol=1e-4)


def test_contrast_cells_answer_a_point_on_and_off_centre():
    x = torch.zeros(1, 1, 9)
    x[0, 0, 4] = 1
    hat = bell(5, 0.6) - bell(5, 1.2)
    on, off = Contrast(1, axes=1)(x)[0]
    np.testing.assert_allclose(on[2:7], hat.clip(min=0), atol=1e-6)
    np.testing.assert_allclose(off[2:7], (-hat).clip(min=0), atol=1e-6)


def test_c_cells_blur_squash_and_thin_out_by_hand():
    x = torch.tensor([[[0.0, 0, 1, 0, 0]]])
    d = bell(3, 1.2)
    blurred = np.array([0, d[1], 0])
    np.testing.assert_allclose(CCell(1, 3, axes=1, stride=2)(x)[0, 0], blurred / (1 + blurred), atol=1e-6)
    np.testing.assert_allclose(CCell(1, 3, axes=1, stride=2, squash="root")(x)[0, 0], np.sqrt(blurred), atol=1e-5)


def test_c_cells_hardly_notice_a_shift_that_s_cells_do():
    x = torch.zeros(2, 1, 11, 11)
    x[0, 0, 5, 5], x[1, 0, 5, 6] = 1, 1

    def likeness(y):
        return float(torch.nn.functional.cosine_similarity(y[0].flatten(), y[1].flatten(), dim=0))

    assert likeness(x) == 0
    assert likeness(CCell(1, 5, axes=2)(x)) > 0.85


@pytest.mark.parametrize(("grid", "after"), [((15,), (8,)), ((15, 16), (8, 8)), ((5, 6, 7), (3, 3, 4))])
def test_shapes_and_the_count_of_learnt_numbers(grid, after):
    axes = len(grid)
    contrast, s, c = Contrast(2, axes=axes), SCell(4, 5, 3, axes=axes), CCell(5, 3, axes=axes, stride=2)
    x = draw(3, 2, *grid)
    assert contrast(x).shape == (3, 4, *grid)
    assert s(contrast(x)).shape == (3, 5, *grid)
    assert c(s(contrast(x))).shape == (3, 5, *after)
    counts = [sum(p.numel() for p in layer.parameters()) for layer in (contrast, s, c)]
    assert counts == [0, 5 * 4 * 3**axes, 0]


# law


@pytest.mark.parametrize("grid", GRIDS)
def test_the_answer_of_an_s_cell_hardly_depends_on_contrast(grid):
    cell = SCell(1, 4, 3, axes=len(grid), strength=1e4)
    x = draw(2, 1, *grid)
    torch.testing.assert_close(cell(x), cell(0.3 * x), rtol=0.01, atol=1e-3)


def test_with_a_finite_strength_a_faint_pattern_is_answered_less():
    cell = SCell(1, 1, 3, axes=1, strength=10, threshold=0.5).learn(torch.tensor([[[1.0, 2.0, 1.0]]]))
    v = torch.tensor([0.01, 0.2, 10.0])
    seen = v[:, None, None] * cell.patterns
    np.testing.assert_allclose(cell(seen)[:, 0, 1], 5 * v / (1 + 5 * v), rtol=1e-5)


@pytest.mark.parametrize("grid", GRIDS)
def test_answers_are_at_least_0_and_below_1(grid):
    axes = len(grid)
    x = 100 * (draw(2, 1, *grid) - 0.5)
    seen = Contrast(1, axes=axes)(x)
    for layer in (SCell(2, 6, 3, axes=axes, threshold=0.1), CCell(2, 3, axes=axes)):
        y = layer(seen)
        assert float(y.min()) >= 0
        assert float(y.max()) < 1
        assert float(y.max()) > 0


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("boundary", ["edge", "reflect", "wrap"])
def test_contrast_is_silent_on_an_even_input(grid, boundary):
    y = Contrast(1, axes=len(grid), boundary=boundary)(torch.full((1, 1, *grid), 7.0))
    np.testing.assert_allclose(y, 0, atol=1e-5)


def test_one_axis_is_two_axes_with_one_row():
    x = draw(2, 3, 12)
    patterns = draw(5, 3, 4)
    line = SCell(3, 5, 4, axes=1).learn(patterns)
    plane = SCell(3, 5, (1, 4), axes=2).learn(patterns[:, :, None])
    torch.testing.assert_close(plane(x[:, :, None])[:, :, 0], line(x))
    pooled = CCell(3, (1, 4), axes=2, stride=(1, 2))(x[:, :, None])[:, :, 0]
    torch.testing.assert_close(pooled, CCell(3, 4, axes=1, stride=2)(x))


def test_a_shift_of_the_input_is_a_shift_of_the_answer():
    net = torch.nn.Sequential(Contrast(1, axes=2), SCell(2, 4, 3, axes=2), CCell(4, 3, axes=2))
    x = torch.zeros(1, 1, 20, 20)
    x[0, 0, 6:10, 6:10] = draw(4, 4)
    torch.testing.assert_close(net(x.roll((3, 5), (2, 3))), net(x).roll((3, 5), (2, 3)))


def test_first_patterns_follow_torch_s_generator_and_have_one_length():
    first, again = (SCell(2, 3, (3, 4), axes=2) for _ in range(2) if torch.manual_seed(3))
    assert torch.equal(first.patterns, again.patterns)
    power = (first.patterns**2 * first.weights).flatten(1).sum(1)
    np.testing.assert_allclose(power, 1, rtol=1e-5)


def test_every_higher_threshold_answers_less():
    x = draw(1, 2, 9)
    answers = []
    for threshold in (0.2, 0.5, 0.8, 0.95):
        torch.manual_seed(0)
        answers.append(SCell(2, 4, 3, axes=1, threshold=threshold, strength=1e6)(x))
    assert all(bool((low >= high - 1e-6).all()) for low, high in pairwise(answers))


def test_planes_without_a_pattern_are_silent():
    cell = SCell(1, 3, 3, axes=1).learn(torch.ones(1, 1, 3))
    y = cell(torch.ones(1, 1, 9))
    assert float(y[:, 0].max()) > 0.9
    assert float(y[:, 1:].abs().max()) == 0


@pytest.mark.parametrize("squash", ["saturate", "root"])
def test_the_cells_differentiate_by_their_input_even_in_the_dark(squash):
    net = torch.nn.Sequential(SCell(1, 3, 3, axes=1, threshold=0.3), CCell(3, 3, axes=1, squash=squash)).double()
    x = torch.rand(1, 1, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(net, (x,))
    dark = torch.zeros(1, 1, 6, dtype=torch.float64, requires_grad=True)
    net(dark).sum().backward()
    assert bool(torch.isfinite(dark.grad).all())


def test_no_optimiser_moves_a_pattern_but_it_is_saved():
    cell = SCell(1, 2, 3, axes=1)
    assert list(cell.state_dict()) == ["patterns"]
    assert not any(p.requires_grad for p in cell.parameters())


# same as


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
def test_an_s_cell_is_the_papers_loop(kernel):
    theta, q = 0.6, 7.0
    cell = SCell(2, 3, (kernel, 3), axes=2, threshold=theta, strength=q, falloff=0.5)
    x = draw(1, 2, 5, 6, seed=4)
    c = np.outer(bell(kernel, 0.5 * kernel), bell(3, 1.5))
    before = (kernel // 2, 1)
    seen = np.zeros((2, 5 + kernel - 1, 6 + 2))
    seen[:, before[0] : before[0] + 5, 1:7] = x[0]
    patterns = cell.patterns.numpy()
    wanted = np.zeros((3, 5, 6))
    for k, i, j in product(range(3), range(5), range(6)):
        window = seen[:, i : i + kernel, j : j + 3]
        v = np.sqrt(np.sum(c * window**2))
        b = q * np.sqrt(np.sum(c * patterns[k] ** 2))
        inside = (1 + np.sum(q * c * patterns[k] * window)) / (1 + theta * b * v) - 1
        wanted[k, i, j] = theta / (1 - theta) * max(0, inside)
    np.testing.assert_allclose(cell(x)[0], wanted, atol=2e-5)


@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_c_cell_is_the_papers_loop(stride):
    x = draw(1, 2, 7, 8)
    d = np.outer(bell(4, 1.6), bell(3, 1.2))
    padded = np.zeros((2, 7 + 3, 8 + 2))
    padded[:, 2:9, 1:9] = x[0]
    places = product(range(2), range(0, 7, stride), range(0, 8, stride))
    blurred = [np.sum(d * padded[k, i : i + 4, j : j + 3]) for k, i, j in places]
    y = CCell(2, (4, 3), axes=2, stride=stride)(x)[0]
    np.testing.assert_allclose(y.flatten(), [b / (1 + b) for b in blurred], atol=1e-6)


def test_what_a_cell_sees_times_its_weights_is_its_drive():
    cell = SCell(2, 3, (2, 3), axes=2)
    x = draw(2, 2, 5, 6)
    seen = cell.seen(x)
    assert seen.shape == (2, 5, 6, 2, 2, 3)
    excitation, inhibition = cell.drives(x)
    wanted = torch.einsum("nijcrs,pcrs,rs->npij", seen, cell.patterns, cell.weights)
    torch.testing.assert_close(excitation, wanted)
    torch.testing.assert_close(inhibition[:, 0] ** 2, torch.einsum("nijcrs,rs->nij", seen**2, cell.weights))


# errors


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: SCell(0, 1, 3, axes=1), "inputs is 0"),
        (lambda: SCell(1, 0, 3, axes=1), "planes is 0"),
        (lambda: SCell(1, 1, 0, axes=1), "kernel is 0"),
        (lambda: SCell(1, 1, 3, axes=4), "axes is 4; a grid has 1, 2 or 3"),
        (lambda: SCell(1, 1, 3, axes=1, threshold=1), "threshold is 1; it is one number, above 0 and below 1"),
        (lambda: SCell(1, 1, 3, axes=1, threshold=float("nan")), "threshold is nan"),
        (lambda: SCell(1, 1, 3, axes=1, strength=0), "strength is 0"),
        (lambda: SCell(1, 1, 3, axes=1, falloff=-1), "falloff is -1"),
        (lambda: CCell(1, 3, axes=1, stride=0), "stride is 0"),
        (lambda: CCell(1, 3, axes=1, squash="rooot"), "did you mean 'root'"),
        (lambda: Contrast(1, axes=2, width=0), "width is 0"),
        (lambda: Contrast(1, axes=2, boundary="edgy"), "did you mean 'edge'"),
    ],
)
def test_arguments_outside_their_range_are_refused(make, says):
    with pytest.raises(ArgumentError, match=says):
        make()


def test_sizes_for_another_number_of_axes_are_refused():
    with pytest.raises(ArgumentError, match=r"kernel is \(3, 3\); it is one whole number, or one for each of 3 axes"):
        SCell(1, 1, (3, 3), axes=3)
    with pytest.raises(ArgumentError, match="stride"):
        CCell(1, 3, axes=1, stride=(2, 2))


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 3, 8, 8), (1, 2, 8), (1, 2, 8, 8, 8)])
def test_another_input_is_refused(shape):
    for layer in (Contrast(2, axes=2), SCell(2, 1, 3, axes=2), CCell(2, 3, axes=2)):
        with pytest.raises(ShapeError, match=r"these cells take \(N, 2, n1, n2\)"):
            layer(torch.zeros(shape))


def test_patterns_that_do_not_fit_are_refused():
    cell = SCell(2, 3, 3, axes=1)
    for shape in [(4, 2, 3), (3, 1, 3), (3, 2, 4)]:
        with pytest.raises(ShapeError, match=r"these cells take \(3, 2, 3\) or fewer planes"):
            cell.learn(torch.ones(shape))
    with pytest.raises(ArgumentError, match="NaN"):
        cell.learn(torch.full((1, 2, 3), float("nan")))
