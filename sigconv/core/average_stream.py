"""A moving average that is fed piece by piece: joined, its outputs are those of the whole, bit for bit."""

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from sigconv.core.geometry import at_least
from sigconv.core.stream import before_time, precision, taken
from sigconv.core.written import read, written
from sigconv.errors import FormatError

_KEYS = {"width", "shape", "dtype", "position", "seen"}


class AverageStream:
    """The mean of the last `width` samples, with a memory of those it still needs; before the first one are zeros.

    Joined along time, what `push` returns is moving_average(x, width, mode="causal") of the joined chunks, to the last
    bit, for any sizes of chunks, in a time that does not depend on the width.

    Parameters
    ----------
    width : int >= 1, samples
    shape, dtype : of the chunks, as in core.stream.Stream

    Raises
    ------
    ArgumentError : width below 1, another dtype

    >>> s = AverageStream(2)
    >>> s.push([2.0, 4]), s.push([]), s.push([0.0])
    (array([1., 3.]), array([], dtype=float64), array([2.]))
    """

    def __init__(self, width: int, shape: Any = (), dtype: Any = "float64") -> None:
        self.width = at_least("width", width, 1)
        self.shape, self.dtype = before_time(shape), precision(dtype)
        self.position = 0
        self._seen = np.zeros((*self.shape, self.width - 1), self.dtype)

    def push(self, chunk: Any) -> Any:
        """The means up to each of the next samples; the chunk may have one or none.

        Parameters, result and errors are those of core.stream.Stream.push.
        """
        x, back = taken(chunk, self.shape, self.dtype)
        if not x.shape[-1]:
            return back(x.astype(self.dtype))
        known = np.concatenate([self._seen, x], axis=-1, dtype=self.dtype)
        self._seen = known[..., x.shape[-1] :].copy()
        if self.dtype.kind == "c":
            y = np.empty(x.shape, self.dtype)
            y.real, y.imag = self._means(known.real), self._means(known.imag)
        else:
            y = self._means(known)
        self.position += x.shape[-1]
        return back(y)

    def state(self) -> dict[str, Any]:
        """All it remembers as numbers, texts and lists, which JSON and TOML keep; see `from_state`.

        >>> AverageStream(3).state()["width"]
        3
        """
        return {
            "width": self.width,
            "shape": list(self.shape),
            "dtype": self.dtype.name,
            "position": self.position,
            "seen": written(self._seen),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "AverageStream":
        """A stream that goes on where the one that wrote `state` stood. Both may go on: they share nothing.

        Raises
        ------
        FormatError : a key too many or too few, or values that do not fit

        >>> s = AverageStream(2); s.push([2.0]).tolist()
        [1.0]
        >>> AverageStream.from_state(s.state()).push([2.0]).tolist()
        [2.0]
        """
        if not isinstance(state, Mapping) or set(state) != _KEYS:
            keys = f"has the keys {sorted(map(str, state))}" if isinstance(state, Mapping) else f"is {state!r:.60}"
            raise FormatError(f"state {keys}; an average's stream writes {sorted(_KEYS)}")
        shape, numbers = state["shape"], (state["width"], state["position"])
        if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in (*shape, *numbers)):
            raise FormatError(f"shape, width and position are {shape!r} and {numbers!r}; they are whole numbers")
        stream = cls(state["width"], tuple(shape), state["dtype"])
        seen = read(state["seen"], "seen")
        if (seen.dtype, seen.shape) != (stream.dtype, stream._seen.shape):
            raise FormatError(f"seen is {seen.dtype.name} {seen.shape}; it is {stream.dtype.name} {stream._seen.shape}")
        stream._seen, stream.position = seen, state["position"]
        return stream

    def _means(self, known: Any) -> Any:
        from sigconv.core.native.box import means

        lines = np.ascontiguousarray(known).reshape(prod(self.shape), known.shape[-1])
        out = np.empty((len(lines), known.shape[-1] - self.width + 1), lines.dtype)
        for line, of_it in zip(lines, out, strict=True):
            means(line, self.width, self.width, of_it, self.position)
        return out.reshape((*self.shape, out.shape[-1]))
