"""Pictures of learning from few examples: accuracy over their number."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from sigconv.report.metrics import interval
from sigconv.report.pictures import GREY

_COLOURS = ("#2a6f97", "#3a7d44", "#d98032", "#888888")


def few_shot_curves(curves: Mapping[str, Mapping[int, Sequence[float]]], chance: float) -> Figure:
    """Accuracy in per cent over the examples of each class, one curve a method, its 95 % interval over draws shaded.

    curves : method -> examples of each class -> an accuracy (0 … 1) for each draw;  chance : 0 … 1
    """
    figure = Figure(figsize=(7, 4.4), layout="constrained")
    ax = figure.subplots()
    for (name, points), colour in zip(curves.items(), _COLOURS, strict=False):
        shots = list(points)
        means = [100 * float(np.mean(points[count])) for count in shots]
        ax.plot(shots, means, "o-", color=colour, label=name, markersize=4)
        if min(len(draws) for draws in points.values()) > 1:
            low, high = zip(*(interval(points[count]) for count in shots), strict=True)
            ax.fill_between(shots, 100 * np.array(low), 100 * np.array(high), color=colour, alpha=0.15, linewidth=0)
    ax.axhline(100 * chance, color=GREY, linestyle="--", linewidth=1)
    ax.set_xscale("log")
    ticks = list(next(iter(curves.values())))
    ax.set_xticks(ticks, [str(count) for count in ticks])
    ax.minorticks_off()
    ax.set(xlabel="examples of each class", ylabel="right (%)", ylim=(0, 100))
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize="small", loc="lower right")
    return figure
