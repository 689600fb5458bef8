"""Sliding prediction: a network that sees patches says what every sample of a whole recording is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from sigconv.core.boundary import BoundaryLike, extend, rule_of
from sigconv.errors import ArgumentError, ShapeError, one_number, one_of
from sigconv.files import write_whole
from sigconv.signal import Box, Signal, Source
from sigconv.train.precision import Precision
from sigconv.train.threads import threads_for
from sigconv.windows import covering

Array = np.ndarray[Any, Any]
Decide = Callable[[Array], Array]

_SIGMA = 0.125  # of a patch, as nnU-Net and MONAI have it


@dataclass(frozen=True)
class Sliding:
    """How patches are laid over a whole recording, and weighed where they overlap.

    Parameters
    ----------
    size : samples of a patch along every grid axis, each >= 1
    overlap : share of a patch that the next one covers again, 0 <= overlap < 1
    weights : "gaussian", a bell of an eighth of the patch along every axis, or "even"
    batch : patches at a time, >= 1
    mirror : grid axes, from 0; the mean over all their mirrorings is taken
    boundary : what lies beyond a recording that is smaller than a patch
    precision : how the network is run

    Raises
    ------
    ArgumentError : a value outside these ranges

    >>> Sliding((64, 64)).count((100, 64))
    3
    """

    size: tuple[int, ...]
    overlap: float = 0.5
    weights: str = "gaussian"
    batch: int = 1
    mirror: tuple[int, ...] = ()
    boundary: BoundaryLike = "zeros"
    precision: Precision = field(default_factory=Precision)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", tuple(self.size))
        object.__setattr__(self, "mirror", tuple(self.mirror))
        rule_of(self.boundary)
        one_of("weights", self.weights, ("gaussian", "even"))
        if not 0 <= one_number("overlap", self.overlap, "from 0 up to, but not, 1") < 1:
            raise ArgumentError(f"overlap is {self.overlap!r}; allowed: from 0 up to, but not, 1")
        if not self.size or min(self.size) < 1 or self.batch < 1:
            raise ArgumentError(f"size is {self.size} and batch {self.batch}; allowed: whole numbers of 1 or more")
        if len(set(self.mirror)) < len(self.mirror) or not set(self.mirror) <= set(range(len(self.size))):
            raise ArgumentError(f"mirror is {self.mirror}; allowed: some of the axes 0 to {len(self.size) - 1}, once")

    def starts(self, grid: Sequence[int]) -> list[list[int]]:
        """Where patches begin along every axis of a grid that is padded to a patch at least."""
        steps = [max(1, round(n * (1 - self.overlap))) for n in self.size]
        return [covering(max(m, n), n, step) for m, n, step in zip(grid, self.size, steps, strict=True)]

    def count(self, grid: Sequence[int]) -> int:
        """How many patches cover a grid: the total of `progress`."""
        return prod(len(starts) for starts in self.starts(grid))


def predict_whole(
    module: nn.Module,
    source: Source | Signal | Array,
    sliding: Sliding,
    *,
    decide: Decide | None = None,
    out: Path | None = None,
    progress: Callable[[], None] = lambda: None,
) -> Array:
    """Class probabilities of every sample, or what `decide` makes of them: the weighted mean over all patches.

    Memory beside the result holds the patches of one row: (channels + classes) × (a patch along the first grid axis)
    × (the recording along the others) float32, whatever the recording's length; each sample is read once.

    Parameters
    ----------
    module : (N, channel, *size) -> (N, class, *size) logits; set to evaluation
    source : (channel, *grid), already prepared as for training; a Source is read piece by piece
    sliding : see Sliding
    decide : (class, rows, *rest) probabilities -> (…, rows, *rest), as `most_likely`; by default they stay as they are
    out : a .npy file that is written as slabs become ready, whole or not at all; the result is then mapped from it
    progress : called after every patch, `sliding.count(grid)` times

    Returns
    -------
    (class, *grid) float32, every sample's sum 1; or what `decide` makes

    Raises
    ------
    ShapeError : another number of grid axes, or a module that does not keep the grid
    ArgumentError : samples or scores that are NaN or infinite (where is told); `out` no .npy

    Source: Isensee et al. (2021), Nature Methods 18 (weights).  Same as: monai.inferers.SlidingWindowInferer
    (mode="gaussian") on logits, where patches begin at the same places.

    >>> double = nn.Conv1d(1, 2, 1)
    >>> predict_whole(double, np.zeros((1, 10), np.float32), Sliding((4,))).shape
    (2, 10)
    """
    grid = _grid(source)
    slabs = _slabs(module, source, sliding, decide or _as_they_are, progress)
    if out is not None:
        return _written(out, slabs, grid)
    whole: Array | None = None
    for first, slab in slabs:
        front = _front(slab, grid)
        if whole is None:
            whole = np.empty((*front, *grid), slab.dtype)
        whole.reshape(-1, *grid)[:, first : first + slab.shape[len(front)]] = slab.reshape(
            -1, *slab.shape[len(front) :]
        )
    assert whole is not None  # there is a patch at least
    return whole


def most_likely(probabilities: Array) -> Array:
    """The label map: the class of highest probability; (class, *grid) -> (*grid) uint8, uint16 beyond 256 classes.

    >>> most_likely(np.array([[0.2, 0.6], [0.8, 0.4]])).tolist()
    [1, 0]
    """
    found: Array = probabilities.argmax(0).astype(np.uint8 if len(probabilities) <= 256 else np.uint16)
    return found


def _as_they_are(probabilities: Array) -> Array:
    return probabilities


def _grid(source: Source | Signal | Array) -> tuple[int, ...]:
    shape = source.shape if isinstance(source, np.ndarray) else tuple(axis.size for axis in source.axes)
    if len(shape) < 2 or 0 in shape:
        raise ShapeError(f"source has shape {shape}; it is (channel, *grid) with a sample at least")
    return tuple(shape[1:])


def _front(slab: Array, grid: Sequence[int]) -> tuple[int, ...]:
    """The axes in front of the grid; what `decide` made must lie on the rest of the grid."""
    front = slab.ndim - len(grid)
    if front < 0 or slab.shape[front + 1 :] != tuple(grid[1:]):
        raise ShapeError(f"decide gave {slab.shape}; the recording has (…, rows, {', '.join(map(str, grid[1:]))})")
    return tuple(slab.shape[:front])


def _slabs(
    module: nn.Module, source: Source | Signal | Array, sliding: Sliding, decide: Decide, progress: Callable[[], None]
) -> Iterator[tuple[int, Array]]:
    """(first row, what `decide` makes of the rows from there on), one slab after the other, each sample once."""
    grid, size = _grid(source), sliding.size
    if len(grid) != len(size):
        raise ShapeError(f"size is {size}, and the recording has {len(grid)} grid axes {grid}; give one number each")
    starts = sliding.starts(grid)
    shares = [_shares(s, n, sliding.weights) for s, n in zip(starts, size, strict=True)]
    before = [max(0, n - m) // 2 for m, n in zip(grid, size, strict=True)]
    inside = tuple(slice(b, b + m) for b, m in zip(before, grid, strict=True))
    across = list(product(*(range(len(s)) for s in starts[1:])))
    rows = max(1, sliding.batch // len(across))  # of patches, so that a batch is filled
    reading, sums = _Reading(source, sliding, before), _Sums()
    for top in range(0, len(starts[0]), rows):
        some = range(top, min(top + rows, len(starts[0])))
        first, stop = starts[0][some[0]], starts[0][some[-1]] + size[0]
        data = reading.rows(first, stop)
        places = [(i, *j) for i in some for j in across]
        for at in range(0, len(places), sliding.batch):
            chosen = places[at : at + sliding.batch]
            corners = [[s[i] for s, i in zip(starts, place, strict=True)] for place in chosen]
            said = _said(module, np.stack([data[_box(c, size, first)] for c in corners]), sliding)
            for place, corner, one in zip(chosen, corners, said, strict=True):
                sums.add(_weighed(one, [s[i] for s, i in zip(shares, place, strict=True)]), corner, data.shape[2:])
                progress()
        ready = starts[0][some[-1] + 1] if some[-1] + 1 < len(starts[0]) else stop
        done = sums.taken(ready)
        rows_inside = inside[0] if grid[0] < size[0] else slice(None)
        kept = done[(slice(None), rows_inside, *inside[1:])]
        yield first, decide(np.ascontiguousarray(_finite(kept, first)))


class _Sums:
    """Weighted sums of the rows that are not finished: (class, rows, *rest), the first of them row `held`."""

    def __init__(self) -> None:
        self.held = 0
        self.data: Array | None = None

    def add(self, said: Array, corner: Sequence[int], rest: Sequence[int]) -> None:
        """Add what was said of one patch, weighed, where it lies; `rest` are the other axes' lengths."""
        if self.data is None:
            self.data = np.zeros((len(said), 0, *rest), np.float32)
        lacking = corner[0] + said.shape[1] - self.held - self.data.shape[1]
        if lacking > 0:
            more = np.zeros((len(said), lacking, *rest), np.float32)
            self.data = np.concatenate([self.data, more], axis=1)
        self.data[_box(corner, said.shape[1:], self.held)] += said

    def taken(self, ready: int) -> Array:
        """The rows before `ready`, which are held no longer."""
        assert self.data is not None  # every row of patches adds to it
        done, self.data = self.data[:, : ready - self.held], self.data[:, ready - self.held :].copy()
        self.held = ready
        return done


class _Reading:
    """Rows of a recording, padded to a patch; rows that patches share are kept, so that each is read once."""

    def __init__(self, source: Source | Signal | Array, sliding: Sliding, before: Sequence[int]) -> None:
        self.source, self.grid, self.before = source, _grid(source), before
        self.boundary, self.size = sliding.boundary, sliding.size
        self.first = self.stop = 0
        self.data: Array | None = None

    def rows(self, first: int, stop: int) -> Array:
        """(channel, rows, *rest) float32; `first` and `stop` do not fall from call to call."""
        fresh = self._read(max(first, self.stop), stop)
        old = self.data[:, first - self.first :] if self.data is not None else fresh[:, :0]
        self.data, self.first, self.stop = np.concatenate([old, fresh], axis=1), first, stop
        return self.data

    def _read(self, first: int, stop: int) -> Array:
        ends = [(first, min(stop, self.grid[0])), *((0, n) for n in self.grid[1:])]
        data = np.asarray(_samples(self.source, tuple(ends)), dtype=np.float32)
        if not np.isfinite(data).all():
            raise ArgumentError(
                f"the recording holds NaN or infinity between rows {first} and {ends[0][1]} of its first grid axis; "
                "replace them first, as was done for training"
            )
        wanted = [stop - first, *(max(m, n) for m, n in zip(self.grid[1:], self.size[1:], strict=True))]
        for axis, (have, want, b) in enumerate(zip(data.shape[1:], wanted, self.before, strict=True), 1):
            if want > have:
                data = extend(data, b, want - have - b, self.boundary, axis)
        return data


def _samples(source: Source | Signal | Array, box: Box) -> Any:
    if not isinstance(source, Signal | np.ndarray):
        return source.samples(box)
    data = source.data if isinstance(source, Signal) else source
    return data[(slice(None), *(slice(*ends) for ends in box))]


def _box(corner: Sequence[int], size: Sequence[int], first: int) -> tuple[slice, ...]:
    """All channels, and the patch at `corner` in an array whose first grid row is row `first`."""
    low = (corner[0] - first, *corner[1:])
    return (slice(None), *(slice(i, i + n) for i, n in zip(low, size, strict=True)))


def _shares(starts: Sequence[int], size: int, weights: str) -> list[Array]:
    """For every patch along one axis its weights, divided by the sum of all patches' at that place.

    >>> [share.tolist() for share in _shares([0, 2], 4, "even")]
    [[1.0, 1.0, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0]]
    """
    away = (np.arange(size) - (size - 1) / 2) / (_SIGMA * size)
    bell = np.exp(-(away**2) / 2) if weights == "gaussian" else np.ones(size)
    total = np.zeros(starts[-1] + size)
    for first in starts:
        total[first : first + size] += bell
    return [bell / total[first : first + size] for first in starts]


def _weighed(said: Array, shares: Sequence[Array]) -> Array:
    """(class, *size) times the weight along every axis."""
    for axis, share in enumerate(shares):
        said = said * share.astype(np.float32).reshape(-1, *(1,) * (len(shares) - 1 - axis))
    return said


def _said(module: nn.Module, data: Array, sliding: Sliding) -> Array:
    """(N, class, *size) float32 probabilities of some patches, the mean over the mirrorings."""
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    x = torch.from_numpy(data).to(device)
    total, kinds = None, list(product(*((False, True) for _ in sliding.mirror)))
    module.eval()
    with threads_for(module, x.shape[1:], len(x)), torch.inference_mode():
        for turned in kinds:
            axes = [axis + 2 for axis, flip in zip(sliding.mirror, turned, strict=True) if flip]
            with sliding.precision.running(device.type):
                scores = module(sliding.precision.laid_out(x.flip(axes)))
            if scores.ndim != x.ndim or scores.shape[2:] != x.shape[2:]:
                raise ShapeError(
                    f"module gives {tuple(scores.shape[1:])} for a patch {tuple(x.shape[1:])}; sliding prediction "
                    "needs a score for each class at each sample of the patch"
                )
            one = torch.softmax(scores.float(), 1).flip(axes)
            total = one if total is None else total + one
    assert total is not None  # not to mirror is one of the kinds
    return (total / len(kinds)).cpu().numpy()


def _finite(probabilities: Array, first: int) -> Array:
    if not np.isfinite(probabilities).all():
        raise ArgumentError(f"module gives NaN or infinity in the patch at row {first}; its weights are not usable")
    return probabilities


def _written(out: Path, slabs: Iterator[tuple[int, Array]], grid: Sequence[int]) -> Array:
    """Write slabs to a .npy file, each where it lies, and map the file."""
    if out.suffix.lower() != ".npy":
        raise ArgumentError(f"out is {str(out)!r}; the whole is written to a .npy file")

    def content(file: Any) -> None:
        begin = 0
        for first, slab in slabs:
            front = _front(slab, grid)
            if begin == 0:
                told = {"descr": np.lib.format.dtype_to_descr(slab.dtype), "fortran_order": False}
                np.lib.format.write_array_header_1_0(file, {**told, "shape": (*front, *grid)})
                begin = file.tell()
            for number, part in enumerate(slab.reshape(-1, *slab.shape[len(front) :])):
                file.seek(begin + (number * grid[0] + first) * prod(grid[1:]) * slab.itemsize)
                file.write(np.ascontiguousarray(part).data)

    write_whole(out, content)
    mapped: Array = np.load(out, mmap_mode="r")
    return mapped
