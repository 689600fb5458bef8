"""What an output sees is where its gradient goes."""

from fractions import Fraction

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sigconv.core.geometry import ReceptiveField
from sigconv.errors import ShapeError
from sigconv.nets import InputSpec, build, measure, parse

# Pieces that pass every sample on with a weight above 0, so that no path is lost
PIECES = [
    "C2", "C2k2", "C2k4", "C2k5s2", "C2d2", "C2k2d3", "C2c", "C2v", "C2f",
    "C2k3s3v", "P", "P3s2", "P3s2p1", "A", "A3s1p1", "P:l2", "T2", "T2k3",
    "T2k4p1", "T2k3s1", "T2k5s3", "[C2k1|C2k5]", "[C2|C2c]", "{C2k2|C2k5}", "U{C2v|C2k5v}", "U{PC2T2}",
]  # fmt: skip


def supports(text, grid, axis):
    """For each output along the middle of an axis, the first and the last input sample with a gradient, or None.

    Over many inputs: a maximum sends its gradient to the winner only.
    """
    network = build(parse(text), InputSpec(1, grid), seed=0).double()
    for weight in network.parameters():
        weight.data.fill_(0.5)
    size = network.rows[-1].grid[axis]
    seen = torch.zeros(size, grid[axis], dtype=torch.bool)
    x = torch.rand(32 if "P" in text else 1, 1, *grid, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    x.requires_grad_()
    y = network(x + 0.1).sum(dim=(0, 1)).movedim(axis, 0).reshape(size, -1).sum(dim=1)
    for i in range(size):
        (gradient,) = torch.autograd.grad(y[i], x, retain_graph=True)
        seen[i] = gradient.movedim(axis + 2, 0).reshape(grid[axis], -1).any(dim=1)
    where = [row.nonzero().ravel().tolist() for row in seen]
    return [(row[0], row[-1]) if row else None for row in where], network.rows[-1].field[axis]


def assert_seen(text, grid, axis=0):
    """Each window is the one that was foretold, where it lies inside the grid; else it is the part of it inside.

    Returns whether some output sees as many samples as the field's size says, if one lies inside.
    """
    found, field = supports(text, grid, axis)
    for i, seen in enumerate(found):
        first, last = field.seen(i)
        if seen is None:
            continue
        assert first <= seen[0], (text, i, seen, first, last)
        assert seen[1] <= last, (text, i, seen, first, last)
        if first >= 0 and last < grid[axis] and "U" not in text and "T" not in text:
            assert (first, last) == seen, (text, i, seen, first, last)
            assert (first, field.size) == (field.start + i * field.jump, last - first + 1)
    widest = max(seen[1] - seen[0] + 1 for seen in found if seen is not None)
    inside = any(field.seen(i)[0] >= 0 and field.seen(i)[1] < grid[axis] for i in range(len(found)))
    assert widest <= field.size
    return widest == field.size or not inside


# known


def test_receptive_fields_by_hand():
    assert measure.receptive_field(parse("CCPC"), InputSpec(1, (64,))) == (10,)
    assert measure.receptive_field(parse("Ck3d2s2Ck5"), InputSpec(1, (64,))) == (13,)
    assert measure.receptive_field(parse("Ck3x5A1x2Ck3x1"), InputSpec(1, (16, 16))) == (5, 6)
    # VGG-16 at conv5_3 and pool5; LeNet-5's last convolution sees all of 32
    vgg = "(CR)2P(CR)2P(CR)3P(CR)3P(CR)3"
    assert measure.receptive_field(parse(vgg), InputSpec(3, (224, 224))) == (196, 196)
    assert measure.receptive_field(parse(vgg + "P"), InputSpec(3, (224, 224))) == (212, 212)
    assert measure.receptive_field(parse("C6k5vA2C16k5vA2C120k5v"), InputSpec(1, (32, 32))) == (32, 32)


def test_a_transposed_convolution_sees_as_many_as_its_kernel_overlaps():
    sizes = [ReceptiveField().transposed(k, stride=2).size for k in (1, 2, 3, 4, 5)]
    assert sizes == [1, 1, 2, 2, 3]
    up = ReceptiveField().after(2, stride=2).transposed(2, stride=2)
    assert (up.size, up.jump, up.centre) == (2, 1, 0)
    # two neighbours on the fine grid see one or two of the coarse places, of two samples each
    assert (up.after(2).size, up.after(3).size, up.after(4).size) == (4, 4, 6)


def test_the_crops_of_the_fully_convolutional_nets():
    # Long et al. (2015): with the input padded by 100, FCN-32s cuts 19, FCN-16s 5 and 27, FCN-8s 9 (and 5) and 31
    def block(n, first=""):
        return "C1" + first + "R" + "C1R" * (n - 1) + "Pu"

    stem = block(2, "p100") + block(2) + block(3)
    rest = "C1k7vRC1k1RC2k1"
    nets = {
        "32": stem + block(3) + block(3) + rest + "T2k64s32b0X",
        "16": stem + block(3) + "U[C2k1|" + block(3) + rest + "T2k4b0]T2k32s16b0X",
        "8": stem + "U[C2k1|" + block(3) + "U[C2k1|" + block(3) + rest + "T2k4b0]T2k4b0]T2k16s8b0X",
    }
    cuts = {}
    for name, text in nets.items():
        for size in (224, 333, 500):
            rows = measure.shapes(parse(text), InputSpec(3, (size, size)))
            given = tuple(max(cut[0] for cut in row.cuts) for row in rows if row.cuts)
            assert cuts.setdefault(name, given) == given
            assert rows[-1].grid == (size, size)
    assert cuts == {"32": (19,), "16": (5, 27), "8": (5, 9, 31)}


def test_the_crops_of_the_u_net():
    # Ronneberger et al. (2015): 572 -> 388
    text = "(Cv R)2 U{P (Cv R)2 U{P (Cv R)2 U{P (Cv R)2 U{P (Cv R)2 T} (Cv R)2 T} (Cv R)2 T} (Cv R)2 T} (Cv R)2 C2k1"
    rows = measure.shapes(parse(text), InputSpec(1, (572, 572)))
    assert rows[-1].grid == (388, 388)
    assert [row.cuts[0] for row in rows if row.cuts] == [(4, 4), (16, 16), (40, 40), (88, 88)]
    assert [row.cuts[1] for row in rows if row.cuts] == [(0, 0)] * 4


def test_what_is_cut_together_was_seen_at_the_same_place():
    # an impulse in the middle passes both branches: the identity and a kernel of ones
    for text in ("U{C1k5v|C1k1v}", "U{|C1k7v}", "U{C1k3f|}", "U{C1k9vT1k1s1p0|C1k1}"):
        network = build(parse(text), InputSpec(1, (33,)), seed=0)
        for weight in network.parameters():
            weight.data.fill_(1)
        for name, weight in network.named_parameters():
            if name.endswith("bias"):
                weight.data.fill_(0)
        x = torch.zeros(1, 1, 33)
        x[..., 16] = 1
        one, two = network(x)[0].detach()
        centres = [(y * torch.arange(len(y))).sum() / y.sum() for y in (one, two)]
        assert centres[0] == centres[1], text


# law


@pytest.mark.parametrize("text", [*PIECES, "C2k3C2k4P3s2C2d2", "C2k5s2A2C2", "C2(C2A2)2C2", "PC2TC2", "P2P2C2T2C2T2C2"])
def test_the_gradient_reaches_exactly_the_receptive_field(text):
    assert assert_seen(text, (26,))


@pytest.mark.parametrize("axis", [0, 1])
def test_each_axis_has_its_own_field(axis):
    assert assert_seen("C2k3x2s2x1P1x2C2k2x3d2x1", (18, 12), axis)
    assert assert_seen("C2k1x3x1[C2|C2k1]A2x1x1", (8, 9, 5), axis)


@settings(max_examples=10, deadline=None)
@given(pieces=st.lists(st.sampled_from(PIECES), min_size=2, max_size=4))
def test_no_gradient_leaves_the_receptive_field_of_a_random_net(pieces):
    text = "".join(pieces)
    try:
        (row, *_) = measure.shapes(parse(text), InputSpec(1, (24,)))[-1:]
    except ShapeError:
        assume(False)
    assume(row.grid[0] < 60)
    assert_seen(text, (24,))


def test_very_many_phases_become_one_window_that_covers_them():
    field = ReceptiveField().transposed(300, stride=300)
    assert (field.phases, field.size, field.jump) == ((), 2, Fraction(1, 300))
    for i in range(900):
        first, last = field.seen(i)
        assert first <= i // 300 <= last
    assert field.after(300, stride=300).jump == 1
