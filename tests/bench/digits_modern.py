"""Today's setting for the 9 760 parameters of the net of 1989: GELU, zeros around H1's maps, plain outputs, AdamW."""

import math
import time

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from sigconv import nets
from sigconv.nets.measure import shapes
from sigconv.train import generator
from sigconv.train.draws import torch_seed
from tests.bench.usps import Digits

DIGITS = nets.InputSpec(1, (16, 16))
TODAY = nets.parse("C12k5s2b*:-1 R:gelu C12k5s2t8b* R:gelu F30 R:gelu F")
# chosen on 1 000 training digits held out, with all else in `modern`
PASSES, BATCH, RATE, SMOOTHING = 60, 128, 1e-2, 0.1
TURN, STRETCH, SLANT, SHIFT = 12, 0.12, 0.15, 1.2  # at most: degrees, log of the factor, pixels a pixel, pixels


def wrong(scores: np.ndarray, labels: np.ndarray) -> float:
    """Per cent of samples whose largest score is not at their label."""
    return 100 * float((scores.argmax(1) != labels).mean())


def modern(digits: Digits, seed: int) -> tuple[float, float, float]:
    """Test error and training error in per cent after AdamW on bent digits, and seconds of one core a pass."""
    torch.set_num_threads(1)
    (x, labels), (x_test, labels_test) = digits["train"], digits["test"]
    images, wanted = torch.from_numpy(x), torch.from_numpy(labels)
    net = started(seed)
    steps = len(x) // BATCH
    descent = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.01, fused=True)
    pace = torch.optim.lr_scheduler.OneCycleLR(descent, RATE, total_steps=steps * PASSES, pct_start=0.1)
    times = [time.process_time()]
    for number in range(PASSES):
        draw = torch.Generator().manual_seed(torch_seed(seed, "digits", number))
        bent, order = warped(images, draw), torch.randperm(len(x), generator=draw)
        for chosen in order[: steps * BATCH].reshape(steps, BATCH):
            loss = functional.cross_entropy(net(bent[chosen]), wanted[chosen], label_smoothing=SMOOTHING)
            descent.zero_grad()
            loss.backward()
            descent.step()
            pace.step()
        times.append(time.process_time())
    with torch.inference_mode():
        test, train = (wrong(net(torch.from_numpy(a)).numpy(), b) for a, b in ((x_test, labels_test), (x, labels)))
    return test, train, float(np.median(np.diff(times)))


def warped(images: Tensor, draw: torch.Generator) -> Tensor:
    """Each image (N, 1, 16, 16) turned, stretched, slanted and shifted by a little of its own; -1 shows outside."""
    n = len(images)

    def drawn(most: float, *shape: int) -> Tensor:
        return most * (2 * torch.rand(n, *shape, generator=draw) - 1)

    angle, across, along, slant = drawn(math.radians(TURN)), drawn(STRETCH).exp(), drawn(STRETCH).exp(), drawn(SLANT)
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).reshape(n, 2, 2)
    bend = torch.stack([across, slant, torch.zeros(n), along], 1).reshape(n, 2, 2)
    shift = drawn(SHIFT / 8, 2, 1)  # half an image is 8 pixels, and 1 here
    where = functional.affine_grid(torch.cat([turn @ bend, shift], 2), list(images.shape), align_corners=False)
    return functional.grid_sample(images + 1, where, mode="bicubic", align_corners=False).clamp(0, 2) - 1


def started(seed: int) -> nets.Network:
    """The net with normal weights of standard deviation 1.4 / sqrt(fan-in), and biases 0."""
    net = nets.build(TODAY, DIGITS, classes=10, seed=seed)
    learnt = [row for row in shapes(TODAY, DIGITS, classes=10) if row.parameters]
    with torch.no_grad():
        for i, row in enumerate(learnt):
            weight, bias = net.layer(row.name).parameters()
            spread = 1.4 / (row.multiply_adds / row.units) ** 0.5
            weight.copy_(torch.from_numpy(generator(seed, "digits start", i).normal(0, spread, weight.shape)))
            bias.zero_()
    return net
