"""A training step of a volume net beside MONAI's, with the same weights."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from sigconv import nets
from sigconv.train.precision import Precision
from tests.bench.cases import Call, Case, draws

FEATURES = (16, 16, 32, 64, 128)


def monai() -> nn.Module:
    """MONAI's BasicUNet; its last level has the channels of the first."""
    from monai.networks.nets import BasicUNet

    return BasicUNet(spatial_dims=3, in_channels=1, out_channels=2, features=(*FEATURES, FEATURES[0]))


def step(net: nn.Module, how: Precision, x: torch.Tensor, y: torch.Tensor) -> Call:
    """Forward, cross-entropy, backward; gives the loss."""
    net, x = how.arranged(net, 3), how.laid_out(x)

    def run() -> Any:
        net.zero_grad()
        with how.running("cpu"):
            scores = net(x)
        loss = functional.cross_entropy(scores.float(), y)
        loss.backward()
        return loss.detach().reshape(1).numpy()

    return run


def cases(shrink: int = 1) -> Iterator[Case]:
    """The step in float32 as MONAI comes, and in bfloat16, each side in its faster memory format."""
    side = 64 // min(shrink, 2)
    x = torch.from_numpy(draws(2, 1, side, side, side, dtype=np.float32))
    y = (x[:, 0] > 0).long()
    ours = nets.build(nets.named.basic_unet(FEATURES), nets.InputSpec(1, (side,) * 3), seed=0)

    def theirs() -> nn.Module:
        made = monai()
        with torch.no_grad():
            for p, q in zip(made.parameters(), ours.parameters(), strict=True):
                p.copy_(q)
        return made

    peers = {
        "MONAI BasicUNet, float32": step(theirs(), Precision(), x, y),
        "MONAI BasicUNet, bfloat16": step(theirs(), Precision(bfloat16=True), x, y),
        "MONAI BasicUNet, bfloat16, channels last": step(theirs(), Precision(True, True), x, y),
    }
    best = Precision(bfloat16=True, channels_last=True)
    name = f"U-Net 3-D 16-16-32-64-128, 2×1×{side}³, forward + backward"
    # bfloat16 moves the loss by some 1e-4
    yield Case(f"{name}, bfloat16", step(ours, best, x, y), peers, aim=1.4, close=2e-3)
