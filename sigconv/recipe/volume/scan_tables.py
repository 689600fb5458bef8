"""What a recipe that classifies volumes may hold."""

from typing import Annotated

from pydantic import Field

from sigconv.recipe.tables import Classify, Data, Table
from sigconv.recipe.volume.tables import Grid, Levels, Varied


class Made(Table):
    """[data.made] vessels that wind to the left or to the right, when no path is given.

    size : voxels of 1 mm along each axis;  noise : HU
    """

    volumes: int = Field(default=120, ge=4, le=10000)
    size: int = Field(default=24, ge=12, le=256)
    noise: float = Field(default=60.0, ge=0)
    seed: int = Field(default=0, ge=0)


class ScanData(Data):
    """[data] scans in class folders, or in a table with path, label and group."""

    made: Made = Made()


class Baseline(Table):
    """[baseline] what stands beside the network.

    bins : of the histogram of levels, whose counts a logistic regression takes
    slice : whether the network's twin with one dimension less is trained on the middle slice
    """

    bins: int = Field(default=32, ge=2, le=1000)
    slice: bool = True


class Whole(Grid):
    """[grid] spacing, and size : voxels along z, y, x that the network sees, about the middle of the scan."""

    size: list[Annotated[int, Field(ge=1)]] = Field(min_length=3, max_length=3)


class ScanRecipe(Classify):
    """A whole recipe that classifies volumes."""

    data: ScanData = ScanData()
    grid: Whole
    levels: Levels = Levels()
    augment: Varied = Varied()
    baseline: Baseline = Baseline()
