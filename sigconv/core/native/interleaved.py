"""A fine grid from its parities: each place of a coarse grid holds the numbers of the 2 × 2 × 2 fine places around it.

With `lap` 0 the coarse place m holds the fine places 2 m + p, p = 0 or 1 along each axis; with `lap` 1 it holds
2 m - p, so its first and last place hold one fine place each. Channels lie side by side, the parities outside them.
"""

from typing import Any

import numpy as np

from sigconv.core.native.bfloat import stored, value
from sigconv.core.native.compiled import bare, kernel, wide
from sigconv.core.native.threads import spread

PIECE = 1 << 17  # numbers that a thread takes at once
WORTH = 1 << 18  # numbers from which a second thread pays


@kernel
def _gathered(parts: Any, added: Any, halved: Any, lap: int, first: int, last: int, fine: Any) -> None:
    """Rows first to last of the fine grid, with those of `added` if it has any."""
    wide()
    parts, added, fine = bare(parts), bare(added), bare(fine)
    _, depth, height, width, channels = fine.shape
    ay, ax = 1 + halved[1], 1 + halved[2]
    for row in range(first, last):
        n, z, y = row // (depth * height), row // height % depth, row % height
        pz, py = z & halved[0], y & halved[1]
        line = parts[n, (z + lap * pz) >> halved[0], (y + lap * py) >> halved[1]]
        into = fine[n, z, y]
        for x in range(width):
            px = x & halved[2]
            at = ((pz * ay + py) * ax + px) * channels
            here, there = line[(x + lap * px) >> halved[2]][at : at + channels], into[x]
            if added.size:
                more = added[n, z, y, x]
                for c in range(channels):
                    there[c] = stored(there, value(here[c]) + value(more[c]))
            else:
                for c in range(channels):
                    there[c] = here[c]


@kernel
def _scattered(fine: Any, halved: Any, lap: int, first: int, last: int, parts: Any) -> None:
    """Rows first to last of the coarse grid; 0 where no fine place is."""
    wide()
    parts, fine = bare(parts), bare(fine)
    _, depth, height, width, channels = fine.shape
    _, coarse_depth, coarse_height, coarse_width, _ = parts.shape
    lap = -1 if lap else 1
    for row in range(first, last):
        n, cz, cy = row // (coarse_depth * coarse_height), row // coarse_height % coarse_depth, row % coarse_height
        line = parts[n, cz, cy]
        at = 0
        for pz in range(1 + halved[0]):
            for py in range(1 + halved[1]):
                z, y = (cz << halved[0]) + lap * pz, (cy << halved[1]) + lap * py
                inside = 0 <= z < depth and 0 <= y < height
                for px in range(1 + halved[2]):
                    for cx in range(coarse_width):
                        x, into = (cx << halved[2]) + lap * px, line[cx][at : at + channels]
                        if inside and 0 <= x < width:
                            here = fine[n, z, y, x]
                            for c in range(channels):
                                into[c] = here[c]
                        else:
                            into[:] = 0
                    at += channels


def _axes(x: Any) -> Any:
    """x with axes of one place in front of its grid, so that the grid has three."""
    return x.reshape(x.shape[0], *(1,) * (5 - x.ndim), *x.shape[1:])


def _shares(rows: int, numbers: int) -> list[tuple[int, int]]:
    """Rows for each piece, one piece where a second thread does not pay."""
    each = rows if numbers < WORTH else max(1, rows * PIECE // numbers)
    return [(at, min(rows, at + each)) for at in range(0, rows, each)]


def gathered(parts: Any, lap: int, out: Any, added: Any = None) -> None:
    """The fine grid of the parts, plus `added` where it is given, into out.

    parts : (n, *coarse, 2^axes × channels) contiguous float32, float64, or uint16 for bfloat16
    out, added : (n, *fine, channels) of the same kind; fine is twice as long as coarse, less 2 lap

    >>> out = np.empty((1, 4, 1)); gathered(np.arange(4.0).reshape(1, 2, 2), 0, out); out.ravel()
    array([0., 1., 2., 3.])
    """
    fine, halved = _axes(out), np.array((0,) * (5 - out.ndim) + (1,) * (out.ndim - 2))
    more = _axes(out if added is None else added)[: 0 if added is None else None]
    shares = _shares(fine.shape[0] * fine.shape[1] * fine.shape[2], fine.size)
    spread(lambda i: _gathered(_axes(parts), more, halved, lap, *shares[i], fine), len(shares))


def scattered(fine: Any, lap: int, out: Any) -> None:
    """The parts of the fine grid into out: the transposed of `gathered`."""
    parts, halved = _axes(out), np.array((0,) * (5 - out.ndim) + (1,) * (out.ndim - 2))
    shares = _shares(parts.shape[0] * parts.shape[1] * parts.shape[2], parts.size)
    spread(lambda i: _scattered(_axes(fine), halved, lap, *shares[i], parts), len(shares))
