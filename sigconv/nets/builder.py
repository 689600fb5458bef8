"""A tree becomes a torch module; every number comes from `measure`, every torch class from `ops`.

The file is not called build.py: importing it would hide the function `sigconv.nets.build` behind the module.
"""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.modules.module import _has_any_global_hook

from sigconv.errors import ArgumentError, ResourceError, ShapeError
from sigconv.nets.fused import Behind, Branched, Fork, Plan, Raised, Steps, fused
from sigconv.nets.measure import Row, shapes
from sigconv.nets.ops import module_of
from sigconv.nets.spec import InputSpec
from sigconv.nets.tree import Join, Net, Part, Repeat

MAX_PARAMETERS = 2_000_000_000


class Network(nn.Module):
    """The module that `build` makes: (N, channels, *grid) -> (N, classes), or (N, channels, *grid) without G or F.

    Attributes
    ----------
    net, spec : what it was built from
    rows : tuple of measure.Row, one per layer and join
    layers : torch.nn.ModuleDict, one module per row, "C1", "R1", "C2", …
    steps : the names in the order of work, joins as Fork
    plan : the same with the steps that are worked out together; layers with hooks, or of another class than when it
        was built, and exports, go by `steps`

    >>> from sigconv.nets import parse
    >>> network = build(parse("C8RPF"), InputSpec(1, (28, 28)), classes=10, seed=0)
    >>> network(torch.zeros(5, 1, 28, 28)).shape
    torch.Size([5, 10])
    >>> network.layer("C1")
    Conv(1, 8, kernel=(3, 3), stride=(1, 1), padding=(1, 1))
    """

    def __init__(self, net: Net, spec: InputSpec, rows: tuple[Row, ...]) -> None:
        super().__init__()
        self.net = net
        self.spec = spec
        self.rows = rows
        self.layers = nn.ModuleDict({row.name: module_of(row) for row in rows})
        self.steps = _steps(net.parts, iter(rows))
        self.plan = fused(self.steps, dict(self.layers.items()))
        self._kinds = [type(layer) for layer in self.layers.values()]

    def forward(self, x: Tensor) -> Tensor:
        """The net's outputs for a batch: scores (logits), or probabilities where the net ends in S.

        x : (N, channels, *grid) float tensor as `spec` says

        Raises
        ------
        ShapeError : another number of axes, of channels or another grid
        ArgumentError : no tensor of floating numbers, or one of another precision than the weights
        """
        if not isinstance(x, Tensor) or not x.is_floating_point():
            kind = f"holds {x.dtype}" if isinstance(x, Tensor) else f"is a {type(x).__name__}"
            raise ArgumentError(f"x {kind}; it is a tensor of floating numbers: torch.as_tensor(x).float()")
        wanted = (self.spec.channels, *self.spec.grid)
        if tuple(x.shape[1:]) != wanted or x.ndim != len(wanted) + 1:
            needed = ", ".join(["N", *map(str, wanted)])
            raise ShapeError(f"x has shape {tuple(x.shape)}; this net takes ({needed}): a batch, channels, grid")
        if x.dtype is not torch.float32:
            self._refuse_other_precision(x)
        plain = all(isinstance(step, str) for step in self.plan) or torch.compiler.is_exporting() or self._apart()
        return self._along(self.steps if plain else self.plan, x)

    def _refuse_other_precision(self, x: Tensor) -> None:
        weight = next(self.parameters(), x)
        if x.dtype is not weight.dtype and not torch.is_autocast_enabled(x.device.type):
            raise ArgumentError(f"x holds {x.dtype}, but the weights are {weight.dtype}: x.to({weight.dtype})")

    def layer(self, which: str | int) -> nn.Module:
        """The module of one layer, by its name ("C2") or its index, negative from the end.

        Raises
        ------
        ArgumentError : there is no such layer
        """
        return self.layers[self.name(which)]

    def chain(self) -> nn.Sequential:
        """The layers as a torch.nn.Sequential of the same modules, under the same names and in the same mode.

        Raises
        ------
        ArgumentError : the net has joins, so it is no chain
        """
        if any(isinstance(step, Fork) for step in self.steps):
            raise ArgumentError(f"net is {self.net}, which has branches; only a net without joins is a chain")
        made = nn.Sequential(OrderedDict(self.layers.items()))
        made.training = self.training  # train() would reach into the layers, which may have modes of their own
        return made

    def name(self, which: str | int) -> str:
        """The name of a layer that is given by its name or its index, negative from the end.

        Raises
        ------
        ArgumentError : there is no such layer
        """
        names = [row.name for row in self.rows]
        if isinstance(which, int) and not isinstance(which, bool) and -len(names) <= which < len(names):
            return names[which]
        if isinstance(which, str) and which in names:
            return which
        raise ArgumentError(f"layer is {which!r}; this net has {len(names)} layers: {', '.join(names)}")

    def _along(self, steps: Steps | Plan, x: Tensor) -> Tensor:
        for step in steps:
            match step:
                case str():
                    x = self.layers[step](x)
                case Fork() | Branched():
                    # a comprehension would make x a cell, and torch.compile knows no `del` of one
                    x = self.layers[step.name](*map(partial(self._along, x=x), step.branches))
                case Behind():
                    x = step.run(self.layers, x)
                case Raised():
                    ends = [x, self._along(step.body, x)]
                    del x
                    x = step.run(self.layers, ends)
        return x

    def _apart(self) -> bool:
        """Whether a layer is no longer what was built, or somebody looks at what a single layer gets or gives."""
        layers = self.layers.values()
        if torch._C._are_functorch_transforms_active():
            return True
        everywhere = _has_any_global_hook()  # type: ignore[no-untyped-call]
        return everywhere or [type(layer) for layer in layers] != self._kinds or any(map(_own, layers))


def _own(layer: nn.Module) -> bool:
    """Whether a layer has hooks, or a `forward` that was put over its class's."""
    hooks = layer._forward_hooks or layer._forward_pre_hooks or layer._backward_hooks or layer._backward_pre_hooks
    return bool(hooks) or "forward" in vars(layer)


def _steps(parts: Sequence[Part], rows: Iterator[Row]) -> Steps:
    """The names of the rows in the order of work; takes as many rows as the parts have."""
    steps: list[str | Fork] = []
    for part in parts:
        match part:
            case Repeat():
                for _ in range(part.times):
                    steps += _steps(part.body, rows)
            case Join():
                branches = tuple(_steps(branch, rows) for branch in part.branches)
                steps.append(Fork(branches, next(rows).name))
            case _:
                steps.append(next(rows).name)
    return tuple(steps)


def build(net: Net, spec: InputSpec, classes: int | None = None, seed: int | None = None) -> Network:
    """A torch module for a net on a 1-, 2- or 3-dimensional grid, on torch's default device, in its default precision.

    Parameters
    ----------
    net : Net
    spec : InputSpec
    classes : int >= 1, the outputs of an F without a number (None: 2); if given, the net must end in that many
    seed : int >= 0, makes the first weights a function of it (and of torch's default precision) alone; leaves torch's
        generators as they were; None draws from torch's global generator

    Returns
    -------
    Network

    Raises
    ------
    ShapeError : a layer cannot take what it gets, drawn below the text (see `measure.shapes`)
    ResourceError : more than 2 000 000 000 parameters
    ArgumentError : a seed below 0 or not below 2**64, classes below 1, a net or spec of another kind

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
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**64:
        raise ArgumentError(f"seed is {seed!r}; it is a whole number from 0 up to, but not, 2**64")
    # torch.manual_seed would reseed the GPUs as well
    before = torch.default_generator.get_state()
    torch.default_generator.manual_seed(seed)
    try:
        yield
    finally:
        torch.default_generator.set_state(before)
