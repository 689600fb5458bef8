"""A first look at a recording of any domain: traces, a spectrogram, a picture, frames, or three cuts."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.core import spectrum
from sigconv.signal import Axis, Signal, Source

_SECONDS, _LINES, _FRAMES, _LOOKED = 10.0, 16, 8, 200
_MOST_SAMPLES, _DOTS, _WINDOW = 1_000_000, 4000, 256  # of a line: read, drawn, in a window of its spectrum
SOFT_TISSUE = (-160.0, 240.0)  # HU

Array = np.ndarray[Any, Any]


def preview(source: Source) -> Figure:
    """What a person looks at first; only the samples that are drawn are read.

    Parameters
    ----------
    source : (channel, time): up to 10 s of up to 16 channels as traces, a sound with its spectrogram, markers at eight
        times; (channel, freq, time): a spectrogram in dB; (channel, y, x): a picture; (channel, time, y, x): eight
        frames; (channel, z, y, x): three cuts through the middle, the patient's right on the left

    >>> from sigconv.loaders import of
    >>> from sigconv.signal import Signal
    >>> len(preview(of(Signal.from_array(np.zeros((2, 320)), fs=160))).axes)
    1
    """
    grid = tuple(axis.name for axis in source.axes[1:])
    if grid == ("time",) and 3 * len(source.notes.get("markers", ())) == source.axes[0].size > 0:
        return _figures(source)
    if grid[:1] == ("time",) and len(grid) == 4:  # volumes over time: the first
        return _cuts(source, first=True)
    return _DRAWN.get(grid, _lines if len(grid) == 1 else _picture)(source)


def _figure(width: float, height: float, columns: int = 1) -> tuple[Figure, list[Any]]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, list(figure.subplots(1, columns, squeeze=False)[0])


def _lines(source: Source) -> Figure:
    """Up to 10 s as traces; below those of a sound its spectrogram."""
    channel, time = source.axes
    last = time.size
    if time.unit == "s":
        last = max(1, min(last, time.nearest(time.start + _SECONDS)))
    time = time.cut(0, min(last, _MOST_SAMPLES))
    data = np.asarray(source.samples(((0, time.size),)), np.float64)[:_LINES]
    figure = Figure(figsize=(9, 1.2 + 0.45 * len(data)), layout="constrained")
    ax = figure.subplots()
    if source.notes.get("domain") == "audio" and time.size >= 2 * _WINDOW and np.isfinite(data[0]).all():
        figure.set_size_inches(9, 4 + 0.45 * len(data))
        figure.clear()
        ax, below = figure.subplots(2, 1, sharex=True)
        _heard(below, data[0], time, channel.labels[0])
    _traces(ax, data, time, channel.labels, source)
    return figure


def _traces(ax: Any, data: Array, time: Axis, labels: Sequence[str], source: Source) -> None:
    middle = data - np.nanmedian(data, axis=1, keepdims=True) if np.isfinite(data).any() else data
    spread = float(np.nanpercentile(np.abs(middle), 99)) if np.isfinite(middle).any() else 0.0
    apart = 2 * spread or 1.0
    at = places(time)
    if len(at) > 2 * _DOTS:  # no more than can be told apart: the least and the most of each stretch
        stretch = len(at) // _DOTS
        whole = middle[:, : _DOTS * stretch].reshape(len(middle), _DOTS, stretch)
        middle = np.stack([whole.min(2), whole.max(2)], axis=2).reshape(len(middle), -1)
        at = np.repeat(at[: _DOTS * stretch : stretch], 2)
    for row, line in enumerate(middle):
        ax.plot(at, line - row * apart, linewidth=0.7, color="#2a6f97")
    names = labels[: len(data)] or range(len(data))
    ax.set_yticks([-row * apart for row in range(len(data))], names, parse_math=False)
    for event in source.events:
        if at[0] <= event.onset <= at[-1]:
            ax.axvline(event.onset, color="#d98032", linewidth=0.8)
            ax.annotate(
                event.label, (event.onset, 1), (1, 1), xycoords=("data", "axes fraction"), textcoords="offset points",
                fontsize=7, color="#d98032", in_layout=False, parse_math=False,
            )  # fmt: skip
    ax.set(xlabel=f"{time.name} ({time.unit or 'samples'})", xlim=(at[0], at[-1] if at[-1] > at[0] else at[0] + 1))
    count = source.axes[0].size
    some = f"{len(data)} of {count} channels, " if len(data) < count else ""
    ax.set_title(f"{some}one line apart: {apart:.3g} {source.unit}".rstrip(), fontsize=8, loc="right", pad=14)
    ax.spines[["top", "right"]].set_visible(False)


def _heard(ax: Any, line: Array, time: Axis, label: str) -> None:
    """The spectrogram of one line in dB below its loudest."""
    hop = max(_WINDOW // 16, time.size // 1000)
    power = spectrum.power(line, np.hanning(_WINDOW), hop)
    level = 10 * np.log10(np.maximum(power / max(power.max(), 1e-300), 1e-8))
    at = time.start + time.step * (np.arange(power.shape[1]) * hop + _WINDOW / 2)
    ax.pcolormesh(at, np.linspace(0, time.rate / 2, len(power)) / 1000, level, shading="nearest", rasterized=True)
    ax.set(xlabel="time (s)", ylabel=f"{label} (kHz)")


def places(axis: Axis) -> Array:
    """(size) float64 positions of an axis' samples, in its unit."""
    return np.array(axis.positions) if axis.positions else axis.start + axis.step * np.arange(axis.size)


def _figures(source: Source) -> Figure:
    """Markers at eight times of those at which most are seen, from the side on which they spread most."""
    time = source.axes[1]
    looked = np.unique(np.linspace(0, time.size - 1, _LOOKED).round().astype(int)).tolist()
    where = np.stack([np.asarray(source.samples(((f, f + 1),)))[:, 0].reshape(-1, 3) for f in looked])
    seen = np.isfinite(where).all(axis=2).mean(axis=1)
    best = np.flatnonzero(seen >= seen.max() / 2)
    chosen = best[np.unique(np.linspace(0, len(best) - 1, _FRAMES).round().astype(int))].tolist()
    up = max(0, "xyz".find(str(source.notes.get("up", "z")).strip("+-") or "z"))
    across = max((i for i in range(3) if i != up), key=lambda i: _extent(where[..., i]))
    heights = where[chosen][..., up]
    half = 0.55 * (_extent(heights) or 1.0)
    joined = bones(source)
    figure, panels = _figure(1.8 * len(chosen), 2.4, len(chosen))
    for ax, row in zip(panels, chosen, strict=True):
        shown = where[row][:, [across, up]]
        for ends in joined:
            ax.plot(*shown[list(ends)].T, color="#888888", linewidth=1)
        ax.plot(*shown.T, "o", color="#2a6f97", markersize=2.5)
        ax.set_title(f"{time.at(looked[row]):.2f} s", fontsize=8)
        if np.isfinite(shown).any():
            middle = float(np.nanmedian(shown[:, 0]))
            ax.set_xlim(middle - half, middle + half)
        ax.set(aspect="equal", xlabel=f"{'xyz'[across]} ({source.unit})")
        ax.tick_params(labelsize=7)
        if np.isfinite(heights).any():
            floor, top = float(np.nanmin(heights)), float(np.nanmax(heights))
            ax.set_ylim((floor + top) / 2 - half, (floor + top) / 2 + half)
    panels[0].set_ylabel(f"{'xyz'[up]} ({source.unit})")
    return figure


def bones(source: Source | Signal) -> list[tuple[int, int]]:
    """The pairs of markers that a skeleton joins; not those to its root, which may be a point on the floor."""
    number = {name: i for i, name in enumerate(source.notes["markers"])}
    skeleton = source.notes.get("skeleton", {"joints": (), "parents": ()})
    joints, parents = skeleton["joints"], skeleton["parents"]
    return [
        (number[joint], number[joints[parent]])
        for joint, parent in zip(joints, parents, strict=True)
        if parent >= 0 and parents[parent] >= 0 and joint in number and joints[parent] in number
    ]


def _extent(values: Array) -> float:
    seen = values[np.isfinite(values)]
    return float(np.ptp(seen)) if seen.size else 0.0


def _spectrogram(source: Source) -> Figure:
    freq, time = source.axes[1:]
    last = min(time.size, _MOST_SAMPLES // freq.size + 1)
    power = np.abs(np.asarray(source.samples(((0, freq.size), (0, last))))[0])
    shown = 20 * np.log10(np.maximum(power, 1e-12)) if (power >= 0).all() and not source.unit else power
    figure, (ax,) = _figure(9, 3.6)
    drawn = ax.pcolormesh(places(time)[:last], places(freq), shown, shading="nearest", rasterized=True)
    ax.set(xlabel=f"time ({time.unit})", ylabel=f"{freq.name} ({freq.unit or 'number'})")
    figure.colorbar(drawn, ax=ax, label="dB" if shown is not power else source.unit)
    return figure


def _picture(source: Source) -> Figure:
    figure, (ax,) = _figure(5, 5)
    _show(ax, np.asarray(source.samples(tuple((0, axis.size) for axis in source.axes[1:]))))
    ax.set(xlabel="x (pixels)", ylabel="y (pixels)")
    return figure


def _show(ax: Any, image: Array) -> None:
    """Draw (channel, y, x) as colours where there are three or four channels, else its first in grey."""
    if len(image) < 3:
        ax.imshow(image[0], cmap="gray")
        return
    top = np.iinfo(image.dtype).max if np.issubdtype(image.dtype, np.integer) else 1.0
    ax.imshow(np.clip(np.moveaxis(image[:4], 0, -1) / top, 0, 1))


def _frames(source: Source) -> Figure:
    time, y, x = source.axes[1:]
    chosen = np.unique(np.linspace(0, time.size - 1, _FRAMES).round().astype(int))
    figure, panels = _figure(1.8 * len(chosen), 2.0, len(chosen))
    for ax, frame in zip(panels, chosen.tolist(), strict=True):
        _show(ax, np.asarray(source.samples(((frame, frame + 1), (0, y.size), (0, x.size))))[:, 0])
        ax.set_title(f"{time.at(frame):.2f} s", fontsize=8)
        ax.set_axis_off()
    return figure


def _cuts(source: Source, first: bool = False) -> Figure:
    grid = source.axes[2:] if first else source.axes[1:]
    before = ((0, 1),) if first else ()
    cuts = [i for i in range(3) if all(axis.size > 1 for j, axis in enumerate(grid) if j != i)] or [0]
    figure, panels = _figure(3.4 * len(cuts), 4, len(cuts))
    limits = SOFT_TISSUE if source.unit == "HU" else (None, None)
    for ax, cut in zip(panels, cuts, strict=True):
        half = grid[cut].size // 2
        box = tuple((half, half + 1) if i == cut else (0, axis.size) for i, axis in enumerate(grid))
        plane = np.asarray(source.samples((*before, *box)))[0].squeeze(0 if first else ())
        up, across = (axis for i, axis in enumerate(grid) if i != cut)
        ax.pcolormesh(
            places(across), places(up), plane.squeeze(cut), cmap="gray", shading="nearest", rasterized=True,
            vmin=limits[0], vmax=limits[1],
        )  # fmt: skip
        ax.set_aspect("equal")
        ax.set(xlabel=f"{across.name} ({across.unit})", ylabel=f"{up.name} ({up.unit})")
        ax.set_title(f"{grid[cut].name} = {grid[cut].at(half):.1f} {grid[cut].unit}", fontsize=8)
        if across.name == "x":
            ax.invert_xaxis()
    return figure


_DRAWN: dict[tuple[str, ...], Callable[[Source], Figure]] = {
    ("time",): _lines,
    ("freq", "time"): _spectrogram,
    ("y", "x"): _picture,
    ("time", "y", "x"): _frames,
    ("z", "y", "x"): _cuts,
}
