"""A list of layers as a net that learns one sample at a time, by compiled gradient descent."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import prod
from typing import Any, Literal

import numpy as np

from sigconv.core.memory import affordable
from sigconv.core.native import online, tangent
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.connections import Averaged, Convolved, Full, Layer, Pointwise, outside, window

Layers = Sequence[Layer] | Mapping[str, Layer]
FUNCTIONS = {"tanh": (1.0, 1.0, 0.0), "stanh": (1.7159, 2 / 3, 0.0), "sigmoid": (0.5, 0.5, 0.5)}  # a tanh(s x) + c
_LANES = {"float32": 16, "float64": 8}


class Descent:
    """A net whose weights change with each sample it is shown.

    Parameters
    ----------
    layers : values of sigconv.nets.connections, each fed by the one before; by name, or named "0", "1", … in order
    dtype : "float32" or "float64"

    Attributes
    ----------
    layers : dict, name -> layer
    inputs, outputs : shapes of one sample and of what the net gives for it

    Raises
    ------
    ShapeError : a layer gets another number of values than it takes (with both names and shapes)
    ArgumentError : no layers, none that learns, an unknown dtype, two parts of one name
    ResourceError : the connections take too much memory

    >>> net = Descent([Full((2,), 3), Pointwise((3,), "tanh")], dtype="float64")
    >>> net.weights = {"0.weight": np.ones((3, 2)), "0.bias": np.zeros(3)}
    >>> net.respond([[0.25, 0.25]]).round(6).tolist()
    [[0.462117, 0.462117, 0.462117]]
    """

    def __init__(self, layers: Layers, dtype: Literal["float32", "float64"] = "float32") -> None:
        if dtype not in _LANES:
            raise ArgumentError(f"dtype is {dtype!r}; allowed: float32, float64")
        named = layers if isinstance(layers, Mapping) else {str(i): layer for i, layer in enumerate(layers)}
        self.layers = dict(named)
        self.dtype = np.dtype(dtype)
        _chained(self.layers)
        first, last = (list(self.layers.values())[i] for i in (0, -1))
        self.inputs, self.outputs = first.inputs, last.outputs
        laid = _Laid(self.layers, _LANES[dtype])
        self._at = laid.at
        self._flat = laid.flat(self.dtype)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every array of weights, by "<layer>.weight" and "<layer>.bias"."""
        parts = ((name, layer.shapes.items()) for name, layer in self.layers.items())
        return {f"{name}.{part}": shape for name, every in parts for part, shape in every}

    @property
    def weights(self) -> dict[str, Any]:
        """Copies of the weights; torch.nn.Module.load_state_dict takes them, as tensors, by these names.

        Setting them copies, too; it takes all of them or some. Raises ArgumentError for an unknown name, ShapeError
        for a shape that does not fit.
        """
        return self._read(self._flat.weights)

    @weights.setter
    def weights(self, given: Mapping[str, Any]) -> None:
        self._write(given, self._flat.weights)

    def set_rates(self, rate: float | Mapping[str, Any]) -> None:
        """The learning rate of every weight: one number, or by name a number or one for each weight; all are >= 0.

        A weight keeps its rate until it is given another; at first it is 0. Raises what setting `weights` does.
        """
        rates = rate if isinstance(rate, Mapping) else dict.fromkeys(self.shapes, rate)
        whole = {n: r if n not in self.shapes or np.ndim(r) else np.full(self.shapes[n], r) for n, r in rates.items()}
        self._write(whole, self._flat.rates)

    def descend(self, samples: Any, targets: Any, order: Any) -> tuple[float, int, int]:
        """One step for each sample of `order`: half-way through, the weights are other ones.

        Parameters
        ----------
        samples : (N, *inputs);  targets : (N, *outputs);  order : (n,) which samples, one after the other

        Returns
        -------
        (sum of the mean squared errors, samples whose largest output is not at the largest target, -1);
        or (the error, -1, its place in `order`) of the first sample whose error is not finite, at which it stops
        """
        x, y = self._rows("samples", samples, self.inputs), self._rows("targets", targets, self.outputs)
        if len(x) != len(y):
            raise ShapeError(f"there are {len(x)} samples and {len(y)} targets; each sample has one")
        steps = np.ascontiguousarray(order, np.int64)
        if steps.ndim != 1 or (steps.size and not 0 <= steps.min() <= steps.max() < len(x)):
            raise ArgumentError(f"order has shape {steps.shape}; it is a row of numbers from 0 to {len(x) - 1}")
        misses = np.zeros(1, np.int64)
        error, where = online.descend(self._flat, x, y, steps, misses)
        return float(error), int(misses[0]) if where < 0 else -1, int(where)

    def respond(self, samples: Any) -> "np.ndarray[Any, Any]":
        """What the net gives for samples (N, *inputs): (N, *outputs)."""
        x = self._rows("samples", samples, self.inputs)
        out = np.empty((len(x), prod(self.outputs)), self.dtype)
        online.respond(self._flat, x, out)
        return out.reshape(-1, *self.outputs)

    def _rows(self, name: str, given: Any, shape: tuple[int, ...]) -> Any:
        rows = np.ascontiguousarray(given, self.dtype)
        if rows.ndim == 0 or rows.shape[1:] != shape:
            raise ShapeError(f"{name} has shape {rows.shape}; this net takes (N, {', '.join(map(str, shape))})")
        writable = rows if rows.flags.writeable else rows.copy()  # read-only ones are another type to numba
        return writable.reshape(len(rows), -1)

    def _read(self, flat: Any) -> dict[str, Any]:
        return {name: self._view(name, flat).copy() for name in self.shapes}

    def _write(self, given: Mapping[str, Any], flat: Any) -> None:
        for name, array in given.items():
            if name not in self.shapes:
                raise ArgumentError(f"{name!r} is no part of this net; its weights are {', '.join(self.shapes)}")
            value = np.asarray(array, self.dtype)
            if value.shape != self.shapes[name]:
                raise ShapeError(f"{name} has shape {value.shape}; this net has {self.shapes[name]} there")
            self._view(name, flat)[...] = value

    def _view(self, name: str, flat: Any) -> Any:
        """One array of weights inside the flat ones. Full layers keep theirs as (inputs, units and room for more)."""
        start, pitch = self._at[name]
        shape = self.shapes[name]
        if pitch:
            return flat[start : start + shape[1] * pitch].reshape(shape[1], pitch)[:, : shape[0]].T
        return flat[start : start + prod(shape)].reshape(shape)


def _chained(layers: Mapping[str, Layer]) -> None:
    """Each layer takes what the one before gives."""
    if not any(layer.shapes for layer in layers.values()):
        raise ArgumentError(f"layers are {list(layers.values())}; at least one of them has weights")
    every = list(layers.items())
    for (before, giver), (name, taker) in pairwise(every):
        fits = giver.outputs == taker.inputs
        if isinstance(taker, Full | Pointwise):
            fits = prod(giver.outputs) == prod(taker.inputs)
        if not fits:
            raise ShapeError(f"layer {name!r} takes {taker.inputs}, but layer {before!r} gives {giver.outputs}")


class _Laid:
    """Where everything lies: filled layer by layer, then cast into arrays."""

    def __init__(self, layers: Mapping[str, Layer], lanes: int) -> None:
        self.lanes = lanes
        self.at: dict[str, tuple[int, int]] = {}
        self.stages: list[list[int]] = []
        self.reals: list[tuple[float, float, float]] = []
        self.index: list[Any] = []
        self.runs: list[tuple[int, int, int, int]] = []
        self.weight_count = self.patch_count = self.turned_count = 0
        self.fixed: list[tuple[int, int, float]] = []
        every = [outside(layer) if isinstance(layer, Convolved) else 0.0 for layer in layers.values()]
        self.constants = np.repeat(every, online.APART)  # before all values
        self.start = len(self.constants)  # of what the next layer sees
        self.value_count = self.start + prod(next(iter(layers.values())).inputs)
        learns = False
        for i, (name, layer) in enumerate(layers.items()):
            self._stage(i, name, layer, learns)
            learns = learns or bool(layer.shapes)

    def _stage(self, number: int, name: str, layer: Layer, goes_on: bool) -> None:
        said, none = dict.fromkeys(range(online.FIELDS), 0), (0.0, 0.0, 0.0)
        said[online.IN], said[online.OUT] = self.start, self.value_count
        said[online.N_IN], said[online.N_OUT] = prod(layer.inputs), prod(layer.outputs)
        said[online.GOES_ON] = goes_on
        if isinstance(layer, Pointwise):
            said[online.KIND] = online.RELU if layer.name == "relu" else online.TANH
        elif isinstance(layer, Full):
            said |= self._full(name, layer)
        else:
            said |= self._gathered(number, name, layer)
        self.reals.append(FUNCTIONS.get(layer.name, none) if isinstance(layer, Pointwise) else none)
        self.stages.append([int(said[field]) for field in range(online.FIELDS)])
        self.start = self.value_count
        self.value_count += prod(layer.outputs)

    def _full(self, name: str, layer: Full) -> dict[int, int]:
        pitch = -(-layer.units // self.lanes) * self.lanes
        weight = self._room(f"{name}.weight", prod(layer.inputs) * pitch, pitch)
        bias = self._room(f"{name}.bias", pitch) if layer.bias else -1
        return {
            online.KIND: online.FULL, online.ROWS: layer.units, online.PITCH: pitch, online.WEIGHT: weight,
            online.BIAS: bias, online.LEARNS: 1,
        }  # fmt: skip

    def _gathered(self, number: int, name: str, layer: Convolved | Averaged) -> dict[int, int]:
        conv = layer.convolved if isinstance(layer, Averaged) else layer
        places, taps, room = prod(conv.outputs[1:]), prod(conv.kernel), prod(conv.shapes["weight"])
        channels, plane = conv.inputs[0], prod(conv.inputs[1:])
        pitch = -(-places // self.lanes) * self.lanes
        affordable(f"layer {name!r} takes {channels * taps} taps at {places} places", 8 * channels * taps * pitch)
        here = window(conv)
        source = self.start + np.arange(channels)[:, None, None] * plane + here.T.clip(0)
        constant = number * online.APART + np.arange(places) % online.APART
        shows = np.where(here.T < 0, constant, source)
        said = {online.INDEX: sum(part.size for part in self.index), online.RUN: len(self.runs)}
        self.index.append(shows.astype(np.uint32).ravel())
        if isinstance(layer, Averaged):
            weight = self.weight_count
            self.weight_count += room
            self.fixed.append((weight, room, 1 / taps))
        else:
            weight = self._room(f"{name}.weight", room)
        each = room // conv.channels
        for row, seen in enumerate(conv.sees):
            done = 0
            for first, count in _in_a_row(seen):
                self.runs.append((row, first * taps, count * taps, weight + row * each + done))
                done += count * taps
        bias = self._room(f"{name}.bias", prod(conv.shapes["bias"])) if conv.bias else -1
        said |= {
            online.KIND: online.GATHERED, online.ROWS: conv.channels, online.PLACES: places, online.PITCH: pitch,
            online.TAPS: channels * taps, online.LAST_RUN: len(self.runs), online.WEIGHT: weight, online.BIAS: bias,
            online.PLACE_BIAS: conv.bias == "unit", online.PATCH: self.patch_count,
            online.LEARNS: isinstance(layer, Convolved),
        }  # fmt: skip
        self.patch_count += channels * taps * pitch
        self.turned_count = max(self.turned_count, pitch * (channels * taps // self.lanes + 5) * self.lanes)
        return said

    def _room(self, name: str, count: int, pitch: int = 0) -> int:
        """The place of an array of weights."""
        start, self.weight_count = self.weight_count, self.weight_count + count
        self.at[name] = (start, pitch)
        return start

    def flat(self, dtype: Any) -> online.Flat:
        """All arrays, with all weights 0. Vectors read and write up to their length beyond an end."""
        spare = 4 * self.lanes
        weights, rates = np.zeros((2, self.weight_count + spare), dtype)
        for start, count, value in self.fixed:
            weights[start : start + count] = value
        values, slopes = np.zeros((2, self.value_count + spare), dtype)
        values[: len(self.constants)] = self.constants
        return online.Flat(
            np.array(self.stages, np.int64),
            np.array(self.reals, dtype),
            np.concatenate([*self.index, np.zeros(0, np.uint32)]),
            np.array(self.runs, np.int64).reshape(-1, online.RUN_FIELDS),
            tangent.lambert(dtype),
            weights,
            rates,
            values,
            slopes,
            np.zeros(self.patch_count + spare, dtype),
            np.zeros(self.turned_count, dtype),
        )


def _in_a_row(channels: Iterable[int]) -> list[tuple[int, int]]:
    """(first, how many) of each run of neighbours.

    >>> _in_a_row((10, 11, 0, 1, 2))
    [(10, 2), (0, 3)]
    """
    runs: list[tuple[int, int]] = []
    for c in channels:
        if runs and sum(runs[-1]) == c:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((c, 1))
    return runs
