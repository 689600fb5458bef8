"""What goes wrong in a step is told of with the epoch, the windows and the module."""

import re
import subprocess
import sys

import pytest
import torch
from torch import nn

from sigconv.errors import ArgumentError
from sigconv.train import Settings, fit
from tests.train.tasks import clips, map_net, power, power_net, squares


class Overflow(nn.Module):
    """Passes on what it is given, and infinity where that is large."""

    def forward(self, x):
        return torch.where(x > 3, torch.inf, x)


class SteepOnly(torch.autograd.Function):
    """The identity, whose gradient is not finite."""

    @staticmethod
    def forward(_context, x):
        return x.clone()

    @staticmethod
    def backward(_context, given):
        return given * torch.nan


class Steep(nn.Module):
    """See SteepOnly."""

    def forward(self, x):
        return SteepOnly.apply(x)


def test_windows_that_are_not_finite_are_named_with_their_recording():
    windows = clips(8, broken=5)
    with pytest.raises(ArgumentError) as told:
        fit(nn.Sequential(nn.Conv1d(2, 2, 3), nn.AdaptiveAvgPool1d(1), nn.Flatten()), windows, Settings(epochs=1))
    text = str(told.value)
    assert "in epoch 1, step 1; the windows hold NaN or infinity" in text
    assert text.endswith("windows 5 (of clip 5)")


def test_the_first_module_whose_output_is_not_finite_is_named():
    net = nn.Sequential(nn.Conv1d(4, 8, 3), nn.Sequential(nn.ReLU(), Overflow()), nn.AdaptiveAvgPool1d(1), nn.Flatten())
    net.append(nn.Linear(8, 2))
    with pytest.raises(
        ArgumentError, match=r"first in 1\.1 \(Overflow\), whose output is not finite; the windows are f"
    ):
        fit(net, power(), Settings(epochs=1))


def test_weights_that_are_not_finite_are_named():
    net = power_net(text="C4k3RC3RF")
    with torch.no_grad():
        net.layers["C2"].weight[0, 0, 0] = torch.nan
    with pytest.raises(ArgumentError, match=r"layers\.C2 \(Conv\), whose weight is not finite"):
        fit(net, power(), Settings(epochs=1))


def test_gradients_that_are_not_finite_stop_the_step_before_the_weights_move():
    net = nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(4, 4), Steep(), nn.Linear(4, 2))
    before = net[2].weight.detach().clone()
    with pytest.raises(ArgumentError, match=r"the gradients are not finite in epoch 1, step 1; first in 2\.weight"):
        fit(net, power(), Settings(epochs=1))
    assert torch.equal(net[2].weight, before)


def test_a_rate_that_is_too_high_is_said_to_be_so():
    with pytest.raises(ArgumentError, match=r"in epoch 1, step 2; .*lower train\.rate, or set train\.clip; windows"):
        fit(power_net(text="C2k3RC3RF"), power(), Settings(epochs=9, rate=1e25))


def test_a_label_map_with_what_is_no_class_is_refused():
    with pytest.raises(ArgumentError, match="a label map holds 7; the module has scores for 0 to 1, and -1 is ignored"):
        fit(map_net(), squares(inside=7), Settings(epochs=1))


MEMORY = """
import resource
import numpy as np
from sigconv import nets
from sigconv.errors import ResourceError
from sigconv.train import Settings, fit
from sigconv.windows import Loaded
task = Loaded(np.zeros((32, 1, 256, 256), np.float32), np.arange(32) % 2, ("g",) * 32, ("a", "b"))
net = nets.build(nets.parse("C32RGF"), nets.InputSpec(1, (256, 256)), classes=2, seed=0)
small = Loaded(task.data[:2], task.labels[:2], ("g",) * 2, ("a", "b"))
fit(net, small, Settings(epochs=1, batch=2))
used = int(next(line for line in open("/proc/self/status") if line.startswith("VmSize")).split()[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (used + 300_000_000,) * 2)
try:
    fit(net, task, Settings(epochs=1, batch=32))
except ResourceError as error:
    print(error)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited by RLIMIT_AS")
def test_a_batch_that_does_not_fit_is_told_of_with_one_that_does():
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("out of memory in a step of 32 windows of 1 × 256 × 256 samples; ")
    assert re.search(r"(\d+) fit: use train\.batch=\1 with train\.accumulate=(2|4|8|16), whose", done.stdout), (
        done.stdout
    )
