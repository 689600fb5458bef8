"""What recipes for volumes share: the grid, the levels, how training volumes are varied."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from sigconv.recipe.tables import Millimetres, Table
from sigconv.train.augment import Affine, Augment, Flip, Intensity, Noise, compose


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


Span = Annotated[list[float], Field(min_length=2, max_length=2)]


class Varied(Table):
    """[augment] how training volumes are varied; see sigconv.train.augment.

    degrees : about each axis, up to so much either way
    scale, stretch : [low, high], factor of all axes, and of each axis on its own
    shift : along each axis, up to so much either way, in mm where [grid] has a spacing, else in voxels
    brightness, contrast, gamma, noise : of levels as the network gets them
    mirror : axes along which left and right look alike
    """

    degrees: float = 0.0
    scale: Span = Field(default=[1.0, 1.0])
    stretch: Span = Field(default=[1.0, 1.0])
    shift: float = 0.0
    brightness: float = 0.0
    contrast: Span = Field(default=[1.0, 1.0])
    gamma: Span = Field(default=[1.0, 1.0])
    noise: float = 0.0
    mirror: list[Literal["z", "y", "x"]] = Field(default=[])

    def steps(self, spacing: Sequence[float]) -> Augment | None:
        """What makes training volumes anew, or None where nothing is varied.

        spacing : mm along z, y, x; () counts shifts in voxels
        """
        found: list[Augment] = []
        if self.mirror:
            found.append(Flip(tuple("zyx".index(name) for name in self.mirror)))
        pose = Affine(
            self.degrees,
            _pair(self.scale),
            self.shift,
            tuple(spacing),
            boundary="edge",
            stretch=_pair(self.stretch),
        )
        if pose != Affine(spacing=tuple(spacing), boundary="edge"):
            found.append(pose)
        contrast, gamma = _pair(self.contrast), _pair(self.gamma)
        if (self.brightness, contrast, gamma) != (0, (1, 1), (1, 1)):
            found.append(Intensity(self.brightness, contrast, gamma))
        if self.noise:
            found.append(Noise(self.noise))
        return compose(*found) if found else None

    @model_validator(mode="after")
    def _allowed(self) -> "Varied":
        self.steps(())
        return self


def _pair(span: Sequence[float]) -> tuple[float, float]:
    return span[0], span[1]


def told(grid: Grid, levels: Levels) -> dict[str, str]:
    """Spacing and levels in words, for a report."""
    spacing = " × ".join(f"{step:g}" for step in grid.spacing) + " mm (z, y, x)" if grid.spacing else "of each scan"
    standard = levels.low is None or levels.high is None
    unit = f" {levels.unit}" if levels.unit else ""
    return {
        "spacing": spacing,
        "levels": "each scan standardised" if standard else f"{levels.low:g} to {levels.high:g}{unit} become -1 to 1",
    }
