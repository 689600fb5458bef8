"""How sharply the error bends along every weight: the diagonal of its second derivatives, and step sizes from it."""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from sigconv.errors import ShapeError
from sigconv.nets.connections import Averaged, Layer, Pointwise, connections, matrix
from sigconv.nets.descent import FUNCTIONS


def curvature(layers: Mapping[str, Layer], weights: Mapping[str, Any], samples: Any) -> dict[str, Any]:
    """The mean over samples of the second derivative of the mean squared error along each weight, made positive.

    Backpropagation again, with squares (k: second derivative by a sum, h: by an output), y = f(a), a = W x + b:

        k = f'(a)² h        what holds f'' is left out: the rest is never negative
        h before = (W ∘ W)ᵀ k
        along a shared weight: the sum over its places of k x²        along a bias: the sum of k

    Parameters
    ----------
    layers : by name, each fed by the one before
    weights : by "<name>.weight" and "<name>.bias"
    samples : (N, *inputs); a few hundred tell enough

    Returns
    -------
    dict, an array >= 0 for each of the weights

    Raises
    ------
    ShapeError : samples that do not fit the first layer

    Source: Becker & LeCun (1988), Improving the convergence of back-propagation learning with second order methods.

    >>> from sigconv.nets.connections import Full
    >>> curvature({"F": Full((1,), 1)}, {"F.weight": [[7.0]], "F.bias": [0.0]}, [[3.0]])["F.weight"]
    array([[18.]])
    """
    first = next(iter(layers.values()))
    values = [np.asarray(samples, np.float64)]
    if values[0].ndim == 0 or values[0].shape[1:] != tuple(first.inputs):
        raise ShapeError(f"samples has shape {values[0].shape}; the net takes (N, {', '.join(map(str, first.inputs))})")
    values[0] = values[0].reshape(len(values[0]), -1)
    for name, layer in layers.items():
        values.append(_forward(name, layer, weights, values[-1]))
    h = np.full_like(values[-1], 2 / values[-1].shape[1])
    found: dict[str, Any] = {}
    for (name, layer), x, y in reversed(list(zip(layers.items(), values, values[1:], strict=False))):
        if isinstance(layer, Pointwise):
            h = h * _slope(layer, y) ** 2
            continue
        found |= _along(name, layer, x, h)
        w = matrix(layer, weights.get(f"{name}.weight"))
        h = h @ w.multiply(w)
    return found


def newton_rates(found: Mapping[str, Any], rate: float, least: float) -> dict[str, Any]:
    """The learning rate of each weight, rate / (least + curvature): short steps where the error bends sharply.

    found : from `curvature`;  rate : > 0;  least : > 0, so that no flat direction takes a step without bound

    Source: LeCun et al. (1989), section 4; LeCun et al. (2012), Efficient BackProp, section 9.1.

    >>> newton_rates({"F.weight": np.array([0.0, 0.9])}, rate=0.01, least=0.1)
    {'F.weight': array([0.1 , 0.01])}
    """
    return {name: rate / (least + along) for name, along in found.items()}


def _forward(name: str, layer: Layer, weights: Mapping[str, Any], x: Any) -> Any:
    if isinstance(layer, Pointwise):
        if layer.name == "relu":
            return np.maximum(x, 0)
        a, s, c = FUNCTIONS[layer.name]
        return a * np.tanh(s * x) + c
    wired = connections(layer)
    y = x @ matrix(layer, weights.get(f"{name}.weight")).T
    if not isinstance(layer, Averaged):
        w = np.asarray(weights[f"{name}.weight"], np.float64).ravel()
        y = y + wired.outside * np.where(wired.seen < 0, w[wired.tied], 0).sum(1)
    if f"{name}.bias" in weights:
        y = y + np.asarray(weights[f"{name}.bias"], np.float64).ravel()[wired.bias]
    return y


def _slope(layer: Pointwise, y: Any) -> Any:
    """f' from the output."""
    if layer.name == "relu":
        return y > 0
    a, s, c = FUNCTIONS[layer.name]
    return a * s * (1 - ((y - c) / a) ** 2)


def _along(name: str, layer: Layer, x: Any, k: Any) -> dict[str, Any]:
    """The curvature along the weights and biases of one layer, mean over the samples."""
    if isinstance(layer, Pointwise | Averaged):
        return {}
    wired = connections(layer)
    squares = np.concatenate([x**2, np.full((len(x), 1), wired.outside**2)], 1)  # -1 is the last: the constant
    both = k.T @ squares / len(x)  # (units, inputs and the constant)
    each = np.take_along_axis(both, wired.seen % squares.shape[1], 1)
    sums = np.bincount(wired.tied.ravel(), each.ravel(), prod(layer.shapes["weight"]))
    found = {f"{name}.weight": sums.reshape(layer.shapes["weight"])}
    if "bias" in layer.shapes:
        shape = layer.shapes["bias"]
        found[f"{name}.bias"] = np.bincount(wired.bias, k.mean(0), prod(shape)).reshape(shape)
    return found
