"""What a network has to know about its data, and no more."""

from collections.abc import Iterable
from dataclasses import dataclass

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError


@dataclass(frozen=True)
class InputSpec:
    """All that a network learns about its data: the channels and the grid of one example.

    channels : int >= 1;  grid : 1 to 3 sizes >= 1, (time) · (y, x) · (z, y, x)

    Raises
    ------
    ArgumentError : a size below 1 or not whole, or a grid that has not 1 to 3 axes

    >>> InputSpec(channels=64, grid=(640,))
    InputSpec(channels=64, grid=(640,))
    """

    channels: int
    grid: tuple[int, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.grid, Iterable):
            raise ArgumentError(f"grid is {self.grid!r}; it is a tuple of 1, 2 or 3 sizes, such as (28, 28)")
        object.__setattr__(self, "grid", tuple(self.grid))
        at_least("channels", self.channels, 1)
        if not 1 <= len(self.grid) <= 3:
            raise ArgumentError(f"grid is {self.grid}; a grid has 1, 2 or 3 axes")
        for size in self.grid:
            at_least("a size of grid", size, 1)
