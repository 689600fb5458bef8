"""Where training starts: spatial filters from the training windows themselves (common spatial patterns)."""

from typing import Any

import numpy as np
import torch

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets.layers.conv import Conv
from sigconv.windows import Loaded


def common_spatial_patterns(data: Any, labels: Any, count: int, shrinkage: float = 0.01) -> "np.ndarray[Any, Any]":
    """Spatial filters whose output power differs most between the classes.

    For every class the generalised eigenvectors of (its covariance, the sum over classes) with the largest
    eigenvalues; for two classes these are the two ends of one spectrum.

    Parameters
    ----------
    data : (window, channel, time) float array
    labels : (window) int, 0 … classes − 1, each class present
    count : a multiple of the number of classes, at most the number of channels
    shrinkage : 0 <= shrinkage <= 1, the part of each covariance replaced by a multiple of the identity

    Returns
    -------
    (count, channel) float64, scaled to a mean output power of one

    Source: Blankertz et al. (2008), IEEE Signal Processing Magazine 25(1).
    """
    from scipy.linalg import eigh

    x = np.asarray(data, dtype=np.float64)
    classes = np.unique(labels)
    channels = x.shape[1]
    if len(classes) < 2:
        raise ArgumentError("labels hold one class only; common spatial patterns need two or more")
    if count % len(classes) or not 0 < count <= channels:
        raise ArgumentError(
            f"count is {count}, the channels of a first convolution that starts from patterns; allowed: a multiple of "
            f"{len(classes)} classes, at most the {channels} channels of the data"
        )
    each = np.einsum("nct,ndt->ncd", x, x) / x.shape[2]

    def shrunk(c: Any) -> Any:
        return (1 - shrinkage) * c + shrinkage * np.trace(c) / channels * np.eye(channels)

    means = [shrunk(each[labels == k].mean(0)) for k in classes]
    total, share = sum(means), count // len(classes)
    filters = np.concatenate([eigh(mean, total)[1][:, channels - share :].T for mean in means])
    power = np.einsum("kc,cd,kd->k", filters, each.mean(0), filters)
    result: np.ndarray[Any, Any] = filters / np.sqrt(power)[:, None]
    return result


Convolution = Conv | torch.nn.Conv1d | torch.nn.Conv2d | torch.nn.Conv3d


def convolutions(module: torch.nn.Module) -> list[Convolution]:
    """The module's convolution layers in order."""
    return [layer for layer in module.modules() if isinstance(layer, Convolution)]


def start_from_patterns(module: torch.nn.Module, windows: Loaded, shrinkage: float = 0.01) -> None:
    """Set a 1-D net's first layer (kernel 1) to common spatial patterns, depthwise layers behind it to a unit impulse.

    The net then starts as a log-power classifier on these patterns and learns from there.

    Raises
    ------
    ShapeError : the net does not begin with a convolution of kernel 1 over all channels
    """
    layers = convolutions(module)
    if not layers or tuple(layers[0].weight.shape[1:]) != (windows.shape[0], 1):
        raise ShapeError(
            f"start is 'csp': the net must begin with a convolution of kernel 1 over all {windows.shape[0]} channels, "
            "as in 'C4k1b0R:squareGR:logF'"
        )
    filters = common_spatial_patterns(windows.data, windows.labels, layers[0].weight.shape[0], shrinkage)
    with torch.no_grad():
        layers[0].weight.copy_(torch.from_numpy(filters[:, :, None]))
        for layer in layers[1:]:
            if layer.weight.shape[1] == 1 and layer.weight.shape[0] == len(filters):
                layer.weight.zero_()
                layer.weight[:, 0, (layer.weight.shape[2] - 1) // 2] = 1.0
        for layer in layers:
            if layer.bias is not None:
                layer.bias.zero_()
