"""The sums over time that are the gradients of a filter's coefficients, and the gradient of its input."""

from typing import Any

import numpy as np
import torch

from sigconv.core.native.compiled import fma as _fma
from sigconv.core.native.compiled import kernel
from sigconv.core.native.threads import spread

fma: Any = _fma  # to mypy the intrinsic has one more argument, the compiler's

_PIECE = 1 << 15  # samples of one row that one job sums; the sums of the pieces are added in their order
_TILE = 1024  # samples that stay in the first cache while every tap passes over them
_LANE = _TILE // 8


def all_three(late: Any, b: Any, x: Any, y: Any, wanted: tuple[bool, ...]) -> tuple[Any, Any, Any]:
    """gb[j] = sum_n x[n] late[n+j],  ga[j] = -sum_n y[n] late[n+j] but ga[0] = 0,  gx[n] = sum_j b[j] late[n+j].

    late : (..., n + k - 1);  b : (k,);  x, y : (..., n);  wanted : which of the three. Sums run in double precision.

    >>> two = torch.ones(2)
    >>> all_three(torch.ones(3), two, two, two, (True, True, True))
    (tensor([2., 2.]), tensor([ 0., -2.]), tensor([2., 2.]))
    """
    if torch.is_grad_enabled() or not x.is_cpu or x.dtype not in (torch.float32, torch.float64) or not x.numel():
        return _in_torch(late, b, x, y, wanted)
    n, k = x.shape[-1], len(b)
    rows = [t.detach().reshape(-1, t.shape[-1]).contiguous().numpy() for t in (late, x, y)]
    gx = torch.empty(x.shape if wanted[2] else 0, dtype=x.dtype)
    outputs = gx.view(-1, n).numpy() if wanted[2] else np.empty((0, 0), rows[0].dtype)
    taps = b.detach().contiguous().numpy().copy()
    count = -(-n // _PIECE)
    sums = np.zeros((len(rows[1]) * count, 2, k))

    def job(i: int) -> None:
        row, piece = divmod(i, count)
        own = outputs[row : row + 1] if wanted[2] else outputs
        ends = piece * _PIECE, min(n, (piece + 1) * _PIECE)
        _summed(*(a[row] for a in rows), taps, own, sums[i], *ends, wanted[0], wanted[1])

    if x.numel() * k < 1 << 18:
        for i in range(len(sums)):
            job(i)
    else:
        spread(job, len(sums))
    gb, ga = (torch.from_numpy(total).to(b.dtype) for total in sums.sum(0))
    return gb if wanted[0] else None, ga if wanted[1] else None, gx if wanted[2] else None


def _in_torch(late: Any, b: Any, x: Any, y: Any, wanted: tuple[bool, ...]) -> tuple[Any, Any, Any]:
    """The definition: the three, differentiable."""
    n, k = x.shape[-1], len(b)
    wide = torch.complex128 if x.is_complex() else torch.float64
    shifted = [late[..., j : j + n] for j in range(k)]
    gb, ga, gx = None, None, None
    if wanted[0]:
        gb = torch.stack([(x * part).sum(dtype=wide) for part in shifted]).to(b.dtype)
    if wanted[1]:
        fed = [-(y * part).sum(dtype=wide) for part in shifted[1:]]
        ga = torch.stack([b.new_zeros((), dtype=wide), *fed]).to(b.dtype)
    if wanted[2]:
        gx = torch.stack([c * part for c, part in zip(b, shifted, strict=True)]).sum(0)
    return gb, ga, gx


@kernel
def _summed(late, x, y, b, gx, sums, first, end, to_b, to_a):  # type: ignore[no-untyped-def]
    """One piece of a row: the sums of x and y with late at every lag, and what b makes of late."""
    k = b.shape[0]
    lanes = np.zeros((2, k, _LANE))
    while first < end:
        m = min(_TILE, end - first)
        if to_b:
            for j in range(k):
                _joined(x[first : first + m], late[first + j : first + j + m], lanes[0, j])
        if to_a:
            for j in range(1, k):
                _joined(y[first : first + m], late[first + j : first + j + m], lanes[1, j])
        if gx.shape[0]:
            _weighted(late[first : first + m + k - 1], b, gx[0, first : first + m])
        first += m
    for j in range(k):
        for i in range(_LANE):
            sums[0, j] += lanes[0, j, i]
            sums[1, j] -= lanes[1, j, i]


@kernel
def _joined(x, late, lanes):  # type: ignore[no-untyped-def]
    """Products added to 128 sums side by side, in double precision; a whole tile adds eight to each."""
    n = _LANE
    if x.shape[0] < _TILE:
        for i in range(x.shape[0]):
            lanes[i % n] = fma(np.float64(x[i]), np.float64(late[i]), lanes[i % n])
        return
    x0, x1, x2, x3, x4, x5, x6, x7 = (
        x[:n], x[n : 2 * n], x[2 * n : 3 * n], x[3 * n : 4 * n],
        x[4 * n : 5 * n], x[5 * n : 6 * n], x[6 * n : 7 * n], x[7 * n :],
    )  # fmt: skip
    l0, l1, l2, l3, l4, l5, l6, l7 = (
        late[:n], late[n : 2 * n], late[2 * n : 3 * n], late[3 * n : 4 * n],
        late[4 * n : 5 * n], late[5 * n : 6 * n], late[6 * n : 7 * n], late[7 * n :],
    )  # fmt: skip
    for i in range(n):
        s = fma(np.float64(x0[i]), np.float64(l0[i]), lanes[i])
        s = fma(np.float64(x1[i]), np.float64(l1[i]), s)
        s = fma(np.float64(x2[i]), np.float64(l2[i]), s)
        s = fma(np.float64(x3[i]), np.float64(l3[i]), s)
        s = fma(np.float64(x4[i]), np.float64(l4[i]), s)
        s = fma(np.float64(x5[i]), np.float64(l5[i]), s)
        s = fma(np.float64(x6[i]), np.float64(l6[i]), s)
        lanes[i] = fma(np.float64(x7[i]), np.float64(l7[i]), s)


@kernel
def _weighted(late, b, out):  # type: ignore[no-untyped-def]
    """out[n] = sum_j b[j] late[n+j], four taps at a time."""
    n, k, j = out.shape[0], b.shape[0], 0
    for i in range(n):
        out[i] = 0
    while j < k:
        b0 = b[j]
        b1, b2, b3 = b[min(j + 1, k - 1)], b[min(j + 2, k - 1)], b[min(j + 3, k - 1)]
        l0 = late[j : j + n]
        if j + 4 <= k:
            l1, l2, l3 = late[j + 1 : j + 1 + n], late[j + 2 : j + 2 + n], late[j + 3 : j + 3 + n]
            for i in range(n):
                out[i] = fma(b3, l3[i], fma(b2, l2[i], fma(b1, l1[i], fma(b0, l0[i], out[i]))))
            j += 4
        else:
            for i in range(n):
                out[i] = fma(b0, l0[i], out[i])
            j += 1
