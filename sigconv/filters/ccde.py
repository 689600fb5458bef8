"""A filter as a value: a linear difference equation with constant coefficients (CCDE)."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from sigconv.core import design, response
from sigconv.core.namespace import inexact
from sigconv.core.recurrence import beside, coefficients, lfilter, sections_beside, sosfilt
from sigconv.core.stream import Stream, before_time
from sigconv.core.zerophase import filtfilt, sosfiltfilt
from sigconv.errors import ArgumentError, ShapeError, one_number
from sigconv.filters import algebra
from sigconv.filters.cluster import both_ways, is_dask, scanned
from sigconv.filters.designed import Designed
from sigconv.filters.equation import difference_equation
from sigconv.filters.memory import padding
from sigconv.filters.sampling import opened
from sigconv.signal import Signal


@dataclass(frozen=True, eq=False)
class CCDE(Designed):
    """sum_k a[k] y[n-k] = sum_k b[k] x[n-k]: call it to filter forward in time, from rest.

    Parameters
    ----------
    b : (M+1,) weights of the inputs x[n], x[n-1], ...
    a : (N+1,) weights of the outputs y[n], y[n-1], ...; a[0] not 0. By default 1: a filter without feedback
    sos : (sections, 6) the same filter as second-order sections; set by from_sos, from_zpk and the designs, which
        then compute with it, since a long polynomial loses its poles to rounding
    fs : Hz, the rate it was designed for, or None

    Raises
    ------
    ArgumentError : no coefficients, or a[0] = 0
    SamplingError : fs not positive and finite

    Source: Oppenheim & Schafer (2010), section 2.5.

    >>> f = CCDE([1], [1, -0.5])
    >>> print(f)
    y[n] = x[n] + 0.5 y[n-1]
    >>> f(np.array([1.0, 0, 0]))
    array([1.  , 0.5 , 0.25])
    """

    b: Any
    a: Any = (1.0,)
    sos: Any = field(default=None, repr=False)
    fs: float | None = None

    def __post_init__(self) -> None:
        for name in ("b", "a"):
            object.__setattr__(self, name, _frozen(coefficients(getattr(self, name), np.zeros(0), name, 1)))
            if not np.all(np.isfinite(getattr(self, name))):
                raise ArgumentError(f"{name} is {getattr(self, name)}; coefficients are finite")
        if self.a[0] == 0:
            raise ArgumentError("a[0] is 0; the newest output needs a coefficient, so drop leading zeros of a")
        if self.sos is not None:
            object.__setattr__(self, "sos", _frozen(sections_beside(self.sos, np.zeros(0))))
            if not algebra.agree(self._numbers):
                raise ArgumentError("b and a are not the polynomials of sos; give sos alone, as in CCDE.from_sos(sos)")
        if self.fs is not None:
            object.__setattr__(self, "fs", design.checked_rate(self.fs))

    @classmethod
    def from_sos(cls, sos: Any, fs: float | None = None) -> "CCDE":
        """The filter of (sections, 6) second-order sections, each row b0 b1 b2 a0 a1 a2 with a0 = 1."""
        from scipy import signal

        sos = sections_beside(sos, np.zeros(0))
        b, a = signal.sos2tf(sos)
        return cls(b, a, sos, fs)

    @classmethod
    def from_zpk(cls, z: Sequence[complex], p: Sequence[complex], k: float, fs: float | None = None) -> "CCDE":
        """The filter with zeros z and poles p in the plane of z (conjugate pairs) and gain k.

        Where there are fewer zeros than poles, or fewer poles, the missing ones lie at the origin: no delay is added.
        """
        from scipy import signal

        roots = [np.atleast_1d(beside(values, np.zeros(0), name)) for name, values in (("z", z), ("p", p))]
        for name, values in zip("zp", roots, strict=True):
            if values.ndim != 1:
                raise ArgumentError(f"{name} has shape {values.shape}; roots are a line")
        gain = one_number("k", k, "the gain")
        if not np.all(np.isfinite(np.concatenate([*roots, [gain]]))):
            raise ArgumentError(f"z is {z!r:.60}, p is {p!r:.60} and k is {k!r}; they are finite")
        try:
            return cls.from_sos(signal.zpk2sos(*roots, gain), fs)
        except ValueError as error:
            raise ArgumentError(f"z is {z!r:.60} and p is {p!r:.60}; complex ones come in conjugate pairs") from error

    def cascade(self, other: "CCDE") -> "CCDE":
        """One filter after the other, also written f @ g. Sections stay sections.

        >>> print(CCDE([1, 1]) @ CCDE([1], [1, -0.5]))
        y[n] = x[n] + x[n-1] + 0.5 y[n-1]
        """
        rate = algebra.common_rate(self.fs, _filter_of(other).fs)
        return CCDE(*algebra.cascaded(self._numbers, other._numbers), rate)

    def parallel(self, other: "CCDE") -> "CCDE":
        """Both filters on one input, their outputs added, also written f + g.

        The sum is one polynomial pair, without sections: its coefficients are rounded, and a long one would lose
        its poles. Then it is refused; add the outputs instead: f(x) + g(x).

        Raises
        ------
        ArgumentError : a sum whose response would be off by more than 1e-6 of its peak, or another that is no CCDE
        SamplingError : filters designed for two rates

        Source: Oppenheim & Schafer (2010), section 6.3.

        >>> print(CCDE([1, 1]) + CCDE([1, -1]))
        y[n] = 2 x[n]
        """
        rate = algebra.common_rate(self.fs, _filter_of(other).fs)
        return CCDE(*algebra.beside(self._numbers, other._numbers), rate)

    def inverse(self) -> "CCDE":
        """The filter that undoes this one; unstable, which it says once, unless every zero lies inside the circle.

        >>> print(CCDE([1, -0.5]).inverse())
        y[n] = x[n] + 0.5 y[n-1]
        """
        back = CCDE(*algebra.inverted(self._numbers), self.fs)
        back._warned()
        return back

    __matmul__, __add__ = cascade, parallel

    def __eq__(self, other: object) -> bool:
        """Whether the coefficients, the sections and the rate are the same numbers; no tolerance."""
        return self._identity == other._identity if isinstance(other, CCDE) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._identity)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*self._numbers, self.fs)  # built anew: pickled arrays come back writable

    def __call__(self, x: Any) -> Any:
        """x filtered forward in time from rest; (..., time) array or tensor, or a Signal with a time axis.

        A dask array, lazily: its chunks run in parallel; see filters.cluster. Longer than memory: filters.chunked.
        """
        self._warned()
        if is_dask(x):
            return scanned(self, x)
        return self._applied(x, lfilter, sosfilt)

    def zero_phase(self, x: Any) -> Any:
        """x filtered forward and backward: gain |H|^2 and no delay. ShapeError if x is too short."""
        self._warned()
        if is_dask(x):
            return both_ways(self, x)
        return self._applied(x, filtfilt, sosfiltfilt, more_than=padding(self))

    def stream(
        self, channels: int | tuple[int, ...] = (), *, dtype: Any = "float64", state: Mapping[str, Any] | None = None
    ) -> Stream:
        """The same filter with memory, for a signal that comes in chunks; joined, its outputs are f(x) bit for bit.

        Parameters
        ----------
        channels : the axes of a chunk before time: () for (time,), 64 for (64, time)
        dtype : of the chunks: "float32", "float64", "complex64" or "complex128"
        state : what an earlier stream's `state()` gave, to go on where it stood

        Raises
        ------
        ArgumentError : channels below 0, another dtype, or the state of another filter or of other chunks
        FormatError : a state that no stream wrote

        >>> s = CCDE([1], [1, -0.5]).stream()
        >>> s.push([1.0, 0]), s.push([0.0])
        (array([1. , 0.5]), array([0.25]))
        """
        self._warned()
        coefficients = (self.b, self.a) if self.sos is None else ()
        fresh = Stream(*coefficients, sos=self.sos, shape=before_time(channels, "channels"), dtype=dtype)
        if state is None:
            return fresh
        again, mine = Stream.from_state(state), fresh.state()
        for name in ("b", "a", "sos", "shape", "dtype"):
            if state.get(name) != mine.get(name):
                raise ArgumentError(f"state is that of another stream: its {name} differs from this one's")
        return again

    @cached_property
    def poles(self) -> Any:
        """Where H(z) is infinite, complex; the origin included.

        Raises
        ------
        ArgumentError : poles that double precision cannot hold

        >>> CCDE([1], [1, -0.5]).poles
        array([0.5+0.j])
        """
        return _frozen(np.concatenate([response.poles(b, a) for b, a in self._sections]))

    @cached_property
    def zeros(self) -> Any:
        """Where H(z) is 0, complex; the origin included."""
        return _frozen(np.concatenate([response.zeros(b, a) for b, a in self._sections]))

    @cached_property
    def pole_radius(self) -> float:
        """The largest distance of a pole from the origin; below 1 the filter is stable."""
        return float(np.max(np.abs(self.poles), initial=0.0))

    @property
    def is_stable(self) -> bool:
        """Whether every pole lies inside the unit circle."""
        return self.pole_radius < 1

    def response(self, n: int = 512, fs: float | None = None) -> tuple[Any, Any]:
        """(frequencies, H) at n frequencies from 0 to just below half the rate.

        Frequencies are in Hz for fs (by default the design's), and in radians per sample if there is none.

        Parameters
        ----------
        n : int >= 1
        fs : Hz, > 0

        Raises
        ------
        ArgumentError : n below 1 or too large for an array
        SamplingError : fs not positive and finite

        Same as: scipy.signal.freqz, or freqz_sos for sections.

        >>> CCDE([0.5, 0.5]).response(2)[1].round(3)
        array([1. +0.j , 0.5-0.5j])
        """
        answers = [response.frequency_response(b, a, n, self._rate(fs)) for b, a in self._sections]
        return answers[0][0], np.prod([h for _, h in answers], axis=0)

    def group_delay(self, n: int = 512, fs: float | None = None) -> tuple[Any, Any]:
        """(frequencies, samples) at n frequencies as in `response`: how late each comes out; nan at a zero.

        Raises
        ------
        ArgumentError, SamplingError : as `response`

        Same as: scipy.signal.group_delay.

        >>> CCDE([0, 0, 1]).group_delay(2)[1]
        array([2., 2.])
        """
        late = [response.group_delay(b, a, n, self._rate(fs)) for b, a in self._sections]
        return late[0][0], np.sum([samples for _, samples in late], axis=0)

    def impulse(self, n: int) -> Any:
        """The first n samples of the impulse response, (n,)."""
        if self.sos is None:
            return response.impulse_response(self.b, self.a, n)
        return sosfilt(self.sos, response.impulse(n))

    def settle(self, tol: float = 1e-6) -> int:
        """Samples after which the impulse response stays below tol of its peak: the margin that pieces need.

        Parameters
        ----------
        tol : float, 0 < tol < 1

        Raises
        ------
        ArgumentError : tol outside its range, or a filter with a pole on or outside the unit circle, which never does

        >>> CCDE([1], [1, -0.5]).settle(0.01)
        7
        """
        return response.settled(self.impulse, self.poles, tol)

    def __str__(self) -> str:
        if self.sos is None or len(self.sos) == 1:
            return difference_equation(self.b, self.a)
        names = ["x", *(f"u{i}" for i in range(1, len(self.sos))), "y"]
        pairs = zip(self._sections, pairwise(names), strict=True)
        return "\n".join(difference_equation(b, a, *between) for (b, a), between in pairs)

    @property
    def _sections(self) -> "list[tuple[Any, Any]]":
        return [(self.b, self.a)] if self.sos is None else [(row[:3], row[3:]) for row in self.sos]

    def _rate(self, fs: float | None) -> float:
        return fs if fs is not None else self.fs or 2 * np.pi

    @property
    def _identity(self) -> tuple[Any, ...]:
        return self.fs, *((None if v is None else (v.shape, *v.ravel().tolist())) for v in self._numbers)

    @property
    def _numbers(self) -> algebra.Filter:
        return self.b, self.a, self.sos

    def _applied(self, x: Any, whole: Any, sections: Any, more_than: int = -1) -> Any:
        signal = x if isinstance(x, Signal) else None
        if signal is not None:
            given = opened(signal, self.fs)
            axis, x = given.axis, given.data
        else:
            axis, x = -1, inexact(x)[1]
        if x.ndim and x.shape[axis] <= more_than:
            raise ShapeError(
                f"x has {x.shape[axis]} samples along axis {axis % x.ndim}; zero phase of this filter needs at least "
                f"{more_than + 1}; give a longer signal or a filter of lower order, or filter forward only"
            )
        y = whole(self.b, self.a, x, axis) if self.sos is None else sections(self.sos, x, axis)
        return y if signal is None else signal.with_data(y)

    def _warned(self) -> None:
        if not self.is_stable and "told" not in self.__dict__:
            self.__dict__["told"] = True
            warnings.warn(
                f"the filter is not stable: its largest pole radius is {self.pole_radius:.6g} and the output may grow "
                "without bound; radii below 1 are stable",
                RuntimeWarning,
                stacklevel=3,
            )


def _filter_of(other: Any) -> "CCDE":
    if not isinstance(other, CCDE):
        raise ArgumentError(f"other is {other!r:.60}; a filter goes with a CCDE, and over a signal by f(x)")
    return other


def _frozen(values: Any) -> Any:
    if not isinstance(values, np.ndarray):
        raise ArgumentError("a CCDE holds NumPy coefficients; for gradients with respect to them call core.lfilter")
    copy = values.copy()
    copy.flags.writeable = False
    return copy
