"""What `sigconv explain` writes: pictures, and the attribution in the domain's own format."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import loaders
from sigconv.errors import ArgumentError
from sigconv.files import refuse_folderless, write_whole
from sigconv.report.explain import Explanation
from sigconv.report.explain.pictures import draw, draw_parts
from sigconv.report.explain.pictures.heat import HEAT, top_of
from sigconv.report.page import png
from sigconv.signal import Axis, Signal

_SIDE = 256  # pixels that a video overlay has at least, so that a player shows it well


def refuse_target(out: Path) -> None:
    """Refuse an `out` that is no .png in a folder that is there.

    Raises
    ------
    ArgumentError : another suffix;  FileNotFoundError : no such folder
    """
    if out.suffix.lower() != ".png":
        raise ArgumentError(f"out is {str(out)!r}; it is a .png file, beside which volumes and clips get their own")
    refuse_folderless("out", out)


def write_explanation(found: Explanation, out: Path) -> list[Path]:
    """Write the figure, bars of the pieces, and an overlay as NIfTI or MP4; all of them or none.

    found : an Explanation;  out : .png;  returns what was written

    Raises
    ------
    OSError : the folder cannot be written
    MissingExtra : a writer is not installed
    """
    figures = {out: draw(found)}
    if found.parts:
        figures[out.with_name(f"{out.stem}-parts.png")] = draw_parts(found)
    jobs: dict[Path, Callable[[Path], Any]] = {
        path: partial(write_whole, content=png(figure)) for path, figure in figures.items()
    }
    heat = found.attribution
    grid = tuple(axis.name for axis in heat.axes[1:])
    if grid == ("z", "y", "x") and all(axis.unit == "mm" for axis in heat.axes[1:]):
        jobs[out.with_suffix(".nii.gz")] = partial(loaders.save, overlay_volume(found))
    if grid == ("time", "y", "x") and heat.shape[1:] == found.question.signal.shape[1:]:
        jobs[out.with_suffix(".mp4")] = partial(loaders.save, overlay_clip(found))
    written: list[Path] = []
    try:
        for target, write in jobs.items():
            write(target)
            written.append(target)
    except BaseException:
        for target in written:
            target.unlink(missing_ok=True)
        raise
    return written


def overlay_volume(found: Explanation) -> Signal:
    """The attribution of all channels as one float32 volume that lies where the scan lies."""
    heat = found.attribution
    total = heat.data.sum(0, keepdims=True).astype(np.float32)
    return Signal(total, (Axis.channel(("attribution",)), *heat.axes[1:]), notes=found.question.signal.notes)


def overlay_clip(found: Explanation) -> Signal:
    """The clip in grey with its attribution over it, (red green blue, time, y, x) uint8 of even size.

    >>> from sigconv.nets import InputSpec, build, parse
    >>> from sigconv.report.explain import ask, saliency
    >>> axes = (Axis("channel", 1), Axis.time(4, 2), Axis("y", 5), Axis("x", 6))
    >>> clip = Signal(np.random.default_rng(0).normal(size=(1, 4, 5, 6)).astype(np.float32), axes)
    >>> network = build(parse("CGF"), InputSpec(1, (4, 5, 6)), seed=0)
    >>> overlay_clip(saliency(ask(network, clip))).shape
    (3, 4, 260, 312)
    """
    signal = found.question.signal
    given, values = np.asarray(signal.data, np.float64).mean(0), found.attribution.data.sum(0)
    low, high = float(given.min()), float(given.max())
    grey = 255 * (given - low) / ((high - low) or 1.0)
    colours = HEAT(0.5 + values / (2 * top_of(values)))
    alpha = colours[..., 3:]
    frames = grey[..., None] * (1 - alpha) + 255 * colours[..., :3] * alpha
    times = -(-_SIDE // min(given.shape[1:]))
    times += times % 2
    large = frames.round().astype(np.uint8).repeat(times, 1).repeat(times, 2)
    _, time, y, x = signal.axes
    axes = (Axis.channel(("red", "green", "blue")), time, Axis("y", y.size * times), Axis("x", x.size * times))
    return Signal(np.moveaxis(large, -1, 0), axes)
