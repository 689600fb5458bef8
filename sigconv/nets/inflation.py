"""A network for pictures becomes one for volumes or film: each kernel gets a depth, its weights are kept.

"mean" puts every kernel into each slice and divides by their number, "centre" puts it into the middle slice alone.
A volume whose slices are all the same picture is then answered as that picture is, wherever the depth's ends do not
show: "centre" never looks at another slice; "mean" is exact

    everywhere           with ends="valid", where no kernel leaves the volume, or if the layers' boundary is one that
                         goes on with the same slices (edge, reflect, symmetric, wrap, odd_…)
    away from the ends   with zeros outside: there the outer slices of a kernel see nothing
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import Tensor

from sigconv.core.geometry import at_least, padding_for
from sigconv.errors import ArgumentError, one_of
from sigconv.nets.builder import Network, build
from sigconv.nets.costs import conv_padding
from sigconv.nets.place import Row, along, counted
from sigconv.nets.spec import InputSpec
from sigconv.nets.tree import Axes, Conv, ConvTranspose, Full, Join, Net, Part, Pool, Repeat

How = Literal["mean", "centre"]
Ends = Literal["same", "valid"]


def inflate(
    network: Network,
    depth: int,
    how: How = "mean",
    *,
    kernel_depth: int | None = None,
    ends: Ends = "same",
    shrink: bool = False,
) -> Network:
    """A network on (depth, y, x) with the weights of one on (y, x).

    Parameters
    ----------
    network : Network on two axes; left as it is
    depth : int >= 1, slices of the new input, in front of the other axes: z or time
    how : "mean" or "centre", see the head of this file
    kernel_depth : int >= 1, depth of every kernel larger than 1; None: as deep as wide (k x k becomes k x k x k)
    ends : "same" keeps the depth at each convolution, "valid" lets no kernel reach beyond the ends
    shrink : whether strides and pools shorten the depth as they do the other axes; Lp and adaptive pools never do:
        the first keep it, the others take it to 1

    Returns
    -------
    Network, of the same precision, device and mode

    Raises
    ------
    ArgumentError : another number of axes; a layer that cannot be inflated so (named)
    ShapeError : the depth is too small for some layer

    Source: Carreira & Zisserman (2017), Quo vadis, action recognition?, section 2.4.

    >>> from sigconv.nets import parse
    >>> flat = build(parse("C4k5:edge RPGF"), InputSpec(3, (16, 16)), classes=3, seed=0)
    >>> str(inflate(flat, 8).net), str(inflate(flat, 8, kernel_depth=3, shrink=True).net)
    ('C4k5:edgeRP1x2x2GF', 'C4k3x5x5:edgeRPGF')
    """
    if len(network.spec.grid) != 2:
        raise ArgumentError(f"network works on {counted(len(network.spec.grid))}; inflate takes one on 2 axes, (y, x)")
    one_of("how", how, ("mean", "centre"))
    one_of("ends", ends, ("same", "valid"))
    if kernel_depth is not None:
        at_least("kernel_depth", kernel_depth, 1)
    lift = _Lift(kernel_depth, ends, shrink)
    spec = InputSpec(network.spec.channels, (at_least("depth", depth, 1), *network.spec.grid))
    made = build(Net(lift.parts(network.net.parts)), spec, network.rows[-1].channels, seed=0)
    like = next(network.parameters(), torch.empty(0))
    made.to(like.device, like.dtype)  # before the numbers come, which would be rounded
    with torch.no_grad():
        for flat, deep in zip(network.rows, made.rows, strict=True):
            target = made.layers[deep.name].state_dict()
            for name, value in network.layers[flat.name].state_dict().items():
                target[name].copy_(_inflated(value, target[name], name, flat, deep, how))
    return made.train(network.training)


class _Lift:
    """Gives every layer of a tree its depth."""

    def __init__(self, kernel_depth: int | None, ends: Ends, shrink: bool) -> None:
        self.kernel_depth, self.ends, self.shrink = kernel_depth, ends, shrink

    def parts(self, parts: Sequence[Part]) -> tuple[Part, ...]:
        return tuple(self.part(part) for part in parts)

    def part(self, part: Part) -> Part:
        match part:
            case Repeat():
                return replace(part, body=self.parts(part.body))
            case Join():
                return replace(part, branches=tuple(self.parts(branch) for branch in part.branches))
            case Conv():
                return self.conv(part)
            case ConvTranspose():
                return self.transposed(part)
            case Pool():
                return self.pool(part)
        return part

    def conv(self, layer: Conv) -> Conv:
        widest = max(along(layer.kernel, 2))
        kernel = 1 if widest == 1 else self.kernel_depth or widest
        dilation = max(along(layer.dilation, 2))
        padding = self.padding(layer, kernel, dilation)
        return replace(
            layer,
            kernel=_deep(kernel, layer.kernel),
            stride=_deep(max(along(layer.stride, 2)) if self.shrink else 1, layer.stride),
            dilation=_deep(dilation, layer.dilation),
            padding=padding,
            boundary=layer.boundary if isinstance(padding, str) or any(along(padding, 3)) else "zeros",
        )

    def padding(self, layer: Conv, kernel: int, dilation: int) -> str | Axes:
        if layer.padding == "valid" and (self.ends == "valid" or kernel == 1):
            return "valid"
        if layer.padding in ("same", "causal") and self.ends == "same":
            return layer.padding
        if self.ends == "same" and (kernel - 1) * dilation % 2:
            raise ArgumentError(
                f"kernel_depth is {kernel} for {layer}, whose padding is the same on both sides: "
                "an odd number keeps the depth"
            )
        pairs = conv_padding(layer, 2)
        if any(before != after for before, after in pairs):
            raise ArgumentError(
                f"ends is 'valid', but {layer} pads unlike amounts in front and behind; use ends='same'"
            )
        front = 0 if self.ends == "valid" else (kernel - 1) * dilation // 2
        return (front, *(before for before, _ in pairs))

    def transposed(self, layer: ConvTranspose) -> ConvTranspose:
        names = ("kernel", "stride", "dilation", "padding", "output_padding")
        if not self.shrink:
            least = (1, 1, 1, 0, 0)
            deep: dict[str, Any] = {n: _deep(d, getattr(layer, n)) for n, d in zip(names, least, strict=True)}
            return replace(layer, **deep)
        kernel, stride, _, padding, more = (set(along(getattr(layer, name), 2)) for name in names)
        if kernel != stride or len(kernel) > 1 or padding | more != {0} or layer.dilation != 1:
            raise ArgumentError(f"shrink is True, but the kernels of {layer} overlap or are cut; use shrink=False")
        return replace(layer, kernel=kernel.pop(), stride=stride.pop())

    def pool(self, layer: Pool) -> Pool:
        if layer.to is not None:
            return replace(layer, to=_deep(1, layer.to))
        size, step, padding = (max(along(given, 2)) for given in (layer.size, layer.step, layer.padding))
        if not self.shrink or layer.kind == "lp":
            size, step, padding = 1, 1, 0
        return replace(
            layer,
            size=_deep(size, layer.size),
            stride=_deep(step, layer.step),
            # the zeros outside would count in an average, but no maximum looks there
            padding=_deep(padding if layer.kind == "max" else 0, layer.padding),
        )


def _deep(depth: int, flat: Axes) -> Axes:
    """The depth in front of a size of two axes, one number if all are equal.

    >>> _deep(3, 3), _deep(1, 2)
    (3, (1, 2, 2))
    """
    sizes = (depth, *along(flat, 2))
    return depth if len(set(sizes)) == 1 else sizes


def _inflated(value: Tensor, target: Tensor, name: str, flat: Row, deep: Row, how: How) -> Tensor:
    """The numbers of one tensor of a layer in the shape that they have in the deep layer."""
    if value.shape == target.shape:
        return value
    match flat.layer:
        case Conv() if name == "weight":
            return _spread(value.unsqueeze(-3), target.shape[-3], -3, how, _middle(deep))
        case Conv():
            return value.unsqueeze(1).expand_as(target)
        case ConvTranspose():
            return value.unsqueeze(-3).expand_as(target)
        case Full(kind="weights"):
            channels, grid = flat.got
            slices = deep.got[1][0]
            weight = value.reshape(len(value), channels, 1, *grid)
            return _spread(weight, slices, 2, how, slices // 2).reshape(target.shape)
    raise ArgumentError(f"{flat.name} has {name} of shape {tuple(value.shape)}, which cannot be inflated")


def _spread(weight: Tensor, slices: int, axis: int, how: How, middle: int) -> Tensor:
    """One slice of weights as several."""
    shape = list(weight.shape)
    shape[axis] = slices
    if how == "mean":
        return (weight / slices).expand(shape)
    spread = weight.new_zeros(shape)
    spread.narrow(axis, middle, 1).copy_(weight)
    return spread


def _middle(row: Row) -> int:
    """The slice of a kernel that lies on the slice whose answer it gives."""
    layer: Any = row.layer
    kernel, dilation = along(layer.kernel, 3)[0], along(layer.dilation, 3)[0]
    if layer.padding not in ("same", "causal"):
        return (kernel - 1) // 2
    before, _ = padding_for(layer.padding, kernel, dilation)
    if before % dilation:
        raise ArgumentError(f"{row.name}: a kernel of {kernel} slices {dilation} apart has no middle; use how='mean'")
    return before // dilation
