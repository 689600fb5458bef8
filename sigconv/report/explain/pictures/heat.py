"""One colour scale for every attribution: red speaks for the class, blue against it, nothing where nothing is said."""

from typing import Any

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from sigconv.report.explain.explanation import Explanation
from sigconv.report.preview import places
from sigconv.signal import Axis

AGAINST, FOR = (0.13, 0.36, 0.66), (0.76, 0.10, 0.12)
_STEPS = np.linspace(-1, 1, 255)
HEAT = ListedColormap([(*(FOR if v > 0 else AGAINST), 0.85 * abs(v)) for v in _STEPS], "attribution")


def top_of(values: Any) -> float:
    """The strength at which the colours end: above 99.5 % of the numbers, > 0.

    >>> top_of(np.zeros(3)), top_of(np.array([-2.0, 1.0])) > 1.9
    (1.0, True)
    """
    strong = np.abs(np.asarray(values))
    return float(np.percentile(strong, 99.5)) or float(strong.max()) or 1.0


def titled(figure: Figure, found: Explanation) -> None:
    """Class, probability, method and whether it adds up, above a figure."""
    question = found.question
    at = f" at {found.layer}" if found.layer else ""
    head = f"{question.name} (p = {question.probability:.3f}): {found.method.replace('_', ' ')}{at}"
    lines = [head, found.settings, found.completeness if found.error == found.error else ""]
    figure.suptitle("\n".join(filter(None, lines)), fontsize=8, parse_math=False)


def mesh(ax: Any, across: Axis, up: Axis, values: Any, top: float) -> Any:
    """(up, across) attributions over whatever is drawn there already, in the axes' units."""
    return ax.pcolormesh(
        places(across), places(up), values, cmap=HEAT, vmin=-top, vmax=top, shading="nearest", rasterized=True
    )  # fmt: skip


def labelled(ax: Any, across: Axis, up: Axis) -> None:
    """Names and units of both axes."""
    ax.set(xlabel=told(across), ylabel=told(up))


def told(axis: Axis) -> str:
    """An axis' name and unit, "time (s)"."""
    return f"{axis.name} ({axis.unit})" if axis.unit else axis.name


def scale(figure: Figure, drawn: Any, panels: Any) -> None:
    """The bar of colours."""
    figure.colorbar(drawn, ax=panels, label="attribution (of the score)", shrink=0.9)
