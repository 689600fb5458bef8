"""The log of trainings while they run: a row an epoch in log.csv, and TensorBoard's event files."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sigconv.errors import MissingExtra
from sigconv.recipe.folder import LOG, as_csv
from sigconv.recipe.progress import Tick
from sigconv.recipe.tables import Run
from sigconv.train import Fitted
from sigconv.train.curve import Epoch
from sigconv.train.processes import here

BOARD = "tensorboard"


@contextmanager
def noted(place: Path | None, seed: int, run: Run, tick: Tick) -> Iterator[Callable[[Epoch], None]]:
    """What train.fit calls with every epoch: notes a row in place/log.csv, and tells the progress bar.

    Parameters
    ----------
    place : the folder of this training, named NUMBER-FOLD-seedN, in one of all trainings in the run
        folder; None for no log
    seed : of the training;  run : [run], whose `tensorboard` asks for event files in the run folder

    Raises
    ------
    MissingExtra : TensorBoard is asked for and not installed
    """
    if run.tensorboard and find_spec("tensorboard") is None:
        raise MissingExtra("tensorboard", "logs")
    writers: list[Any] = []

    def note(row: Epoch) -> None:
        tick(short(row))
        if place is None or not here().first:
            return
        _append(place, seed, row)
        if run.tensorboard:
            if not writers:
                writers.append(_board(place))
            _drawn(writers[0], row)

    try:
        yield note
    finally:
        for writer in writers:
            writer.close()


def short(row: Epoch) -> str:
    """An epoch for a progress bar.

    >>> short(Epoch(2, 0.51, 0.9, *(math.nan,) * 4, 0.1, 2, 1234))
    'loss 0.510, score 0.900, 1,234 samples/s'
    """
    held = "" if math.isnan(row.validation_score) else f" ({row.validation_score:.3f} on validation)"
    return f"loss {row.loss:.3f}, score {row.score:.3f}{held}, {row.samples_per_second:,.0f} samples/s"


def curve_rows(trainings: Iterable[tuple[str, int]], fitted: Sequence[Fitted]) -> list[dict[str, Any]]:
    """The learning curves of some trainings as rows of a table, without times, so that two runs write the same.

    trainings : what was held out, and the seed, of each;  fitted : what each gave
    """
    timed = ("seconds", "samples_per_second")
    return [
        {"held_out": name, "seed": seed, **{k: v for k, v in asdict(epoch).items() if k not in timed}}
        for (name, seed), model in zip(trainings, fitted, strict=True)
        for epoch in model.history
    ]


def _append(place: Path, seed: int, row: Epoch) -> None:
    """A row more; the first epoch, met again when a training is taken up, begins the file anew."""
    place.mkdir(parents=True, exist_ok=True)
    line = as_csv([{"fold": place.name.partition("-")[2].removesuffix(f"-seed{seed}"), "seed": seed, **asdict(row)}])
    with (place / LOG).open("wb" if row.epoch == 1 else "ab") as file:
        file.write(line if row.epoch == 1 else line.partition(b"\n")[2])


def _board(place: Path) -> Any:
    """A writer of event files; what an interrupted training wrote of these epochs counts no more."""
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(place.parent.parent / BOARD / place.name), purge_step=1)


def _drawn(writer: Any, row: Epoch) -> None:
    for name, value in asdict(row).items():
        if name != "epoch" and math.isfinite(value):
            writer.add_scalar(name, value, row.epoch)
    writer.flush()
