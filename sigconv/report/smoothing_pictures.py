"""Pictures of smoothing: a piece of a signal before and after, and the power at every frequency."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.report.pictures import GREY

_COLOURS = ("#2a6f97", "#d98032", "#3a7d44")


def lines(times: Any, recorded: Any, smoothed: Mapping[str, Any], channel: str, unit: str) -> Figure:
    """A piece of one channel, as recorded in grey, and each smoothed version over it in a row of its own.

    times : (time) s;  recorded, and each of smoothed : (time) in `unit`
    """
    figure = Figure(figsize=(9, 1.9 * len(smoothed) + 0.6), layout="constrained")
    axes = figure.subplots(len(smoothed), 1, squeeze=False, sharex=True, sharey=True)[:, 0]
    for ax, (name, values), colour in zip(axes, smoothed.items(), _COLOURS, strict=False):
        ax.plot(times, recorded, color=GREY, linewidth=0.8, alpha=0.7, label="recorded")
        ax.plot(times, values, color=colour, linewidth=1.5, label=name)
        ax.spines[["top", "right"]].set_visible(False)
        ax.set_ylabel(f"{channel} ({unit or '1'})")
        ax.legend(frameon=False, fontsize="small", ncols=2, loc="upper right")
    axes[-1].set_xlabel("time (s)")
    return figure


def powers(recorded: Any, smoothed: Mapping[str, Any], gain: tuple[Any, Any], fs: float, unit: str) -> Figure:
    """Power spectral densities before and after, and the gain that the filter should have.

    recorded, and each of smoothed : (time);  gain : frequencies in Hz, gains;  fs : Hz
    """
    from scipy.signal import welch

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for (name, x), colour in zip({"recorded": recorded, **smoothed}.items(), (GREY, *_COLOURS), strict=False):
        frequency, power = welch(np.asarray(x, dtype=np.float64), fs, nperseg=min(len(x), round(2 * fs)))
        left.semilogy(frequency[1:], power[1:], color=colour, linewidth=1.2, label=name)
    left.set(xlabel="frequency (Hz)", ylabel=f"power ({unit or '1'}²/Hz)")
    left.legend(frameon=False, fontsize="small")
    frequency, values = gain
    right.plot(frequency, values, color=_COLOURS[0], label="moving average")
    right.plot(frequency, values**2, color=_COLOURS[2], label="forwards and backwards")
    right.set(xlabel="frequency (Hz)", ylabel="gain", ylim=(0, 1.05))
    right.legend(frameon=False, fontsize="small")
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    return figure
