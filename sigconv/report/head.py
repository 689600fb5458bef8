"""Values of electrodes as a map of the head."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sigconv.errors import MissingExtra

LEAST = 4  # electrodes, for a map between them


def on_head(ax: Any, values: Any, names: Sequence[str], positions: Mapping[str, Any], top: float | None = None) -> Any:
    """Draw values over the scalp, nose up, blue to red; returns the picture, for a bar of colours.

    Parameters
    ----------
    values : (electrode) numbers
    names : of the electrodes, LEAST or more
    positions : name -> (x, y, z) in metres, in MNE's head frame
    top : where the colours end on both sides of 0; by default at the largest value

    Raises
    ------
    MissingExtra : mne is not installed
    """
    try:
        import mne
    except ImportError as error:
        raise MissingExtra("mne", "eeg") from error
    shown = np.asarray(values)
    end = float(np.abs(shown).max()) or 1.0 if top is None else top
    info = mne.create_info(list(names), 1.0, "eeg")
    where = {name: np.asarray(positions[name], float) for name in names}
    with mne.use_log_level("error"):
        info.set_montage(mne.channels.make_dig_montage(where, coord_frame="head"))
        image, _ = mne.viz.plot_topomap(
            shown, info, axes=ax, show=False, vlim=(-end, end), cmap="RdBu_r", contours=4, sensors="k."
        )
    return image
