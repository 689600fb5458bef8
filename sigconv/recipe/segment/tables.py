"""The tables that segmentation recipes share; a domain adds its own."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sigconv.recipe.tables import Classify, Data, Table

Number = Annotated[int, Field(ge=0)]


class SegmentData(Data):
    """[data] recordings with a label map each.

    path : a folder with images/ and labels/ (see loaders.pairs), one in nnU-Net's layout, or a CSV or TSV table with
        the columns path, mask and group; "" makes data up
    pattern, mask : how the paths below the folder are written, as "image/{section}.png", and the label map of each, as
        "label/{section}.png"; `mask` alone is the table's column
    classes : name -> the number, or numbers, that stand for it in the label maps, the background first; by default
        what the data set names, or else the numbers that occur
    block : recordings in a row that are one group, as consecutive sections of one volume; 0 for none
    """

    mask: str = "mask"
    classes: dict[str, Number | list[Number]] = Field(default={})
    block: int = Field(default=0, ge=0)


class Patch(Table):
    """[patch] what the network sees at a time, and how patches cover a whole recording.

    size : samples along every grid axis
    step : samples from one training patch to the next along every axis
    overlap : share of a patch that the next one covers again in prediction
    mirror : grid axes, from 0; predictions are the mean over all their mirrorings
    batch : patches at a time in prediction
    boundary : what lies beyond a recording that is shorter than a patch
    """

    size: list[Annotated[int, Field(ge=1)]] = Field(min_length=1, max_length=3)
    step: list[Annotated[int, Field(ge=1)]] = Field(min_length=1, max_length=3)
    overlap: float = Field(default=0.5, ge=0, lt=1)
    mirror: list[Annotated[int, Field(ge=0, le=2)]] = Field(default=[])
    batch: int = Field(default=4, ge=1)
    boundary: Literal["zeros", "edge", "reflect", "symmetric"] = "edge"

    @model_validator(mode="after")
    def _axes_agree(self) -> "Patch":
        if len(self.size) != len(self.step):
            raise ValueError(f"size has {len(self.size)} axes and step {len(self.step)}; one number each")
        if self.mirror and max(self.mirror) >= len(self.size):
            raise ValueError(f"mirror names axis {max(self.mirror)}; there are {len(self.size)}, from 0")
        return self


class Segment(Classify):
    """What every recipe that trains a segmentation has."""

    kind: str = "segment"
    data: SegmentData = SegmentData()
    patch: Patch
