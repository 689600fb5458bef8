"""One small run of the EEG recipe, shared by every test that looks at its folder."""

import contextlib
import csv
from pathlib import Path

import pytest

from sigconv import recipe
from sigconv.recipe import config, run

SMALL = ["data.made.subjects=3", "data.made.trials=16", "train.epochs=8"]


class Silent:
    """Progress that counts its ticks and shows nothing."""

    def __init__(self) -> None:
        self.ticks = {}

    @contextlib.contextmanager
    def stage(self, name, total):
        self.ticks[name] = [0, total]

        def tick(told=""):
            self.ticks[name][0] += 1

        yield tick


def ran(name, overrides, out):
    """The Result of a recipe with overrides, run into `out`, whose stages ticked as often as they said."""
    progress = Silent()
    result = run(config.read(name, overrides), name, out, progress)
    assert result.folder == out
    assert all(done == total or not total for done, total in progress.ticks.values()), progress.ticks
    return result


@pytest.fixture(scope="session")
def small_run(tmp_path_factory) -> Path:
    return ran("eeg_motor_imagery", SMALL, tmp_path_factory.mktemp("runs") / "small").folder


def predicted(made, file, out, step, at):
    """What `sigconv predict` writes for one recording, read back: a row of numbers and texts for each window."""
    recipe.predict(made, [file], out, recipe.lines.Placement(step, tuple(at)), Silent())
    numbers = ("p_", "start", "stop")
    with out.open() as file:
        return [{k: float(v) if k.startswith(numbers) else v for k, v in row.items()} for row in csv.DictReader(file)]
