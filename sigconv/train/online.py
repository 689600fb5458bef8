"""Training as in 1989: one sample at a time, plain gradient descent on the squared error, compiled."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np
import torch

from sigconv.errors import ArgumentError, ShapeError, one_number
from sigconv.nets.builder import Network
from sigconv.nets.connections import Layer
from sigconv.nets.descent import Descent, Layers
from sigconv.nets.wiring import connected_rows
from sigconv.train.draws import generator

Rate = float | Mapping[str, Any]


@dataclass(frozen=True)
class Pass:
    """One row of a learning curve.

    number : 1, 2, …
    loss, error : of the training samples as the net met them: mean squared error, and the part of the samples whose
        largest output was not where their largest target is
    held_out_loss, held_out_error : the same after the pass, NaN where nothing was held out
    """

    number: int
    loss: float
    error: float
    held_out_loss: float
    held_out_error: float


@dataclass(frozen=True, eq=False)
class OnlineFit:
    """A net that was trained one sample at a time, and its learning curve.

    >>> from sigconv.nets.connections import Full
    >>> learned = fit_online([Full((1,), 1)], [[1.0], [2.0]], [[3.0], [5.0]], passes=300, rate=0.1)
    >>> learned.scores([[10.0]]).round(2).tolist(), sorted(learned.weights)
    ([[21.0]], ['0.bias', '0.weight'])
    """

    net: Descent
    history: tuple[Pass, ...]

    @property
    def weights(self) -> dict[str, Any]:
        """Arrays by name, shaped as torch's modules have them."""
        return self.net.weights

    def scores(self, x: Any) -> "np.ndarray[Any, Any]":
        """The net's outputs (N, *outputs) for samples (N, *inputs)."""
        return self.net.respond(x)


def fit_online(
    net: Network | Layers,
    x: Any,
    targets: Any,
    *,
    passes: int = 23,
    rate: Rate | Callable[[int, dict[str, Any]], Rate] = 0.02,
    seed: int = 0,
    shuffle: bool = True,
    start: Mapping[str, Any] | None = None,
    held_out: tuple[Any, Any] | None = None,
    dtype: Literal["float32", "float64"] = "float32",
    progress: Callable[[Pass], None] = lambda _row: None,
) -> OnlineFit:
    """Gradient descent on the mean squared error of the outputs, a step after each sample, on one core.

    Parameters
    ----------
    net : a built Network, which starts from the weights that it has and in the end holds the learnt ones, but for
        frozen layers; or values of sigconv.nets.connections by name, as `nets.connected` gives, or in order
    x : (N, *inputs) samples; or a function of the pass 0, 1, … that gives them, bent and moved anew, say
    targets : (N, *outputs); for classes see `one_hot`
    passes : over the samples, >= 1
    rate : learning rate > 0; or by name a number or array >= 0, and weights that are not named stay still; or a
        function of the pass (0, 1, …) and the weights before it that gives either
    seed : int >= 0, of the order and of weights that are drawn; the same seed gives the same bits
    shuffle : a new order in every pass, or always that of x
    start : weights by name, "C1.weight"; those not named are a Network's own, or drawn by `uniform_weights`
    held_out : (x, targets) for two columns of the learning curve; they decide nothing
    dtype : of all arithmetic
    progress : called with each finished Pass

    Returns
    -------
    OnlineFit

    Raises
    ------
    ArgumentError : the error is not finite (with pass and sample; a Network is as before), a number out of range,
        an unknown name, a layer that `nets.connected` refuses
    ShapeError : layers, samples or targets that do not fit

    Source: LeCun et al. (1989), Neural Computation 1:541-551, whose second-order scale is `newton_rates`.
    """
    if isinstance(passes, bool) or not isinstance(passes, int) or passes < 1:
        raise ArgumentError(f"passes is {passes!r}; it is a whole number, 1 or more")
    descent, still = Descent(_layers(net), dtype), _frozen(net)
    descent.weights = _own(net) if isinstance(net, Network) else uniform_weights(descent.layers, seed)
    descent.weights = start or {}
    wanted = _some(np.asarray(targets, descent.dtype))
    history: list[Pass] = []
    for number in range(passes):
        _set_rate(descent, rate, number)
        descent.set_rates(still)
        samples = np.asarray(x(number) if callable(x) else x, descent.dtype)
        history.append(_pass(descent, samples, wanted, (seed, number), shuffle, held_out))
        progress(history[-1])
    if isinstance(net, Network):
        _put(net, descent.weights)
    return OnlineFit(descent, tuple(history))


def uniform_weights(net: Network | Mapping[str, Layer], seed: int, spread: float = 2.4) -> dict[str, Any]:
    """Weights drawn from ±spread / fan-in, which keeps sums inside the bend of tanh; biases are 0.

    net : a Network or layers by name, as of `fit_online`;  seed : int >= 0;  spread : > 0
    Returns arrays by name; fan-in is the taps of a unit.

    Source: LeCun et al. (1989), section 4.

    >>> from sigconv.nets.connections import Full
    >>> bool(abs(uniform_weights({"F": Full((24,), 5)}, seed=0)["F.weight"]).max() <= 0.1)
    True
    """
    drawn = {}
    for i, (name, layer) in enumerate(_layers(net).items()):
        for part, shape in layer.shapes.items():
            most = spread / prod(shape[1:]) if part == "weight" else 0.0
            drawn[f"{name}.{part}"] = generator(seed, f"online {part}", i).uniform(-most, most, shape)
    return drawn


def one_hot(labels: Any, classes: int, low: float = -1.0, high: float = 1.0) -> "np.ndarray[Any, Any]":
    """Targets for labels 0 … classes − 1: `high` for the sample's own class, `low` for the others.

    labels : (N,) whole numbers.  Returns (N, classes) float32

    Raises
    ------
    ArgumentError : a label that is no class

    >>> one_hot([1, 0], 3).tolist()
    [[-1.0, 1.0, -1.0], [1.0, -1.0, -1.0]]
    """
    given = np.asarray(labels)
    if (
        given.ndim != 1
        or given.dtype.kind not in "iu"
        or (given.size and not 0 <= given.min() <= given.max() < classes)
    ):
        raise ArgumentError(
            f"labels have shape {given.shape} and type {given.dtype}; they are whole numbers from 0 to {classes - 1}"
        )
    return np.where(np.arange(classes) == given[:, None], high, low).astype(np.float32)


def _layers(net: Network | Layers) -> dict[str, Layer]:
    """The layers by name; those of a row are named "0", "1", …"""
    if isinstance(net, Network):
        return connected_rows(net.rows)
    return dict(net) if isinstance(net, Mapping) else {str(i): layer for i, layer in enumerate(net)}


def _some(targets: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    if not targets.shape or not len(targets):
        raise ShapeError(f"targets have shape {targets.shape}; there is at least one sample to learn from")
    return targets


def _part(network: Network, name: str) -> torch.Tensor:
    """The parameter of a Network that is called so among the connections."""
    return network.layers.get_parameter(name)


def _shapes(layers: Mapping[str, Layer]) -> dict[str, tuple[int, ...]]:
    return {f"{name}.{part}": shape for name, layer in layers.items() for part, shape in layer.shapes.items()}


def _own(network: Network) -> dict[str, Any]:
    """A Network's weights in the shapes of its connections: a table's are there in the same order."""
    shapes = _shapes(connected_rows(network.rows))
    return {name: _part(network, name).detach().cpu().numpy().reshape(shape) for name, shape in shapes.items()}


def _frozen(net: Network | Layers) -> dict[str, float]:
    """Rate 0 for every weight that is kept as it is."""
    if not isinstance(net, Network):
        return {}
    return {name: 0.0 for name in _shapes(connected_rows(net.rows)) if not _part(net, name).requires_grad}


def _put(network: Network, weights: Mapping[str, Any]) -> None:
    with torch.no_grad():
        for name, w in weights.items():
            part = _part(network, name)
            part.copy_(torch.from_numpy(w).reshape(part.shape))


def _pass(net: Descent, x: Any, targets: Any, draw: tuple[int, int], shuffle: bool, held_out: Any) -> Pass:
    """One pass over the samples. draw : seed, and passes before this one."""
    seed, number = draw
    n = len(targets)
    order = generator(seed, "online order", number).permutation(n) if shuffle else np.arange(n)
    loss, misses, stopped = net.descend(x, targets, order)
    if stopped >= 0:
        raise ArgumentError(
            f"the error of sample {order[stopped]} became {loss} in pass {number + 1}, step {stopped + 1}; "
            "lower rate, or look at that sample"
        )
    return Pass(number + 1, loss / n, misses / n, *_look(net, held_out))


def _set_rate(net: Descent, rate: Any, number: int) -> None:
    given = rate(number, net.weights) if callable(rate) else rate
    if not isinstance(given, Mapping):
        value = one_number("rate", given, "above 0")
        if not 0 < value < np.inf:
            raise ArgumentError(f"rate is {value}; it is a number above 0")
        given = value
    for name, rates in given.items() if isinstance(given, Mapping) else ():
        if not np.all((np.asarray(rates) >= 0) & np.isfinite(rates)):
            raise ArgumentError(f"rate of {name} is {rates}; rates are finite and 0 or more")
    net.set_rates(given)


def _look(net: Descent, held_out: tuple[Any, Any] | None) -> tuple[float, float]:
    if held_out is None:
        return np.nan, np.nan
    scores = net.respond(held_out[0]).reshape(len(held_out[0]), -1).astype(np.float64)
    targets = np.asarray(held_out[1], np.float64).reshape(scores.shape)
    return float(np.square(scores - targets).mean()), float((scores.argmax(1) != targets.argmax(1)).mean())
