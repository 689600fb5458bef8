"""A training that is killed at any moment ends, once it is resumed, with the very weights of one that was not.

SIGCONV_CRASHES says at how many random moments (default 3; the full campaign has 50).
"""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from sigconv import nets
from sigconv.train import Settings, Stopped, fit
from sigconv.train import augment as by
from sigconv.train.checkpoint import Checkpoints
from tests.train.tasks import clips

COUNT = int(os.environ.get("SIGCONV_CRASHES", "3"))
SETTINGS = Settings(epochs=6, batch=4, workers=2, average=0.9, clip=1.0)
AUGMENT = by.compose(by.TimeShift(0.05, 100), by.Gain(6.0), by.Noise(0.1))


class Slow(torch.nn.Module):
    """Passes on what it is given, and takes its time, there and back again, until the file is there."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def rest(self, _grad=None):
        time.sleep(0.0 if self.file.exists() else 0.1)

    def forward(self, x):
        self.rest()
        if x.requires_grad:
            x.register_hook(self.rest)
        return x

    def extra_repr(self):
        return "slow"


def train_slowly(folder: Path, out: Path, quick: Path) -> None:
    """Train a net whose steps take 1.6 seconds until the file `quick` is there."""
    torch.manual_seed(0)
    parts = [part for _ in range(8) for part in (torch.nn.Conv1d(2, 2, 1), torch.nn.BatchNorm1d(2), Slow(quick))]
    net = torch.nn.Sequential(*parts, torch.nn.AdaptiveAvgPool1d(1), torch.nn.Flatten())
    try:
        fit(net, clips(8), Settings(epochs=3, batch=2), checkpoints=folder)
    except Stopped as stopped:
        raise SystemExit(128 + stopped.signal) from None
    save_file({name: value.numpy() for name, value in net.state_dict().items()}, out)


def train(folder: Path, out: Path, every: float) -> None:
    """What a process does: train, or go on, and write the weights."""
    multiprocessing.set_start_method("fork", force=True)  # of the readers, as in a program of its own
    net = nets.build(nets.parse("C4k5BRD.3C4k3BRGF"), nets.InputSpec(2, (32,)), classes=2, seed=0)
    others = {"validation": clips(8), "augment": AUGMENT, "checkpoints": folder, "every": every, "seed": 3}
    try:
        fitted = fit(net, clips(), SETTINGS, progress=lambda _row: out.with_suffix(".begun").touch(), **others)
    except Stopped as stopped:
        raise SystemExit(128 + stopped.signal) from None
    save_file({name: value.numpy() for name, value in fitted.module.state_dict().items()}, out)


@pytest.fixture(scope="module")
def context():
    """Processes that start in no time, from one that has imported everything."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["tests.train.test_crash", "lightning_fabric", "torch._dynamo"])
    return found


def started(context, *arguments, target=train):
    process = context.Process(target=target, args=arguments)
    process.start()
    return process


def ended(process, seconds=120):
    process.join(seconds)
    code = process.exitcode
    process.close()
    return code


def same(a: Path, b: Path) -> bool:
    one, other = load_file(a), load_file(b)
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


@pytest.fixture(scope="module")
def whole(context, tmp_path_factory):
    """Weights of a training that nothing happened to, and how long it took, s."""
    folder = tmp_path_factory.mktemp("whole")
    assert ended(started(context, folder / "warm", folder / "warm.safetensors", 0.05)) == 0
    begun = time.monotonic()
    assert ended(started(context, folder / "c", folder / "weights.safetensors", 0.05)) == 0
    return folder / "weights.safetensors", time.monotonic() - begun


def test_killed_at_random_moments_it_ends_with_the_same_weights(context, whole, tmp_path):
    weights, seconds = whole
    draw = random.Random(COUNT)
    killed = resumed = tries = 0
    while killed < COUNT:
        tries += 1
        assert tries < 5 * COUNT + 20, "most are over before they are killed"
        folder, out, every = tmp_path / str(tries), tmp_path / f"{tries}.safetensors", draw.choice((1e-9, 0.02, 0.1))
        process = started(context, folder, out, every)
        process.join(draw.uniform(0, seconds))
        process.kill()
        if ended(process) != -signal.SIGKILL:
            continue
        killed += 1
        resumed += folder.is_dir() and any(path.suffix == ".json" for path in folder.iterdir())
        assert ended(started(context, folder, out, every)) == 0
        assert same(out, weights), (killed, tries)
    assert resumed >= COUNT / 4, "most were killed before they had a checkpoint"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_a_second_with_a_checkpoint(context, whole, tmp_path, number):
    weights, _ = whole
    for attempt in range(20):
        folder, out = tmp_path / str(attempt), tmp_path / f"{attempt}.safetensors"
        process = started(context, folder, out, 60.0)
        while not out.with_suffix(".begun").exists():
            time.sleep(0.005)
        begun = time.monotonic()
        os.kill(process.pid, number)
        code = ended(process)
        took = time.monotonic() - begun
        if code:  # else it was over already
            break
    assert code == 128 + number
    assert took < 1 + 0.5  # half a second for a machine that does other things
    assert any(path.suffix == ".json" for path in folder.iterdir())
    assert ended(started(context, folder, out, 60.0)) == 0
    assert same(out, weights)


@pytest.mark.parametrize("steps", [0.25, 1.75])  # of the first one on the way there, of the second on the way back
def test_a_step_of_seconds_is_cut_short_and_taken_back(context, tmp_path, steps):
    quick, slow = tmp_path / "quick", tmp_path / "slow"
    process = started(context, tmp_path / "c", tmp_path / "w", slow, target=train_slowly)
    while not (tmp_path / "c").is_dir():
        time.sleep(0.01)
    time.sleep(steps * 16 * 0.1)
    begun = time.monotonic()
    os.kill(process.pid, signal.SIGTERM)
    assert ended(process) == 128 + signal.SIGTERM
    assert time.monotonic() - begun < 1 + 0.5
    assert Checkpoints(tmp_path / "c").newest().facts["step"] <= int(steps)
    quick.touch()
    slow.touch()
    assert ended(started(context, tmp_path / "c", tmp_path / "w", slow, target=train_slowly)) == 0
    assert ended(started(context, tmp_path / "d", tmp_path / "v", quick, target=train_slowly)) == 0
    assert same(tmp_path / "w", tmp_path / "v")
