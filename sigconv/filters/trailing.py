"""A moving average as a value: on the whole, in a stream, out of core."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigconv.core.average import moving_average
from sigconv.core.average_stream import AverageStream
from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError


@dataclass(frozen=True)
class TrailingAverage:
    """y[n] = (x[n] + x[n-1] + ... + x[n-width+1]) / width, zeros before the first sample; late by (width - 1) / 2.

    The time does not depend on the width. As CCDE([1 / width] * width), faster and with less rounding.

    Parameters
    ----------
    width : int >= 1, samples

    Raises
    ------
    ArgumentError : width below 1

    >>> TrailingAverage(2)([2.0, 4, 0])
    array([1., 3., 2.])
    """

    width: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", at_least("width", self.width, 1))

    def __call__(self, x: Any) -> Any:
        """The means of (..., time), same library, dtype and device."""
        return moving_average(x, self.width, mode="causal")

    def stream(
        self, channels: int | tuple[int, ...] = (), *, dtype: Any = "float64", state: Mapping[str, Any] | None = None
    ) -> AverageStream:
        """The same average with memory: joined, the outputs of chunks are those of the whole bit for bit.

        channels, dtype, state : as in CCDE.stream

        >>> TrailingAverage(2).stream().push([2.0, 4])
        array([1., 3.])
        """
        fresh = AverageStream(self.width, channels, dtype)
        if state is None:
            return fresh
        again = AverageStream.from_state(state)
        if (again.width, again.shape, again.dtype) != (fresh.width, fresh.shape, fresh.dtype):
            raise ArgumentError(
                f"state is of width {again.width}, shape {again.shape}, {again.dtype}; this stream is of width "
                f"{fresh.width}, shape {fresh.shape}, {fresh.dtype}"
            )
        return again
