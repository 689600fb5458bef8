"""The pieces that say most, as bars with their standard errors."""

import numpy as np
from matplotlib.figure import Figure

from sigconv.errors import ArgumentError
from sigconv.report.explain.explanation import Explanation
from sigconv.report.explain.pictures.heat import titled


def draw_parts(found: Explanation, count: int = 15) -> Figure:
    """Bars of the strongest pieces, red for the class and blue against it.

    Raises
    ------
    ArgumentError : an explanation without pieces
    """
    shown = found.strongest(count)
    if not shown:
        raise ArgumentError(f"found is of {found.method}, which takes no pieces away; draw it over the input")
    figure = Figure(figsize=(7, 1.2 + 0.26 * len(shown)), layout="constrained")
    ax = figure.subplots()
    values = [part.value for part in shown]
    errors = [part.spread if np.isfinite(part.spread) else 0.0 for part in shown]
    colours = ["#c2191f" if v > 0 else "#215ca8" for v in values]
    ax.barh(range(len(shown)), values, xerr=errors if any(errors) else None, color=colours, ecolor="#444444")
    ax.set_yticks(range(len(shown)), [part.name for part in shown], fontsize=8, parse_math=False)
    ax.invert_yaxis()
    ax.axvline(0, color="#888888", linewidth=0.6)
    ax.set(xlabel="attribution (of the score)" + ", ± one standard error" * any(errors))
    ax.spines[["top", "right"]].set_visible(False)
    titled(figure, found)
    return figure
