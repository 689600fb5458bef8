"""What a recipe for video may hold."""

from typing import Literal, Self

from pydantic import Field, model_validator

from sigconv.recipe.tables import Classify, Data, Hertz, Table


class Made(Table):
    """[data.made] how many clips to make up when no path is given: of each source, of so many frames and pixels."""

    sources: int = Field(default=16, ge=2, le=1000)
    clips: int = Field(default=48, ge=6, le=10000)
    frames: int = Field(default=16, ge=2, le=1000)
    size: int = Field(default=32, ge=16, le=512)
    rate: Hertz = Field(default=25.0, gt=0, le=1000)
    seed: int = Field(default=0, ge=0)


class VideoData(Data):
    """[data] videos with a class each; "" makes clips up."""

    made: Made = Made()


class Clip(Table):
    """[clip] what the network sees of a video.

    frames : of a clip, from the middle of the video; the last one of a shorter video is repeated
    rate : Hz, at which they are taken from the video: the frame shown at that moment
    size : pixels a side, to which whole frames are scaled
    channels : "colour" or "grey"; either way a clip is given mean 0 and standard deviation 1
    """

    frames: int = Field(default=8, ge=1, le=1000)
    rate: Hertz = Field(default=12.5, gt=0, le=1000)
    size: int = Field(default=32, ge=4, le=512)
    channels: Literal["colour", "grey"] = "grey"

    @property
    def length(self) -> float:
        """The seconds that a clip lasts."""
        return self.frames / self.rate


class Augmentation(Table):
    """[augment] how training clips are made anew in every epoch.

    mirror : left and right exchanged as often as not, and with them classes whose names tell a side, or a way round
    move : pixels, at most, along y and x
    """

    mirror: bool = False
    move: int = Field(default=0, ge=0)


class Baseline(Table):
    """[baseline] the network's twin on single frames, and on frames in a wrong order; trained as the network is."""

    frame: bool = True
    shuffled: bool = True

    @model_validator(mode="after")
    def _one(self) -> Self:
        if not (self.frame or self.shuffled):
            raise ValueError("one of frame and shuffled stays true; the network is shown beside something")
        return self


class VideoRecipe(Classify):
    """A whole recipe that classifies video."""

    data: VideoData = VideoData()
    clip: Clip = Clip()
    augment: Augmentation = Augmentation()
    baseline: Baseline = Baseline()
