"""The kernels of a net's first convolution, as it learnt them."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.errors import ArgumentError
from sigconv.nets import Network
from sigconv.nets.tree import Conv
from sigconv.signal import Signal

_MOST = 64


def draw_kernels(network: Network, signal: Signal | None = None) -> Figure:
    """First-layer kernels: over time with their gain over frequency, as pictures, or as middle slices.

    network : its first C is drawn, at most 64 kernels of it
    signal : something the network takes; gives the axes their units (s, Hz)

    In one dimension each line is a kernel of the channel where it is strongest; two-dimensional kernels with three
    inputs are drawn in colours, others of the input where they are strongest.

    Raises
    ------
    ArgumentError : the net has no C
    """
    first = next((row for row in network.rows if isinstance(row.layer, Conv)), None)
    if first is None:
        raise ArgumentError(f"network is {network.net}, which has no convolution whose kernels could be drawn")
    learnt: Any = network.layer(first.name).weight
    weight = learnt.detach().cpu().double().numpy()[:_MOST]
    title = f"{first.name}: {len(weight)} of {first.channels} kernels"
    if weight.ndim == 3:
        return _curves(weight, signal, title)
    if weight.ndim == 5:
        weight = weight[:, :, weight.shape[2] // 2]
        title += ", middle slice"
    return _tiles(weight, title)


def _strongest(weight: Any) -> Any:
    """(kernel, input, …) -> (kernel, …): of each kernel the input where it is strongest."""
    power = (weight**2).reshape(*weight.shape[:2], -1).sum(2).argmax(1)
    return weight[np.arange(len(weight)), power]


def _curves(weight: Any, signal: Signal | None, title: str) -> Figure:
    from scipy.signal import freqz

    kernels = _strongest(weight)
    axis = None if signal is None else signal.axes[-1]
    step, unit = (1.0, "samples") if axis is None else (axis.step, axis.unit or "samples")
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    at = step * (np.arange(kernels.shape[1]) - (kernels.shape[1] - 1) / 2)
    for kernel in kernels:
        left.plot(at, kernel, linewidth=0.9)
        frequency, gain = freqz(kernel, worN=256, fs=1 / step)
        right.plot(frequency, np.abs(gain), linewidth=0.9)
    left.set(xlabel=f"time ({unit})", ylabel="weight")
    right.set(xlabel="frequency (Hz)" if unit == "s" else f"cycles a {unit.rstrip('s')}", ylabel="gain")
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    figure.suptitle(title, fontsize=8)
    return figure


def _tiles(weight: Any, title: str) -> Figure:
    rgb = weight.shape[1] == 3
    shown = np.moveaxis(weight, 1, -1) if rgb else _strongest(weight)
    columns = min(len(shown), 8)
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(1.1 * columns, 1.1 * rows + 0.5), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in panels:
        ax.set_axis_off()
    for ax, kernel in zip(panels, shown, strict=False):
        top = float(np.abs(kernel).max()) or 1.0
        if rgb:
            ax.imshow(0.5 + kernel / (2 * top))
        else:
            ax.imshow(kernel, cmap="RdBu_r", vmin=-top, vmax=top)
    figure.suptitle(title, fontsize=8)
    return figure
