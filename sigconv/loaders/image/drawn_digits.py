"""Made-up handwriting: the ten digits as strokes of a pen, each writer with a hand of their own."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.loaders.draws import Draw, drawn
from sigconv.loaders.recording import Recording, of
from sigconv.signal import Axis, Signal

Array = np.ndarray[Any, Any]
Points = tuple[tuple[float, float], ...]

# the places (x, y) that the pen passes, from the upper left corner (0, 0) to the lower right one (1, 1)
STROKES: dict[str, tuple[Points, ...]] = {
    "0": (((0.5, 0.0), (0.1, 0.2), (0.0, 0.55), (0.25, 0.95), (0.7, 0.95), (1.0, 0.5), (0.85, 0.1), (0.45, 0.0)),),
    "1": (((0.5, 0.0), (0.5, 0.35), (0.5, 0.7), (0.5, 1.0)),),
    "2": (((0.05, 0.25), (0.35, 0.0), (0.85, 0.1), (0.8, 0.45), (0.3, 0.8), (0.0, 1.0)), ((0.0, 1.0), (1.0, 0.97))),
    "3": (
        ((0.05, 0.12), (0.45, 0.0), (0.85, 0.15), (0.75, 0.4), (0.35, 0.48)),
        ((0.35, 0.48), (0.85, 0.55), (0.95, 0.8), (0.55, 1.0), (0.0, 0.88)),
    ),
    "4": (((0.2, 0.0), (0.05, 0.35), (0.1, 0.55)), ((0.1, 0.55), (1.0, 0.5)), ((0.75, 0.1), (0.7, 0.55), (0.68, 1.0))),
    "5": (
        ((0.95, 0.0), (0.2, 0.03)),
        ((0.2, 0.03), (0.12, 0.42)),
        ((0.12, 0.42), (0.6, 0.36), (0.95, 0.6), (0.75, 0.92), (0.3, 1.0), (0.0, 0.88)),
    ),
    "6": (((0.75, 0.0), (0.3, 0.25), (0.05, 0.65), (0.25, 1.0), (0.75, 0.95), (0.85, 0.65), (0.5, 0.52), (0.1, 0.7)),),
    "7": (((0.0, 0.05), (0.95, 0.0)), ((0.95, 0.0), (0.65, 0.4), (0.4, 1.0))),
    "8": (
        (
            (0.85, 0.12),
            (0.45, 0.0),
            (0.12, 0.2),
            (0.45, 0.45),
            (0.9, 0.7),
            (0.55, 1.0),
            (0.1, 0.8),
            (0.45, 0.5),
            (0.8, 0.25),
            (0.8, 0.1),
        ),
    ),
    "9": (
        ((0.9, 0.2), (0.5, 0.0), (0.12, 0.2), (0.3, 0.48), (0.75, 0.42), (0.9, 0.2)),
        ((0.9, 0.2), (0.8, 0.6), (0.6, 1.0)),
    ),
}
_BAR = ((0.3, 0.5), (0.8, 0.48))  # that some writers put across a 7
_FLAG = ((0.2, 0.22), (0.5, 0.0))  # and others in front of a 1
_ALONG = 48  # points of a stroke that are looked at


def drawn_digits(
    writers: int = 20,
    each: int = 60,
    size: int = 16,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> list[Recording]:
    """Grey pictures of handwritten digits, white on black.

    A writer has a slant, proportions, a pen and a way to bend every digit; each digit differs from their last one in
    all of these, and is shifted, turned and speckled a little.

    Parameters
    ----------
    writers : int >= 1, the groups
    each : int >= 10, digits of each writer, the ten in turn
    size : pixels a side, 12 or more
    seed : int >= 0; the same seed makes the same pictures
    progress : called after each writer

    Returns
    -------
    Recordings (channel 1, y, x) uint8; notes: label ("0" … "9"), group ("writer-00" …), name

    Raises
    ------
    ArgumentError : a value outside these ranges

    >>> first, *others = drawn_digits(writers=2, each=10)
    >>> first.shape, first.notes["label"], others[-1].notes["group"]
    ((1, 16, 16), '0', 'writer-01')
    """
    if writers < 1 or each < 10 or size < 12:
        raise ArgumentError(f"writers {writers}, each {each}, size {size}; allowed: 1, 10 and 12 or more")
    made = []
    for number in range(writers):
        hand = _Hand(drawn(seed, number))
        for index in range(each):
            label = str(index % len(STROKES))
            data = hand.written(label, drawn(seed, number, index), size)
            notes = {"domain": "image", "label": label, "group": f"writer-{number:02d}"}
            notes["name"] = f"{notes['group']}-{index:03d}"
            axes = (Axis.channel(["grey"]), Axis("y", size), Axis("x", size))
            made.append(of(Signal(data[None], axes, notes=notes)))
        progress()
    return made


class _Hand:
    """How one writer writes: the strokes of each digit, bent in a way of their own, and how they stand."""

    def __init__(self, draw: Draw) -> None:
        strokes = {label: [np.array(points) for points in each] for label, each in STROKES.items()}
        if draw.random() < 0.4:
            strokes["7"].append(np.array(_BAR))
        if draw.random() < 0.4:
            strokes["1"].append(np.array(_FLAG))
        self.strokes = {k: [p + draw.normal(0, 0.07, p.shape) for p in each] for k, each in strokes.items()}
        self.slant, self.wide, self.pen = draw.normal(0.15, 0.15), draw.uniform(0.5, 0.8), draw.uniform(1.0, 2.2)

    def written(self, label: str, draw: Draw, size: int) -> Array:
        """(y, x) uint8 picture of one digit."""
        turn, slant = draw.normal(0, 0.12), self.slant + draw.normal(0, 0.1)
        tall = 0.72 * size * draw.uniform(0.85, 1.1)
        wide = tall * self.wide * draw.uniform(0.85, 1.15)
        stand = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ [
            [wide, -slant * tall],
            [0, tall],
        ]
        middle = (size - 1) / 2 + draw.normal(0, 0.05 * size, 2)
        bent = [points + draw.normal(0, 0.05, points.shape) for points in self.strokes[label]]
        ink = np.concatenate([_along(points) for points in bent]) - 0.5
        ink = ink @ stand.T + middle
        y, x = np.mgrid[:size, :size]
        away = np.hypot(x.ravel()[:, None] - ink[:, 0], y.ravel()[:, None] - ink[:, 1]).min(1).reshape(size, size)
        pen = self.pen * size / 16 * draw.uniform(0.85, 1.15)
        grey = 255 * np.clip(pen / 2 + 0.5 - away, 0, 1) + 12 * draw.normal(size=(size, size))
        return np.asarray(np.clip(np.rint(grey), 0, 255), np.uint8)


def _along(points: Array) -> Array:
    """Points (x, y) close together on a smooth line through the given ones."""
    from scipy.interpolate import make_interp_spline

    where = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    line = make_interp_spline(where, points, k=min(2, len(points) - 1))
    return np.asarray(line(np.linspace(0, where[-1], _ALONG)))
