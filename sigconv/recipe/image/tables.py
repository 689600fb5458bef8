"""What a recipe for images may hold."""

from typing import Literal

from pydantic import Field

from sigconv.recipe.tables import Classify, Data, Run, Table


class Made(Table):
    """[data.made] which images to make up when no path is given.

    what : "shapes" that only their texture shows, in colour; or "digits" as people write them, in grey
    groups : textures or writers; the last quarter of them is the test part
    each : images of a group
    seed : the same seed makes the same images
    """

    what: Literal["shapes", "digits"] = "shapes"
    groups: int = Field(default=24, ge=2, le=1000)
    each: int = Field(default=48, ge=10, le=10000)
    seed: int = Field(default=0, ge=0)


class ImageData(Data):
    """[data] images with a class each: class folders, a zip of them, a CSV, or an HDF5 table; "" makes some up."""

    made: Made = Made()


class Image(Table):
    """[image] what the network sees.

    size : pixels a side; an image of another size is scaled so that its shorter side fits, and its middle is taken
    channels : "colour" (grey images have three equal ones) or "grey" (of colours, the brightness)
    invert : black and white exchanged, for dark ink on light paper
    """

    size: int = Field(default=32, ge=4, le=1024)
    channels: Literal["colour", "grey"] = "colour"
    invert: bool = False


class Augmentation(Table):
    """[augment] how training images are made anew in every epoch; 0 leaves a technique out.

    mirror : left and right exchanged as often as not; a new image is then looked at both ways, too
    move : pixels, at most, along y and x; what comes in is mirrored at the edge
    cover : pixels, the side of a square that is hidden
    turn : degrees, at most, either way
    scale : 0.1 shows an image up to 1.1 times as large, or as much smaller
    shift : pixels, at most, along y and x, in parts of a pixel; what comes in is black
    """

    mirror: bool = False
    move: int = Field(default=0, ge=0)
    cover: int = Field(default=0, ge=0)
    turn: float = Field(default=0.0, ge=0, le=180)
    scale: float = Field(default=0.0, ge=0, le=1)
    shift: float = Field(default=0.0, ge=0)


class Baseline(Table):
    """[baseline] "slopes": logistic regression on histograms of slopes and colours; "nearest": the nearest image."""

    kind: Literal["slopes", "nearest"] = "slopes"


class ImageRecipe(Classify):
    """A whole recipe that classifies images."""

    run: Run = Run(hold_out="auto", model="first")
    data: ImageData = ImageData()
    image: Image = Image()
    augment: Augmentation = Augmentation()
    baseline: Baseline = Baseline()

    @property
    def mirror(self) -> tuple[int, ...]:
        """Where mirrored images are learnt, an image and its mirror image are classified together."""
        return (1,) if self.augment.mirror else ()
