"""Pictures of sounds: what a network was shown, and what its first kernels listen for; each returns a Figure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.errors import ShapeError
from sigconv.signal import Signal

_COLUMNS = 5
_MOST = 32  # kernels in one picture


def examples(sounds: Sequence[Signal], titles: Sequence[str]) -> Figure:
    """Sounds side by side, as waveforms over seconds or as spectrograms in hertz.

    sounds : (channel, time) or (channel, freq, time) Signals of the same axes; the first channel is drawn

    Raises
    ------
    ShapeError : no sound, or not one title for each

    >>> len(examples([Signal.from_array(np.zeros(80), fs=8000)], ["nothing"]).axes)
    1
    """
    if not sounds or len(sounds) != len(titles):
        raise ShapeError(f"sounds has {len(sounds)}, titles {len(titles)}; one title for each of one sound or more")
    columns = min(len(sounds), _COLUMNS)
    rows = -(-len(sounds) // columns)
    figure = Figure(figsize=(2.4 * columns + 0.6, 1.7 * rows + 0.5), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for ax in axes.ravel()[len(sounds) :]:
        ax.set_axis_off()
    for ax, sound, title in zip(axes.ravel(), sounds, titles, strict=False):
        (_spectrogram if sound.data.ndim == 3 else _waveform)(ax, sound)
        ax.set_title(title, fontsize="small")
    for ax in axes[-1]:
        ax.set_xlabel("time (s)")
    for ax in axes[:, 0]:
        ax.set_ylabel("frequency (Hz)" if sounds[0].data.ndim == 3 else "amplitude")
    if sounds[0].data.ndim == 3:
        figure.colorbar(axes[0, 0].images[0], ax=axes, label=sounds[0].unit or "level (dB)")
    return figure


def _waveform(ax: Any, sound: Signal) -> None:
    time = sound.axes[1]
    ax.plot(time.start + np.arange(time.size) * time.step, sound.data[0], color="#2a6f97", linewidth=0.6)
    ax.spines[["top", "right"]].set_visible(False)


def _spectrogram(ax: Any, sound: Signal) -> None:
    freq, time = sound.axes[1:]
    ax.imshow(sound.data[0], origin="lower", aspect="auto", cmap="magma", extent=(time.start, time.stop, 0, freq.size))
    shown = np.linspace(0, freq.size - 1, 4).round().astype(int)
    ax.set_yticks(shown + 0.5, [f"{freq.at(int(i)):.0f}" for i in shown])


def waveform_kernels(kernels: Any, fs: float) -> Figure:
    """Kernels over time, and how strongly each answers to every frequency, from the lowest voice to the highest.

    kernels : (filter, taps) float array;  fs : Hz

    >>> len(waveform_kernels(np.eye(4), fs=8000).axes)
    6
    """
    kernels = np.asarray(kernels, dtype=np.float64)
    spectra = np.abs(np.fft.rfft(kernels, max(512, kernels.shape[1])))
    order = np.argsort(spectra.argmax(1), kind="stable")
    shown = order[np.linspace(0, len(order) - 1, min(len(order), 12)).round().astype(int)]
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(1, 1.25))[0]
    axes = left.subplots(len(shown), 1, sharex=True, squeeze=False)[:, 0]
    for ax, number in zip(axes, shown, strict=True):
        ax.plot(1000 * np.arange(kernels.shape[1]) / fs, kernels[number], color="#2a6f97", linewidth=0.8)
        ax.set_yticks([])
        ax.set_ylabel(f"{number + 1}", rotation=0, ha="right", va="center", fontsize="x-small")
        ax.spines[["top", "right", "left"]].set_visible(False)
    axes[-1].set_xlabel("time (ms)")
    left.suptitle("kernels, lowest to highest", fontsize="small")
    ax = right.subplots()
    loud = spectra[order]
    decibels = 20 * np.log10(np.maximum(loud / np.maximum(loud.max(1, keepdims=True), 1e-30), 1e-2))
    drawn = ax.imshow(decibels, aspect="auto", cmap="magma", extent=(0, fs / 2, len(order), 0), interpolation="nearest")
    ax.set(xlabel="frequency (Hz)", ylabel="kernels in this order")
    right.colorbar(drawn, label="answer below its strongest (dB)")
    return figure


def spectrogram_kernels(kernels: Any, hop: float) -> Figure:
    """Kernels that look at some bands and frames: red adds, blue takes away.

    kernels : (filter, bands, frames) float array;  hop : s, from frame to frame

    >>> len(spectrogram_kernels(np.ones((3, 5, 5)), hop=0.015).axes)
    3
    """
    kernels = np.asarray(kernels, dtype=np.float64)[:_MOST]
    columns = min(len(kernels), 8)
    rows = -(-len(kernels) // columns)
    figure = Figure(figsize=(1.25 * columns + 0.6, 1.35 * rows + 0.5), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    width = 1000 * hop * kernels.shape[2]
    for ax in axes.ravel()[len(kernels) :]:
        ax.set_axis_off()
    for number, (ax, kernel) in enumerate(zip(axes.ravel(), kernels, strict=False), 1):
        most = np.abs(kernel).max() or 1.0
        ax.imshow(
            kernel, origin="lower", aspect="auto", cmap="RdBu_r", vmin=-most, vmax=most,
            extent=(-width / 2, width / 2, 0, kernel.shape[0]),
        )  # fmt: skip
        ax.set_title(f"{number}", fontsize="x-small")
        ax.set_yticks([])
        ax.tick_params(labelsize="x-small")
    figure.supxlabel("time (ms)", fontsize="small")
    figure.supylabel("bands, low to high", fontsize="small")
    return figure
