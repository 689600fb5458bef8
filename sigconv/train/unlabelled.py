"""S-cells learn their patterns layer by layer, without labels: add if silent, then the winner takes all.

For each S-cell layer, once the layers before it have learnt:

    see     what the layer's cells see, at places drawn from many examples, each scaled to one length
    add     where every cell would be silent (likeness to each pattern below a bound), a new cell takes what is seen
            as its pattern, until all planes are in use (Fukushima 2013, "add-if-silent"; 1980, "seed cells")
    win     some rounds in which the cell that answers most takes part of what it sees into its pattern
            (Fukushima 1980, 2003: competitive learning; here each round sums all that a cell has won)

The bound is the higher of two thresholds: cells learn at 0.7, say, and answer at the lower θ of their layer
(dual threshold: Fukushima & Tanigawa 1996), so that several answer to one thing.

Sources: Fukushima (1980), Biological Cybernetics 36:193-202; Fukushima (2003), Neurocomputing 51:161-180;
Fukushima & Tanigawa (1996), IEEE Transactions on Neural Networks 7(5); Fukushima (2013), Neural Networks 37:103-119.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sigconv.errors import ArgumentError, ResourceError, ShapeError
from sigconv.nets.layers.cells import SCell
from sigconv.train.draws import generator
from sigconv.train.threads import threads_for

MOST_BYTES = 4 << 30
FAINT = 1e-6  # the least contrast v that is learnt from
_ROWS = 512  # rows compared with all patterns at a time


@dataclass(frozen=True)
class Competition:
    """How S-cells compete for what they learn from.

    likeness : 0 < likeness < 1, the cosine to all patterns below which a new cell is added
    rounds : >= 0, rounds of winner-takes-all after that
    samples : >= 1, about how many places each layer learns from
    quiet : 0 <= quiet < 1, places where v is below this part of the example's largest v are not learnt from
    batch : >= 1, examples that pass through the layers at a time
    """

    likeness: float = 0.7
    rounds: int = 3
    samples: int = 40_000
    quiet: float = 0.2
    batch: int = 256

    def __post_init__(self) -> None:
        ranges = {
            "likeness": (0 < self.likeness < 1, "above 0 and below 1"),
            "rounds": (self.rounds >= 0, "0 or more"),
            "samples": (self.samples >= 1, "1 or more"),
            "quiet": (0 <= self.quiet < 1, "at least 0 and below 1"),
            "batch": (self.batch >= 1, "1 or more"),
        }
        for name, (fits, allowed) in ranges.items():
            if not fits:
                raise ArgumentError(f"{name} is {getattr(self, name)!r}; allowed: {allowed}")


@dataclass(frozen=True)
class LearntLayer:
    """One S-cell layer after learning.

    name : of the module among the layers
    planes, used : how many there are, and how many have a pattern; the others stay silent
    samples : places it learnt from
    likeness : mean cosine of what was seen there to the winner's pattern
    """

    name: str
    planes: int
    used: int
    samples: int
    likeness: float


def learn_without_labels(
    layers: nn.Sequential,
    data: Any,
    learning: Competition | None = None,
    *,
    seed: int = 0,
    progress: Callable[[LearntLayer], None] = lambda _row: None,
) -> tuple[LearntLayer, ...]:
    """Fill every S-cell layer of a net, first to last; other layers are used as they are.

    Parameters
    ----------
    layers : torch modules in a row; its SCell layers are changed in place
    data : (N, channels, *grid) finite float array, read `learning.batch` examples at a time, in a unit that makes it
        about 1 (see SCell, strength)
    learning : see Competition; None for its defaults
    seed : int >= 0; the same seed and data give the same patterns
    progress : called with each finished layer

    Returns
    -------
    one LearntLayer per S-cell layer

    Raises
    ------
    ArgumentError : no S-cell layer, NaN or infinity in the data, a seed below 0, data without any contrast
    ShapeError : data without an example, or data that the layers do not take
    ResourceError : what a layer sees at `samples` places would need more than 4 GiB

    >>> net = nn.Sequential(SCell(1, 2, 3, axes=1))
    >>> x = np.eye(8, dtype=np.float32)[:, None] + 0.5 * np.eye(8, k=1, dtype=np.float32)[:, None]
    >>> [(row.name, row.used) for row in learn_without_labels(net, x)]
    [('0', 2)]
    """
    how = learning or Competition()
    if not any(isinstance(layer, SCell) for layer in layers):
        raise ArgumentError("layers hold no S-cell layer; there is nothing to learn without labels")
    if seed < 0:
        raise ArgumentError(f"seed is {seed}; allowed: 0 or more")
    if np.ndim(data) < 3 or not len(data):
        raise ShapeError(f"data have shape {np.shape(data)}; needed: (N, channels, *grid), one example or more")
    names = [name for name, _ in layers.named_modules(remove_duplicate=False) if name and "." not in name]
    layers.eval()
    rows: list[LearntLayer] = []
    for index, (name, layer) in enumerate(zip(names, layers, strict=True)):
        if isinstance(layer, SCell):
            with threads_for(layers, np.shape(data)[1:], how.batch):
                seen = _seen(nn.Sequential(*list(layers)[:index]), layer, data, how, seed, index)
                rows.append(_learnt(name, layer, seen, how))
            progress(rows[-1])
    return tuple(rows)


def compete(seen: Tensor, planes: int, learning: Competition) -> Tensor:
    """At most `planes` patterns that together are like all that is seen.

    seen : (n, numbers), each row of length 1;  returns (up to planes, numbers), each row of length 1

    >>> compete(torch.tensor([[1.0, 0.0], [0.96, 0.28], [0.0, 1.0]]), 5, Competition(rounds=0))
    tensor([[1., 0.],
            [0., 1.]])
    """
    patterns = seen[:0]
    for start in range(0, len(seen), _ROWS):
        rows = seen[start : start + _ROWS]
        best = (rows @ patterns.T).amax(1) if len(patterns) else rows.new_full((len(rows),), -2.0)
        while len(patterns) < planes and bool((best < learning.likeness).any()):
            first = int((best < learning.likeness).nonzero()[0])
            patterns = torch.cat([patterns, rows[first : first + 1]])
            best = torch.maximum(best, rows @ rows[first])
            best[first] = 2.0  # rounding may leave a row's likeness to itself below the bound
        if len(patterns) == planes:
            break
    for _ in range(learning.rounds):
        winners, _ = _winners(seen, patterns)
        taken = torch.zeros_like(patterns).index_add_(0, winners, seen)
        length = taken.norm(dim=1, keepdim=True)
        patterns = torch.where(length > 0, taken / length.clamp(min=1e-30), patterns)
    return patterns


def outputs(layers: nn.Sequential, data: Any, batch: int) -> Tensor:
    """What the layers answer to a batch of examples after the other, flattened: (N, numbers) float32, on the CPU.

    Raises
    ------
    ResourceError : more than 4 GiB
    """
    parts: list[Tensor] = []
    with torch.inference_mode(), threads_for(layers, np.shape(data)[1:], batch):
        for start in range(0, len(data), batch):
            which = np.arange(start, min(start + batch, len(data)))
            parts.append(layers(examples(data, which, layers)).flatten(1).float().cpu())
            affordable("the answers of the layers to all data", len(data) * parts[0].shape[1], "fewer examples")
    return torch.cat(parts)


def examples(data: Any, which: Any, like: nn.Module) -> Tensor:
    """Some examples as float32, where the numbers of `like` are.  which : (n,) rising whole numbers.

    Raises
    ------
    ArgumentError : not finite
    """
    chosen = np.ascontiguousarray(data[which], dtype=np.float32)
    finite = np.isfinite(chosen).reshape(len(chosen), -1).all(1)
    if not finite.all():
        raise ArgumentError(
            f"data hold NaN or infinity (in float32) in example {which[finite.argmin()]}; every number must be finite"
        )
    kept = next(like.parameters(), None)
    return torch.from_numpy(chosen).to("cpu" if kept is None else kept.device)


def affordable(what: str, numbers: int, less: str) -> None:
    """Refuse more than 4 GiB of float32 numbers.

    Raises
    ------
    ResourceError : the message has both sizes

    >>> affordable("the answers", 1000, "fewer examples")
    """
    if 4 * numbers > MOST_BYTES:
        raise ResourceError(f"{what} would need {4 * numbers} bytes; allowed: {MOST_BYTES}. Take {less}")


def _seen(before: nn.Sequential, layer: SCell, data: Any, how: Competition, seed: int, index: int) -> Tensor:
    """(about how.samples, numbers): what the layer's cells see where there is something, weighted, of length 1."""
    affordable(f"what {layer} sees at {how.samples} places", how.samples * layer.patterns[0].numel(), "fewer samples")
    share = math.ceil(how.samples * min(how.batch, len(data)) / len(data))
    order = generator(seed, "examples", index).permutation(len(data))
    parts: list[Tensor] = []
    found = 0
    with torch.inference_mode():
        for start in range(0, len(data), how.batch):
            x = before(examples(data, np.sort(order[start : start + how.batch]), layer))
            contrast = layer.drives(x)[1][:, 0]
            least = (how.quiet * contrast.flatten(1).amax(1)).clamp(min=FAINT)
            places = (contrast > least.reshape(-1, *[1] * layer.axes)).nonzero()
            drawn = generator(seed, "places", index, start).permutation(len(places))[:share]
            rows = layer.seen(x)[tuple(places[torch.from_numpy(drawn).to(places.device)].T)].flatten(1)
            parts.append(rows[: how.samples - found] * _root_weights(layer))
            found += len(parts[-1])
            if found >= how.samples:
                break
    if not found:
        raise ArgumentError(
            f"data leave {layer} nothing to see: v is at most {FAINT} everywhere; scale data to about 1"
        )
    seen = torch.cat(parts)
    length: Tensor = seen.norm(dim=1, keepdim=True).clamp(min=1e-30)
    return seen / length


def _learnt(name: str, layer: SCell, seen: Tensor, how: Competition) -> LearntLayer:
    """Fill one layer from what its cells see."""
    patterns = compete(seen, layer.planes, how)
    likeness = float(_winners(seen, patterns)[1].mean())
    unweighted = patterns / _root_weights(layer).clamp(min=1e-30)
    layer.learn(unweighted.reshape(-1, *layer.patterns.shape[1:]))
    return LearntLayer(name, layer.planes, len(patterns), len(seen), likeness)


def _winners(seen: Tensor, patterns: Tensor) -> tuple[Tensor, Tensor]:
    """For every row the pattern that is most like it, and how like: (n,), (n,)."""
    found = [(rows @ patterns.T).max(dim=1) for rows in torch.split(seen, 8 * _ROWS)]
    return torch.cat([f.indices for f in found]), torch.cat([f.values for f in found])


def _root_weights(layer: SCell) -> Tensor:
    """√c for each number a cell sees, so that plain cosines are those weighted by c."""
    return layer.weights.flatten().repeat(layer.inputs).sqrt()
