"""Predict label maps of new recordings with a run's model, in their own format and geometry."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError, RecipeError
from sigconv.files import refuse_folderless
from sigconv.loaders import Recording
from sigconv.recipe.lines import Placement
from sigconv.recipe.prediction import model_of
from sigconv.recipe.progress import Progress
from sigconv.recipe.segment.domain import Segmenter
from sigconv.recipe.segment.labels import Classes
from sigconv.recipe.segment.line import sliding_of
from sigconv.train import predict_whole


def predict(
    domain: Segmenter, run: Path, files: Sequence[Path], out: Path | None, placement: Placement, progress: Progress
) -> tuple[str, ...]:
    """Write the label map of every recording; return the lines that tell it.

    Parameters
    ----------
    run : folder of `sigconv run`
    files : recordings as the model was trained on, of any size; a folder is a DICOM series
    out : of one recording the file to write, without or with its suffix; of several a folder; by default
        FILE-labels in the present folder

    Raises
    ------
    ArgumentError : `out` is a file for several recordings, or two of them have one name; or windows at events
    RecipeError : a recording of another domain or with other channels
    """
    if placement.at:
        raise ArgumentError(f"at is {', '.join(placement.at)}; a label map is of the whole recording: leave --at out")
    model = model_of(run)
    if len(files) > 1 and out is not None and not out.is_dir():
        raise ArgumentError(f"out is {str(out)!r}; for {len(files)} recordings it is a folder that exists")
    if out is not None:
        refuse_folderless("out", out)
    classes = _classes(run, model.facts)
    channels = int(model.facts["shape"][0])
    sliding = sliding_of(model.recipe, model.module, channels)
    decide = domain.decide(model.recipe, model.facts["chosen"])
    opened = _opened(domain, model.recipe, files, out)
    told: list[str] = []
    for file, recording, target in opened:
        ready = domain.prepared(model.recipe, recording)
        if ready.axes[0].size != channels:
            raise RecipeError(f"{file} has {recording.axes[0].size} channels; this model takes {channels}")
        total = sliding.count([axis.size for axis in ready.axes[1:]])
        with progress.stage(f"predicting {file.name}", total) as tick:
            decided = predict_whole(model.module, ready, sliding, decide=decide, progress=tick)
        labels = domain.finished(model.recipe, model.facts["chosen"], decided)
        labels = domain.restored(model.recipe, labels, recording)
        written = domain.save(classes, labels, recording, target)
        shares = ", ".join(f"{name} {100 * float((labels == i).mean()):.1f} %" for i, name in enumerate(classes.names))
        told += [f"{path}: {shares}" for path in written]
    return tuple(told)


def _opened(
    domain: Segmenter, recipe: Any, files: Sequence[Path], out: Path | None
) -> list[tuple[Path, Recording, Path]]:
    """Each file, its recording and where its label map goes, all of them looked at before the first is written."""
    found: list[tuple[Path, Recording, Path]] = []
    for file in files:
        recording = loaders.open(file)
        if (there := recording.notes["domain"]) != recipe.domain:
            raise RecipeError(f"{file} is of the domain {there!r}; this model takes {recipe.domain!r}")
        stem = f"{file.absolute().name.split('.')[0]}-labels"
        target = domain.target(recording, Path(stem) if out is None else out / stem if out.is_dir() else out)
        if other := next((one for one, _, place in found if place == target), None):
            raise ArgumentError(f"{other} and {file} would both be written to {target}; one at a time, with --out")
        found.append((file, recording, target))
    return found


def _classes(run: Path, facts: Any) -> Classes:
    try:
        return Classes(tuple(facts["classes"]), tuple(tuple(int(n) for n in each) for each in facts["numbers"]))
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{run / 'model.json'}: does not describe its label maps: {error}") from None
