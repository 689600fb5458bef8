"""Framing: one axis cut into windows that may overlap."""

from typing import Any

import numpy as np
from array_api_compat import is_torch_array

from sigconv.core.geometry import length_after
from sigconv.core.namespace import axis_index


def frame(x: Any, size: int, hop: int, axis: int = -1) -> Any:
    """Windows of `size` samples, one every `hop` samples; samples behind the last whole window are left out.

    Parameters
    ----------
    x : (..., n, ...) array or tensor
    size, hop : int >= 1, samples
    axis : int

    Returns
    -------
    (..., windows, size, ...), a view of x without a copy (read-only in NumPy), the dtype of x

    Raises
    ------
    ArgumentError : size or hop below 1
    ShapeError : fewer than `size` samples, or no such axis

    Same as: librosa.util.frame with its two axes swapped, torch.Tensor.unfold.

    >>> frame(np.arange(6), size=3, hop=2)
    array([[0, 1, 2], [2, 3, 4]])
    """
    x = x if is_torch_array(x) else np.asarray(x)
    axis = axis_index(axis, x.ndim)
    length_after(x.shape[axis], size, hop)
    if is_torch_array(x):
        return x.unfold(axis, size, hop).movedim(-1, axis + 1)
    windows = np.lib.stride_tricks.sliding_window_view(x, size, axis=axis)
    return np.moveaxis(windows[(*(slice(None),) * axis, slice(None, None, hop))], -1, axis + 1)
