"""One small run of the EEG recipe, shared by every test that looks at its folder."""

import contextlib
from pathlib import Path

import pytest

from sigconv.recipe import config
from sigconv.recipe.run import run

SMALL = ["data.made.subjects=3", "data.made.trials=16", "train.epochs=8"]


class Silent:
    """Progress that counts its ticks and shows nothing."""

    def __init__(self) -> None:
        self.ticks = {}

    @contextlib.contextmanager
    def stage(self, name, total):
        self.ticks[name] = [0, total]

        def tick():
            self.ticks[name][0] += 1

        yield tick


@pytest.fixture(scope="session")
def small_run(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "small"
    progress = Silent()
    result = run(config.read("eeg_motor_imagery", SMALL), "eeg_motor_imagery", out, progress)
    assert result.folder == out
    assert all(done == total or not total for done, total in progress.ticks.values()), progress.ticks
    return out
