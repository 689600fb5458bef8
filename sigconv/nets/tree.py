"""A network as a value: frozen parts that know their text, and nothing of torch or of sizes.

    Net(parts)            a part is a layer or a Repeat of parts
    ├── Repeat            (…)n
    ├── Conv              C[channels][k…][s…][d…][g…][v][b0]
    ├── Pool              P[size][s…] maximum, A[size][s…] average
    ├── GlobalPool        G, G:max
    ├── Activation        R, R:name
    ├── Norm              B
    ├── Dropout           D<rate>
    ├── Full              F[units]
    └── Softmax           S

`str` of a part is its canonical text: what is a default is not written.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from sigconv.errors import ArgumentError, one_of

MAX_NUMBER = 1_000_000
MAX_LAYERS = 2_000
MAX_DEPTH = 20
ACTIVATIONS = ("relu", "elu", "gelu", "tanh", "sigmoid", "square", "log")

Axes = int | tuple[int, ...]


@dataclass(frozen=True)
class Conv:
    """A convolution layer (it correlates: the kernel is not flipped).

    Parameters
    ----------
    channels : output channels >= 1; None lets the layers before it decide (see `measure`)
    kernel, stride, dilation : one whole number >= 1 for every axis of the grid, or a tuple with one per axis
    groups : whole number >= 1, or "*" for as many as there are input channels (depthwise)
    padding : "same" (zeros outside; the grid is divided by the stride, rounded up) or "valid" (nothing outside)
    bias : whether a number per output channel is added

    Raises
    ------
    ArgumentError : a number outside 1 … 1 000 000, an unknown padding

    Source: LeCun et al. (1989), Backpropagation applied to handwritten zip code recognition.

    >>> str(Conv(12, kernel=65, groups="*"))
    'C12k65g*'
    """

    letter: ClassVar[str] = "C"
    channels: int | None = None
    kernel: Axes = 3
    stride: Axes = 1
    dilation: Axes = 1
    groups: int | Literal["*"] = 1
    padding: Literal["same", "valid"] = "same"
    bias: bool = True

    def __post_init__(self) -> None:
        if self.channels is not None:
            _whole("channels", self.channels)
        for name in ("kernel", "stride", "dilation"):
            object.__setattr__(self, name, _axes(name, getattr(self, name)))
        if self.groups != "*":
            _whole("groups", self.groups)
        one_of("padding", self.padding, ("same", "valid"))
        if not isinstance(self.bias, bool):
            raise ArgumentError(f"bias is {self.bias!r}; allowed: True, False")

    def __str__(self) -> str:
        options = (("k", self.kernel, 3), ("s", self.stride, 1), ("d", self.dilation, 1), ("g", self.groups, 1))
        written = "".join(letter + _text(value) for letter, value, usual in options if value != usual)
        ends = ("v" if self.padding == "valid" else "") + ("" if self.bias else "b0")
        return "C" + ("" if self.channels is None else str(self.channels)) + written + ends


@dataclass(frozen=True)
class Pool:
    """The maximum or the average of each window; nothing is padded, a rest that fills no window is dropped.

    kind : "max" or "average";  size : as Conv's kernel;  stride : as Conv's stride, None = size

    Raises
    ------
    ArgumentError : a number outside 1 … 1 000 000, an unknown kind

    >>> str(Pool()), str(Pool("average", 75, stride=15))
    ('P', 'A75s15')
    """

    kind: Literal["max", "average"] = "max"
    size: Axes = 2
    stride: Axes | None = None

    def __post_init__(self) -> None:
        one_of("kind", self.kind, ("max", "average"))
        object.__setattr__(self, "size", _axes("size", self.size))
        if self.stride is not None:
            stride = _axes("stride", self.stride)
            object.__setattr__(self, "stride", None if stride == self.size else stride)

    @property
    def letter(self) -> str:
        """P for the maximum, A for the average."""
        return "P" if self.kind == "max" else "A"

    @property
    def step(self) -> Axes:
        """The distance between neighbouring windows."""
        return self.size if self.stride is None else self.stride

    def __str__(self) -> str:
        size = "" if self.size == 2 else _text(self.size)
        return self.letter + size + ("" if self.stride is None else "s" + _text(self.stride))


@dataclass(frozen=True)
class GlobalPool:
    """One number per channel, the average or maximum of the whole grid; kind : "average" or "max".

    Source: Lin et al. (2014), Network in network.

    >>> str(GlobalPool())
    'G'
    """

    letter: ClassVar[str] = "G"
    kind: Literal["average", "max"] = "average"

    def __post_init__(self) -> None:
        one_of("kind", self.kind, ("average", "max"))

    def __str__(self) -> str:
        return "G" if self.kind == "average" else "G:max"


@dataclass(frozen=True)
class Activation:
    """A function of each number on its own: relu elu gelu tanh sigmoid square log (of max(x, 1e-6)).

    >>> str(Activation()), str(Activation("square"))
    ('R', 'R:square')
    """

    letter: ClassVar[str] = "R"
    name: str = "relu"

    def __post_init__(self) -> None:
        one_of("name", self.name, ACTIVATIONS)

    def __str__(self) -> str:
        return "R" if self.name == "relu" else f"R:{self.name}"


@dataclass(frozen=True)
class Norm:
    """Batch normalisation with a learnt scale and shift per channel; kind : "batch".

    Source: Ioffe & Szegedy (2015), Batch normalization.

    >>> str(Norm())
    'B'
    """

    letter: ClassVar[str] = "B"
    kind: Literal["batch"] = "batch"

    def __post_init__(self) -> None:
        one_of("kind", self.kind, ("batch",))

    def __str__(self) -> str:
        return "B"


@dataclass(frozen=True)
class Dropout:
    """While training, each number is set to 0 with this probability; rate : float, 0 <= rate < 1.

    Source: Srivastava et al. (2014), Dropout.

    >>> str(Dropout(0.5))
    'D0.5'
    """

    letter: ClassVar[str] = "D"
    rate: float

    def __post_init__(self) -> None:
        if isinstance(self.rate, bool) or not isinstance(self.rate, int | float) or not 0 <= self.rate < 1:
            raise ArgumentError(f"rate is {self.rate!r}; a dropout rate is at least 0 and below 1")
        object.__setattr__(self, "rate", float(self.rate) + 0.0)

    def __str__(self) -> str:
        return f"D{Decimal(repr(self.rate)):f}"


@dataclass(frozen=True)
class Full:
    """Fully connected: every output sees every input; a grid is flattened first.

    units : outputs >= 1; None, in the last Full of a net only, takes the number of classes

    >>> str(Full()), str(Full(128))
    ('F', 'F128')
    """

    letter: ClassVar[str] = "F"
    units: int | None = None

    def __post_init__(self) -> None:
        if self.units is not None:
            _whole("units", self.units)

    def __str__(self) -> str:
        return "F" if self.units is None else f"F{self.units}"


@dataclass(frozen=True)
class Softmax:
    """Probabilities over the channels: exp(z) / sum exp(z). Only the end of a net may be one.

    Training takes a net without S: the loss wants the plain scores z (logits).

    >>> str(Softmax())
    'S'
    """

    letter: ClassVar[str] = "S"

    def __str__(self) -> str:
        return "S"


Layer = Conv | Pool | GlobalPool | Activation | Norm | Dropout | Full | Softmax


@dataclass(frozen=True)
class Repeat:
    """Parts in a row, several times over, each time with weights of its own.

    body : parts, not empty;  times : int >= 1

    Raises
    ------
    ArgumentError : an empty body, times below 1, more than 2 000 layers or 20 levels

    >>> str(Repeat((Conv(), Activation()), 2))
    '(CR)2'
    """

    body: tuple["Part", ...]
    times: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "body", _parts("body", self.body))
        _whole("times", self.times)
        if _depth(self) > MAX_DEPTH:
            raise ArgumentError(f"groups are nested {_depth(self)} deep; at most {MAX_DEPTH} levels are allowed")
        _few_enough(count((self,)))

    def __str__(self) -> str:
        return f"({''.join(map(str, self.body))}){self.times}"


Part = Layer | Repeat


@dataclass(frozen=True)
class Net:
    """A whole network; `str(net)` is its text, and `parse(str(net)) == net`.

    parts : layers and groups, first to last, not empty

    Raises
    ------
    ArgumentError : no parts, more than 2 000 layers, S not at the end, F without units before another F

    >>> str(Net((Conv(16), Activation(), Pool(), Full())))
    'C16RPF'
    """

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _parts("parts", self.parts))
        _few_enough(count(self.parts))
        wrong = misplaced(self.parts)
        if wrong is not None:
            raise ArgumentError(wrong[1])

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


def count(parts: Sequence[Part]) -> int:
    """The number of layers once every group is written out.

    >>> count((Repeat((Conv(), Activation()), 2), Pool()))
    5
    """
    return sum(part.times * count(part.body) if isinstance(part, Repeat) else 1 for part in parts)


def unrolled(parts: Sequence[Part], column: int = 0) -> Iterator[tuple[int, Layer]]:
    """Every layer in the order in which data meets them, each with its column in the canonical text.

    >>> [(column, str(layer)) for column, layer in unrolled((Repeat((Conv(), Activation()), 2), Pool()))]
    [(1, 'C'), (2, 'R'), (1, 'C'), (2, 'R'), (5, 'P')]
    """
    for part in parts:
        if isinstance(part, Repeat):
            for _ in range(part.times):
                yield from unrolled(part.body, column + 1)
        else:
            yield column, part
        column += len(str(part))


def misplaced(parts: Sequence[Part]) -> tuple[int, str] | None:
    """The first layer that may not stand where it stands: its place in the text's order, and why; or None.

    >>> misplaced((Softmax(), Full()))
    (0, 'S stands before the end; a softmax may only be the last layer of the net')
    """
    written = list(_written(parts, repeated=False))
    last_full = max((i for i, (layer, _) in enumerate(written) if isinstance(layer, Full)), default=-1)
    for i, (layer, repeated) in enumerate(written):
        if isinstance(layer, Softmax) and (repeated or i != len(written) - 1):
            return i, "S stands before the end; a softmax may only be the last layer of the net"
        if isinstance(layer, Full) and layer.units is None and (repeated or i != last_full):
            return i, "F has no number of units here; only the last F of the net takes the number of classes"
    return None


def _written(parts: Sequence[Part], *, repeated: bool) -> Iterator[tuple[Layer, bool]]:
    for part in parts:
        if isinstance(part, Repeat):
            yield from _written(part.body, repeated=repeated or part.times > 1)
        else:
            yield part, repeated


def _depth(part: Part) -> int:
    return 1 + max(map(_depth, part.body)) if isinstance(part, Repeat) else 0


def _few_enough(layers: int) -> None:
    if layers > MAX_LAYERS:
        raise ArgumentError(f"the groups write out to {layers} layers; at most {MAX_LAYERS} are allowed")


def _parts(name: str, given: Sequence[Part]) -> tuple[Part, ...]:
    parts = tuple(given)
    if not parts:
        raise ArgumentError(f"{name} is empty; at least one layer is needed")
    for part in parts:
        if not isinstance(part, Layer | Repeat):
            raise ArgumentError(f"{name} holds {part!r}; allowed are the layers of sigconv.nets.tree and Repeat")
    return parts


def _whole(name: str, given: object) -> None:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MAX_NUMBER:
        raise ArgumentError(f"{name} is {given!r}; allowed are whole numbers from 1 to {MAX_NUMBER}")


def _axes(name: str, given: Axes) -> Axes:
    if not isinstance(given, Sequence):
        _whole(name, given)
        return given
    sizes = tuple(given)
    if not 1 <= len(sizes) <= 3:
        raise ArgumentError(f"{name} is {given!r}; give one number, or one for each of 2 or 3 axes")
    for size in sizes:
        _whole(name, size)
    return sizes if len(sizes) > 1 else sizes[0]


def _text(value: Axes | str) -> str:
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)
