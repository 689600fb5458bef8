"""Segmentation of pictures: regions between membranes, cells, fields … beside thresholds of brightness."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from sigconv import loaders
from sigconv.errors import ArgumentError, RecipeError, nearest
from sigconv.loaders import Recording, recording
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.lines import line_of
from sigconv.recipe.progress import Progress
from sigconv.recipe.segment import line, prediction
from sigconv.recipe.segment.domain import Array, Baseline, Cases, Decide, Method, Segmenter
from sigconv.recipe.segment.gather import with_masks
from sigconv.recipe.segment.labels import Classes
from sigconv.recipe.segment.parted import parted
from sigconv.recipe.segment.tables import Segment, SegmentData
from sigconv.recipe.tables import Table
from sigconv.report.brightness import Thresholds, learnt, otsu
from sigconv.report.rand import rand, regions
from sigconv.signal import Axis, Signal, Source
from sigconv.train import most_likely
from sigconv.train.augment import Augment, compose
from sigconv.train.augment.reoriented import Reoriented
from sigconv.train.augment.warped import Warped

_EDGES = (0.3, 0.4, 0.5, 0.6, 0.7)
_CORES = (0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99)
_MOST_CHOSEN = 6  # training pictures that edge and core are chosen on
_SUFFIXES = {".png": ".png", ".tif": ".tif", ".tiff": ".tif"}


class Made(Table):
    """[data.made] how many sections of tissue to make up when no path is given."""

    blocks: int = Field(default=4, ge=2, le=1000)
    sections: int = Field(default=8, ge=1, le=1000)
    size: int = Field(default=128, ge=32, le=4096)
    seed: int = Field(default=0, ge=0)


class ImageData(SegmentData):
    """[data] pictures with label maps."""

    made: Made = Made()


class Prepare(Table):
    """[prepare] colour: "grey" takes the mean of red, green and blue, "rgb" repeats what is grey."""

    colour: Literal["grey", "rgb"] = "grey"


class Augmentation(Table):
    """[augment] of training patches.

    reorient : quarter turns and mirror images
    warp, apart : pixels, the spread of a smooth random displacement (0: none), and from one of its knots to the next
    """

    reorient: bool = True
    warp: float = Field(default=0.0, ge=0)
    apart: float = Field(default=32.0, ge=1)


class Regions(Table):
    """[regions] of: the class whose connected regions count, by the Rand score; "" for none.

    Its regions are parted where they nearly touch; from which probability on, training pictures tell.
    """

    of: str = ""


class Smoothing(Table):
    """[baseline] smooth: pixels, standard deviation of a Gaussian before the threshold."""

    smooth: float = Field(default=2.0, ge=0)


class ImageSegment(Segment):
    """A whole recipe that segments pictures."""

    data: ImageData = ImageData()
    prepare: Prepare = Prepare()
    augment: Augmentation = Augmentation()
    regions: Regions = Regions()
    baseline: Smoothing = Smoothing()


def gather(recipe: ImageSegment, progress: Progress) -> Gathered:
    """The pictures and label maps of [data], or sections of made-up tissue."""
    made = recipe.data.made
    if recipe.data.path:
        with progress.stage("opening pictures", 0) as tick:
            found = with_masks(recipe.data, "image", tick)
        _refuse_class(recipe)
        return found
    from sigconv.loaders.image.generator import membranes

    with progress.stage("making up tissue", made.blocks) as tick:
        pairs = membranes(made.blocks, made.sections, made.size, made.seed, tick)
    sources, masks = zip(*pairs, strict=True)
    groups = tuple(str(source.notes["group"]) for source in sources)
    _refuse_class(recipe)
    return Gathered(sources, ("",) * len(sources), groups, "block", "made-up tissue", masks=masks)


def _refuse_class(recipe: ImageSegment) -> None:
    name, known = recipe.regions.of, recipe.data.classes
    if name and name not in known:
        raise RecipeError(
            f"regions.of is {name!r}{nearest(name, known)}; it is one of data.classes: {', '.join(known) or 'none'}"
        )


def prepared(recipe: ImageSegment, source: Source) -> Recording:
    """A picture in the recipe's colours, float32, with mean 0 and standard deviation 1 in every channel."""
    data = np.asarray(source.read().data, dtype=np.float32)
    data = data[:3] if len(data) > 2 else data[:1]  # without alpha
    if recipe.prepare.colour == "grey":
        data = data.mean(0, keepdims=True)
    elif len(data) == 1:
        data = np.repeat(data, 3, axis=0)
    axes = tuple(range(1, data.ndim))
    spread = np.maximum(data.std(axes, keepdims=True), 1e-6)
    names = ["grey"] if len(data) == 1 else ["red", "green", "blue"]
    data = (data - data.mean(axes, keepdims=True)) / spread
    return recording.of(Signal(data, (Axis.channel(names), *source.axes[1:]), notes=source.notes))


def target(source: Source, path: Path) -> Path:
    """Where a label map goes: as TIFF where the picture is one, and as PNG otherwise; both are without loss.

    Raises
    ------
    ArgumentError : `path` has the suffix of another format
    """
    told = path.suffix.lower()
    if told in _SUFFIXES:
        return path
    if any(told in door.suffixes for door in loaders.DOORS):
        raise ArgumentError(f"out is {str(path)!r}; a label map of a picture is written without loss, as .png or .tif")
    own = Path(str(source.notes.get("path", ""))).suffix.lower()
    return path.with_name(path.name + _SUFFIXES.get(own, ".png"))


def save(classes: Classes, labels: Array, source: Source, path: Path) -> list[Path]:
    """Write a label map on its picture's grid."""
    loaders.save(Signal(classes.written(labels)[None], (Axis.channel(["label"]), *source.axes[1:])), path)
    return [path]


def augment(recipe: ImageSegment) -> Augment | None:
    """What changes training patches."""
    told = recipe.augment
    steps: list[Augment] = []
    if told.reorient:
        steps.append(Reoriented((-2, -1)))
    if told.warp:
        steps.append(Warped(told.warp, told.apart))
    return compose(*steps) if steps else None


def baselines(recipe: ImageSegment, cases: Cases, _progress: Progress) -> dict[str, Baseline]:
    """Otsu's threshold where there are two classes, and the ranges of brightness that training pictures tell."""
    from scipy.ndimage import gaussian_filter

    def smooth(index: int) -> Array:
        grey = cases.ready[index].read().data.mean(0)
        return np.asarray(gaussian_filter(grey, recipe.baseline.smooth))

    def by_range(train: Sequence[int]) -> Method:
        found = learnt([smooth(i) for i in train], [cases.truth(i) for i in train], len(cases.classes.names))
        return lambda index: found(smooth(index))

    def by_otsu(train: Sequence[int]) -> Method:
        # which side is which class is what training pictures tell
        both = [i for i in train if set(np.unique(cases.truth(i))) == {0, 1}][:8]
        bright = [smooth(i)[cases.truth(i) == 1].mean() > smooth(i)[cases.truth(i) == 0].mean() for i in both]
        order = np.array([0, 1] if 2 * sum(bright) >= len(bright) else [1, 0], np.uint8)

        def said(index: int) -> Array:
            image = smooth(index)
            try:
                edge = otsu(image)
            except ArgumentError:  # one level everywhere: all of it is the darker kind
                return np.full(image.shape, order[0])
            return Thresholds(np.array([edge]), order)(image)

        return said

    two: dict[str, Baseline] = {"Otsu": by_otsu} if len(cases.classes.names) == 2 else {}
    return {**two, "brightness ranges": by_range}


def chosen(recipe: ImageSegment, cases: Cases, train: Sequence[int], probabilities: Method) -> dict[str, Any]:
    """What parts [regions] of: the edge with the fewest wrong samples, the core with the best Rand.

    Both on training pictures that show it; of several cores as good as the best, to a thousandth, the middle one
    is taken.
    """
    if not recipe.regions.of:
        return {}
    number = cases.classes.names.index(recipe.regions.of)
    shows = [i for i in train if cases.counts[i][number]]
    some = [shows[int(i)] for i in np.unique(np.linspace(0, len(shows) - 1, _MOST_CHOSEN).astype(int))]
    own = [cases.truth(index) == number for index in some]
    said = [probabilities(index)[number] for index in some]
    wrong = [sum(float(((p >= edge) != o).mean()) for o, p in zip(own, said, strict=True)) for edge in _EDGES]
    edge = _EDGES[int(np.argmin(wrong))]
    known = [(regions(o, thin=False), p) for o, p in zip(own, said, strict=True)]
    scores = [np.mean([rand(t, regions(parted(p, sure, edge))).score for t, p in known]) for sure in _CORES]
    best = np.flatnonzero(np.array(scores) >= max(scores) - 1e-3)
    return {"class": number, "sure": _CORES[int(best[len(best) // 2])], "edge": edge}


def decide(_recipe: ImageSegment, told: Mapping[str, Any]) -> Decide:
    """The class of highest probability; probabilities as they are where regions are parted behind it."""
    return as_they_are if told else most_likely


def as_they_are(probabilities: Array) -> Array:
    """Probabilities, undecided."""
    return probabilities


def finished(_recipe: ImageSegment, told: Mapping[str, Any], decided: Array) -> Array:
    """Classes; those of [regions] parted from where the network is sure."""
    if not told:
        return decided
    number = int(told["class"])
    others = np.delete(np.arange(len(decided), dtype=np.uint8), number)
    rest = others[np.delete(decided, number, 0).argmax(0)]
    inside = parted(decided[number], float(told["sure"]), float(told["edge"]))
    found: Array = np.where(inside, np.uint8(number), rest)
    return found


def measures(recipe: ImageSegment, truth: Array, said: Array) -> dict[str, float]:
    """The Rand score of [regions], with what was split and what was merged."""
    if not recipe.regions.of:
        return {}
    number = list(recipe.data.classes).index(recipe.regions.of)
    own = truth == number
    if not own.any():
        return dict.fromkeys(("Rand F", "Rand split", "Rand merge"), float("nan"))
    found = rand(regions(own, thin=False), regions(said == number))
    return {"Rand F": found.score, "Rand split": found.split, "Rand merge": found.merge}


DOMAIN = Segmenter(
    ImageSegment,
    gather,
    prepared,
    target,
    save,
    baselines,
    chosen=chosen,
    decide=decide,
    finished=finished,
    measures=measures,
    augment=augment,
)
LINE = line_of(DOMAIN, line.run, prediction.predict, line.planned)
