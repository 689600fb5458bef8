"""A filter that passes over a signal twice, forward and backward, and what it sees beyond the ends."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

PadType = Literal["odd", "even", "constant"] | None

_SHORT = 4096  # samples
_TOGETHER = 1 << 16  # samples of the rows that go through both passes together


@dataclass(frozen=True)
class RoundTrip:
    """A filter, its steady state and what it sees beyond the ends of a signal."""

    xp: Any
    run: Callable[..., Any]
    filter_: tuple[Any, ...]
    zi: Any
    padtype: PadType
    added: int

    def state(self, first: Any) -> Any:
        """The steady state for a signal that has always been as its sample `first` (..., 1)."""
        if self.zi.ndim == 1:
            return self.zi * first
        return self.zi.reshape((-1, *(1,) * (first.ndim - 1), 2)) * first

    def beyond(self, x: Any) -> tuple[Any, Any]:
        """The samples added in front and behind."""
        added = self.added
        first, last = x[..., :1], x[..., -1:]
        if self.padtype == "constant":
            ones = self.xp.ones_like(x[..., :added])
            return first * ones, last * ones
        if isinstance(x, np.ndarray):
            left, right = x[..., added:0:-1], x[..., -2 : -added - 2 : -1]
        else:
            left, right = (self.xp.flip(end, axis=-1) for end in (x[..., 1 : added + 1], x[..., -added - 1 : -1]))
        return (left, right) if self.padtype == "even" else (2 * first - left, 2 * last - right)

    def whole(self, x: Any) -> Any:
        """The extended signal through both passes."""
        n = x.shape[-1]
        if self.added:
            left, right = self.beyond(x)
            x = self.xp.concat([left, x, right], axis=-1)
        for _ in range(2):
            x = self.xp.flip(self.run(*self.filter_, x, self.state(x[..., :1]))[0], axis=-1)
        return x[..., self.added : self.added + n]

    def over(self, x: Any) -> Any:
        """The same for a NumPy array, a few rows at a time: both passes find them in the cache, on every core."""
        if self.zi.dtype.char not in "fdFD":
            return self.whole(x.astype(self.zi.dtype, copy=False))
        return self._by_rows(self._forth, x)

    def over_transposed(self, g: Any) -> Any:
        """The gradient of x, from that of y, both real: the transposed of everything, in reverse order.

        A pass from the steady state of its first sample is a pass from rest and something for that sample. Its
        transposed is the pass from rest in the other direction and, at that sample, what makes the sum of all the
        gain times the sum before: a constant comes out of the pass as a constant.
        """
        return self._by_rows(self._back, g)

    def _by_rows(self, piece: Callable[[Any, Any], None], x: Any) -> Any:
        from sigconv.core.native.threads import spread

        y = np.empty_like(x, dtype=self.zi.dtype)
        lines, out = x.reshape(-1, x.shape[-1]), y.reshape(-1, x.shape[-1])
        size = max(8, -(-_TOGETHER // lines.shape[-1]))

        def job(i: int) -> None:
            rows = slice(i * size, (i + 1) * size)
            piece(lines[rows].astype(y.dtype, copy=False), out[rows])

        spread(job, -(-lines.shape[0] // size))
        return out.reshape(y.shape)

    def _forth(self, x: Any, y: Any) -> None:
        """Both passes over a few rows; the added samples are pieces of their own, joined on by their states."""
        if not self.added:
            _, state = self.passed(x, self.state(x[:, :1]), y)
            self.passed(y, self.state(y[:, -1:]), y, back=True)
            return
        if x.shape[1] <= _SHORT:  # two calls cost less than five
            left, right = self.beyond(x)
            line = np.concatenate([left, x, right], axis=1)
            self.passed(line, self.state(line[:, :1]), line)
            self.passed(line, self.state(line[:, -1:]), line, back=True)
            y[...] = line[:, self.added : -self.added]
            return
        left, right = (part.copy() for part in self.beyond(x))  # an even extension is a view of x
        _, state = self.passed(left, self.state(left[:, :1]), left)
        _, state = self.passed(x, state, y)
        self.passed(right, state, right)
        _, state = self.passed(right, self.state(right[:, -1:]), right, back=True)
        self.passed(y, state, y, back=True)

    def _back(self, g: Any, out: Any) -> None:
        added, n = self.added, g.shape[1]
        rest = np.zeros_like(self.state(g[:, :1]))
        left, right = np.zeros((2, len(g), added), out.dtype)
        total = self.gain() * g.sum(1, dtype=np.float64)
        _, state = self.passed(g, rest, out)
        self.passed(right, state, right)
        self._lifted(right if added else out, -1, total, out, right)
        total = self.gain() * total
        _, state = self.passed(right, rest, right, back=True)
        _, state = self.passed(out, state, out, back=True)
        self.passed(left, state, left, back=True)
        self._lifted(left if added else out, 0, total, left, out, right)
        if self.padtype == "constant":
            out[:, 0] += left.sum(1)
            out[:, -1] += right.sum(1)
        elif added:
            sign = 1 if self.padtype == "even" else -1
            out[:, 1 : added + 1] += sign * left[:, ::-1]
            out[:, n - 1 - added : n - 1] += sign * right[:, ::-1]
            if sign < 0:
                out[:, 0] += 2 * left.sum(1)
                out[:, -1] += 2 * right.sum(1)

    def gain(self) -> float:
        """What becomes of a constant 1 in one pass."""
        sections = self.filter_[0] if self.zi.ndim == 2 else np.concatenate(self.filter_)[None]
        k = sections.shape[1] // 2
        return float(np.prod(sections[:, :k].sum(1, dtype=np.float64) / sections[:, k:].sum(1, dtype=np.float64)))

    @staticmethod
    def _lifted(end: Any, at: int, total: Any, *parts: Any) -> None:
        """Add to one sample what makes the sum of all parts `total`."""
        end[:, at] += total - sum(part.sum(1, dtype=np.float64) for part in parts)

    def passed(self, x: Any, state: Any, y: Any, back: bool = False) -> tuple[Any, Any]:
        """The filter over x into y, from the last sample to the first if back; y and the state behind it."""
        return self.run(*self.filter_, x, state, back, y)  # type: ignore[no-any-return]
