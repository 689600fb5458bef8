"""The hyperbolic tangent of many numbers at a time, in plain multiply-adds."""

from typing import Any

import numpy as np

from sigconv.core.native.compiled import fma, kernel


def lambert(dtype: Any) -> Any:
    """(2, terms): tanh x = x P(x²) / Q(x²), highest power first, to a few roundings of the dtype.

    The convergents of Lambert's continued fraction (1768), x / (1 + x² / (3 + x² / (5 + ...))): all coefficients are
    positive, so nothing cancels.

    >>> p, q = lambert(np.float64)
    >>> bool(abs(np.polyval(p, 1.0) / np.polyval(q, 1.0) - np.tanh(1.0)) < 1e-15)
    True
    """
    terms = 14 if np.dtype(dtype) == np.float32 else 30
    before, now = ([0], [1]), ([1], [1])
    for odd in range(3, 2 * terms, 2):
        behind = [
            [odd * a + b for a, b in zip([*new, 0], [0, *old, 0, 0], strict=False)]
            for new, old in zip(now, before, strict=True)
        ]
        before, now = now, (behind[0], behind[1])
    longest = max(len(np.trim_zeros(part, "b")) for part in now)
    both = [[part[i] / now[1][0] if i < len(part) else 0.0 for i in range(longest)] for part in now]
    return np.ascontiguousarray(np.array(both)[:, ::-1], dtype)


@kernel
def scaled_tanh(x, function, lambert, y):  # type: ignore[no-untyped-def]
    """y = a tanh(s x) + c, many side by side, term after term.

    x, y : (n,), (n or more,);  function : (3,) a, s, c;  lambert : the coefficients;  all of one float dtype
    """
    a, s, c = function
    few = 128
    room = np.empty((3, few), x.dtype)
    v, p, q = room[0], room[1], room[2]
    reach = x.dtype.type(9.0 if x.itemsize == 4 else 19.5)  # beyond, tanh is 1
    one = x.dtype.type(1)
    for start in range(0, len(x), few):
        n = min(few, len(x) - start)
        for i in range(n):
            v[i] = min(max(s * x[start + i], -reach), reach)
            p[i] = lambert[0, 0]
            q[i] = lambert[1, 0]
        for k in range(1, lambert.shape[1]):
            above, below = lambert[0, k], lambert[1, k]
            for i in range(n):
                z = v[i] * v[i]
                p[i] = fma(p[i], z, above)
                q[i] = fma(q[i], z, below)
        for i in range(n):
            y[start + i] = a * min(max(v[i] * p[i] / q[i], -one), one) + c
