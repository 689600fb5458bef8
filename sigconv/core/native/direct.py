"""The sum over the taps on any grid: rows that a strip of outputs needs wait in a ring, and registers sum them.

Each row of x is read once for a strip of columns, through the boundary and into double precision, and stays in the
ring (in the second cache at most) until the last output row that sees it is done. What an output is the sum of, and
in which order, depends on nothing but the taps: no strip, batch or thread changes a bit.
"""

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from sigconv.core.boundary import ODD, Boundary, extend, shown
from sigconv.core.geometry import length_after, span
from sigconv.core.native.plain import PAST, lined_up
from sigconv.core.native.registers import ROWS, breadth, rows_together
from sigconv.core.native.strips import grid, inside, line
from sigconv.core.native.threads import spread, threads
from sigconv.core.planner import SQUARES, in_single

_UNIT = 15  # rows that pieces are cut by: groups of 1, 3 and 5 stay whole
_STRIP = 512  # columns in work at a time
_WORTH = 1_500_000  # products below which a second thread costs more than it saves
_PIECE = 4_000_000  # products that repay a piece of their own
_TURN = 16  # neighbouring planes that share what they have read
_SMALL = 1 << 16  # numbers in the tables of a plan that is kept
_BROAD = 1024  # columns from which a few taps are summed where the row lies
_FEW = 4  # as many as such a loop takes
_LONG = 8  # taps from which a line is worth sorting into phases


class _Axis(NamedTuple):
    """What happens along one convolved axis."""

    n: int
    taps: int
    stride: int
    dilation: int
    before: int
    after: int

    @property
    def length(self) -> int:
        return length_after(self.n, self.taps, self.stride, self.dilation, (self.before, self.after))

    @property
    def middle(self) -> tuple[int, int]:
        """The first and last output, at stride 1, whose taps all lie inside."""
        return self.before, self.before + self.n - span(self.taps, self.dilation) + 1


def correlate(
    x: Any,
    taps: Any,
    axes: Any,
    padding: Any,
    boundary: tuple[Boundary, complex] = (Boundary.CONSTANT, 0.0),
    strides: Any = None,
    dilations: Any = None,
    *,
    quick: bool = False,
) -> Any:
    """y[n] = sum_k taps[k] x[n s + k d - before] over the axes, through the boundary.

    Parameters
    ----------
    x : (...) float or complex, single or double precision
    taps : one axis for each of `axes`, conjugated where that is wanted
    axes : axes of x, counted from the front
    padding : (before, after) for each axis, each >= 0
    boundary : rule and constant, as boundary.rule_of gives them
    strides, dilations : int >= 1 for each axis; None is 1
    quick : let single precision be summed in single precision, where the error stays below 8 eps sum |x| |taps| at
        every output. Else it is summed in double and rounded once

    Returns
    -------
    array, as many axes as x, dtype of x (complex if the taps or the constant are)

    Raises
    ------
    ShapeError : the kernel does not fit

    Same as: the definition in core.convolve.

    >>> correlate(np.arange(5.0), np.array([1.0, 0, -1]), (0,), [(1, 1)])
    array([-1., -2., -2., -2.,  3.])
    """
    if any(np.iscomplexobj(given) for given in (x, taps, boundary[1])):
        return _complex(x, taps, axes, padding, boundary, strides, dilations)
    if boundary[0] in ODD:
        for axis, (before, after) in zip(axes, padding, strict=True):
            x = extend(x, before, after, boundary[0], axis)
        padding = [(0, 0)] * taps.ndim
    how = (tuple(axes), tuple(padding), boundary[0], strides and (*strides,), dilations and (*dilations,))
    plan = _plan(x.shape, taps.shape, *how)
    weights = taps.transpose(plan.turned) if taps.ndim > 1 else taps
    single = quick and plan.short and x.dtype == np.float32
    weights = np.ascontiguousarray(weights, np.float32 if single else np.float64).reshape(-1)
    y = lined_up(plan.shape, x.dtype.newbyteorder("="))
    if y.size:
        moved = np.ascontiguousarray(x.transpose(plan.order) if plan.moved else x, y.dtype)
        source = moved.reshape(plan.source) if moved.size else np.zeros((1, 1, 1), y.dtype)
        plan.run(source, weights, float(np.real(boundary[1])), y.reshape(-1))
    return y.transpose(plan.back) if plan.moved else y


class _Plan:
    """What correlate knows before it sees a sample: orders of axes, tables of planes and sides, pieces for threads."""

    def __init__(
        self, shape: Any, taps: Any, axes: Any, padding: Any, rule: Boundary, strides: Any, dilations: Any
    ) -> None:
        ones = (1,) * len(axes)
        strides, dilations = strides or ones, dilations or ones
        self.turned = sorted(range(len(axes)), key=lambda i: axes[i])
        every = [_Axis(shape[axes[i]], taps[i], strides[i], dilations[i], *padding[i]) for i in self.turned]
        at = [axes[i] for i in self.turned]
        self.order = [*(a for a in range(len(shape)) if a not in at), *at]
        self.moved = self.order != sorted(self.order)
        self.back = tuple(np.argsort(self.order))
        lead = [shape[a] for a in self.order[: len(shape) - len(at)]]
        self.shape = (*lead, *(axis.length for axis in every))
        if len(every) == 1:
            every.insert(0, _Axis(1, 1, 1, 1, 0, 0))
        rows, columns = every[-2:]
        self.source = (-1, rows.n, columns.n)
        self.planes, self.places, turn = _planes(every[:-2], prod(lead), rule)
        self.sides = (*_sides(rows, rule), *_sides(columns, rule))
        self.rows, self.tall = _together(rows, columns)
        self.short = bool(self.tall) and in_single([axis.taps for axis in every])
        steps = (rows.stride, columns.stride, columns.dilation)
        self.phases = steps == (1, 1, 1) and self.planes.shape[1] == rows.taps == 1 and columns.taps >= _LONG
        self.numbers = (
            rows.taps,
            rows.stride,
            rows.dilation,
            *columns[1:4],
            turn,
            _STRIP,
            breadth(len(self.rows)),
        )
        self.grid = (len(self.planes), rows.length, columns.length)
        self.taps = prod(taps)
        few = self.taps == columns.taps <= _FEW and steps[:2] == (1, 1) and len(at) == 1
        self.middle = columns.middle if few and columns.length >= _BROAD else ()

    def run(self, x: Any, taps: Any, constant: float, y: Any) -> None:
        """All outputs, in pieces for the threads."""
        pieces = _pieces(self.grid, self.taps)
        if self.middle:
            pieces = [part for piece in pieces for part in _cut(piece, *self.middle)]

        in_line = all(y.itemsize * start % 64 == 0 for start in (self.grid[2], *(piece[4] for piece in pieces)))
        past = y.nbytes >= PAST and in_line
        known = (self.numbers, self.rows, self.tall)

        def job(i: int) -> None:
            where = (*self.grid[1:], *pieces[i])
            if self.middle and _inside(pieces[i], *self.middle):
                inside(x, len(self.sides[2]), self.numbers[5], taps, y, where)
            elif self.phases:
                line(x, self.planes, *self.sides, taps, constant, _STRIP, y, where)
            else:
                grid(x, self.planes, self.places, *self.sides, taps, constant, *known, y, where, past)

        spread(job, len(pieces))


def _together(rows: _Axis, columns: _Axis) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """How many output rows are summed at a time, and the height of a kernel that is written out, as lengths."""
    beside = rows.stride == rows.dilation == 1
    if beside and columns.stride == columns.dilation == 1 and rows.taps == columns.taps and rows.taps in SQUARES:
        return (0,) * rows_together(), (0,) * rows.taps
    return (0,) * (ROWS if beside and rows.taps >= ROWS else 1), ()


@lru_cache(64)
def _kept(*given: Any) -> _Plan:
    return _Plan(*given)


def _plan(shape: Any, taps: Any, axes: Any, padding: Any, *given: Any) -> _Plan:
    """The plan, kept for the next call unless its tables are long: they grow with the rows and with the padding."""
    rows = prod(shape) // max(prod(sorted(shape[a] for a in axes)[-2:]), 1)
    small = rows * prod(taps) + sum(map(sum, padding)) < _SMALL
    return (_kept if small else _Plan)(shape, taps, axes, padding, *given)


def _pieces(shape: tuple[int, ...], taps: int) -> "list[tuple[int, ...]]":
    """First and last plane, row and column of each thread's parts: planes if there are enough, else rows or columns."""
    whole = [0, shape[0], 0, shape[1], 0, shape[2]]
    work = prod(shape) * (taps + 4)
    if work < _WORTH or threads() == 1:
        return [tuple(whole)]
    turns = min(max(work // (_PIECE * threads()), 1), 4)
    for axis, least in ((0, 1), (1, 4 * _UNIT), (2, 4 * _STRIP)):
        parts = min(turns * threads(), shape[axis] // least)
        if parts >= threads():
            unit = _UNIT if axis == 1 else 1
            ends = [shape[axis] * i // parts // unit * unit for i in range(parts)] + [shape[axis]]
            return [(*whole[: 2 * axis], *ends[i : i + 2], *whole[2 * axis + 2 :]) for i in range(parts)]
    return [tuple(whole)]


def _cut(piece: tuple[int, ...], west: int, east: int) -> "list[tuple[int, ...]]":
    """A piece as what lies left of the columns west to east, among them, and right of them."""
    *others, left, right = piece
    west, east = (min(max(column, left), right) for column in (west, east))
    return [(*others, a, b) for a, b in ((left, west), (west, east), (east, right)) if a < b]


def _inside(piece: tuple[int, ...], west: int, east: int) -> bool:
    return west <= piece[-2] and piece[-1] <= east


def _planes(outer: "list[_Axis]", batch: int, rule: Boundary) -> tuple[Any, Any, int]:
    """(output planes, planes of taps): which plane of x each sees, -1 the constant; and where it waits in the ring.

    Neighbouring outputs along the innermost of the outer axes see planes in common: so many take turns on one ring.
    """
    seen = np.arange(batch, dtype=np.int64)[:, None]
    places = np.zeros((batch, 1), np.int64)
    turn = 1
    for axis in outer:
        turn = min(axis.length, _TURN) if axis is outer[-1] and batch * axis.length > 1 else 1
        first = np.arange(axis.length) * axis.stride
        reach = first[:, None] + np.arange(axis.taps) * axis.dilation
        here = shown(reach - axis.before, axis.n, rule)[2]
        slots = span(axis.taps, axis.dilation) + (turn - 1) * axis.stride
        both = seen[:, None, :, None] * axis.n + here[None, :, None, :]
        both[np.broadcast_to((seen[:, None, :, None] < 0) | (here[None, :, None, :] < 0), both.shape)] = -1
        where = places[:, None, :, None] * slots + (reach % slots)[None, :, None, :]
        seen, places = (np.ascontiguousarray(t.reshape(-1, t.shape[2] * t.shape[3])) for t in (both, where))
    return seen, places, turn


def _sides(axis: _Axis, rule: Boundary) -> tuple[Any, Any]:
    """The samples that show before and after an axis, as far as the kernel reaches."""
    reach = (axis.length - 1) * axis.stride + span(axis.taps, axis.dilation) - axis.before - axis.n
    before, after = np.arange(-axis.before, 0), np.arange(axis.n, axis.n + max(reach, 0))
    return shown(before, axis.n, rule)[2], shown(after, axis.n, rule)[2]


def _complex(x: Any, taps: Any, axes: Any, padding: Any, boundary: Any, strides: Any, dilations: Any) -> Any:
    """Sums of the real and imaginary parts, in double: re y = re x re h - im x im h, im y = re x im h + im x re h."""
    rule, constant = boundary
    dtype = np.result_type(x, np.complex64)
    x, taps = np.asarray(x, np.complex128), np.asarray(taps, np.complex128)
    constants = (np.real(constant), np.imag(constant))

    def part(weights: Any) -> Any:
        y = np.empty(0)
        for i, (values, outside) in enumerate(zip((x.real, x.imag), constants, strict=True)):
            one = correlate(values, weights, axes, padding, (rule, float(outside)), strides, dilations)
            if not i:
                y = np.empty(one.shape, np.complex128)
            (y.imag if i else y.real)[...] = one
        return y

    y = part(taps.real)
    if np.any(taps.imag != 0):
        turned = part(taps.imag)
        y.real -= turned.imag
        y.imag += turned.real
    return y.astype(dtype, copy=False)
