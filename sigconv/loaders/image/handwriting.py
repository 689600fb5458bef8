"""Handwriting: signs that are given as strokes of a pen, as each writer's hand draws them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.loaders.draws import Draw, drawn
from sigconv.loaders.recording import Recording, of
from sigconv.signal import Axis, Signal

Array = np.ndarray[Any, Any]
# the places (x, y) that the pen passes, from the upper left corner (0, 0) to the lower right one (1, 1)
Points = tuple[tuple[float, float], ...]

_ALONG = 48  # points of a stroke that are looked at


class Hand:
    """The strokes of each sign, bent in a way of the writer's own, and how they stand.

    strokes : of each sign;  draw : of the writer
    nib : how much broader than thick the pen is, >= 1; 1 is a round pen
    """

    def __init__(self, strokes: Mapping[str, Sequence[Points]], draw: Draw, nib: float = 1.0) -> None:
        self.strokes = {k: [p + draw.normal(0, 0.07, np.shape(p)) for p in each] for k, each in strokes.items()}
        self.slant, self.wide, self.pen = draw.normal(0.15, 0.15), draw.uniform(0.5, 0.8), draw.uniform(1.0, 2.2)
        self.nib, self.held = nib, draw.uniform(np.radians(25), np.radians(60)) if nib > 1 else 0.0

    def written(self, label: str, draw: Draw, size: int) -> Array:
        """(y, x) uint8 picture of one sign, white on black."""
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
        away = self._away(x.ravel()[:, None] - ink[:, 0], y.ravel()[:, None] - ink[:, 1]).min(1).reshape(size, size)
        pen = self.pen * size / 16 * draw.uniform(0.85, 1.15)
        grey = 255 * np.clip(pen / 2 + 0.5 - away, 0, 1) + 12 * draw.normal(size=(size, size))
        return np.asarray(np.clip(np.rint(grey), 0, 255), np.uint8)

    def _away(self, x: Array, y: Array) -> Array:
        """Distances from the pen's middle, shorter along the edge of a broad nib."""
        if self.nib == 1:
            return np.asarray(np.hypot(x, y))
        along, across = x * np.cos(self.held) - y * np.sin(self.held), x * np.sin(self.held) + y * np.cos(self.held)
        return np.asarray(np.hypot(along / self.nib, across))


def pages(
    hand_of: Callable[[Draw], Hand],
    group: str,
    *,
    writers: int,
    each: int,
    size: int,
    seed: int,
    pieces: tuple[tuple[int, ...], tuple[int, ...]] = ((), ()),
    progress: Callable[[], None] = lambda: None,
) -> list[Recording]:
    """Pictures of signs, the signs of a hand in turn, one writer after the other.

    Parameters
    ----------
    hand_of : what is drawn for a writer -> their hand
    group : what a writer is called, before their number
    writers, each, size, seed : int >= 1, >= 10, >= 12 pixels a side and >= 0; see `drawn_digits`
    pieces : further numbers of `drawn` for a writer and for a sign, so that two alphabets draw apart
    progress : called after each writer

    Raises
    ------
    ArgumentError : a value outside these ranges

    >>> dot = {".": [((0.5, 0.5), (0.5, 0.6))]}
    >>> [one.notes["name"] for one in pages(lambda draw: Hand(dot, draw), "w", writers=1, each=10, size=12, seed=0)][:2]
    ['w-00-000', 'w-00-001']
    """
    if writers < 1 or each < 10 or size < 12 or seed < 0:
        raise ArgumentError(
            f"writers {writers}, each {each}, size {size}, seed {seed}; allowed: from 1, 10, 12 and 0 on"
        )
    axes = (Axis.channel(["grey"]), Axis("y", size), Axis("x", size))
    made = []
    for number in range(writers):
        hand = hand_of(drawn(seed, number, *pieces[0]))
        signs, owner = tuple(hand.strokes), f"{group}-{number:02d}"
        for index in range(each):
            label = signs[index % len(signs)]
            data = hand.written(label, drawn(seed, number, index, *pieces[1]), size)
            notes = {"domain": "image", "label": label, "group": owner, "name": f"{owner}-{index:03d}"}
            made.append(of(Signal(data[None], axes, notes=notes)))
        progress()
    return made


def _along(points: Array) -> Array:
    """Points (x, y) close together on a smooth line through the given ones."""
    from scipy.interpolate import make_interp_spline

    where = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    line = make_interp_spline(where, points, k=min(2, len(points) - 1))
    return np.asarray(line(np.linspace(0, where[-1], _ALONG)))
