"""What a net costs and sees, before a weight exists."""

import pytest

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets import InputSpec, measure, parse
from sigconv.nets.place import TooSmallError

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
        ("Ck3x3", 0, "its kernel 3x3 has 2 sizes, but the grid has 1 axis"),
        ("A1x2", 0, "its size 1x2"),
        ("C4C6g4", 2, "4 groups must divide the channels, but it gets 4 and gives 6"),
        ("(CP)3", 2, "P3"),
        ("C1000000CP1C", 11, "2000000 channels"),
        ("Ck9v", 0, "it needs at least 9"),
        ("P4p3s1", 0, "its padding 3 is more than half of its size 4"),
        ("P9s2u", 0, "a pool of 9 needs at least 8"),
        ("Tp5", 0, "its padding of 5 cuts away all that a grid of 4 gives"),
        ("To2", 0, "its output padding is 2; it is below the larger of stride 2 and dilation 1"),
        ("Ts1000000Ts1000000", 9, "at most 2**40"),
        ("C2Ct3", 2, "each output sees 3 channels, but it gets 2"),
        ("C2C1t{0.2}", 2, "its table names channel 2, but it gets 2, from 0 to 1"),
        ("C2[C3]", 2, "J1 at column 2: its branches give 2, 3 channels; a sum needs as many from each"),
        ("[P1|P]", 0, "its branches end in grids of 4, 2; they must be equal. U[ cuts the larger ones"),
        ("[C|CG]", 0, "some branches end in a grid and some in channels alone"),
        ("U{C|Cs2}", 0, "places of its branches are 1, 2 input samples apart, so that no cut"),
        ("PX", 1, "neighbouring places are 2 input samples apart; X needs 1"),
        ("CvX", 2, "its grid is 2; places -1 up to 3 would be the input's"),
        ("GN", 1, "N got no grid"),
        ("GN:local", 1, "N got no grid"),
        ("P4N", 2, "it would norm single numbers"),
        ("C6N:group4", 2, "4 groups must divide the 6 channels that it gets"),
        ("(C4[CP|CP])3", 5, "P5"),
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


@pytest.mark.parametrize("spec", [(0, (4,)), (1, ()), (1, (2, 2, 2, 2)), (1, (0,)), (1, (2.5,)), (1, 5)])
def test_a_spec_is_a_channel_count_and_one_to_three_sizes(spec):
    with pytest.raises(ArgumentError):
        InputSpec(*spec)


def test_an_input_that_is_too_small_is_told_what_the_net_needs():
    with pytest.raises(ShapeError, match=r"needs at least 2 x 2\. The net needs an input of at least 8 x 8"):
        measure.shapes(parse("CPPPF"), InputSpec(1, (4, 4)))
    with pytest.raises(ShapeError, match="The net needs an input of at least 1 x 20"):
        measure.shapes(parse("Ck1x5vA1x16F"), InputSpec(1, (3, 12)))


@pytest.mark.parametrize(
    ("net", "spec", "says"), [("C", InputSpec(1, (4,)), "net is"), (parse("C"), (1, 4), "spec is")]
)
def test_a_net_and_a_spec_are_values_of_their_kind(net, spec, says):
    with pytest.raises(ArgumentError, match=says):
        measure.shapes(net, spec)


def test_only_a_grid_that_is_too_small_is_called_so():
    for text in ("CPPPF", "Ck9v", "Tp5", "CvX", "P4N"):
        with pytest.raises(TooSmallError):
            measure.shapes(parse(text), InputSpec(1, (4,)))
    with pytest.raises(ShapeError) as caught:
        measure.shapes(parse("C4C6g4"), InputSpec(1, (4,)))
    assert type(caught.value) is ShapeError


@pytest.mark.parametrize("text", ["[G|G]F", "{G|G:max}F", "[F4|F4]", "U{G|PG}", "F8[F8|]F8[F8|F8]"])
@pytest.mark.parametrize("grid", [(9,), (8, 6), (4, 6, 8)])
def test_a_join_of_channels_alone_sees_the_whole_grid(text, grid):
    rows = measure.shapes(parse(text), InputSpec(3, grid))
    joined = [row for row in rows if row.name[0] == "J"]
    assert joined
    for row in joined:
        assert row.grid == ()
        assert all(axis.size >= n - n % 2 for axis, n in zip(row.field, grid, strict=True))


def test_channels_inside_and_behind_joins():
    # the upper half of a U-Net mirrors the lower one: behind { } stand the channels of the first branch
    net = parse("(CR)2U{P(CR)2U{P(CR)2T}(CR)2T}(CR)2C2k1")
    rows = measure.shapes(net, InputSpec(1, (16, 16)))
    assert [row.channels for row in rows if row.name[0] in "CTJ"] == [
        16,
        16,
        32,
        32,
        64,
        64,
        32,
        64,
        32,
        32,
        16,
        32,
        16,
        16,
        2,
    ]
    assert [row.text for row in rows if row.name[0] == "J"] == ["U{", "U{"]
    assert {row.name: row.depth for row in rows if row.name in ("C1", "C3", "C5", "J1", "J2", "C9")} == {
        "C1": 0,
        "C3": 1,
        "C5": 2,
        "J1": 1,
        "J2": 0,
        "C9": 0,
    }


def test_units_and_connections_of_the_zip_code_net():
    # LeCun et al. (1989): 1256 units, 64660 connections, 9760 parameters
    net = parse("C12k5s2b*:-1 R:stanh C12k5s2t8b*:-1 R:stanh F30 R:stanh F10 R:stanh")
    spec = InputSpec(1, (16, 16))
    counted = measure.units(net, spec), measure.connections(net, spec), measure.parameters(net, spec)
    assert counted == (1256, 64660, 9760)


def test_the_least_grid_is_its_own_along_each_axis():
    assert measure.least_grid(parse("C8k1x64vC16k22x1vF"), InputSpec(1, (22, 256))) == (22, 64)
    assert measure.least_grid(parse("PCN"), InputSpec(1, (8, 8))) == (4, 4)
    assert measure.least_grid(parse("P1x2x2PF"), InputSpec(3, (16, 16, 16))) == (2, 4, 4)
