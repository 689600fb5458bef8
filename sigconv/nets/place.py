"""A layer's place in a net: what reaches it, and the row that it gets in the table of `measure`."""

from dataclasses import dataclass
from math import prod
from typing import NamedTuple, NoReturn

from sigconv.core.geometry import ReceptiveField
from sigconv.errors import ShapeError
from sigconv.nets.tree import MAX_NUMBER, Axes, Join, Layer

Shape = tuple[int, ...]


class TooSmallError(ShapeError):
    """The grid is smaller than a layer needs: a larger input would do."""


@dataclass(frozen=True)
class Row:
    """One layer, or one join of branches, in its place.

    Parameters
    ----------
    name : "C1", "R1", "C2", "J1", …: the letter (J for a join) and its running number, as in the built module
    layer : the layer with every number filled in (channels, groups, units), or the Join
    depth : how many joins stand around it
    got : the channels and the grid that reach it
    channels, grid : its output; the grid is () behind G and F
    parameters : learnt numbers
    multiply_adds : products of a weight and a number, for one example
    field : what one output sees, along each axis of the input
    cuts : of a Join, for each branch how many places are cut away in front, along each axis
    """

    name: str
    layer: Layer | Join
    depth: int
    got: tuple[int, Shape]
    channels: int
    grid: Shape
    parameters: int
    multiply_adds: int
    field: tuple[ReceptiveField, ...]
    cuts: tuple[Shape, ...] = ()

    @property
    def text(self) -> str:
        """The layer's text with every number that depends on the data filled in; of a join its bracket."""
        return self.layer.opening if isinstance(self.layer, Join) else str(self.layer)

    @property
    def units(self) -> int:
        """Numbers in its output."""
        return self.channels * prod(self.grid)


class Place(NamedTuple):
    """Where a layer stands in the canonical text, and what reaches it."""

    name: str
    text: str
    column: int
    depth: int
    channels: int
    grid: Shape
    field: tuple[ReceptiveField, ...]
    whole: Shape

    def refuse(self, message: str, error: type[ShapeError] = ShapeError) -> NoReturn:
        """Raise, with the layer's name, its column and a drawing."""
        raise error(f"{self.name} at column {self.column}: {message}\n  {self.text}\n  {' ' * self.column}^")

    def sizes(self, option: str, size: Axes) -> Shape:
        """One number per axis of the grid."""
        try:
            return along(size, len(self.grid))
        except ShapeError as error:
            self.refuse(f"its {option} {error}")

    def row(self, layer: Layer, channels: int, grid: Shape, field: tuple[ReceptiveField, ...], *costs: int) -> Row:
        """A row here; costs : parameters, multiply-adds."""
        parameters, multiply_adds = costs or (0, 0)
        got = self.channels, self.grid
        return Row(self.name, layer, self.depth, got, channels, grid, parameters, multiply_adds, field)


def along(size: Axes, axes: int) -> Shape:
    """One number per axis.

    Raises
    ------
    ShapeError : `size` names another number of axes

    >>> along(3, 2), along((1, 64), 2)
    ((3, 3), (1, 64))
    """
    sizes = (size,) * axes if isinstance(size, int) else size
    if len(sizes) != axes:
        raise ShapeError(f"{'x'.join(map(str, sizes))} has {len(sizes)} sizes, but the grid has {counted(axes)}")
    return sizes


def counted(axes: int) -> str:
    """So many axes in words: 1 axis, 2 axes."""
    return f"{axes} {'axis' if axes == 1 else 'axes'}"


def by(sizes: Shape) -> str:
    """Sizes as they are spoken: 3 x 4."""
    return " x ".join(map(str, sizes)) or "1"


def too_many(channels: int, place: Place) -> None:
    """Refuse more channels than any layer may have."""
    if channels > MAX_NUMBER:
        place.refuse(f"{place.name[0]} would have {channels} channels; at most {MAX_NUMBER} are allowed")
