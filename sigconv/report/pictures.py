"""The pictures of a report; each function returns a matplotlib Figure and writes nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.report.head import LEAST, on_head

_MOST_WRITTEN = 20  # classes whose confusion is written into every cell
NET, BASELINE, GREY = "#2a6f97", "#d98032", "#888888"


def _figure(width: float, height: float, columns: int = 1) -> tuple[Figure, Any]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def accuracy_bars(net: Mapping[str, float], baseline: Mapping[str, float], chance: float, name: str) -> Figure:
    """Accuracy (0 … 1) of the network and of the baseline for each held-out group, with the line of chance."""
    figure, (ax,) = _figure(max(5.0, 1.1 * len(net) + 2), 3.4)
    at = np.arange(len(net))
    ax.bar(at - 0.2, [100 * v for v in net.values()], 0.38, color=NET, label="network")
    ax.bar(at + 0.2, [100 * baseline[k] for k in net], 0.38, color=BASELINE, label=name)
    ax.axhline(100 * chance, color=GREY, linestyle="--", linewidth=1, label="largest class")
    ax.set_xticks(at, list(net), rotation=0 if len(net) <= 8 else 45)
    ax.set(ylim=(0, 105), ylabel="right windows (%)", xlabel="held-out group")
    ax.legend(frameon=False, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return figure


def class_bars(probabilities: Mapping[str, float]) -> Figure:
    """Probability (0 … 1) of each class, the largest on top; at most twenty are shown."""
    shown = sorted(probabilities.items(), key=lambda pair: -pair[1])[:20]
    figure, (ax,) = _figure(6, 0.32 * len(shown) + 1.2)
    ax.barh(range(len(shown)), [100 * p for _, p in shown], color=NET)
    ax.set_yticks(range(len(shown)), [name for name, _ in shown])
    ax.invert_yaxis()
    ax.set(xlim=(0, 100), xlabel="probability (%)")
    return figure


def learning_curves(histories: Sequence[Sequence[Any]]) -> Figure:
    """Loss and accuracy by epoch: every fold faint, the mean of those that still train strong.

    The held-out curves decided nothing; those of validation, where there are any, chose the epoch.

    histories : for every fold its epochs, each with loss and score of training, held_out_… and validation_…
    """
    figure, (left, right) = _figure(8.5, 3.4, 2)
    for ax, column, scale, label in ((left, "loss", 1, "loss"), (right, "score", 100, "score (%)")):
        for prefix, colour, name in (
            ("", NET, "training"),
            ("validation_", GREY, "validation"),
            ("held_out_", BASELINE, "held out"),
        ):
            lines = [[scale * getattr(row, prefix + column) for row in rows] for rows in histories]
            if not np.isfinite(np.concatenate(lines)).any():
                continue
            for line in lines:
                ax.plot(range(1, len(line) + 1), line, color=colour, alpha=0.15, linewidth=0.8)
            means = [np.mean(each) for each in _columns(lines)]
            ax.plot(range(1, len(means) + 1), means, color=colour, linewidth=2, label=name)
        ax.set(xlabel="epoch", ylabel=label)
    left.legend(frameon=False)
    return figure


def _columns(lines: Sequence[Sequence[float]]) -> list[list[float]]:
    """The first values of all lines, the second ones of those that have one …"""
    return [[line[at] for line in lines if at < len(line)] for at in range(max(map(len, lines)))]


def confusion_matrix(counts: "np.ndarray[Any, Any]", classes: Sequence[str]) -> Figure:
    """Rows are what was shown, columns what was said; of up to 20 classes each cell has its row's share and a count."""
    few = len(classes) <= _MOST_WRITTEN
    cell = 1.1 if few else max(0.03, 14 / len(classes))
    figure, (ax,) = _figure(1.1 * cell * len(classes) + 2.2, cell * len(classes) + 1.4)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    ax.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (i, j), part in np.ndenumerate(share) if few else ():
        colour = "white" if part > 0.55 else "black"
        ax.text(j, i, f"{100 * part:.1f} %\n({counts[i, j]})", ha="center", va="center", color=colour)
    size = None if few else max(1.0, 60 * cell)
    ax.set_xticks(range(len(classes)), classes, rotation=0 if few else 90, fontsize=size)
    ax.set_yticks(range(len(classes)), classes, fontsize=size)
    ax.set(xlabel="predicted", ylabel="shown")
    return figure


def spectra(before: Any, after: Any, fs: float, band: tuple[float, float], channel: str, unit: str) -> Figure:
    """Power spectral density of one channel before and after the filter.

    before, after : (time) arrays in `unit`;  fs : Hz;  band : Hz, shaded
    """
    from scipy.signal import welch

    figure, (ax,) = _figure(6, 3.2)
    for x, colour, label in ((before, GREY, "recorded"), (after, NET, "filtered")):
        frequency, power = welch(np.asarray(x, dtype=np.float64), fs, nperseg=min(len(x), round(2 * fs)))
        ax.semilogy(frequency[1:], power[1:], color=colour, label=label)
    ax.axvspan(*band, color=NET, alpha=0.08)
    ax.set(xlabel="frequency (Hz)", ylabel=f"{channel}: power ({unit or '1'}²/Hz)")
    ax.legend(frameon=False)
    return figure


def temporal_responses(kernels: Any, fs: float) -> Figure:
    """Gain of each learnt temporal kernel over frequency.

    kernels : (filter, taps) float array;  fs : Hz
    """
    from scipy.signal import freqz

    figure, (ax,) = _figure(6, 3.2)
    for number, kernel in enumerate(kernels, 1):
        frequency, response = freqz(kernel, worN=512, fs=fs)
        ax.plot(frequency, np.abs(response), label=f"filter {number}")
    ax.set(xlabel="frequency (Hz)", ylabel="gain of the temporal kernel", ylim=(0, None))
    ax.legend(frameon=False, ncols=max(1, len(kernels) // 4), fontsize="small")
    return figure


def scalp_map(patterns: Any, channels: Sequence[str], positions: Mapping[str, Any], titles: Sequence[str]) -> Figure:
    """What each spatial filter looks at: its pattern on the scalp, nose up.

    Parameters
    ----------
    patterns : (filter, channel) float array; the sign carries no meaning
    positions : channel -> (x, y, z) in metres, in MNE's head frame; channels without one are left out

    Source: the pattern of a filter w is C w, Haufe et al. (2014), NeuroImage 87.
    """
    placed = [i for i, name in enumerate(channels) if name in positions]
    columns = min(len(patterns), 6)
    rows = -(-len(patterns) // columns)
    figure = Figure(figsize=(2.3 * columns, 2.6 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes[len(patterns) :]:
        ax.set_axis_off()
    if len(placed) < LEAST:
        return _pattern_bars(patterns, channels, titles)
    names = [channels[i] for i in placed]
    for ax, pattern, title in zip(axes, patterns, titles, strict=False):
        on_head(ax, pattern[placed], names, positions)
        ax.set_title(title, fontsize="small")
    return figure


def _pattern_bars(patterns: Any, channels: Sequence[str], titles: Sequence[str]) -> Figure:
    figure, axes = _figure(2.3 * len(patterns), 3.0, len(patterns))
    for ax, pattern, title in zip(axes, patterns, titles, strict=True):
        ax.barh(range(len(channels)), pattern, color=NET)
        ax.set_yticks(range(len(channels)), channels, fontsize="x-small")
        ax.set_title(title, fontsize="small")
    return figure


def timeline(times: Any, probabilities: Any, classes: Sequence[str], events: Sequence[tuple[float, str]]) -> Figure:
    """Class probabilities along a recording, with its events as vertical lines.

    times : (window) s, middle of each window;  probabilities : (window, class)
    """
    figure, (ax,) = _figure(11, 3.0)
    for number, name in enumerate(classes):
        ax.plot(times, probabilities[:, number], label=name, linewidth=1.2)
    labels = sorted({label for _, label in events})
    for onset, label in events:
        ax.axvline(onset, color=f"C{len(classes) + labels.index(label)}", linewidth=0.8, alpha=0.5)
    for number, label in enumerate(labels):
        ax.plot([], [], color=f"C{len(classes) + number}", alpha=0.5, label=f"event {label}")
    ax.set(xlabel="time (s)", ylabel="probability", ylim=(0, 1))
    ax.legend(frameon=False, ncols=6, loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize="small")
    return figure
