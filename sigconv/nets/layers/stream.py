"""A chain of causal layers fed piece by piece: the outputs joined are those of the whole signal."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from sigconv.core.boundary import Boundary
from sigconv.core.geometry import span
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.builder import Network
from sigconv.nets.layers.conv import Conv
from sigconv.nets.layers.padded import KERNELS
from sigconv.nets.layers.pool import Pool
from sigconv.nets.layers.recurrent import LearnableCCDE

POINTWISE = (
    nn.Identity,
    nn.Dropout,
    nn.ReLU,
    nn.LeakyReLU,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Softplus,
    nn.Tanh,
    nn.Sigmoid,
    nn.Hardtanh,
    nn.BatchNorm1d,
)


class Stream:
    """Layers with memory: push(chunk) gives the outputs that the samples so far decide.

    A convolution keeps the last samples that its next output still sees, a pool those of a window that is not full;
    strides keep their phase, whatever the lengths of the chunks. The outputs joined equal those of the whole to the
    rounding of a sum in another order (1e-6 of the largest output in float32, 1e-15 in float64).

    Parameters
    ----------
    module : a layer on one axis, a torch.nn.Sequential of them (of any depth) or a Network without joins, in eval
        mode: Conv with nothing padded behind ("causal", "valid") and zeros, a constant or its edge in front; Pool
        without padding; LearnableCCDE; what acts on each sample alone
    pointwise : more classes of modules that act on each sample alone

    Raises
    ------
    ArgumentError : a layer that needs the future, or is not known to act on each sample alone; training mode; a
        Network with joins

    Same as: module(whole signal).

    >>> conv = Conv(1, 1, 3, axes=1, padding="causal").eval()
    >>> x = torch.arange(10.0).reshape(1, 1, 10)
    >>> stream = Stream(conv)
    >>> joined = torch.cat([stream.push(x[..., :4]), stream.push(x[..., 4:])], -1)
    >>> torch.allclose(joined, conv(x), atol=1e-5)
    True
    """

    def __init__(self, module: nn.Module, pointwise: tuple[type[nn.Module], ...] = ()) -> None:
        if any(part.training for part in module.modules()):
            raise ArgumentError("module is in training mode, where it draws or learns from whole batches; call eval()")
        module = module.chain() if isinstance(module, Network) else module
        self._stages = [_stage(name, part, (*POINTWISE, *pointwise)) for name, part in _chain("", module)]

    @torch.no_grad()
    def push(self, chunk: Tensor) -> Tensor:
        """The outputs that these samples complete.

        chunk : (N, channels, any number of samples), N and precision always the same.  Returns (N, outputs, as many
        as are complete), without gradients

        Raises
        ------
        ShapeError : another number of axes, channels or examples
        ArgumentError : no tensor, or one of another precision than a convolution's weights
        """
        if not isinstance(chunk, Tensor):
            raise ArgumentError(f"chunk is a {type(chunk).__name__}; it is a tensor: torch.as_tensor(chunk)")
        if chunk.ndim != 3:
            raise ShapeError(f"chunk has shape {tuple(chunk.shape)}; it is (N, channels, time)")
        for stage in self._stages:
            chunk = stage.push(chunk)
        return chunk

    def state(self) -> dict[str, Tensor]:
        """What is remembered, as plain tensors by layer; none before the first chunk."""
        return {f"{stage.name}.{key}": value.clone() for stage in self._stages for key, value in stage.memory.items()}

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on where the stream that wrote `state` stood.

        Raises
        ------
        ArgumentError : names that are not those of this stream's layers
        """
        known = {stage.name: stage for stage in self._stages if stage.keys}
        found: dict[str, dict[str, Tensor]] = {name: {} for name in known}
        for key, value in state.items():
            name, _, what = key.rpartition(".")
            if name not in known or what not in known[name].keys:
                raise ArgumentError(f"state has {key!r}; the layers of this stream that remember are {list(known)}")
            found[name][what] = value.clone()
        for name, memory in found.items():
            if memory and set(memory) != set(known[name].keys):
                raise ArgumentError(f"state of {name!r} has {sorted(memory)}; it has {sorted(known[name].keys)}")
            known[name].memory = memory


class _Pointwise:
    """A layer without memory."""

    keys: tuple[str, ...] = ()

    def __init__(self, name: str, run: Callable[[Tensor], Tensor]) -> None:
        self.name, self.run = name, run
        self.memory: dict[str, Tensor] = {}

    def push(self, x: Tensor) -> Tensor:
        return self.run(x)


class _Recursive(_Pointwise):
    """A recurrence, with the state of its sections."""

    def __init__(self, name: str, layer: LearnableCCDE) -> None:
        super().__init__(name, layer)
        self.layer = layer
        self.keys = tuple(f"section{i}" for i in range(len(layer.sections())))

    def push(self, x: Tensor) -> Tensor:
        y, after = self.layer.resumed(x, [self.memory[key] for key in self.keys] if self.memory else None)
        self.memory = dict(zip(self.keys, after, strict=True))
        return y


class _Sliding(_Pointwise):
    """A window that moves by `stride`: it remembers the samples that the next window sees.

    skip : samples that lie between two windows and are still to come, where the stride is the longer
    """

    keys = ("samples", "skip")

    def __init__(
        self, name: str, run: Callable[[Tensor], Tensor], covered: int, stride: int, front: tuple[int, Any]
    ) -> None:
        super().__init__(name, run)
        self.covered, self.stride, self.front = covered, stride, front

    def push(self, x: Tensor) -> Tensor:
        if not self.memory:
            before, constant = self.front
            if before and constant is None and not x.shape[-1]:
                return self._none(x)  # what lies in front of the first sample is the first sample
            outside = (
                x[..., :1].expand(-1, -1, before) if constant is None else x.new_full((*x.shape[:2], before), constant)
            )
            self.memory = {"samples": outside, "skip": torch.tensor(0)}
        held = self.memory["samples"]
        if held.shape[:2] != x.shape[:2]:
            raise ShapeError(
                f"{self.name} gets {tuple(x.shape[:2])} examples and channels; before they were {tuple(held.shape[:2])}"
            )
        skip = int(self.memory["skip"])
        held = torch.cat([held, x[..., min(skip, x.shape[-1]) :]], -1)
        skip -= min(skip, x.shape[-1])
        count = max(0, (held.shape[-1] - self.covered) // self.stride + 1)
        used = count * self.stride
        y = self.run(held) if count else self._none(x)
        skip += max(0, used - held.shape[-1])
        self.memory = {"samples": held[..., min(used, held.shape[-1]) :].clone(), "skip": torch.tensor(skip)}
        return y

    def _none(self, x: Tensor) -> Tensor:
        return self.run(x.new_zeros(*x.shape[:2], self.covered))[..., :0]


def _chain(name: str, module: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The layers in the order in which samples meet them."""
    if isinstance(module, nn.Sequential):
        for key, part in module.named_children():
            yield from _chain(f"{name}.{key}" if name else key, part)
    else:
        yield name or "layer", module


def _stage(name: str, layer: nn.Module, pointwise: tuple[type[nn.Module], ...]) -> Any:
    match layer:
        case Conv():
            return _conv_stage(name, layer)
        case Pool():
            if layer.axes != 1 or any(layer.padding) or layer.round_up:
                raise ArgumentError(f"{name} is {layer}; a stream pools one axis, without padding or round_up")
            return _Sliding(name, layer, layer.size[0], layer.stride[0], (0, 0.0))
        case LearnableCCDE():
            return _Recursive(name, layer)
        case nn.BatchNorm1d() if layer.running_mean is None:
            raise ArgumentError(f"{name} is {layer}, which takes the means of all it gets; a stream knows no whole")
        case _ if isinstance(layer, pointwise):
            return _Pointwise(name, layer)
    raise ArgumentError(
        f"{name} is {type(layer).__name__}, which may need the future; a stream takes Conv, Pool, LearnableCCDE and "
        "what acts on each sample alone: name its class in `pointwise` if it does"
    )


def _conv_stage(name: str, conv: Conv) -> _Sliding:
    (before, after), *others = conv.padding
    rule, constant = conv.boundary
    if others or after or conv.grid:
        raise ArgumentError(
            f"{name} is {conv}; a stream's convolution has one axis and nothing behind: padding='causal'"
        )
    if before and rule not in (Boundary.CONSTANT, Boundary.EDGE):
        raise ArgumentError(
            f"boundary of {name} is {rule.value!r}, which needs the future; allowed: zeros, constant, edge"
        )

    def run(x: Tensor) -> Tensor:
        if x.shape[1] != conv.inputs:
            raise ShapeError(f"{name} gets {x.shape[1]} channels; it takes {conv.inputs}")
        if x.dtype is not conv.weight.dtype:
            raise ArgumentError(f"chunk holds {x.dtype}; the weights of {name} are {conv.weight.dtype}")
        y: Tensor = KERNELS[1](x, conv.dense_weight(), conv.bias, conv.stride, 0, conv.dilation, conv.groups)
        return y

    front = (before, None if rule is Boundary.EDGE else constant)
    return _Sliding(name, run, span(conv.kernel[0], conv.dilation[0]), conv.stride[0], front)
