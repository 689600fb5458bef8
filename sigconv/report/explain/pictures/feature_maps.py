"""What the channels of a layer answer to one input, on the layer's own axes in the input's units."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.nets import Network, features
from sigconv.nets.layer_names import Which
from sigconv.report.explain.layer_axes import layer_axes, row_of
from sigconv.report.explain.pictures.heat import told
from sigconv.report.preview import places
from sigconv.signal import Axis, Signal

_MOST = 36


def feature_maps(network: Network, signal: Signal, layer: Which) -> Signal:
    """A layer's output for one input as a Signal: (its channels, *its grid in the input's units).

    Raises
    ------
    ArgumentError : no such layer;  ShapeError : another input than the network takes

    >>> from sigconv.nets import InputSpec, build, parse
    >>> network = build(parse("C4P2F"), InputSpec(1, (8,)), seed=0)
    >>> feature_maps(network, Signal.from_array(np.ones(8), fs=4), "P1").fs
    2.0
    """
    row = row_of(network, layer)
    given = np.asarray(signal.data)[None]
    data = features(network, given, row.name)[0].cpu().numpy()
    axes = layer_axes(signal, row) if row.grid else (Axis("channel", row.channels),)
    return Signal(data, axes, events=signal.events)


def draw_feature_maps(network: Network, signal: Signal, layer: Which) -> Figure:
    """Up to 36 channels of a layer, the most varied first: lines, pictures, or the middle slice of volumes and clips.

    network, signal, layer : as for `feature_maps`

    Raises
    ------
    ArgumentError, ShapeError : as `feature_maps`
    """
    row = row_of(network, layer)
    return draw_maps(feature_maps(network, signal, layer), f"{row.name} ({row.text})")


def draw_maps(maps: Signal, title: str) -> Figure:
    """Up to 36 channels of any Signal on a layer's axes, the most varied first.

    maps : (channel, *grid), 0 to 3 grid axes
    """
    data = np.asarray(maps.data, np.float64)
    chosen = np.argsort(-data.reshape(len(data), -1).std(1), kind="stable")[:_MOST]
    if data.ndim <= 2:
        figure = _rows(data, maps, chosen)
    else:
        figure = _pictures(data, maps, chosen)
    figure.suptitle(f"{title}: {len(chosen)} of {len(data)} channels", fontsize=8, parse_math=False)
    return figure


def _rows(data: Any, maps: Signal, chosen: Any) -> Figure:
    figure = Figure(figsize=(9, 1.4 + 0.14 * len(chosen)), layout="constrained")
    ax = figure.subplots()
    if data.ndim == 1:
        ax.bar(range(len(data)), data, color="#2a6f97")
        ax.set(xlabel="unit", ylabel="answer")
        return figure
    time = maps.axes[1]
    drawn = ax.pcolormesh(places(time), range(len(chosen)), data[chosen], shading="nearest", rasterized=True)
    ax.set_yticks(range(len(chosen)), chosen, fontsize=6)
    ax.set(xlabel=told(time), ylabel="channel")
    figure.colorbar(drawn, ax=ax, label="answer")
    return figure


def _pictures(data: Any, maps: Signal, chosen: Any) -> Figure:
    if data.ndim == 4:
        data = data[:, data.shape[1] // 2]
    up, across = maps.axes[-2:]
    columns = min(len(chosen), 6)
    rows = -(-len(chosen) // columns)
    figure = Figure(figsize=(1.9 * columns, 1.7 * rows + 0.5), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for ax in panels.ravel()[len(chosen) :]:
        ax.set_visible(False)
    for ax, channel in zip(panels.ravel(), chosen, strict=False):
        ax.pcolormesh(places(across), places(up), data[channel], shading="nearest", rasterized=True)
        ax.set_title(str(channel), fontsize=6, pad=2)
        ax.tick_params(labelsize=6)
    if up.name == "y" and maps.axes[1].name != "z":
        panels[0, 0].invert_yaxis()
    panels[-1, 0].set(xlabel=told(across), ylabel=told(up))
    return figure
