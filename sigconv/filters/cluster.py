"""A dask array through a filter, its chunks in parallel: a scan in two passes.

Time is cut into chunks. First each chunk is filtered from rest, for the memory it would leave behind. A filter is
linear, so the true memories follow from those, one small product a chunk:

    memory after chunk i = (one step of silence)^(its length) memory before it + memory it leaves from rest

Then each chunk is filtered from its true memory. Nothing is computed until dask is asked to.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from sigconv.core.namespace import axis_index, inexact
from sigconv.errors import ArgumentError, MissingExtra, ShapeError
from sigconv.filters.memory import flat, padding, passing, precision, rest, steady, step, unflat

if TYPE_CHECKING:
    from sigconv.filters.ccde import CCDE

_FORGOTTEN = 1e-17  # of the impulse response's peak: less than a rounding


def is_dask(x: Any) -> bool:
    """Whether x is a dask array, told without importing dask.

    >>> is_dask(np.zeros(3))
    False
    """
    return type(x).__module__.startswith("dask.") and type(x).__name__ == "Array"


def scanned(f: "CCDE", x: Any, axis: int = -1, *, settled: bool = False) -> Any:
    """A dask array filtered forward along one axis, lazily; equal to the filter over the whole to rounding.

    Parameters
    ----------
    f : CCDE
    x : (..., time, ...) dask array, its chunks of known sizes
    axis : the time axis
    settled : whether the filter begins in the steady state of the first sample, rather than at rest

    Returns
    -------
    dask array of the same shape and chunks

    Raises
    ------
    ShapeError : no such axis
    ArgumentError : chunks of unknown sizes
    MissingExtra : dask is not installed
    """
    dask, da = _imported()
    axis = axis_index(axis, x.ndim)
    if any(np.isnan(size) for sizes in x.chunks for size in sizes):
        raise ArgumentError("x has chunks of unknown sizes; call x.compute_chunk_sizes() first")
    long = f.settle(_FORGOTTEN) if f.is_stable else None
    leave, onward, run = (dask.delayed(job) for job in (_leaves, _onward, _filtered))
    blocks, out, memories = x.to_delayed(), np.empty(x.numblocks, object), np.empty(x.numblocks, object)
    shared = dask.delayed(f, traverse=False)
    powers = {n: dask.delayed(passing(f, n), traverse=False) for n in set(x.chunks[axis]) if long is None or n < long}
    dtype = precision(f, x.dtype)
    for index in np.ndindex(*x.numblocks):
        if index[axis]:
            last = (*index[:axis], index[axis] - 1, *index[axis + 1 :])
            left = leave(shared, blocks[last], axis, long, settled and not last[axis])
            n = x.chunks[axis][last[axis]]
            forgotten = memories[last] is None or (long is not None and n >= long)
            memories[index] = left if forgotten else onward(powers[n], memories[last], left)
        shape = tuple(sizes[i] for sizes, i in zip(x.chunks, index, strict=True))
        done = run(shared, blocks[index], axis, memories[index], settled and not index[axis])
        out[index] = da.from_delayed(done, shape, dtype)
    return da.block(out.tolist())


def both_ways(f: "CCDE", x: Any, axis: int = -1) -> Any:
    """A dask array filtered forward and backward, lazily; equal to zero phase over the whole to rounding.

    Parameters, result and errors are those of `scanned`; too few samples are a ShapeError.
    """
    _, da = _imported()
    axis, edge = axis_index(axis, x.ndim), padding(f)
    n = x.shape[axis]
    if n <= edge:
        raise ShapeError(f"x has {n} samples along axis {axis}; zero phase of this filter needs at least {edge + 1}")

    def part(whole: Any, first: int, last: int) -> Any:
        return whole[(*(slice(None),) * axis, slice(first, last))]

    before = 2 * part(x, 0, 1) - da.flip(part(x, 1, edge + 1), axis)
    behind = 2 * part(x, n - 1, n) - da.flip(part(x, n - 1 - edge, n - 1), axis)
    y = da.concatenate([before, x, behind], axis=axis)
    for _ in range(2):
        y = da.flip(scanned(f, y, axis, settled=True), axis)
    return part(y, edge, edge + n)


def _leaves(f: "CCDE", x: Any, axis: int, long: int | None, settled: bool) -> Any:
    """The memory that a chunk leaves; of a long one only the end matters."""
    x = np.moveaxis(inexact(x)[1], axis, -1)
    if long is not None and long < x.shape[-1]:
        return flat(f, step(f, x[..., -long:], rest(f, x.shape[:-1]))[1])
    return flat(f, step(f, x, _first(f, x, settled))[1])


def _onward(power: Any, before: Any, left: Any) -> Any:
    """The memory after a chunk, from the one before it and the one it leaves from rest."""
    return before @ power.T + left


def _filtered(f: "CCDE", x: Any, axis: int, memory: Any, settled: bool) -> Any:
    x = np.moveaxis(inexact(x)[1], axis, -1)
    y, _ = step(f, x, _first(f, x, settled) if memory is None else unflat(f, memory))
    return np.moveaxis(y, -1, axis)


def _first(f: "CCDE", x: Any, settled: bool) -> Any:
    return steady(f, x[..., :1]) if settled and x.shape[-1] else rest(f, x.shape[:-1])


def _imported() -> Any:
    try:
        import dask
        import dask.array
    except ImportError as error:
        raise MissingExtra("dask", "distributed") from error
    return dask, dask.array
