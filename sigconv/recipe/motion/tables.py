"""What a recipe for motion capture may hold."""

from typing import Literal

from pydantic import Field

from sigconv.recipe.tables import Classify, Data, Hertz, Metres, Seconds, Table


class Made(Table):
    """[data.made] how many walks to make up when no path is given: takes of each subject, of so many seconds."""

    subjects: int = Field(default=8, ge=2, le=1000)
    takes: int = Field(default=24, ge=3, le=10000)
    seconds: Seconds = Field(default=4.0, gt=0)
    seed: int = Field(default=0, ge=0)


class MotionData(Data):
    """[data] recordings of markers or joints with a class each; "" makes walks up."""

    made: Made = Made()


class Pose(Table):
    """[pose] what the network sees of a recording.

    joints : markers or joints by name, in this order; [] takes those that every recording has
    origin : those of them whose mean lies above the origin; [] takes all
    up : the axis that points upwards; "file" asks the file
    rate : Hz, to which recordings are brought
    length : s of a window; shorter recordings stand still before and after, of longer ones the middle is taken
    """

    joints: list[str] = Field(default=[])
    origin: list[str] = Field(default=[])
    up: Literal["file", "x", "y", "z"] = "file"
    rate: Hertz = Field(default=10.0, gt=0, le=1000)
    length: Seconds = Field(default=8.0, gt=0)

    @property
    def size(self) -> int:
        """The samples of a window, two or more."""
        return max(2, round(self.length * self.rate))


class Augmentation(Table):
    """[augment] how training windows are made anew in every epoch; 0 leaves a technique out.

    mirror : left and right exchanged as often as not, in joints and classes whose names tell a side
    turn : degrees about the vertical, at most
    tempo : largest factor of the speed, 1 or more
    shift : s, at most
    noise : m, largest standard deviation of what is added to every coordinate
    """

    mirror: bool = False
    turn: float = Field(default=0.0, ge=0, le=180)
    tempo: float = Field(default=1.0, ge=1, le=4)
    shift: Seconds = Field(default=0.0, ge=0)
    noise: Metres = Field(default=0.0, ge=0)


class MotionRecipe(Classify):
    """A whole recipe that classifies motion."""

    data: MotionData = MotionData()
    pose: Pose = Pose()
    augment: Augmentation = Augmentation()
