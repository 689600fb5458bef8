"""Two processes learn what one does: the same weights, each window once, resume, one stop for all."""

import json
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from sigconv import nets
from sigconv.train import Settings, Stopped, fit, probabilities
from sigconv.train import augment as by
from sigconv.train.processes import Processes, here, is_lost
from sigconv.windows import Loaded
from tests.train.launch import ended, together
from tests.train.tasks import clips, map_net, squares

AUGMENT = by.compose(by.TimeShift(0.05, 100), by.Gain(6.0), by.Noise(0.1))
SETTINGS = Settings(epochs=3, batch=4, accumulate=2, clip=1.0, average=0.9, class_weights="balanced")


class Slow:
    """Augmentation that takes its time, and tells which windows it met."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __repr__(self) -> str:
        return "AUGMENT"

    def __call__(self, x, y, draws):
        time.sleep(self.seconds)
        return AUGMENT(x, y, draws)


def clip_net():
    return nets.build(nets.parse("C4k5b0BR[C4b0BR]GF"), nets.InputSpec(2, (32,)), classes=2, seed=0)


def train(settings, out: Path, seconds=0.0, folder: Path | None = None, every=60.0):
    """What each process does; the first one writes weights, learning curve and probabilities."""
    try:
        fitted = fit(
            clip_net(),
            clips(26),
            settings,
            seed=3,
            validation=clips(10),
            augment=Slow(seconds),
            checkpoints=folder,
            every=every,
            device="cpu",
        )
    except Stopped as stopped:
        raise SystemExit(128 + stopped.signal) from None
    said = probabilities(fitted.module, clips(10), device="cpu")
    for rank in range(here().count):
        if here().rank == rank:
            rows = [[row.loss, row.score, row.validation_loss, row.validation_score] for row in fitted.history]
            weights = {name: value.numpy() for name, value in fitted.module.state_dict().items()}
            save_file({**weights, "said": said, "rows": np.array(rows)}, out.with_suffix(f".{rank}"))


def train_maps(settings, out: Path):
    """The same of label maps, some samples of which have no label."""
    windows = squares().load()
    labels = np.array(windows.labels)
    labels[::3, :4] = -1
    fitted = fit(map_net(text="C4k3b0BRC2k1"), replace(windows, labels=labels), settings, device="cpu")
    if here().first:
        save_file({name: value.numpy() for name, value in fitted.module.state_dict().items()}, out)


def meet(out: Path):
    """Write down which windows this process meets, and with how many in a batch."""
    met = []

    def watch(x, y, draws):
        met.append(y.tolist())
        return x, y

    task = Loaded(np.zeros((33, 1, 4), np.float32), np.arange(33), ("g",) * 33, tuple(map(str, range(33))))
    net = nets.build(nets.parse("F"), nets.InputSpec(1, (4,)), classes=33, seed=0)
    fit(net, task, Settings(epochs=2, batch=8), augment=watch, device="cpu")
    out.with_suffix(f".{here().rank}").write_text(json.dumps(met))


def explode(out: Path):
    """A window that the second process gets holds NaN."""
    data = np.ones((16, 1, 4), np.float32)
    data[5] = np.nan
    task = Loaded(data, np.arange(16) % 2, tuple(f"g{i}" for i in range(16)), ("a", "b"))
    net = nets.build(nets.parse("C2BRGF"), nets.InputSpec(1, (4,)), classes=2, seed=0)
    try:
        fit(net, task, Settings(epochs=1, batch=8), device="cpu")
    except Exception as error:
        out.with_suffix(f".{here().rank}").write_text(f"{type(error).__name__}: {error}")


def close(a: Path, b: Path, most=1e-5):
    one, other = load_file(a), load_file(b)
    assert one.keys() == other.keys()
    for name in one:
        np.testing.assert_allclose(one[name], other[name], atol=most, rtol=0, err_msg=name)


# known


def test_a_row_is_divided_evenly():
    parts = [Processes(rank, 3).share(np.arange(8)).tolist() for rank in range(3)]
    assert parts == [[0, 1, 2], [3, 4, 5], [6, 7]]
    assert [Processes(rank, 3).before(np.arange(8)) for rank in range(3)] == [0, 3, 6]


def test_every_window_is_met_by_one_process_once_an_epoch(tmp_path):
    with together(meet, tmp_path / "met") as processes:
        assert ended(processes) == [0, 0]
    met = [json.loads((tmp_path / f"met.{rank}").read_text()) for rank in range(2)]
    assert [[len(batch) for batch in one] for one in met] == [[6, 6, 6] * 2, [5, 5, 5] * 2]
    for epoch in range(2):
        labels = [label for one in met for batch in one[3 * epoch : 3 * epoch + 3] for label in batch]
        assert sorted(labels) == list(range(33))


# law


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """One process with a batch of twice the size."""
    out = tmp_path_factory.mktemp("alone") / "w"
    train(replace(SETTINGS, batch=8), out)
    return out.with_suffix(".0")


def test_two_processes_are_one_with_a_batch_of_twice_the_size(alone, tmp_path):
    with together(train, SETTINGS, tmp_path / "w") as processes:
        assert ended(processes) == [0, 0]
    close(tmp_path / "w.0", alone)
    close(tmp_path / "w.0", tmp_path / "w.1", 0)


@pytest.mark.parametrize("loss", ["dice_ce", "focal"])
def test_label_maps_count_as_in_one_process(loss, tmp_path):
    settings = Settings(epochs=2, batch=3, loss=loss, class_weights="balanced", rate=0.01)
    train_maps(replace(settings, batch=6), tmp_path / "one")
    with together(train_maps, settings, tmp_path / "two") as processes:
        assert ended(processes) == [0, 0]
    close(tmp_path / "two", tmp_path / "one")


def test_killed_they_go_on_to_the_same_weights(alone, tmp_path):
    out, folder = tmp_path / "w", tmp_path / "c"
    with together(train, SETTINGS, tmp_path / "whole") as processes:
        assert ended(processes) == [0, 0]
    with together(train, SETTINGS, out, 0.05, folder, 1e-9) as processes:
        while not (folder / "state-000000005.json").exists():
            time.sleep(0.01)
            assert all(process.is_alive() for process in processes)
    with together(train, SETTINGS, out, 0.0, folder) as processes:
        assert ended(processes) == [0, 0]
    close(out.with_suffix(".0"), tmp_path / "whole.0", 0)


def test_one_signal_to_one_process_stops_all_of_them_at_the_same_step(alone, tmp_path):
    out, folder = tmp_path / "w", tmp_path / "c"
    with together(train, SETTINGS, out, 0.05, folder, 1e-9) as processes:
        while not (folder / "state-000000003.json").exists():
            time.sleep(0.01)
        os.kill(processes[1].pid, signal.SIGTERM)
        assert ended(processes) == [128 + signal.SIGTERM] * 2
    # two processes of 4 windows a batch are one of 8: the same training, which one alone may end
    train(replace(SETTINGS, batch=8), out, 0.0, folder)
    close(out.with_suffix(".0"), alone)


# errors


def test_all_tell_what_the_one_found_that_met_it(tmp_path):
    with together(explode, tmp_path / "e") as processes:
        assert ended(processes) == [0, 0]
    told = [(tmp_path / f"e.{rank}").read_text() for rank in range(2)]
    assert told[0] == told[1]
    assert told[0].startswith("ArgumentError: the loss became nan in epoch 1, step 1; the windows hold NaN or infinity")
    assert told[0].endswith("windows 5 (of g5)")


def test_a_lost_connection_is_told_from_other_errors():
    assert is_lost(RuntimeError("[../gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]:4172"))
    assert not is_lost(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_lost(ValueError("Connection closed by peer"))
    assert torch.distributed.is_available()
