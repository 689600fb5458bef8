"""Predict with a run's model on a new recording."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import loaders, nets
from sigconv.errors import ArgumentError, FormatError, SamplingError
from sigconv.files import write_whole
from sigconv.recipe import eeg
from sigconv.recipe.config import Filter
from sigconv.recipe.progress import Tick
from sigconv.recipe.run import as_csv
from sigconv.report import pictures
from sigconv.report.page import png
from sigconv.signal import Source
from sigconv.train import load_model, probabilities
from sigconv.windows import Windows, around_events, sliding


@dataclass(frozen=True, eq=False)
class Model:
    """A trained network and what it expects of a recording."""

    module: Any
    channels: tuple[str, ...]
    fs: float
    size: int
    classes: tuple[str, ...]
    filter: Filter
    start: float


def model_of(run: Path) -> Model:
    """The model in a run folder.

    Raises
    ------
    FileNotFoundError : no model there;  FormatError : a damaged one, or weights that do not fit its net
    """
    tensors, facts = load_model(run)
    try:
        channels, classes = tuple(facts["channels"]), tuple(facts["classes"])
        size, fs = int(facts["size"]), float(facts["fs"])
        spec = nets.InputSpec(channels=len(channels), grid=(size,))
        module = nets.build(nets.parse(facts["net"]), spec, classes=len(classes), seed=0)
        module.load_state_dict(tensors)
        kept = Filter.model_validate(facts["filter"])
        return Model(module.eval(), channels, fs, size, classes, kept, float(facts["window"]["start"]))
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise FormatError(f"{run / 'model.json'}: does not describe its weights: {error}") from error


def predict(run: Path, file: Path, out: Path, *, step: float, at: list[str], tick: Tick) -> list[dict[str, Any]]:
    """Write `out` (CSV of times and probabilities) and a picture beside it; return the rows.

    Parameters
    ----------
    run : folder of `sigconv run`
    file : a recording that holds every channel of the model, in any order, at the model's rate
    out : .csv
    step : s between windows that slide over the whole recording
    at : event labels; if any, one window for each such event instead, placed as in training

    Raises
    ------
    ArgumentError : `out` no .csv, channels that are missing (named)
    SamplingError : another rate, or a recording too short
    """
    if out.suffix.lower() != ".csv":
        raise ArgumentError(f"out is {str(out)!r}; the predictions are a .csv file, with a picture of the same name")
    if not out.parent.is_dir():
        raise FileNotFoundError(f"out is {str(out)!r}: there is no folder {out.parent}; make it first")
    drawn = out.with_suffix(".png")
    model = model_of(run)
    recording: Source = loaders.open(file).pick(model.channels)
    rate = recording.axes[-1].rate
    if rate != model.fs:
        raise SamplingError(
            f"{file} is sampled at {rate:g} Hz, the model was trained at {model.fs:g} Hz; "
            f"first: sigconv filter {file} resampled.edf --resample {model.fs:g}"
        )
    ready, _ = eeg.prepared(recording, model.filter)
    length = model.size / model.fs
    if at:
        name = str(recording.notes.get("name", file.name))
        cut = around_events([ready], {label: label for label in at}, model.start, model.start + length, [name])
    else:
        cut = sliding(ready, length, step, model.classes)
    said = _probabilities(model.module, cut, tick)
    rows = [_row(cut, i, said[i], model.classes, bool(at)) for i in range(len(cut))]
    middle = [(row["start_s"] + row["stop_s"]) / 2 for row in rows]
    events = [(event.onset, event.label) for event in recording.events]
    picture = png(pictures.timeline(np.array(middle), said, model.classes, events))
    write_whole(drawn, picture)
    try:
        write_whole(out, as_csv(rows))
    except OSError:
        drawn.unlink(missing_ok=True)
        raise
    return rows


def _probabilities(module: Any, cut: Windows, tick: Tick, together: int = 256) -> Any:
    """Class probabilities of every window, read `together` at a time."""
    said = []
    for first in range(0, len(cut), together):
        some = range(first, min(first + together, len(cut)))
        said.append(probabilities(module, cut.batch(some)))
        for _ in some:
            tick()
    return np.concatenate(said)


def _row(cut: Windows, index: int, said: Any, classes: tuple[str, ...], labelled: bool) -> dict[str, Any]:
    start, stop = cut.times(index)
    row: dict[str, Any] = {"start_s": round(start, 6), "stop_s": round(stop, 6)}
    if labelled:
        row["event"] = cut.classes[cut.labels[index]]
    row |= {f"p_{name}": round(float(p), 6) for name, p in zip(classes, said, strict=True)}
    return row | {"predicted": classes[int(said.argmax())]}
