"""A difference equation as text."""

from typing import Any

import numpy as np


def difference_equation(b: Any, a: Any, x: str = "x", y: str = "y") -> str:
    """The equation solved for the newest output, four significant digits a coefficient.

    Parameters
    ----------
    b, a : coefficients, a[0] not 0
    x, y : what input and output are called

    >>> difference_equation([0.5, -0.5], [1, -0.9])
    'y[n] = 0.5 x[n] - 0.5 x[n-1] + 0.9 y[n-1]'
    """
    terms = [(b[k] / a[0], x, k) for k in range(len(b))] + [(-a[k] / a[0], y, k) for k in range(1, len(a))]
    text = ""
    for value, name, k in terms:
        if value == 0:
            continue
        plain = not np.iscomplexobj(value)
        minus = plain and value < 0
        size = f"{abs(value):.4g}" if plain else f"({complex(value):.4g})"
        sign = (" - " if minus else " + ") if text else ("-" if minus else "")
        text += f"{sign}{'' if size == '1' else size + ' '}{name}[n{f'-{k}' if k else ''}]"
    return f"{y}[n] = {text or '0'}"
