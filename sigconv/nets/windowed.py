"""The layers that look at windows of the grid, as values: frozen, knowing nothing of torch or of the sizes of data.

    Conv              C[channels] k s d g t p|v|c|f b w :boundary
    ConvTranspose     T[channels] k s d g p o b w
    Pool              P[size] s p u >, P:l2, A[size] s p u >       maximum, Lp, average
    GlobalPool        G, G:max

`str` of a layer is its canonical text: what is a default is not written.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Literal

from sigconv.core.boundary import Boundary, rule_of
from sigconv.errors import ArgumentError, nearest, one_of
from sigconv.nets.written import (
    DROP,
    MAX_OUTPUTS,
    NO_BIAS,
    Axes,
    Layer,
    Option,
    Table,
    axes_of,
    fill,
    rate,
    whole,
    written,
)

PADDINGS = ("same", "valid", "causal", "full")

_GROUPS = Option("g", "groups", 1, "groups")
_BIAS = Option("b", "bias", True, "word", (("0", False), ("*", "unit")))


@dataclass(frozen=True)
class Conv(Layer):
    """A convolution layer (it correlates: the kernel is not flipped).

    Parameters
    ----------
    channels : output channels >= 1; None lets the layers before it decide (see `measure`)
    kernel, stride, dilation : one whole number >= 1 for every axis of the grid, or a tuple with one per axis
    groups : whole number >= 1, or "*" for as many as there are input channels (depthwise)
    table : which input channels an output sees: None for all; n for n in a row, output o of O beginning at input
        floor(o I / O) and going round; or for each output a tuple of its input channels, the first being 0
    padding : what is added outside: "same" (the grid is divided by the stride, rounded up), "valid" (nothing),
        "causal" (all in front), "full", or the samples on either side, >= 0, one number or one per axis
    bias : True one number per output channel, "unit" one per output channel and position, False none
    drop : the probability at which, while training, a weight is 0 (DropConnect), 0 <= drop < 1
    boundary : what lies outside: a rule of core.boundary, or the number that stands there

    Raises
    ------
    ArgumentError : a number outside its range, an unknown padding or boundary, groups beside a table

    Source: LeCun et al. (1989), Backpropagation applied to handwritten zip code recognition; Wan et al. (2013),
    Regularization of neural networks using DropConnect.

    >>> str(Conv(12, kernel=65, groups="*")), str(Conv(12, kernel=5, bias="unit", boundary=-1.0))
    ('C12k65g*', 'C12k5b*:-1')
    """

    letter: ClassVar[str] = "C"
    options: ClassVar[tuple[Option, ...]] = (
        Option("", "channels", None, "number"),
        Option("k", "kernel", 3, "size"),
        Option("s", "stride", 1, "size"),
        Option("d", "dilation", 1, "size"),
        _GROUPS,
        Option("t", "table", None, "table"),
        Option("p", "padding", "same", "size", least=0),
        Option("v", "padding", "same", "flag", (("", "valid"),)),
        Option("c", "padding", "same", "flag", (("", "causal"),)),
        Option("f", "padding", "same", "flag", (("", "full"),)),
        _BIAS,
        DROP,
    )
    channels: int | None = None
    kernel: Axes = 3
    stride: Axes = 1
    dilation: Axes = 1
    groups: int | Literal["*"] = 1
    table: int | Table | None = None
    padding: str | Axes = "same"
    bias: bool | Literal["unit"] = True
    drop: float = 0.0
    boundary: str | float = "zeros"

    def __post_init__(self) -> None:
        if self.channels is not None:
            fill(self, channels=whole("channels", self.channels))
        fill(self, **{name: axes_of(name, getattr(self, name)) for name in ("kernel", "stride", "dilation")})
        if self.groups != "*":
            fill(self, groups=whole("groups", self.groups))
        fill(self, table=_table(self), drop=rate("drop", self.drop), boundary=_boundary(self.boundary))
        if isinstance(self.padding, str):
            one_of("padding", self.padding, PADDINGS)
        else:
            padding = axes_of("padding", self.padding, least=0)
            fill(self, padding=padding if any(_tuple(padding)) else "valid")
        if not isinstance(self.bias, bool) and self.bias != "unit":
            raise ArgumentError(f"bias is {self.bias!r}; allowed: True, False, 'unit'")
        if self.boundary != "zeros" and self.padding == "valid":
            raise ArgumentError(f"boundary is {self.boundary!r}, but padding 'valid' leaves no outside")

    @property
    def suffix(self) -> str:
        """The boundary, "" for zeros."""
        return "" if self.boundary == "zeros" else written(self.boundary)

    @classmethod
    def named(cls, word: str) -> dict[str, Any]:
        """A boundary rule, or the constant outside."""
        try:
            return {"boundary": float(word)}
        except ValueError:
            pass
        try:
            return {"boundary": _boundary(word)}
        except ArgumentError:
            rules = ["zeros", *(rule.value for rule in Boundary if rule is not Boundary.CONSTANT)]
            hint = nearest(word, rules)
            raise ArgumentError(
                f"{word!r} is no boundary{hint}; allowed: {', '.join(rules)}, or a number such as -1"
            ) from None


def _tuple(size: Axes) -> tuple[int, ...]:
    return size if isinstance(size, tuple) else (size,)


def _boundary(given: Any) -> str | float:
    """The rule under its one name, or the constant; 0 is "zeros"."""
    number = isinstance(given, int | float) and not isinstance(given, bool)
    rule, constant = rule_of(("constant", given) if number else given)
    if constant.imag or not abs(constant) <= 1e30:
        raise ArgumentError(f"boundary is {given!r}; the constant is a number from -1e30 to 1e30")
    if rule is Boundary.CONSTANT:
        return float(constant.real) if constant else "zeros"
    return str(rule.value)


def _table(conv: Any) -> int | Table | None:
    table = conv.table
    if table is None:
        return None
    if conv.groups != 1:
        raise ArgumentError(f"groups is {conv.groups!r} beside a table; a table says itself who sees whom")
    if not isinstance(table, Sequence) or isinstance(table, str):
        return whole("table", table)
    if any(not isinstance(row, Sequence) or isinstance(row, str) for row in table):
        raise ArgumentError(f"table is {table!r}; it is a number, or for each output a tuple of its input channels")
    rows = tuple(tuple(whole("a channel of table", channel, least=0) for channel in row) for row in table)
    if not 1 <= len(rows) <= MAX_OUTPUTS:
        raise ArgumentError(f"table has {len(rows)} outputs; allowed are 1 to {MAX_OUTPUTS}")
    for output, row in enumerate(rows):
        if not row or any(before >= channel for before, channel in pairwise(row)):
            raise ArgumentError(
                f"output {output} of table sees {written((row,)) if row else 'nothing'}; "
                "each sees one or more input channels, in rising order"
            )
    if conv.channels not in (None, len(rows)):
        raise ArgumentError(f"channels is {conv.channels}, but the table has {len(rows)} outputs")
    fill(conv, channels=len(rows))
    return rows


@dataclass(frozen=True)
class ConvTranspose(Layer):
    """A transposed convolution: the backward pass of a convolution as a layer; as it stands it doubles the grid.

    Parameters
    ----------
    channels : output channels >= 1; None: half as many as it gets
    kernel, stride, dilation : as Conv's; the stride is that of the convolution whose backward pass this is
    groups : whole number >= 1, or "*" (depthwise)
    padding : what that convolution padded and this one cuts away, on either side, >= 0
    output_padding : samples added behind, >= 0 and below the stride or the dilation
    bias : True one number per output channel, False none;  drop : as Conv's

    Raises
    ------
    ArgumentError : a number outside its range

    Source: Dumoulin & Visin (2016), arXiv:1603.07285, section 4.

    >>> str(ConvTranspose(64)), str(ConvTranspose(21, kernel=64, stride=32, bias=False))
    ('T64', 'T21k64s32b0')
    """

    letter: ClassVar[str] = "T"
    options: ClassVar[tuple[Option, ...]] = (
        Option("", "channels", None, "number"),
        Option("k", "kernel", 2, "size"),
        Option("s", "stride", 2, "size"),
        Option("d", "dilation", 1, "size"),
        _GROUPS,
        Option("p", "padding", 0, "size", least=0),
        Option("o", "output_padding", 0, "size", least=0),
        NO_BIAS,
        DROP,
    )
    channels: int | None = None
    kernel: Axes = 2
    stride: Axes = 2
    dilation: Axes = 1
    groups: int | Literal["*"] = 1
    padding: Axes = 0
    output_padding: Axes = 0
    bias: bool = True
    drop: float = 0.0

    def __post_init__(self) -> None:
        if self.channels is not None:
            fill(self, channels=whole("channels", self.channels))
        fill(self, **{name: axes_of(name, getattr(self, name)) for name in ("kernel", "stride", "dilation")})
        fill(self, **{name: axes_of(name, getattr(self, name), least=0) for name in ("padding", "output_padding")})
        if self.groups != "*":
            fill(self, groups=whole("groups", self.groups))
        fill(self, drop=rate("drop", self.drop))
        if not isinstance(self.bias, bool):
            raise ArgumentError(f"bias is {self.bias!r}; allowed: True, False")


@dataclass(frozen=True)
class Pool(Layer):
    """The maximum, the average or the Lp norm of each window; a rest that fills no window is dropped.

    kind : "max", "average" or "lp";  power : the p of "lp", a whole number >= 1
    size : as Conv's kernel;  stride : as Conv's stride, None = size;  padding : on either side, >= 0 and at most
    half of size (the maximum does not look there, the average counts zeros);  round_up : a rest gets a window, too
    to : instead of size and stride, the grid that comes out

    Raises
    ------
    ArgumentError : a number outside its range, an unknown kind, `to` beside another size

    >>> str(Pool()), str(Pool("average", 75, stride=15)), str(Pool("average", to=6)), str(Pool("lp", 3, power=2))
    ('P', 'A75s15', 'A>6', 'P3:l2')
    """

    options: ClassVar[tuple[Option, ...]] = (
        Option("", "size", 2, "size"),
        Option("s", "stride", None, "size"),
        Option("p", "padding", 0, "size", least=0),
        Option("u", "round_up", False, "flag", (("", True),)),
        Option(">", "to", None, "size"),
    )
    kind: Literal["max", "average", "lp"] = "max"
    size: Axes = 2
    stride: Axes | None = None
    padding: Axes = 0
    round_up: bool = False
    to: Axes | None = None
    power: int | None = None

    def __post_init__(self) -> None:
        one_of("kind", self.kind, ("max", "average", "lp"))
        fill(self, size=axes_of("size", self.size), padding=axes_of("padding", self.padding, least=0))
        if self.stride is not None:
            stride = axes_of("stride", self.stride)
            fill(self, stride=None if stride == self.size else stride)
        if self.to is not None:
            fill(self, to=axes_of("to", self.to))
            if (self.size, self.stride, self.padding, self.round_up) != (2, None, 0, False):
                raise ArgumentError(f"to is {self.to} beside a size, stride or padding; the grid decides them")
        if not isinstance(self.round_up, bool):
            raise ArgumentError(f"round_up is {self.round_up!r}; allowed: True, False")
        if self.kind == "lp":
            fill(self, power=whole("power", self.power))
        if (self.power is None) == (self.kind == "lp") or (self.kind == "lp" and (self.padding != 0 or self.to)):
            raise ArgumentError("power belongs to kind 'lp', which has no padding and no `to`")

    @property
    def letter(self) -> str:  # type: ignore[override]
        """A for the average, P for the others."""
        return "A" if self.kind == "average" else "P"

    @property
    def suffix(self) -> str:
        """l and the power of an Lp pool."""
        return f"l{self.power}" if self.kind == "lp" else ""

    @classmethod
    def named(cls, word: str) -> dict[str, Any]:
        """l2 and the like."""
        if word[:1] != "l" or not (word[1:].isascii() and word[1:].isdigit()):
            raise ArgumentError(f"{word!r} is no name here; P:l2 is the root of the sum of squares, l3 of cubes")
        return {"kind": "lp", "power": int(word[1:])}

    @property
    def step(self) -> Axes:
        """The distance between neighbouring windows."""
        return self.size if self.stride is None else self.stride


@dataclass(frozen=True)
class GlobalPool(Layer):
    """One number per channel, the average or maximum of the whole grid; kind : "average" or "max".

    Source: Lin et al. (2014), Network in network.

    >>> str(GlobalPool())
    'G'
    """

    letter: ClassVar[str] = "G"
    kind: Literal["average", "max"] = "average"

    def __post_init__(self) -> None:
        one_of("kind", self.kind, ("average", "max"))

    @property
    def suffix(self) -> str:
        """max, or "" for the average."""
        return "" if self.kind == "average" else self.kind

    @classmethod
    def named(cls, word: str) -> dict[str, Any]:
        """Average or max."""
        return {"kind": one_of("the name behind G", word, ("average", "max"))}
