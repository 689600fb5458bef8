"""The lecture's notation: what it means, what it refuses and where it points."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigconv.errors import ArgumentError, NotationError
from sigconv.nets import Net, parse
from sigconv.nets.tree import (
    MAX_DEPTH,
    MAX_LAYERS,
    Activation,
    Conv,
    ConvTranspose,
    Crop,
    Dropout,
    Full,
    GlobalPool,
    Join,
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
        ("C8g2c:edge", Conv(8, groups=2, padding="causal", boundary="edge")),
        ("C8f:-1", Conv(8, padding="full", boundary=-1.0)),
        ("C8:replicate", Conv(8, boundary="edge")),
        ("C8:.5", Conv(8, boundary=0.5)),
        ("C8:0", Conv(8)),
        ("C8p2x0", Conv(8, padding=(2, 0))),
        ("C8p0", Conv(8, padding="valid")),
        ("C12k5s2b*:-1", Conv(12, kernel=5, stride=2, bias="unit", boundary=-1.0)),
        ("C12t8", Conv(12, table=8)),
        ("Ct{0.1,1.2,0.2}", Conv(3, table=((0, 1), (1, 2), (0, 2)))),
        ("C8w.5", Conv(8, drop=0.5)),
        ("T", ConvTranspose()),
        ("T21k64s32b0", ConvTranspose(21, kernel=64, stride=32, bias=False)),
        (
            "T8k3s2d2g*p1o1w.1",
            ConvTranspose(8, kernel=3, dilation=2, groups="*", padding=1, output_padding=1, drop=0.1),
        ),
        ("P", Pool("max", 2)),
        ("P3s2", Pool("max", 3, stride=2)),
        ("A640", Pool("average", 640)),
        ("A1x75s1x15", Pool("average", (1, 75), stride=(1, 15))),
        ("P3s2p1u", Pool("max", 3, stride=2, padding=1, round_up=True)),
        ("P3:l2", Pool("lp", 3, power=2)),
        ("P>6", Pool("max", to=6)),
        ("A>1x6", Pool("average", to=(1, 6))),
        ("G", GlobalPool("average")),
        ("G:max", GlobalPool("max")),
        ("R", Activation("relu")),
        ("R:square", Activation("square")),
        ("R:leaky.1", Activation("leaky", 0.1)),
        ("R:leaky", Activation("leaky", 0.01)),
        ("B", Norm("batch")),
        ("N", Norm("instance")),
        ("N:group4", Norm("group", 4)),
        ("N:local", Norm("local", 5)),
        ("D.5", Dropout(0.5)),
        ("D0.25", Dropout(0.25)),
        ("D.2:channel", Dropout(0.2, whole_channels=True)),
        ("F", Full()),
        ("F128b0w.5", Full(128, bias=False, drop=0.5)),
        ("F:codes", Full(kind="codes")),
        ("X", Crop()),
        ("[CRC]", Join(((), (Conv(), Activation(), Conv())))),
        ("[CRC|]", Join(((Conv(), Activation(), Conv()), ()))),
        ("[CB|Ck1s2]", Join(((Conv(), Norm()), (Conv(kernel=1, stride=2),)))),
        ("{C4|C4k5}", Join(((Conv(4),), (Conv(4, kernel=5),)), how="channels")),
        ("U{PCT}", Join(((), (Pool(), Conv(), ConvTranspose())), how="channels", crop=True)),
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
    assert str(parse("C016k3s1d1g1 P2s2 R:relu N:group8 Cw0:zeros [ | C ] T2k2p0o0")) == "C16PRN:groupC[C]T2"


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("(CR)2P(CQ)2PF", 8, "'Q' is not a layer; layers are C T P A G R B N D F S X"),
        ("WC", 0, "W is not a layer; weight dropout is an option of C, T and F"),
        ("CU", 2, "expected '[' or '{' after U, as in U{PCRT}; found the end of the text"),
        ("C]", 1, "closes no '['"),
        ("C|C", 1, "'|' stands in no '[' or '{'"),
        ("C[CR", 1, "this '[' is never closed; expected a ']'"),
        ("[CR}", 3, "found '}'; expected ']' for the '[' at column 0"),
        ("([CR)2", 4, "found ')'; expected ']' for the '[' at column 1"),
        ("C[]", 1, "2 branches without a layer"),
        ("{C||}", 0, "2 branches without a layer"),
        ("[" + "C|" * 50_000, 0, "the branches have 2001 layers; at most 2000 are allowed"),
        ("Cp1v", 3, "option v after p: both say the padding"),
        ("Cv:edge", 3, "padding 'valid' leaves no outside"),
        ("C8:edg", 3, "'edg' is no boundary (did you mean 'edge'?)"),
        ("C:nan", 2, "from -1e30 to 1e30"),
        ("Ct2g2", 0, "groups is 2 beside a table"),
        ("C4t{0,1}", 0, "channels is 4, but the table has 2 outputs"),
        ("Ct{1.0}", 0, "in rising order"),
        ("Ct{0;1}", 4, "expected '.', ',' or '}' in the table, found ';'"),
        ("Ct{0,}", 5, "expected an input channel, found '}'"),
        ("A:l2", 2, "A takes no name; found 'l2', a name of P"),
        ("B:group", 2, "B takes no name"),
        ("P3p1:l2", 5, "no padding"),
        ("P3>6", 0, "to is 6 beside a size"),
        ("R:leaky2", 2, "slope is 2.0; it is a number of at least 0 and below 1"),
        ("R:elu.5", 2, "only 'leaky' takes one"),
        ("N:group0", 2, "size is 0"),
        ("S:max", 2, "S takes no name; found 'max'"),
        ("Fb1", 2, "expected b0, found '1' after b"),
        ("CRk3", 2, "'k' is not a layer, and as an option it must follow its layer at once: C takes k s d"),
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
        ("Cb1", 2, "expected b0 or b*"),
        ("Cb", 2, "expected b0 or b*"),
        ("P2k3", 2, "'k' is not a layer, and as an option"),
        ("Ps", 2, "expected a number after s"),
        ("C１6", 1, "not an ASCII digit"),
        ("Ck３", 2, "not an ASCII digit"),
        ("(CR)٢", 4, "not an ASCII digit"),
        ("2CR", 0, "the number 2 follows nothing"),
        ("R:rleu", 2, "did you mean 'relu'"),
        ("R:", 2, "expected a name after ':', found the end of the text"),
        ("D", 1, "needs a rate"),
        ("D.", 2, "expected a rate such as .5, found the end of the text"),
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
        lambda: Conv(padding="fill"),
        lambda: Conv(groups=0),
        lambda: Conv(bias=0),
        lambda: Conv(bias=1.5),
        lambda: Conv(drop=1),
        lambda: Conv(boundary="sane"),
        lambda: Conv(boundary=float("inf")),
        lambda: Conv(boundary=("constant", 1j)),
        lambda: Conv(padding="valid", boundary="wrap"),
        lambda: Conv(padding=-1),
        lambda: Conv(table=0),
        lambda: Conv(table=2.5),
        lambda: Conv(table="01"),
        lambda: Conv(table=()),
        lambda: Conv(table=((),)),
        lambda: Conv(table=(0, 1)),
        lambda: Conv(table=((1, 0),)),
        lambda: Conv(table=((0, "1"),)),
        lambda: Conv(table=((0,),) * 2001),
        lambda: Conv(3, table=((0,),)),
        lambda: Conv(table=((0,),), groups=2),
        lambda: ConvTranspose(padding=-1),
        lambda: ConvTranspose(bias="unit"),
        lambda: Pool("lp"),
        lambda: Pool("max", power=2),
        lambda: Pool(size=3, to=6),
        lambda: Pool(round_up=1),
        lambda: Activation("relu", 0.1),
        lambda: Activation("leaky", 1),
        lambda: Norm("batch", 2),
        lambda: Norm("power"),
        lambda: Full(kind="codes", bias=False),
        lambda: Join(((Conv(),),)),
        lambda: Join(((), ())),
        lambda: Join(((), (Conv(),)), how="product"),
        lambda: Join(((), (Conv(),)), crop=1),
        lambda: Join(((), (Conv(),) * MAX_LAYERS)),
        lambda: Net((Join(((), (Softmax(),))),)),
        lambda: Net((Join(((), (Full(),))),)),
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


def test_brackets_are_nested_at_most_20_deep():
    part = Conv()
    for _ in range(MAX_DEPTH):
        part = Join(((), (part,)))
    assert parse(str(Net((part,)))) == Net((part,))
    with pytest.raises(ArgumentError, match="nested 21 deep"):
        Repeat((part,), 1)


# law


@settings(max_examples=300, deadline=None)
@given(net=nets())
def test_every_net_is_read_back_from_its_text(net):
    assert parse(str(net)) == net


@settings(max_examples=500, deadline=None)
@given(text=st.text("CTPAGRBNDFSXUW()[]{}|:kxsdgtpvcfbwou>*.01239 -elakyr²", max_size=40) | st.text(max_size=20))
def test_a_text_is_a_net_or_an_error_that_points_into_it(text):
    try:
        net, column = parse(text), 0
    except NotationError as error:
        net, column = None, error.column
    assert 0 <= column <= len(text)
    assert net is None or parse(str(net)) == net


@pytest.mark.parametrize(
    "text",
    [
        "C" + "9" * 100_000,
        "C" + "0" * 100_000 + "1",
        "D." + "1" * 100_000,
        "D" + "0" * 100_000 + ".5",
        "R:" + "a" * 100_000,
        "C:" + "1" * 100_000,
        "N:group" + "1" * 100_000,
        "(" * 100_000,
        "[" * 100_000,
        "U[" * 50_000,
        "[" + "|" * 100_000,
        "[" * 20 + "C|" * 50_000,
        "C" * 100_000,
        "Ct{" + "0," * 50_000,
        "Ct{" + "0." * 50_000,
        "".join("Ct{" + ",".join("0" * 1900) + "}" for _ in range(26)) + "Q",
        "Ck" + "3x" * 50_000,
        "(" * 20 + "C" * 1990 + ")1" * 20 + " " * 100_000 + "Q",
    ],
    ids=range(18),
)
def test_a_hundred_thousand_characters_are_refused_within_two_seconds(text):
    began = time.perf_counter()
    if text.startswith("C0"):
        assert parse(text) == Net((Conv(1),))
    else:
        with pytest.raises(NotationError) as caught:
            parse(text)
        assert 0 <= caught.value.column <= len(text)
    assert time.perf_counter() - began < 2
