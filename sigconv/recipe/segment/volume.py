"""Segmentation of volumes: organs in CT, structures in MR …, label maps back in the scan's own geometry."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
from matplotlib.figure import Figure
from pydantic import Field, model_validator

from sigconv import filters, loaders
from sigconv.errors import ArgumentError, one_of
from sigconv.filters.regrid import spaced_grid
from sigconv.loaders import Recording, dicom, recording
from sigconv.loaders.dicom.pixels import Slices
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.lines import line_of
from sigconv.recipe.progress import Progress
from sigconv.recipe.segment import line, prediction
from sigconv.recipe.segment.domain import Array, Baseline, Cases, Method, Segmenter
from sigconv.recipe.segment.evaluated import Evaluated
from sigconv.recipe.segment.gather import with_masks
from sigconv.recipe.segment.labels import Classes
from sigconv.recipe.segment.outcome import typical
from sigconv.recipe.segment.tables import Segment, SegmentData
from sigconv.recipe.tables import Table
from sigconv.recipe.volume.prepared import prepared as ready
from sigconv.recipe.volume.prepared import prepared_labels
from sigconv.recipe.volume.tables import Grid, Levels, Varied, told
from sigconv.report.atlas import atlas
from sigconv.report.planes import Cut, three_planes
from sigconv.signal import Axis, Signal, Source
from sigconv.train.augment import Augment

_SUFFIXES = (".nii.gz", ".nii", ".nrrd", ".mha", ".dcm")


class Made(Table):
    """[data.made] torsos with organs, when no path is given.

    scans : one of each patient;  organs : those that are labelled; [] for all
    spacing : mm along z, y, x;  noise : HU
    """

    scans: int = Field(default=8, ge=3, le=1000)
    organs: list[str] = Field(default=[])
    spacing: list[float] = Field(default=[6.0, 6.0, 6.0], min_length=3, max_length=3)
    noise: float = Field(default=12.0, ge=0)
    seed: int = Field(default=0, ge=0)


class VolumeData(SegmentData):
    """[data] scans with label maps."""

    made: Made = Made()


class VolumeSegment(Segment):
    """A whole recipe that segments volumes."""

    data: VolumeData = VolumeData()
    grid: Grid = Grid()
    levels: Levels = Levels()
    augment: Varied = Varied()

    @model_validator(mode="after")
    def _three_axes(self) -> "VolumeSegment":
        if len(self.patch.size) != 3:
            raise ValueError(f"patch.size is {self.patch.size}; a volume has three axes z, y, x")
        return self


def gather(recipe: VolumeSegment, progress: Progress) -> Gathered:
    """The scans and label maps of [data], or made-up torsos."""
    if recipe.data.path:
        with progress.stage("opening scans", 0) as tick:
            return with_masks(recipe.data, "volume", tick)
    from sigconv.loaders.volume.generator import ORGANS, torsos

    made = recipe.data.made
    for name in made.organs:
        one_of("data.made.organs", name, ORGANS)
    with progress.stage("making torsos up", made.scans) as tick:
        pairs = torsos(made.scans, made.spacing, made.noise, made.seed, tick)
    sources, masks = zip(*((scan, _labelled(mask, made.organs or ORGANS)) for scan, mask in pairs), strict=True)
    names = tuple(str(scan.notes["subject"]) for scan in sources)
    return Gathered(sources, ("",) * len(sources), names, "patient", "made-up torsos", masks=masks)


def _labelled(mask: Recording, organs: Sequence[str]) -> Recording:
    """A made-up label map of these organs alone, which tells the background's name as well."""
    marked, numbers = mask.read(), {name: number for number, name in mask.notes["classes"].items()}
    new = np.zeros(max(numbers.values()) + 1, np.uint8)
    new[[numbers[name] for name in organs]] = range(1, len(organs) + 1)
    notes = {**mask.notes, "labels": dict(enumerate(("background", *organs)))}
    return recording.of(marked.with_data(new[marked.data], notes=notes))


def prepared(recipe: VolumeSegment, source: Source) -> Source:
    """A scan of the recipe's spacing and levels; raises as volume.prepared.prepared."""
    return ready(source, recipe.grid, recipe.levels)


def prepared_mask(recipe: VolumeSegment, mask: Source, _source: Source) -> Source:
    """A label map on the grid of the prepared scan."""
    return prepared_labels(mask, recipe.grid)


def restored(recipe: VolumeSegment, labels: Array, source: Source) -> Array:
    """The label of the nearest voxel that the network saw, at every voxel of the scan."""
    if labels.shape == tuple(axis.size for axis in source.axes[1:]):
        return labels
    axes = (Axis.channel(["label"]), *spaced_grid(source, recipe.grid.spacing))
    found: Array = filters.onto(Signal(labels[None], axes, notes=source.notes), source, labels=True).data[0]
    return found


def target(source: Source, path: Path) -> Path:
    """Where a label map goes: NIfTI, or as `path` says; DICOM for a DICOM scan of uneven slices, which no other has.

    Raises
    ------
    ArgumentError : `path` has the suffix of another kind of file, .dcm for a scan that is not DICOM, or anything but
        .dcm for uneven slices
    """
    ending = next((suffix for suffix in _SUFFIXES if path.name.lower().endswith(suffix)), "")
    if not ending and any(path.suffix.lower() in door.suffixes for door in loaders.DOORS):
        raise ArgumentError(f"out is {str(path)!r}; a label map of a volume is one of {', '.join(_SUFFIXES)}")
    if ending == ".dcm" and not _is_dicom(source):
        raise ArgumentError(f"out is {str(path)!r}; a DICOM segmentation refers to a DICOM scan, and this is none")
    uneven = _is_dicom(source) and any(axis.positions for axis in source.axes)
    if uneven and ending not in ("", ".dcm"):
        raise ArgumentError(f"out is {str(path)!r}; the slices of this scan are uneven, which a .dcm alone can tell")
    return path if ending else path.with_name(path.name + (".dcm" if uneven else ".nii.gz"))


def save(classes: Classes, labels: Array, source: Source, path: Path) -> list[Path]:
    """Write a label map in the scan's geometry, and beside that of a DICOM scan a DICOM segmentation.

    Raises
    ------
    ArgumentError : nothing is labelled and `path` is .dcm, as a segmentation cannot be empty
    """
    kept = {name: source.notes[name] for name in ("origin", "directions", "stored") if name in source.notes}
    axes = (Axis.channel(["label"]), *source.axes[1:])
    written = []
    if path.suffix.lower() != ".dcm":
        told = {each[0]: name for name, each in zip(classes.names, classes.numbers, strict=True)}
        notes = {**kept, "domain": "volume", "classes": told}
        loaders.save(Signal(classes.written(labels)[None], axes, notes=notes), path)
        written.append(path)
    if _is_dicom(source) and (labels.any() or not written):
        beside = path.with_name(path.name.split(".")[0] + ".dcm") if written else path
        dicom.save_segmentation(Signal(labels[None], axes, notes=kept), source, beside, classes.names[1:])
        written.append(beside)
    return written


def _is_dicom(source: Source) -> TypeGuard[Recording]:
    return isinstance(source, Recording) and isinstance(source.reader, Slices)


def baselines(_recipe: VolumeSegment, cases: Cases, _progress: Progress) -> dict[str, Baseline]:
    """Naive Bayes on place and level: where each class lies in the training scans, and how bright it is there."""

    def fitted(train: Sequence[int]) -> Method:
        def pairs() -> Iterator[tuple[Array, Array]]:
            for index in train:
                yield _seen(cases, index), cases.wanted[index].read().data[0]

        found = atlas(pairs, len(cases.classes.names))
        return lambda index: restored(_recipe, found(_seen(cases, index)), cases.gathered.sources[index])

    return {"atlas and levels": fitted}


def _seen(cases: Cases, index: int) -> Array:
    data: Array = np.asarray(cases.ready[index].read().data).mean(0)
    return data


def augment(recipe: VolumeSegment) -> Augment | None:
    """What changes training patches."""
    return recipe.augment.steps(recipe.grid.spacing)


def drawn(recipe: VolumeSegment, cases: Cases, found: Evaluated) -> Figure:
    """The best, the middle and the worst held-out scan in three planes, the truth and what was said outlined."""
    cuts = []
    for outcome in typical(found.outcomes, recipe.run.seeds[0]):
        scan, truth = cases.gathered.sources[outcome.index], cases.truth(outcome.index)
        said = cases.classes.numbered(loaders.open(found.masks[outcome.index])).read().data[0]
        title = f"{outcome.name}\nmean Dice {outcome.foreground:.3f}"
        cuts.append(Cut(title, scan.read().data[0], [axis.step for axis in scan.axes[1:]], truth, said))
    levels = recipe.levels
    shown = None if levels.low is None or levels.high is None else (levels.low, levels.high)
    return three_planes(cuts, cases.classes.names[1:], shown)


def facts(recipe: VolumeSegment, _cases: Cases) -> dict[str, Any]:
    """Spacing and levels in words."""
    return told(recipe.grid, recipe.levels)


DOMAIN = Segmenter(
    VolumeSegment,
    gather,
    prepared,
    target,
    save,
    baselines,
    prepared_mask,
    restored,
    facts=facts,
    augment=augment,
    drawn=drawn,
)
LINE = line_of(DOMAIN, line.run, prediction.predict, line.planned)
