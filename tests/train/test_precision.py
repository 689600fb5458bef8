"""The probe of precision and memory format chooses among what exists, and leaves the module as it was."""

import pytest
import torch
from torch import nn

from sigconv.errors import ArgumentError
from sigconv.train.precision import Precision, fastest

# known


def test_autocast_and_layout_are_what_they_say():
    kind = Precision(bfloat16=True, channels_last=True)
    net = kind.arranged(nn.Conv3d(2, 4, 3), axes=3)
    with kind.running("cpu"):
        y = net(kind.laid_out(torch.ones(1, 2, 6, 6, 6)))
    assert y.dtype == torch.bfloat16
    assert y.is_contiguous(memory_format=torch.channels_last_3d)
    assert net.weight.dtype == torch.float32
    assert net.weight.is_contiguous(memory_format=torch.channels_last_3d)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_channels_lie_side_by_side_and_back_again_in_any_dimension(axes):
    x = torch.arange(2.0 * 3 * 4**axes).view(2, 3, *(4,) * axes)
    last = Precision(channels_last=True).laid_out(x)
    assert last.stride()[1] == 1
    assert torch.equal(last, x)
    assert Precision().laid_out(last).is_contiguous()
    assert Precision(channels_last=True).laid_out(x[:, :1]).stride()[1:] == (
        1,
        *(4**n for n in range(axes - 1, -1, -1)),
    )


# law


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_the_module_and_the_random_numbers_stay(axes):
    conv = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}[axes]
    net = nn.Sequential(conv(1, 4, 3), nn.Dropout(0.5))
    before = [p.detach().clone() for p in net.parameters()]
    torch.manual_seed(3)
    drawn = torch.rand(1)
    torch.manual_seed(3)
    kind = fastest(net, torch.ones(2, 1, *(8,) * axes), rounds=1)
    assert torch.rand(1) == drawn
    assert isinstance(kind, Precision)
    assert all(p.grad is None and torch.equal(p, q) for p, q in zip(net.parameters(), before, strict=True))


# errors


def test_a_probe_without_rounds_is_refused():
    with pytest.raises(ArgumentError, match="rounds is 0; at least 1"):
        fastest(nn.Conv1d(1, 1, 3), torch.zeros(1, 1, 8), rounds=0)
