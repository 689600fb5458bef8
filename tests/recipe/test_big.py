"""Big training from the command line: torchrun, a dry run, logs, a GPU that is not there."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest
import torch
from typer.testing import CliRunner

from sigconv.errors import ArgumentError, MissingExtra
from sigconv.recipe import curves, folder, launch
from sigconv.recipe.cli import app
from sigconv.recipe.progress import Bars, _Lines
from sigconv.recipe.tables import Run
from sigconv.train.curve import Epoch
from tests.recipe.conftest import SMALL
from tests.train.launch import free_port, variables

TINY = ["data.made.subjects=2", "data.made.trials=8", "train.epochs=3", "run.model=first"]


def started(folder, *words, count=2):
    """`sigconv run eeg_motor_imagery …` as torchrun starts it."""
    port = free_port()
    return [
        subprocess.Popen(
            [sys.executable, "-m", "sigconv", "run", "eeg_motor_imagery", *words],
            cwd=folder,
            env={**os.environ, **variables(rank, count, port), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(count)
    ]


def ended(processes):
    """(exit code, stdout, stderr) of each."""
    found = []
    for process in processes:
        out, err = process.communicate(timeout=200)
        found.append((process.returncode, out, err))
    return found


# known


def test_two_processes_make_one_run_folder(tmp_path):
    (code, out, err), (other, silent, quiet) = ended(started(tmp_path, *TINY))
    assert (code, other) == (0, 0), err + quiet
    assert (silent, quiet) == ("", "")
    made = list((tmp_path / "runs").iterdir())
    assert [f"report: runs/{made[0].name}/report.html"] == [line for line in out.splitlines() if "report" in line]
    assert json.loads((made[0] / "metrics.json").read_text())["windows"] == 16
    assert {path.name for path in made[0].iterdir()} >= {"model.safetensors", "log.csv", "learning_curves.csv"}


@pytest.mark.slow
def test_stopped_processes_go_on_from_where_they_were(tmp_path):
    words = [*TINY, "train.epochs=300", "run.every=0.05"]
    processes = started(tmp_path, *words)
    while not list(tmp_path.glob("runs/.*/training/*/state-*.json")):
        time.sleep(0.1)
        assert all(process.poll() is None for process in processes)
    processes[1].send_signal(signal.SIGTERM)
    (code, _, err), (other, _, quiet) = ended(processes)
    assert (code, other, quiet) == (143, 143, "")
    assert "the same command goes on from the checkpoint" in err
    (code, _, err), _ = ended(started(tmp_path, *words))
    assert (code, len(list((tmp_path / "runs").iterdir()))) == (0, 1), err


def test_the_log_has_a_row_for_every_epoch_of_every_training(small_run):
    rows = list(csv.DictReader((small_run / "log.csv").read_text().splitlines()))
    folds = ["S01"] * 8 + ["S02"] * 8 + ["S03"] * 8 + ["everything"] * 8
    assert [row["fold"] for row in rows] == folds
    assert [int(row["epoch"]) for row in rows] == list(range(1, 9)) * 4
    assert all(float(row["samples_per_second"]) > 0 for row in rows)
    curve = list(csv.DictReader((small_run / "learning_curves.csv").read_text().splitlines()))
    assert [row["loss"] for row in rows[:24]] == [row["loss"] for row in curve]


def test_an_epoch_is_there_as_soon_as_it_is_over_in_the_log_and_in_tensorboard(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    place, told = tmp_path / "training" / "0-S01-seed0", []
    asked = Run(tensorboard=True)
    for _ in range(2):  # taken up again, it tells of the same epochs once more
        with curves.noted(place, 0, asked, told.append) as note:
            for number in (1, 2):
                note(Epoch(number, 1 / number, 0.5, *(float("nan"),) * 4, 0.1, 2.0, 100.0))
                rows = list(csv.DictReader((place / folder.LOG).read_text().splitlines()))
                assert [(row["fold"], row["seed"], row["epoch"]) for row in rows][-1] == ("S01", "0", str(number))
    assert len(rows) == 2
    assert told[1] == "loss 0.500, score 0.500, 100 samples/s"
    events = EventAccumulator(str(tmp_path / "tensorboard" / "0-S01-seed0")).Reload()
    assert [(each.step, each.value) for each in events.Scalars("loss")] == [(1, 1.0), (2, 0.5)]


def test_a_dry_run_tells_sizes_and_time_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(app, ["run", "eeg_motor_imagery", *SMALL, "--dry-run"], catch_exceptions=False).stdout
    facts = dict(line.split("  ", 1) for line in said.splitlines()[-9:] if "  " in line)
    assert facts["windows"].strip() == "48 of 31×600"
    assert facts["classes"].strip() == "left 24, right 24"
    assert facts["recordings"].strip() == "3, 3 groups by subject"
    assert facts["memory"].strip().startswith("2.57 MiB: 968 B weights, 968 B gradients, 1.89 KiB adamw, 1.43 MiB")
    assert "for 4 trainings of up to 8 epochs" in facts["time"]
    assert facts["run folder"].strip().startswith("runs/eeg_motor_imagery-")
    assert "C4k25g4b0" in said
    assert list(tmp_path.iterdir()) == []


def test_outside_of_a_terminal_a_long_stage_tells_of_each_tenth(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    lines, said = _Lines("training", 40), []
    for _ in range(40):
        now[0] += 2
        said.append(lines.after_one_more("loss 0.5"))
    assert [line for line in said if line][:2] == [
        "training: 4 of 40, loss 0.5, 72 s left",
        "training: 8 of 40, loss 0.5, 64 s left",
    ]
    assert len([line for line in said if line]) == 10


def test_a_silent_process_shows_nothing(capsys):
    with Bars(shown=False).stage("training", 2) as tick:
        tick("loss 0.5")
        tick()
    assert capsys.readouterr() == ("", "")


# errors


def test_a_dry_run_of_what_trains_nothing_is_refused(tmp_path):
    with pytest.raises(ArgumentError, match="--dry-run is for recipes that train"):
        launch.run("edges", [], tmp_path / "x", True)
    assert list(tmp_path.iterdir()) == []


def test_tensorboard_that_is_absent_is_named_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.setattr(curves, "find_spec", lambda name: None)
    with (
        pytest.raises(MissingExtra, match=r"pip install 'sigconv\[logs\]'"),
        curves.noted(None, 0, Run(tensorboard=True), lambda told="": None),
    ):
        pass


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_absent_is_one_line_with_what_to_do(tmp_path):
    with pytest.raises(ArgumentError, match=r"device is 'cuda', but .*; use 'cpu' or 'auto'"):
        launch.run("eeg_motor_imagery", ["run.device=cuda"], tmp_path / "x", False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_mistake_is_told_by_the_first_process(tmp_path):
    (code, _, err), (other, _, late) = ended(started(tmp_path, "data.path=nowhere"))
    assert (code, other) == (2, 2)
    assert err.splitlines()[-1] == "sigconv: data.path is 'nowhere': there is no such file or folder"
    assert late == err.splitlines()[-1].replace("sigconv:", "sigconv (process 1):") + "\n"
    assert not (tmp_path / "runs").exists()
