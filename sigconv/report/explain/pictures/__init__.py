"""An attribution as a figure in the input's own units; each function returns a matplotlib Figure and writes nothing."""

from collections.abc import Callable

from matplotlib.figure import Figure

from sigconv.report.explain.blocks import marker_names
from sigconv.report.explain.explanation import Explanation
from sigconv.report.explain.pictures.feature_maps import draw_feature_maps, draw_maps
from sigconv.report.explain.pictures.frames import draw_frames
from sigconv.report.explain.pictures.heat import titled
from sigconv.report.explain.pictures.kernels import draw_kernels
from sigconv.report.explain.pictures.lines import draw_lines
from sigconv.report.explain.pictures.overlay import draw_overlay
from sigconv.report.explain.pictures.parts import draw_parts
from sigconv.report.explain.pictures.planes import draw_planes
from sigconv.report.explain.pictures.scalp import draw_bands
from sigconv.report.explain.pictures.skeleton import draw_skeleton

__all__ = ["draw", "draw_feature_maps", "draw_kernels", "draw_maps", "draw_parts"]

_DRAWN: dict[tuple[str, ...], Callable[[Explanation], Figure]] = {
    ("freq",): draw_bands,
    ("freq", "time"): draw_overlay,
    ("y", "x"): draw_overlay,
    ("time", "y", "x"): draw_frames,
    ("z", "y", "x"): draw_planes,
}


def draw(found: Explanation) -> Figure:
    """The attribution over what the network saw: traces and scalp, spectrogram, image, planes, frames or a body.

    found : an Explanation; on a hidden layer's axes its channels are drawn by themselves

    >>> import numpy as np
    >>> from sigconv.nets import InputSpec, build, parse
    >>> from sigconv.report.explain import ask, saliency
    >>> from sigconv.signal import Signal
    >>> network = build(parse("C2RF"), InputSpec(1, (8,)), classes=2, seed=0)
    >>> len(draw(saliency(ask(network, Signal.from_array(np.arange(8.0), fs=4)))).axes)
    2
    """
    signal, heat = found.question.signal, found.attribution
    grid = tuple(axis.name for axis in heat.axes[1:])
    if grid != ("freq",) and [axis.size for axis in heat.axes[1:]] != [axis.size for axis in signal.axes[1:]]:
        figure = draw_maps(heat, "")
        titled(figure, found)
        return figure
    if grid == ("time",) and marker_names(signal):
        return draw_skeleton(found)
    return _DRAWN.get(grid, draw_lines if len(grid) == 1 else draw_overlay)(found)
