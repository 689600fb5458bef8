"""A run that is killed goes on with the same command, to the same files; one that is asked to stop says so."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from sigconv.recipe import config, folder
from tests.recipe.conftest import SMALL

SAME = ("metrics.json", "model.safetensors", "learning_curves.csv", "metrics.csv")
WORDS = [sys.executable, "-c", "from sigconv.recipe.cli import main; main()", "run", "eeg_motor_imagery", *SMALL]
CRASHES = int(os.environ.get("SIGCONV_CRASHES", "2"))


def started(where, *more):
    return subprocess.Popen([*WORDS, *more], cwd=where, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until_training(parent, patience=120.0):
    """Wait until some training has left a checkpoint."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if any(parent.glob(".*.part/training/*/*.safetensors")):
            return
        time.sleep(0.01)
    raise AssertionError("no checkpoint came")


@pytest.mark.parametrize("number", range(CRASHES))
def test_a_killed_run_goes_on_with_the_same_command(small_run, tmp_path, number):
    wait = np.random.default_rng(number).uniform(0, 1.0)
    killed = started(tmp_path)
    until_training(tmp_path / "runs")
    time.sleep(wait)
    killed.kill()
    killed.communicate()
    left = list((tmp_path / "runs").iterdir())
    assert len(left) == 1
    again = started(tmp_path)
    _, told = again.communicate()
    assert again.returncode == 0, told
    (made,) = (tmp_path / "runs").iterdir()
    assert made.name.startswith("eeg_motor_imagery-")
    for name in SAME:
        assert (made / name).read_bytes() == (small_run / name).read_bytes(), name


def test_a_run_that_is_asked_to_stop_keeps_its_training_and_says_how_to_go_on(tmp_path):
    asked = started(tmp_path, "train.epochs=4000", "run.every=0.1 s", "--out", "r")
    until_training(tmp_path)
    asked.send_signal(signal.SIGTERM)
    _, told = asked.communicate(timeout=60)
    assert asked.returncode == 128 + signal.SIGTERM, told
    assert "the same command goes on from" in told
    assert list(tmp_path.iterdir()) == [tmp_path / ".r.part"]
    other = started(tmp_path, "train.epochs=7", "--out", "r")
    _, told = other.communicate()
    assert other.returncode == 2
    assert ".r.part is an unfinished run of another recipe" in told


def test_two_runs_never_work_in_one_folder(tmp_path):
    told = config.as_toml(config.read("eeg_motor_imagery", SMALL))
    with folder.building(tmp_path / "r", told), pytest.raises(BlockingIOError, match="another run is working in it"):
        folder.building(tmp_path / "r", told).__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["r"]
