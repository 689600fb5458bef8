"""What a net costs and sees, before a weight exists."""

import math

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets import InputSpec, build, measure, parse
from tests.strategies import small_nets

# known


def test_channels_start_at_16_and_double_behind_each_pool():
    rows = measure.shapes(parse("(CR)2P(CR)2P(CR)2PF"), InputSpec(1, (64, 64)), classes=3)
    assert [row.channels for row in rows if row.name.startswith("C")] == [16, 16, 32, 32, 64, 64]
    assert [row.grid for row in rows if row.name.startswith("P")] == [(32, 32), (16, 16), (8, 8)]
    assert (rows[-1].text, rows[-1].parameters) == ("F3", (64 * 8 * 8 + 1) * 3)


def test_a_depthwise_layer_keeps_its_channels_and_leaves_the_doubling_to_the_next():
    rows = measure.shapes(parse("C6PCg*C"), InputSpec(1, (16,)))
    assert [row.text for row in rows] == ["C6", "P", "C6g6", "C12"]


def test_multiply_adds_by_hand():
    # C8k3: 8·3·3² products at 10·10 places; depthwise: 8·3² at 5·5; F: 8·25 inputs, 4 outputs
    net = parse("C8RPCg*BF")
    assert measure.multiply_adds(net, InputSpec(3, (10, 10)), classes=4) == 8 * 27 * 100 + 8 * 9 * 25 + 200 * 4
    assert measure.parameters(net, InputSpec(3, (10, 10)), classes=4) == (27 + 1) * 8 + (9 + 1) * 8 + 16 + 201 * 4


def test_receptive_field_by_hand():
    assert measure.receptive_field(parse("CCPC"), InputSpec(1, (64,))) == (10,)
    assert measure.receptive_field(parse("Ck3d2s2Ck5"), InputSpec(1, (64,))) == (13,)


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("CPPPF", 3, "P3 at column 3: its grid is 1, but a pool of 2"),
        ("Ck9v", 0, "its kernel covers 9"),
        ("FC8", 1, "C got no grid"),
        ("GP", 1, "P got no grid"),
        ("FG", 1, "G got no grid"),
        ("Ck3x3", 0, "its kernel 3x3 has 2 sizes, but the grid has 1 axes"),
        ("A1x2", 0, "its size 1x2"),
        ("C4C6g4", 2, "4 groups must divide the channels, but it gets 4 and gives 6"),
        ("(CP)3", 2, "P3"),
        ("C1000000CP1C", 11, "2000000 channels"),
    ],
)
def test_an_impossible_shape_is_refused_by_name(text, column, says):
    net = parse(text.replace("FC8", "F2C8").replace("FG", "F2G"))
    shift = len(str(net)) - len(text)
    with pytest.raises(ShapeError) as caught:
        measure.shapes(net, InputSpec(1, (4,)))
    assert says in str(caught.value)
    assert str(caught.value).endswith(f"\n  {net}\n  {' ' * (column + shift)}^")


def test_classes_must_be_what_the_net_ends_in():
    with pytest.raises(ShapeError, match="ends in 10 channels, but classes is 2"):
        measure.shapes(parse("F10"), InputSpec(1, (4,)), classes=2)
    with pytest.raises(ArgumentError, match="classes"):
        measure.shapes(parse("F"), InputSpec(1, (4,)), classes=0)


@pytest.mark.parametrize("spec", [(0, (4,)), (1, ()), (1, (2, 2, 2, 2)), (1, (0,)), (1, (2.5,))])
def test_a_spec_is_a_channel_count_and_one_to_three_sizes(spec):
    with pytest.raises(ArgumentError):
        InputSpec(*spec)


# law


def test_the_gradient_reaches_exactly_the_receptive_field():
    for text in ("Ck3Ck4P3s2Ck3d2", "Ck5s2A2C", "C(CA)2C"):
        network = build(parse(text), InputSpec(1, (64,)), seed=0).double()
        for weight in network.parameters():
            weight.data.fill_(1)
        # distinct samples for the maximum to choose from; the sums of ones let no path cancel
        seen = torch.zeros(64, dtype=torch.bool)
        for shift in range(12):
            x = torch.rand(1, 1, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(shift))
            x.requires_grad_()
            y = network(x)
            y[0, :, y.shape[-1] // 2].sum().backward()
            seen |= x.grad[0, 0] != 0
        where = seen.nonzero().ravel()
        field = measure.shapes(network.net, network.spec)[-1].field[0]
        first = field.start + field.jump * (y.shape[-1] // 2)
        assert (where[0].item(), where[-1].item()) == (first, first + field.size - 1), text


# same as torch


@settings(max_examples=60, deadline=None)
@given(net=small_nets(), grid=st.lists(st.integers(5, 9), min_size=1, max_size=3), channels=st.sampled_from([2, 4]))
def test_every_row_is_what_torch_makes(net, grid, channels):
    spec = InputSpec(channels, tuple(grid))
    try:
        rows = measure.shapes(net, spec)
    except ShapeError:
        assume(False)
    assume(sum(row.parameters + row.multiply_adds for row in rows) < 3_000_000)
    network = build(net, spec, seed=0).eval()
    x = torch.ones(2, channels, *grid)
    with torch.no_grad():
        for row, layer in zip(rows, network.layers, strict=True):
            x = layer(x)
            assert tuple(x.shape) == (2, row.channels, *row.grid)
            assert sum(p.numel() for p in layer.parameters()) == row.parameters
    assert math.isfinite(x.sum())
    assert measure.parameters(net, spec) == sum(p.numel() for p in network.parameters())
