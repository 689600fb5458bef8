"""Another reference: what every channel is measured against."""

from typing import Any

from array_api_compat import device

from sigconv.core.namespace import axis_index, inexact
from sigconv.errors import ShapeError
from sigconv.signal import Signal


def common_average(x: Any, axis: int = 0) -> Any:
    """Every channel minus the mean of all channels at that moment; EOG, ECG, EMG and the like stay as they are.

    Parameters
    ----------
    x : Signal with a channel axis, or array or tensor
    axis : the channel axis of an array; a Signal knows its own

    Returns
    -------
    the kind that came in, same axes

    Raises
    ------
    ArgumentError : a Signal without a channel axis
    ShapeError : no such axis, or fewer than two channels

    Source: Offner (1950), doi:10.1016/0013-4694(50)90040-X.  Same as: mne.set_eeg_reference("average").

    >>> import numpy as np
    >>> common_average(np.array([[1.0, 2.0], [3.0, 6.0]]))
    array([[-1., -2.], [ 1.,  2.]])
    """
    xp, data = inexact(x.data if isinstance(x, Signal) else x)
    along = x.index("channel") if isinstance(x, Signal) else axis_index(axis, data.ndim)
    kinds = x.notes.get("kinds", {}) if isinstance(x, Signal) else {}
    names = x.channels if isinstance(x, Signal) else ()
    brain = [i for i in range(data.shape[along]) if not names or kinds.get(names[i], "eeg") == "eeg"]
    if len(brain) < 2:
        raise ShapeError(f"x has {len(brain)} channels to average; a common average takes two or more")
    mean = xp.mean(xp.take(data, xp.asarray(brain, device=device(data)), axis=along), axis=along, keepdims=True)
    if len(brain) == data.shape[along]:
        y = data - mean
    else:
        shape = [1] * data.ndim
        shape[along] = -1
        weights = [float(i in brain) for i in range(data.shape[along])]
        y = data - mean * xp.reshape(xp.asarray(weights, dtype=data.dtype, device=device(data)), tuple(shape))
    return x.with_data(y) if isinstance(x, Signal) else y
