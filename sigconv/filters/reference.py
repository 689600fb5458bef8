"""Another reference: what every channel is measured against."""

from typing import Any

from sigconv.core.namespace import axis_index, inexact
from sigconv.signal import Signal


def common_average(x: Any, axis: int = 0) -> Any:
    """Every channel minus the mean of all channels at that moment.

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
    ShapeError : no such axis

    Source: Offner (1950), doi:10.1016/0013-4694(50)90040-X.  Same as: mne.set_eeg_reference("average").

    >>> import numpy as np
    >>> common_average(np.array([[1.0, 2.0], [3.0, 6.0]]))
    array([[-1., -2.], [ 1.,  2.]])
    """
    xp, data = inexact(x.data if isinstance(x, Signal) else x)
    along = x.index("channel") if isinstance(x, Signal) else axis_index(axis, data.ndim)
    y = data - xp.mean(data, axis=along, keepdims=True)
    return x.with_data(y) if isinstance(x, Signal) else y
