"""A tree becomes a torch module; every number comes from `measure`, every torch class from `ops`.

The file is not called build.py: importing it would hide the function `sigconv.nets.build` behind the module.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError, ResourceError, ShapeError
from sigconv.nets.measure import Row, along, conv_padding, shapes
from sigconv.nets.ops import ACTIVATION_OPS, GLOBAL_OPS, OPS, Flat
from sigconv.nets.spec import InputSpec
from sigconv.nets.tree import Activation, Conv, Dropout, Full, GlobalPool, Layer, Net, Norm, Pool

MAX_PARAMETERS = 2_000_000_000


class Network(nn.Module):
    """The module that `build` makes: (N, channels, *grid) -> (N, classes), or (N, channels, *grid) without G or F.

    Attributes
    ----------
    net, spec : what it was built from
    rows : tuple of measure.Row, one per layer
    layers : torch.nn.Sequential, one module per row, named "C1", "R1", "C2", …

    >>> from sigconv.nets import parse
    >>> network = build(parse("C8RPF"), InputSpec(1, (28, 28)), classes=10, seed=0)
    >>> network(torch.zeros(5, 1, 28, 28)).shape
    torch.Size([5, 10])
    >>> network.layer("C1")
    Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    """

    def __init__(self, net: Net, spec: InputSpec, rows: tuple[Row, ...]) -> None:
        super().__init__()
        self.net = net
        self.spec = spec
        self.rows = rows
        made: OrderedDict[str, nn.Module] = OrderedDict()
        channels, grid = spec.channels, spec.grid
        for row in rows:
            made[row.name] = _module(row.layer, channels, grid)
            channels, grid = row.channels, row.grid
        self.layers = nn.Sequential(made)

    def forward(self, x: Tensor) -> Tensor:
        """The net's outputs for a batch: scores (logits), or probabilities where the net ends in S.

        x : (N, channels, *grid) float tensor as `spec` says

        Raises
        ------
        ShapeError : another number of axes, of channels or another grid
        """
        wanted = (self.spec.channels, *self.spec.grid)
        if tuple(x.shape[1:]) != wanted or x.ndim != len(wanted) + 1:
            needed = ", ".join(["N", *map(str, wanted)])
            raise ShapeError(f"x has shape {tuple(x.shape)}; this net takes ({needed}): a batch, channels, grid")
        y: Tensor = self.layers(x)
        return y

    def layer(self, which: str | int) -> nn.Module:
        """The module of one layer, by its name ("C2") or its index, negative from the end.

        Raises
        ------
        ArgumentError : there is no such layer
        """
        names = [row.name for row in self.rows]
        if isinstance(which, int) and -len(names) <= which < len(names):
            return self.layers[which]
        if isinstance(which, str) and which in names:
            return self.layers[names.index(which)]
        raise ArgumentError(f"layer is {which!r}; this net has {len(names)} layers: {', '.join(names)}")


def build(net: Net, spec: InputSpec, classes: int | None = None, seed: int | None = None) -> Network:
    """A torch module for a net on a 1-, 2- or 3-dimensional grid, on the CPU, in float32.

    Parameters
    ----------
    net : Net
    spec : InputSpec
    classes : int >= 1, the outputs of an F without a number (None: 2); if given, the net must end in that many
    seed : int >= 0, makes the first weights a function of it alone and leaves torch's generators as they were;
        None draws from torch's global generator

    Returns
    -------
    Network

    Raises
    ------
    ShapeError : a layer cannot take what it gets, drawn below the text (see `measure.shapes`)
    ResourceError : more than 2 000 000 000 parameters
    ArgumentError : a seed below 0, classes below 1

    >>> from sigconv.nets import parse
    >>> build(parse("(CR)2P(CR)2P(CR)2PF"), InputSpec(64, (160,)), classes=4, seed=1).rows[-1].grid
    ()
    """
    rows = shapes(net, spec, classes)
    wanted = sum(row.parameters for row in rows)
    if wanted > MAX_PARAMETERS:
        raise ResourceError(
            f"the net has {wanted} parameters; at most {MAX_PARAMETERS} are allowed. "
            "Pool more before F, or use G, or fewer channels"
        )
    with _draws(seed):
        return Network(net, spec, rows)


@contextmanager
def _draws(seed: int | None) -> Iterator[None]:
    """The CPU generator starts from the seed inside, and goes on afterwards as if nothing had been drawn."""
    if seed is None:
        yield
        return
    start = at_least("seed", seed, 0)
    if start >= 2**64:
        raise ArgumentError(f"seed is {seed}; a seed is below 2**64")
    # torch.manual_seed would reseed the GPUs as well
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(start)
        yield


def _module(layer: Layer, channels: int, grid: tuple[int, ...]) -> nn.Module:
    """The module of a filled-in layer that gets this many channels on this grid."""
    made: Any
    match layer:
        case Conv():
            made = _conv(layer, channels, axes=len(grid))
        case Pool():
            sizes = along(layer.size, len(grid)), along(layer.step, len(grid))
            made = OPS[layer.kind, len(grid)](kernel_size=sizes[0], stride=sizes[1])
        case GlobalPool():
            made = GLOBAL_OPS[layer.kind]()
        case Activation():
            made = ACTIVATION_OPS[layer.name]()
        case Norm():
            made = OPS[layer.kind, len(grid)](channels)
        case Dropout():
            made = nn.Dropout(layer.rate)
        case Full(units=int(units)):
            inputs = channels
            for size in grid:
                inputs *= size
            made = Flat(inputs, units)
        case _:
            made = nn.Softmax(dim=1)
    assert isinstance(made, nn.Module)
    return made


def _conv(layer: Conv, channels: int, axes: int) -> Any:
    padding = conv_padding(layer, axes)
    even = all(before == after for before, after in padding)
    made = OPS["conv" if even else "padded conv", axes](
        channels,
        layer.channels,
        kernel_size=along(layer.kernel, axes),
        stride=along(layer.stride, axes),
        padding=tuple(before for before, _ in padding) if even else 0,
        dilation=along(layer.dilation, axes),
        groups=layer.groups,
        bias=layer.bias,
    )
    if not even:
        # torch.nn.functional.pad counts from the last axis
        made.outside = tuple(chain.from_iterable(reversed(padding)))
    return made
