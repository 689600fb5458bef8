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
from safetensors.numpy import load_file, save_file

from sigconv import nets
from sigconv.train import Settings, Stopped, fit
from sigconv.train import augment as by
from tests.train.tasks import clips

COUNT = int(os.environ.get("SIGCONV_CRASHES", "3"))
SETTINGS = Settings(epochs=6, batch=4, workers=2, average=0.9, clip=1.0)
AUGMENT = by.compose(by.TimeShift(0.05, 100), by.Gain(6.0), by.Noise(0.1))


def train(folder: Path, out: Path, every: float, settings: Settings = SETTINGS) -> None:
    """What a process does: train, or go on, and write the weights."""
    multiprocessing.set_start_method("fork", force=True)  # of the readers, as in a program of its own
    net = nets.build(nets.parse("C4k5BRD.3C4k3BRGF"), nets.InputSpec(2, (32,)), classes=2, seed=0)
    windows = clips()
    try:
        fitted = fit(
            net, windows, settings, validation=clips(8), augment=AUGMENT, checkpoints=folder, every=every, seed=3
        )
    except Stopped as stopped:
        raise SystemExit(128 + stopped.signal) from None
    save_file({name: value.numpy() for name, value in fitted.module.state_dict().items()}, out)


@pytest.fixture(scope="module")
def context():
    """Processes that start in no time, from one that has imported everything."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(["tests.train.test_crash", "lightning_fabric", "torch._dynamo"])
    return found


def started(context, *arguments):
    process = context.Process(target=train, args=arguments)
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
    killed = resumed = 0
    for number in range(COUNT):
        folder, out, every = tmp_path / str(number), tmp_path / f"{number}.safetensors", draw.choice((1e-9, 0.02, 0.1))
        process = started(context, folder, out, every)
        time.sleep(draw.uniform(0, seconds))
        os.kill(process.pid, signal.SIGKILL)
        killed += ended(process) == -signal.SIGKILL
        resumed += folder.is_dir() and any(path.suffix == ".json" for path in folder.iterdir())
        assert ended(started(context, folder, out, every)) == 0
        assert same(out, weights), number
    assert killed >= COUNT / 2, "most were over before they were killed"
    assert resumed >= COUNT / 4, "most were killed before they had a checkpoint"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_a_second_with_a_checkpoint(context, whole, tmp_path, number):
    weights, seconds = whole
    folder, out = tmp_path / "c", tmp_path / "w.safetensors"
    process = started(context, folder, out, 60.0)
    while not folder.is_dir():
        time.sleep(0.01)
    time.sleep(seconds / 3)
    begun = time.monotonic()
    os.kill(process.pid, number)
    code = ended(process)
    assert time.monotonic() - begun < 1 + 0.5  # half a second for a machine that does other things
    assert code == 128 + number
    assert any(path.suffix == ".json" for path in folder.iterdir())
    assert ended(started(context, folder, out, 60.0)) == 0
    assert same(out, weights)
