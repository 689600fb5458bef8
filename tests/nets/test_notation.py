"""The lecture's notation: what it means, what it refuses and where it points."""

import pytest
from hypothesis import given, settings

from sigconv.errors import ArgumentError, NotationError
from sigconv.nets import Net, parse
from sigconv.nets.tree import (
    MAX_DEPTH,
    MAX_LAYERS,
    Activation,
    Conv,
    Dropout,
    Full,
    GlobalPool,
    Norm,
    Pool,
    Repeat,
    Softmax,
)
from tests.strategies import nets

# known


def test_the_lecture_string_is_three_groups_two_pools_between_and_one_full_layer():
    twice = Repeat((Conv(), Activation()), 2)
    assert parse("(CR)2P(CR)2P(CR)2PF") == Net((twice, Pool(), twice, Pool(), twice, Pool(), Full()))


@pytest.mark.parametrize(
    ("text", "layer"),
    [
        ("C12k1b0", Conv(12, kernel=1, bias=False)),
        ("C12k65g*", Conv(12, kernel=65, groups="*")),
        ("C8k1x64s2d3g4v", Conv(8, kernel=(1, 64), stride=2, dilation=3, groups=4, padding="valid")),
        ("C8vs2x1x2k5", Conv(8, kernel=5, stride=(2, 1, 2), padding="valid")),
        ("P", Pool("max", 2)),
        ("P3s2", Pool("max", 3, stride=2)),
        ("A640", Pool("average", 640)),
        ("A1x75s1x15", Pool("average", (1, 75), stride=(1, 15))),
        ("G", GlobalPool("average")),
        ("G:max", GlobalPool("max")),
        ("R", Activation("relu")),
        ("R:square", Activation("square")),
        ("B", Norm("batch")),
        ("D.5", Dropout(0.5)),
        ("D0.25", Dropout(0.25)),
        ("F", Full()),
        ("F128", Full(128)),
        ("S", Softmax()),
    ],
)
def test_each_layer_is_read(text, layer):
    assert parse(text) == Net((layer,))


def test_an_eeg_net_is_one_line():
    text = "C12k1b0 C12k65g* B R:square A640 R:log D.5 F"
    assert str(parse(text)) == "C12k1b0C12k65g*BR:squareA640R:logD0.5F"


def test_defaults_are_not_written():
    assert str(parse("C016k3s1d1g1 P2s2 R:relu")) == "C16PR"


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("(CR)2P(CX)2PF", 8, "'X' is not a layer; layers are C P A G R B D F S"),
        ("CTF", 1, "arrives later"),
        ("CN", 1, "arrives later"),
        ("WC", 0, "arrives later"),
        ("CU", 1, "arrives later"),
        ("", 0, "no layer"),
        ("   ", 3, "no layer"),
        ("C()2", 2, "empty"),
        ("(CR", 0, "never closed"),
        ("C((CR)2", 1, "never closed"),
        ("CR)2", 2, "closes no"),
        ("(CR)P", 4, "count after ')', as in '(CR)2', found 'P'"),
        ("(CR)", 4, "found the end of the text"),
        ("(CR)0", 4, "the number is 0"),
        ("C0", 1, "the number is 0"),
        ("Ck", 2, "expected a number after k"),
        ("CkR", 2, "found 'R'"),
        ("Ck3x", 4, "expected a number after x"),
        ("Ck3x3x3x3", 7, "fourth axis"),
        ("Ck3k5", 3, "k is given twice"),
        ("Cg", 2, "'*' after g"),
        ("Cb1", 2, "expected b0"),
        ("Cb", 2, "expected b0"),
        ("P2k3", 2, "'k' is not a layer, and as an option"),
        ("Ps", 2, "expected a number after s"),
        ("C１6", 1, "not an ASCII digit"),
        ("Ck３", 2, "not an ASCII digit"),
        ("(CR)٢", 4, "not an ASCII digit"),
        ("2CR", 0, "the number 2 follows nothing"),
        ("R:rleu", 2, "did you mean 'relu'"),
        ("R:", 2, "the end of the text is no name here"),
        ("D", 1, "needs a rate"),
        ("D.", 2, "needs a rate"),
        ("CD1", 2, "below 1"),
        ("D2.5", 1, "below 1"),
        ("FRF", 0, "only the last F"),
        ("(CF)2", 2, "only the last F"),
        ("CSF", 1, "last layer"),
        ("C(S)2", 2, "last layer"),
        ("C99999999", 1, "too large"),
        ("C" + "9" * 10_000, 1, "too large"),
        ("(C)1000000", 3, "at most 2000"),
        ("((C)1000)1000", 9, "at most 2000"),
        ("(C)1500(C)1500", 7, "at most 2000"),
        ("(" * 10_000, MAX_DEPTH, "nested"),
        ("(" * 10_000 + "C" + ")2" * 10_000, MAX_DEPTH, "nested"),
        ("C" * (MAX_LAYERS + 1), MAX_LAYERS, "at most 2000"),
        ("C\nR", 1, "'\\n' is not a layer"),
    ],
)
def test_an_error_points_at_its_column(text, column, says):
    with pytest.raises(NotationError) as caught:
        parse(text)
    assert says in str(caught.value)
    assert caught.value.column == column
    assert str(caught.value).endswith("\n  " + text + "\n  " + " " * column + "^")


def test_a_text_is_a_str():
    with pytest.raises(ArgumentError, match="text is 5"):
        parse(5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Conv(0),
        lambda: Conv(True),
        lambda: Conv(kernel=2.5),
        lambda: Conv(kernel=(3, 3, 3, 3)),
        lambda: Conv(padding="full"),
        lambda: Conv(groups=0),
        lambda: Conv(bias=0),
        lambda: Pool("min"),
        lambda: Pool(stride=0),
        lambda: Activation("rleu"),
        lambda: Dropout(1),
        lambda: Dropout(float("nan")),
        lambda: Full(0),
        lambda: Repeat((), 2),
        lambda: Repeat((Conv(),), 0),
        lambda: Repeat((Conv(),), MAX_LAYERS + 1),
        lambda: Net(()),
        lambda: Net(("C",)),
        lambda: Net((Softmax(), Full())),
        lambda: Net((Full(), Full())),
    ],
)
def test_a_tree_that_has_no_text_cannot_be_made(make):
    with pytest.raises(ArgumentError):
        make()


# law


@settings(max_examples=200, deadline=None)
@given(net=nets())
def test_every_net_is_read_back_from_its_text(net):
    assert parse(str(net)) == net
