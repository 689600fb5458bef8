"""A network as a value: frozen parts that know their text, and nothing of torch or of sizes.

    Net(parts)            a part is a layer, a Repeat or a Join of parts
    ├── Repeat            (…)n         the same parts n times, each time with weights of its own
    ├── Join              […|…]        branches that get the same input; their outputs are added
    │                     {…|…}        … or stand one behind the other as channels
    │                     U[…], U{…}   … cut to the smallest grid first, where they see the same places
    └── layers            see `windowed`, `pointwise` and `cells`

A join of one written branch has the input itself as its first: [CBRCB] is a residual block, U{PCT} a floor of a U-Net.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from sigconv.errors import ArgumentError, one_of
from sigconv.nets.cells import KERNELS, CCell, FixedKernel, SCell
from sigconv.nets.pointwise import ACTIVATIONS, NORMS, Activation, Crop, Dropout, Full, Norm, Softmax
from sigconv.nets.windowed import Conv, ConvTranspose, GlobalPool, Pool
from sigconv.nets.written import MAX_NUMBER, Axes, Layer, whole

__all__ = [
    "ACTIVATIONS",
    "KERNELS",
    "MAX_DEPTH",
    "MAX_LAYERS",
    "MAX_NUMBER",
    "NORMS",
    "Activation",
    "Axes",
    "CCell",
    "Conv",
    "ConvTranspose",
    "Crop",
    "Dropout",
    "FixedKernel",
    "Full",
    "GlobalPool",
    "Join",
    "Layer",
    "Net",
    "Norm",
    "Part",
    "Pool",
    "Repeat",
    "SCell",
    "Softmax",
]

MAX_LAYERS = 2_000
MAX_DEPTH = 20
BRACKETS = {"sum": "[]", "channels": "{}"}


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
        whole("times", self.times)
        _few_enough((self,))

    def __str__(self) -> str:
        return f"({_text(self.body)}){self.times}"


@dataclass(frozen=True)
class Join:
    """Branches that all get the same input, and whose outputs come together.

    Parameters
    ----------
    branches : two or more tuples of parts, at most one of them empty: that one passes its input on
    how : "sum" adds them (equal channels), "channels" puts one behind the other
    crop : whether larger grids are cut to the smallest, where the centres of the receptive fields agree; without it
        the grids must be equal

    Raises
    ------
    ArgumentError : fewer than two branches, two empty ones, an unknown `how`, more than 2 000 layers or 20 levels

    Source: He et al. (2016), Deep residual learning; Huang et al. (2017), Densely connected convolutional networks;
    Ronneberger et al. (2015), U-Net.

    >>> str(Join(((), (Conv(), Activation(), Conv()))))
    '[CRC]'
    >>> str(Join(((), (Pool(), Conv(), ConvTranspose())), how="channels", crop=True))
    'U{PCT}'
    """

    branches: tuple[tuple["Part", ...], ...]
    how: Literal["sum", "channels"] = "sum"
    crop: bool = False

    def __post_init__(self) -> None:
        branches = tuple(tuple(branch) for branch in self.branches)
        wrong = unjoinable(branches)
        if wrong is not None:
            raise ArgumentError(wrong)
        object.__setattr__(self, "branches", tuple(_parts("branch", b) if b else () for b in branches))
        one_of("how", self.how, BRACKETS)
        if not isinstance(self.crop, bool):
            raise ArgumentError(f"crop is {self.crop!r}; allowed: True, False")
        _few_enough((self,))

    @property
    def opening(self) -> str:
        """The bracket that begins it, with its U."""
        return "U" * self.crop + BRACKETS[self.how][0]

    def __str__(self) -> str:
        shown = self.branches[1:] if len(self.branches) == 2 and not self.branches[0] else self.branches
        return self.opening + "|".join(map(_text, shown)) + BRACKETS[self.how][1]


Part = Layer | Repeat | Join


@dataclass(frozen=True)
class Net:
    """A whole network; `str(net)` is its text, and `parse(str(net)) == net`.

    parts : layers, groups and joins, first to last, not empty

    Raises
    ------
    ArgumentError : no parts, more than 2 000 layers, S not at the end, F without units before another F

    >>> str(Net((Conv(16), Activation(), Pool(), Full())))
    'C16RPF'
    """

    parts: tuple[Part, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", _parts("parts", self.parts))
        _few_enough(self.parts)
        wrong = misplaced(self.parts)
        if wrong is not None:
            raise ArgumentError(wrong[1])

    def __str__(self) -> str:
        return _text(self.parts)


def unjoinable(branches: Sequence[Sequence[Part]]) -> str | None:
    """Why these branches make no join, or None.

    >>> unjoinable([(), ()])
    'a join has 2 branches without a layer; at most one may be empty, which passes its input on'
    """
    empty = sum(not branch for branch in branches)
    if empty > 1:
        return f"a join has {empty} branches without a layer; at most one may be empty, which passes its input on"
    if len(branches) < 2:
        return f"a join has {len(branches)} branches; it needs two, of which one may be empty"
    return None


def count(parts: Sequence[Part]) -> int:
    """The number of layers once every group is written out; a join itself counts as one.

    >>> count((Repeat((Conv(), Activation()), 2), Pool()))
    5
    """
    total = 0
    for part in parts:
        match part:
            case Repeat():
                total += part.times * count(part.body)
            case Join():
                total += 1 + sum(map(count, part.branches))
            case _:
                total += 1
    return total


def misplaced(parts: Sequence[Part]) -> tuple[int, str] | None:
    """The first layer that may not stand where it stands: its place in the text's order, and why; or None.

    >>> misplaced((Softmax(), Full()))
    (0, 'S stands before the end; a softmax may only be the last layer of the net')
    """
    seen = list(_in_order(parts, inside=False))
    last_full = max((i for i, (layer, _) in enumerate(seen) if isinstance(layer, Full)), default=-1)
    for i, (layer, inside) in enumerate(seen):
        if isinstance(layer, Softmax) and (inside or i != len(seen) - 1):
            return i, "S stands before the end; a softmax may only be the last layer of the net"
        if isinstance(layer, Full) and layer.units is None and (inside or i != last_full):
            return i, "F has no number of units here; only the last F of the net takes the number of classes"
    return None


def _in_order(parts: Sequence[Part], *, inside: bool) -> Iterator[tuple[Layer, bool]]:
    """Each layer as it is written, and whether it stands in a repetition or a branch."""
    for part in parts:
        match part:
            case Repeat():
                yield from _in_order(part.body, inside=inside or part.times > 1)
            case Join():
                for branch in part.branches:
                    yield from _in_order(branch, inside=True)
            case _:
                yield part, inside


def _depth(parts: Sequence[Part]) -> int:
    """How many brackets stand inside one another at most."""
    inner = [0]
    for part in parts:
        if isinstance(part, Repeat):
            inner.append(1 + _depth(part.body))
        elif isinstance(part, Join):
            inner.append(1 + max(map(_depth, part.branches)))
    return max(inner)


def _few_enough(parts: Sequence[Part]) -> None:
    if (layers := count(parts)) > MAX_LAYERS:
        raise ArgumentError(f"the groups write out to {layers} layers; at most {MAX_LAYERS} are allowed")
    if (depth := _depth(parts)) > MAX_DEPTH:
        raise ArgumentError(f"brackets are nested {depth} deep; at most {MAX_DEPTH} levels are allowed")


def _parts(name: str, given: Sequence[Part]) -> tuple[Part, ...]:
    parts = tuple(given)
    if not parts:
        raise ArgumentError(f"{name} is empty; at least one layer is needed")
    for part in parts:
        if not isinstance(part, Part):
            raise ArgumentError(f"{name} holds {part!r}; allowed are the layers of sigconv.nets.tree, Repeat and Join")
    return parts


def _text(parts: Sequence[Part]) -> str:
    return "".join(map(str, parts))
