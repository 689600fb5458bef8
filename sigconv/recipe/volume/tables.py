"""What recipes for volumes share: the grid, the levels, how training volumes are varied."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sigconv.recipe.tables import Millimetres, Table


class Grid(Table):
    """[grid] spacing : mm along z, y, x that every scan is brought to; [] leaves each as it was taken."""

    spacing: list[Annotated[Millimetres, Field(gt=0)]] = Field(default=[])

    @model_validator(mode="after")
    def _three(self) -> "Grid":
        if len(self.spacing) not in (0, 3):
            raise ValueError("spacing is [] for each scan's own, or three lengths along z, y, x")
        return self


class Levels(Table):
    """[levels] how levels become numbers for the network.

    unit : of scans whose file tells none ("HU" for a CT as NIfTI); "" for plain numbers, as of an MR
    low, high : in that unit, become -1 and 1, and what lies beyond is cut there; both or neither
    Without them every scan is standardised: mean 0 and standard deviation 1.
    """

    unit: str = ""
    low: float | None = None
    high: float | None = None

    @model_validator(mode="after")
    def _range(self) -> "Levels":
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high stand together; without both, every scan is standardised")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"low {self.low:g} is not below high {self.high:g}")
        return self


class Varied(Table):
    """[augment] how far training volumes are varied, drawn evenly up to these bounds on either side.

    turn : degrees about each axis;  size, stretch : logarithm of a factor of all axes, of each axis
    shift : mm along each axis, where the grid has a spacing, else voxels
    gain, offset, gamma, noise : of levels as the network gets them; see sigconv.train.augment
    mirror : axes along which left and right look alike
    """

    turn: float = Field(default=0.0, ge=0, le=180)
    size: float = Field(default=0.0, ge=0, le=1)
    stretch: float = Field(default=0.0, ge=0, le=1)
    shift: float = Field(default=0.0, ge=0)
    gain: float = Field(default=0.0, ge=0, le=2)
    offset: float = Field(default=0.0, ge=0)
    gamma: float = Field(default=0.0, ge=0, le=2)
    noise: float = Field(default=0.0, ge=0)
    mirror: list[Literal["z", "y", "x"]] = Field(default=[])


def told(grid: Grid, levels: Levels) -> dict[str, str]:
    """Spacing and levels in words, for a report."""
    spacing = " × ".join(f"{step:g}" for step in grid.spacing) + " mm (z, y, x)" if grid.spacing else "of each scan"
    standard = levels.low is None or levels.high is None
    unit = f" {levels.unit}" if levels.unit else ""
    return {
        "spacing": spacing,
        "levels": "each scan standardised" if standard else f"{levels.low:g} to {levels.high:g}{unit} become -1 to 1",
    }
