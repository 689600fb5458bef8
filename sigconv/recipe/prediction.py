"""Predict with a run's model on new recordings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import loaders, nets
from sigconv.errors import ArgumentError, FormatError, ShapeError
from sigconv.files import refuse_folderless, write_whole
from sigconv.recipe import config, folder
from sigconv.recipe.domain import Domain
from sigconv.recipe.lines import Placement
from sigconv.recipe.progress import Progress, Tick
from sigconv.report import pictures
from sigconv.report.page import png
from sigconv.signal import Source
from sigconv.train import load_model, probabilities
from sigconv.train.outputs import at_once
from sigconv.windows import Windows


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network, the recipe that trained it, and what it knows of its data.

    facts : of model.json: shape of a window, classes, channels …
    """

    module: Any
    recipe: Any
    facts: Mapping[str, Any]

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes."""
        return tuple(self.facts["classes"])


def model_of(run: Path) -> Model:
    """The model in a run folder, with its recipe; see `network_of`."""
    module, facts = network_of(run)
    return Model(module, config.of_run(run), facts)


def network_of(run: Path) -> tuple[Any, dict[str, Any]]:
    """The trained network in a run folder, in evaluation mode, and the facts of model.json.

    Raises
    ------
    FileNotFoundError : no model there;  FormatError : a damaged one, or weights that do not fit its net
    """
    tensors, facts = load_model(run)
    try:
        channels, *grid = (int(n) for n in facts["shape"])
        spec = nets.InputSpec(channels=channels, grid=tuple(grid))
        module = nets.build(nets.parse(facts["net"]), spec, classes=len(tuple(facts["classes"])), seed=0)
        module.load_state_dict(tensors)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise FormatError(f"{run / 'model.json'}: does not describe its weights: {error}") from error
    return module.eval(), facts


def windows_of(domain: Domain, model: Model, file: Path, recording: Source, placement: Placement) -> Windows:
    """The windows of a new recording, prepared as in training.

    file : that the recording is of

    Raises
    ------
    ArgumentError : windows at events of a recording without time, or closer than its samples
    ShapeError : they are not as the model takes them
    SigconvError : what the domain refuses
    """
    _refuse_placement(file, recording, placement)
    cut = domain.fresh(model.recipe, model.facts, recording, placement)
    if tuple(cut.shape) != tuple(model.facts["shape"]):
        raise ShapeError(f"{file}: a window has shape {cut.shape}, the model takes {tuple(model.facts['shape'])}")
    return cut


def predict(
    domain: Domain, run: Path, files: Sequence[Path], out: Path | None, placement: Placement, progress: Progress
) -> tuple[str, ...]:
    """Write `out` (CSV of probabilities) and a picture beside it; return the lines that tell it.

    Parameters
    ----------
    run : folder of `sigconv run`
    files : recordings as the model was trained on; each is prepared in the same way
    out : .csv; by default FILE-predictions.csv in the present folder
    placement : which windows of a recording with a time axis

    Raises
    ------
    ArgumentError : `out` is no .csv; whatever the domain refuses
    """
    target = out or Path(f"{files[0].stem}-predictions.csv")
    if target.suffix.lower() != ".csv":
        raise ArgumentError(f"out is {str(target)!r}; the predictions are a .csv file, with a picture beside")
    refuse_folderless("out", target)
    model = model_of(run)
    rows: list[dict[str, Any]] = []
    seen, told = [], []
    with progress.stage("reading and predicting", 0) as tick:
        for file in files:
            recording = loaders.open(file)
            cut = windows_of(domain, model, file, recording, placement)
            said = _probabilities(model, cut, tick)
            seen.append(cut)
            told.append(said)
            rows += [_row(file, cut, i, said[i], model.classes, bool(placement.at)) for i in range(len(cut))]
    if domain.guessed is not None:
        picture = domain.guessed(seen, np.concatenate(told), model.classes)
    else:
        picture = _drawn(rows, recording, model.classes) if len(files) == 1 else _shares(rows, model.classes)
    _write_both(target, folder.as_csv(rows), png(picture))
    names = [row["predicted"] for row in rows]
    counts = ", ".join(f"{name} {names.count(name)}" for name in sorted(set(names)))
    return f"{len(rows)} windows: {counts}", str(target), str(target.with_suffix(".png"))


def _refuse_placement(file: Path, recording: Source, placement: Placement) -> None:
    """Refuse events of a recording without time, and windows less than a sample (and a tenth of a second) apart."""
    time = next((axis for axis in recording.axes if axis.name == "time"), None)
    if placement.at and time is None:
        raise ArgumentError(f"at is {', '.join(placement.at)}, but {file} has no time axis; leave --at out")
    if placement.at or time is None:
        return
    least = min(time.step, 0.1)  # slow recordings, a frame a second, go with the usual steps as well
    if placement.step < least:
        raise ArgumentError(
            f"step is {placement.step:g} s; {file} has a sample every {time.step:g} s, allowed: from {least:g} s"
        )


def _write_both(table: Path, rows: bytes, picture: bytes) -> None:
    drawn = table.with_suffix(".png")
    write_whole(drawn, picture)
    try:
        write_whole(table, rows)
    except OSError:
        drawn.unlink(missing_ok=True)
        raise


def _probabilities(model: Model, cut: Windows, tick: Tick) -> Any:
    """Class probabilities of every window, read some at a time."""
    said, together = [], at_once(cut.shape)
    for first in range(0, len(cut), together):
        some = range(first, min(first + together, len(cut)))
        said.append(probabilities(model.module, cut.batch(some), mirror=model.recipe.mirror))
        for _ in some:
            tick()
    return np.concatenate(said)


def _row(file: Path, cut: Windows, index: int, said: Any, classes: tuple[str, ...], labelled: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"file": str(file)}
    if any(axis.name == "time" for axis in cut.sources[0].axes):
        start, stop = cut.times(index)
        row |= {"start_s": round(start, 6), "stop_s": round(stop, 6)}
    if labelled:
        row["event"] = cut.classes[cut.labels[index]]
    row |= {f"p_{name}": round(float(p), 6) for name, p in zip(classes, said, strict=True)}
    return row | {"predicted": classes[int(said.argmax())]}


def _drawn(rows: list[dict[str, Any]], recording: Source, classes: tuple[str, ...]) -> Any:
    """One recording: its probabilities along time, or as bars where it is one window."""
    if len(rows) == 1 or "start_s" not in rows[0]:
        return _shares(rows, classes)
    middle = np.array([(row["start_s"] + row["stop_s"]) / 2 for row in rows])
    said = np.array([[row[f"p_{name}"] for name in classes] for row in rows])
    events = [(event.onset, event.label) for event in recording.events]
    return pictures.timeline(middle, said, classes, events)


def _shares(rows: list[dict[str, Any]], classes: tuple[str, ...]) -> Any:
    """Bars: the mean probability of each class."""
    return pictures.class_bars({name: float(np.mean([row[f"p_{name}"] for row in rows])) for name in classes})
