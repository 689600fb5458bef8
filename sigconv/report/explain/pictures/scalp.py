"""Attributions on the scalp: one map, or one for each frequency band."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.errors import MissingExtra
from sigconv.report.explain.explanation import Explanation
from sigconv.report.explain.pictures.heat import scale, titled, top_of
from sigconv.signal import Signal

_LEAST = 4  # electrodes, for a map between them


def placed(signal: Signal, rows: int) -> list[int]:
    """The channels with an electrode position in the notes; none where they are too few, or all go together."""
    positions = signal.notes.get("positions", {})
    found = [i for i, name in enumerate(signal.channels) if name in positions]
    return found if len(found) >= _LEAST and rows == signal.shape[0] else []


def scalp(ax: Any, signal: Signal, values: Any, electrodes: list[int], top: float | None = None) -> Any:
    """(channel,) values as a map of the head, nose up.

    Raises
    ------
    MissingExtra : mne is not installed
    """
    try:
        import mne
    except ImportError as error:
        raise MissingExtra("mne", "eeg") from error
    names = [signal.channels[i] for i in electrodes]
    info = mne.create_info(names, 1.0, "eeg")
    where = {name: np.asarray(signal.notes["positions"][name], float) for name in names}
    shown = np.asarray(values)[electrodes]
    end = float(np.abs(shown).max()) or 1.0 if top is None else top
    with mne.use_log_level("error"):
        info.set_montage(mne.channels.make_dig_montage(where, coord_frame="head"))
        image, _ = mne.viz.plot_topomap(
            shown, info, axes=ax, show=False, vlim=(-end, end), cmap="RdBu_r", contours=4, sensors="k."
        )
    return image


def draw_bands(found: Explanation) -> Figure:
    """Channels times frequency bands: a scalp for each band, or a table of colours without electrode positions.

    found : an attribution on (channel, freq), as the players of `bands` give it
    """
    signal, heat = found.question.signal, found.attribution
    bands, top = heat.axes[1].labels, top_of(heat.data)
    electrodes = placed(signal, len(heat.data))
    if electrodes:
        figure = Figure(figsize=(2.3 * len(bands) + 1, 3.2), layout="constrained")
        panels = figure.subplots(1, len(bands), squeeze=False)[0]
        for number, (ax, band) in enumerate(zip(panels, bands, strict=True)):
            drawn = scalp(ax, signal, heat.data[:, number], electrodes, top)
            ax.set_title(f"{band}\nsum {heat.data[:, number].sum():.3g}", fontsize=8)
        scale(figure, drawn, panels)
    else:
        figure = Figure(figsize=(1.1 * len(bands) + 2.5, 1.8 + 0.25 * len(heat.data)), layout="constrained")
        ax = figure.subplots()
        drawn = ax.imshow(heat.data, cmap="RdBu_r", vmin=-top, vmax=top, aspect="auto")
        ax.set_yticks(range(len(heat.data)), heat.channels or None, parse_math=False)
        ax.set_xticks(range(len(bands)), bands, fontsize=8)
        scale(figure, drawn, ax)
    titled(figure, found)
    return figure
