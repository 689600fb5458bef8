"""The time loop of difference equations of a high order or with complex coefficients.

An input and its output are added to all later states at once: these lie side by side.
"""

from typing import Any

import numpy as np

from sigconv.core.native.compiled import fma, kernel

CHUNK = 4096  # samples of one row


def fed(b: Any, a: Any) -> Any:
    """c[i] = b[i] - a[i] b[0] for i > 0, rounded once."""
    wide = np.clongdouble if b.dtype.kind == "c" else np.longdouble
    return (b[1:].astype(wide) - a[1:].astype(wide) * wide(b[0])).astype(b.dtype)


@kernel
def plain(first: Any, fed: Any, back: Any, state: Any, x: Any, y: Any) -> None:
    """Real rows of x (rows, n) through y = first x + s[0], s[i] = s[i+1] + fed[i] x + back[i] s[0]."""
    order, n = len(fed), x.shape[1]
    ahead = np.zeros(CHUNK + order, x.dtype)
    for row in range(len(x)):
        ahead[:order] = state[row]
        for begin in range(0, n, CHUNK):
            count = min(CHUNK, n - begin)
            for i in range(count):
                now, s = x[row, begin + i], ahead[i]
                y[row, begin + i] = fma(first, now, s)
                later = ahead[i + 1 : i + 1 + order]
                for j in range(order):
                    later[j] = fma(back[j], s, fma(fed[j], now, later[j]))
            ahead[:order] = ahead[count : count + order].copy()
            ahead[order:] = 0
        state[row] = ahead[:order]


@kernel
def complex_plain(first: Any, fed: Any, back: Any, feedback: Any, state: Any, x: Any, y: Any) -> None:
    """The same with complex numbers; what is not finite is not fed back where there is no feedback."""
    order, n = len(fed), x.shape[1]
    ahead = np.zeros(CHUNK + order, x.dtype)
    for row in range(len(x)):
        ahead[:order] = state[row]
        for begin in range(0, n, CHUNK):
            count = min(CHUNK, n - begin)
            for i in range(count):
                now, s = x[row, begin + i], ahead[i]
                y[row, begin + i] = first * now + s
                later = ahead[i + 1 : i + 1 + order]
                for j in range(order):
                    later[j] += fed[j] * now
                if feedback:
                    for j in range(order):
                        later[j] += back[j] * s
            ahead[:order] = ahead[count : count + order].copy()
            ahead[order:] = 0
        state[row] = ahead[:order]
