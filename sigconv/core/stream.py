"""A filter that is fed piece by piece: whatever the pieces, joined outputs are the output of the whole, bit for bit."""

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import numpy as np
from array_api_compat import is_torch_array

from sigconv.core.geometry import at_least
from sigconv.core.namespace import inexact
from sigconv.core.recurrence import beside, coefficients, native, normalized, runners, sections_beside
from sigconv.core.written import PRECISIONS, read, written
from sigconv.errors import ArgumentError, FormatError, ShapeError

_KEYS = {"b", "a", "sos", "shape", "dtype", "position", "memory"}


class Stream:
    """A difference equation, or second-order sections, with a memory of what it has been fed.

    Joined along time, what `push` returns is what core.lfilter or core.sosfilt returns for the joined chunks, to the
    last bit, for any sizes of chunks. No two streams share memory; feed a stream from one thread at a time.

    Parameters
    ----------
    b, a : (M+1,) and (N+1,) coefficients, a[0] not 0; without `a` there is no feedback
    sos : (sections, 6) instead of b and a, each row b0 b1 b2 a0 a1 a2 with a0 = 1
    shape : the axes of a chunk before time: () for (time,), a number or (64,) for (64, time)
    dtype : of the chunks: "float32", "float64", "complex64" or "complex128"
    zi : initial state, as lfilter and sosfilt take it where time is the last axis; None is rest

    Raises
    ------
    ArgumentError : no or two filters, a[0] = 0, an a0 that is not 1, or another dtype
    ShapeError : sos is not (sections, 6), or zi does not fit

    Same as: scipy.signal.lfilter and sosfilt with zi, which are not bit-exact in pieces.

    >>> s = Stream([1], [1, -0.5])
    >>> s.push([1.0, 0]), s.push([]), s.push([0.0])
    (array([1. , 0.5]), array([], dtype=float64), array([0.25]))
    """

    def __init__(
        self, b: Any = None, a: Any = None, *, sos: Any = None, shape: Any = (), dtype: Any = "float64", zi: Any = None
    ) -> None:
        if (b is None) == (sos is None) or (a is not None and b is None):
            raise ArgumentError("a stream has either b (and a) or sos; give one of the two")
        self.shape, self.dtype = before_time(shape), precision(dtype)
        self.position = 0
        none = np.zeros(0, self.dtype)
        if b is None:
            self._filter: tuple[Any, ...] = (sections_beside(sos, none),)
            rest = (len(self._filter[0]), *self.shape, 2)
        else:
            b, a = coefficients(b, none, "b", 1), coefficients([1.0] if a is None else a, none, "a", 1)
            self._filter = (b, a)
            rest = (*self.shape, max(len(b), len(a)) - 1)
        state = np.zeros(rest, self.dtype) if zi is None else beside(zi, none, "zi")
        if state.shape != rest:
            raise ShapeError(f"zi has shape {state.shape}; this filter and these chunks need {rest}")
        work = np.result_type(state, self.dtype, *self._filter)
        if work.name not in PRECISIONS:
            raise ArgumentError(f"filter or zi is {work.name}; a stream computes in one of {', '.join(PRECISIONS)}")
        self._filter = tuple(np.array(values, work) for values in self._filter)
        if sos is None:
            self._filter = normalized(np, *self._filter)
        self._memory = self._begun(state.astype(work))

    def push(self, chunk: Any) -> Any:
        """The outputs of the next samples, as many as the chunk has; it may have one or none.

        Parameters
        ----------
        chunk : (*shape, n) array or tensor of the stream's dtype; whole numbers count as float64

        Returns
        -------
        (*shape, n), same library and device, in the stream's dtype, or complex where the filter is

        Raises
        ------
        ArgumentError : another dtype, or a tensor that wants a gradient
        ShapeError : another number of channels

        >>> Stream([1, 1], shape=2).push(np.ones((2, 3)))
        array([[1., 2., 2.],
               [1., 2., 2.]])
        """
        x, back = taken(chunk, self.shape, self.dtype)
        y = self._run(x.astype(self._filter[0].dtype)) if x.shape[-1] else x.astype(self._out)
        self.position += x.shape[-1]
        return back(y.astype(self._out, copy=False))

    def state(self) -> dict[str, Any]:
        """The filter and all it remembers as numbers, texts and lists, which JSON and TOML keep; see `from_state`.

        >>> Stream([1, 1]).state()["position"]
        0
        """
        names = ("sos",) if len(self._filter) == 1 else ("b", "a")
        return {
            **{name: written(values) for name, values in zip(names, self._filter, strict=True)},
            "shape": list(self.shape),
            "dtype": self.dtype.name,
            "position": self.position,
            "memory": {name: written(values) for name, values in self._memory.items()},
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Stream":
        """A stream that goes on where the one that wrote `state` stood. Both may go on: they share nothing.

        Raises
        ------
        FormatError : a key too many or too few, or values that do not fit

        >>> s = Stream([1, 1]); s.push([1.0]).tolist()
        [1.0]
        >>> Stream.from_state(s.state()).push([0.0]).tolist()
        [1.0]
        """
        if not isinstance(state, Mapping) or set(state) not in (_KEYS - {"sos"}, _KEYS - {"b", "a"}):
            keys = f"has the keys {sorted(map(str, state))}" if isinstance(state, Mapping) else f"is {state!r:.60}"
            raise FormatError(f"state {keys}; a stream writes {sorted(_KEYS)}, sos or b and a")
        shape, position, memory = state["shape"], state["position"], state["memory"]
        if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in (*shape, position)):
            raise FormatError(f"shape and position are {shape!r} and {position!r}; they are whole numbers from 0 on")
        given = {name: read(state[name], name) for name in ("b", "a", "sos") if name in state}
        stream = cls(**given, shape=tuple(shape), dtype=state["dtype"])
        fresh = stream._memory
        if not isinstance(memory, Mapping) or set(memory) != set(fresh):
            raise FormatError(f"memory is {memory!r:.60}; it has {', '.join(fresh)}")
        stream._memory = {name: read(values, name) for name, values in memory.items()}
        for name, values in stream._memory.items():
            wanted = fresh[name].shape
            if name == "seen":  # as many samples as there have been since a segment began
                wanted = (
                    *wanted[:-1],
                    min(values.shape[-1] if values.ndim else 0, native("recurrence_resumed").SEGMENT),
                )
            if (values.dtype, values.shape) != (fresh[name].dtype, wanted):
                has = f"{fresh[name].dtype.name} {wanted}"
                raise FormatError(f"{name} is {values.dtype.name} {values.shape}; in this stream it is {has}")
        stream.position = position
        return stream

    @property
    def _out(self) -> Any:
        """The dtype of outputs."""
        complex_filter = self._filter[0].dtype.kind == "c"
        return np.result_type(self.dtype, np.complex64) if complex_filter else self.dtype

    @property
    def _hops(self) -> bool:
        """Whether the filter is real and has feedback: its compiled loop remembers more than a state."""
        return (
            len(self._filter) == 2 and bool(self._filter[1][1:].any()) and not any(c.imag.any() for c in self._filter)
        )

    def _begun(self, zi: Any) -> dict[str, Any]:
        """What is remembered before the first sample."""
        if not self._hops:
            return {"state": zi}
        b, a = (c.real.copy() for c in self._filter)
        rows = _parts(zi)
        return dict(native("recurrence_resumed").begun(b, a, rows)._asdict())

    def _run(self, x: Any) -> Any:
        """The outputs for x (*shape, n), in the filter's precision; the memory goes on."""
        if not self._hops:
            loop = runners(x, len(self._filter) == 2 and bool(self._filter[1][1:].any()))[2 - len(self._filter)]
            y, state = loop(*self._filter, x, self._memory["state"])
            self._memory = {"state": state}
            return y
        b, a = (c.real.copy() for c in self._filter)
        resumed = native("recurrence_resumed")
        rows, memory = resumed.resumed(b, a, _parts(x), resumed.Memory(**self._memory))
        self._memory = dict(memory._asdict())
        if x.dtype.kind != "c":
            return rows.reshape(x.shape)
        y = np.empty(x.shape, x.dtype)
        y.real, y.imag = rows.reshape(2, *x.shape)
        return y


def taken(chunk: Any, shape: tuple[int, ...], dtype: Any) -> tuple[Any, Callable[[Any], Any]]:
    """A chunk as a NumPy array (*shape, n) of a stream's dtype, and what makes outputs of the chunk's library.

    Raises
    ------
    ArgumentError : another dtype, or a tensor that wants a gradient
    ShapeError : another number of channels

    >>> taken([1, 2], (), np.dtype("float64"))[0]
    array([1., 2.])
    """
    xp, x = inexact(chunk, "chunk")
    tensor = is_torch_array(x)
    name = str(x.dtype).removeprefix("torch.") if tensor else x.dtype.name
    if name != dtype.name:
        raise ArgumentError(f"chunk holds {name}; this stream is for {dtype.name}")
    if x.ndim != len(shape) + 1 or tuple(x.shape[:-1]) != shape:
        takes = ", ".join(str(size) for size in (*shape, "time"))
        raise ShapeError(f"chunk has shape {tuple(x.shape)}; this stream takes ({takes})")
    if not tensor:
        return x, lambda y: y
    if x.requires_grad:
        raise ArgumentError("chunk wants a gradient, and a stream carries none; detach it, or filter it whole")
    return x.resolve_conj().resolve_neg().cpu().numpy(), lambda y: xp.asarray(y, device=x.device)


def before_time(shape: Any, argument: str = "shape") -> tuple[int, ...]:
    """The axes of a chunk before time: none, one as a number, or several; errors call them `argument`.

    Raises
    ------
    ArgumentError : something else

    >>> before_time(64), before_time(())
    ((64,), ())
    """
    several = isinstance(shape, tuple | list | np.ndarray) and getattr(shape, "ndim", 1) == 1
    return tuple(at_least(argument, size, 0) for size in (shape if several else (shape,)))


def precision(dtype: Any) -> np.dtype[Any]:
    """One of the four dtypes of streams.

    Raises
    ------
    ArgumentError : another

    >>> precision("float32")
    dtype('float32')
    """
    try:
        found = np.dtype(str(dtype).removeprefix("torch.") if not isinstance(dtype, type | np.dtype) else dtype)
    except (TypeError, ValueError):
        found = None
    if found is None or found.name not in PRECISIONS:
        raise ArgumentError(f"dtype is {dtype!r}; a stream is for one of {', '.join(PRECISIONS)}")
    return found.newbyteorder("=")


def _parts(x: Any) -> Any:
    """x (..., n) as real rows (rows, n): of complex numbers, the real parts first and then the imaginary ones."""
    rows = x.reshape(prod(x.shape[:-1]), x.shape[-1])
    return np.concatenate([rows.real, rows.imag]) if x.dtype.kind == "c" else rows
