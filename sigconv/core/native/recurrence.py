"""The compiled time loops of SciPy, for NumPy arrays. They give what the definitions in core.recurrence give."""

from typing import Any


def lfilter(b: Any, a: Any, x: Any, zi: Any) -> tuple[Any, Any]:
    """The transposed direct form II along the last axis, with its state.

    b, a : (k,) coefficients, a[0] not 0;  x : (..., n);  zi : (..., k-1).  Returns y (..., n) and zf (..., k-1).

    Same as: core.recurrence.lfilter, scipy.signal.lfilter.
    """
    from scipy import signal

    y, zf = signal.lfilter(b, a, x, axis=-1, zi=zi)
    return y, zf


def sosfilt(sos: Any, x: Any, zi: Any) -> tuple[Any, Any]:
    """A cascade of second-order sections along the last axis, with its state.

    sos : (sections, 6);  x : (..., n);  zi : (sections, ..., 2).  Returns y (..., n) and zf (sections, ..., 2).

    Same as: core.recurrence.sosfilt, scipy.signal.sosfilt.
    """
    from scipy import signal

    if x.size == 0:
        return x.copy(), zi.copy()
    y, zf = signal.sosfilt(sos.copy(), x, axis=-1, zi=zi)  # it takes no read-only coefficients
    return y, zf
