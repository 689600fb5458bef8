"""Made-up clips of a moving textured shape: which way it moves is told by no single frame."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.loaders.draws import Draw, drawn
from sigconv.loaders.recording import Recording, of
from sigconv.signal import Axis, Event, Signal

MOTIONS = ("left", "right", "up", "down", "clockwise", "counterclockwise")
_WAVES = 14  # plane waves of a texture

Array = np.ndarray[Any, Any]


def moving_shapes(
    sources: int = 4,
    clips: int = 12,
    frames: int = 32,
    size: int = 64,
    fs: float = 25.0,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> list[Recording]:
    """Clips of one shape before a still ground; the label is its motion, one of MOTIONS.

    Shape and ground are textures of the same kind. Where the shape begins, how it lies, what it is made of and how
    fast it goes know nothing of the label; what leaves at one side returns at the other. Textures are sums of waves
    that are evaluated where they have moved to, so that no motion blurs more than another. A clip shown backwards has
    the opposite label, and the mean of a clip over time tells at most along which line it moves.

    Parameters
    ----------
    sources : int >= 1, families of textures (grain, direction, colours): the group that a split holds out
    clips : int >= 1, for each source; labels are spread evenly
    frames, size : int >= 2 and >= 16, frames of size × size pixels
    fs : Hz, > 0
    seed : int >= 0; the same seed makes the same clips, and clip n of a source does not depend on how many there are
    progress : called after each clip

    Returns
    -------
    Recordings (channel, time, y, x) uint8 with red, green and blue; notes["label"], and notes["source"] "S01", …

    Raises
    ------
    ArgumentError : a value outside these ranges

    >>> moving_shapes(sources=1, clips=1, frames=4, size=16)[0].shape
    (3, 4, 16, 16)
    """
    if min(sources, clips) < 1 or frames < 2 or size < 16 or not 0 < fs < float("inf"):
        raise ArgumentError(
            f"sources {sources}, clips {clips}, frames {frames}, size {size}, fs {fs}; allowed: 1 or more, 1 or more, "
            "2 or more, 16 or more, above 0 Hz"
        )
    made = []
    for source in range(sources):
        family = _Family(drawn(seed, source))
        for number in range(clips):
            draw = drawn(seed, source, number)
            turn = drawn(seed, source, number // len(MOTIONS), 1).permutation(len(MOTIONS))
            label = MOTIONS[turn[number % len(MOTIONS)]]
            name = f"S{source + 1:02d}C{number + 1:03d}"
            notes = {"domain": "video", "name": name, "source": f"S{source + 1:02d}", "label": label}
            axes = (
                Axis.channel(("red", "green", "blue")),
                Axis.time(frames, fs),
                Axis("y", size),
                Axis("x", size),
            )
            data = _clip(draw, family, label, frames, size)
            made.append(of(Signal(data, axes, "", (Event(0.0, frames / fs, label),), notes)))
            progress()
    return made


class _Family:
    """What the textures of one source share: grain, how much one direction prevails, colours."""

    def __init__(self, draw: Draw) -> None:
        self.grain = draw.uniform(0.25, 0.6)  # mean wave number, radians a pixel
        self.spread = draw.uniform(0.3, np.pi)  # of the waves' directions, radians
        self.mean = draw.uniform(90, 165, 3)
        self.colours = draw.normal(size=(3, 3))

    def texture(self, draw: Draw) -> tuple[Array, Array, Array]:
        """(wave, 2) wave numbers as (y, x), (wave) phases, (wave, 3) amplitudes of a texture that lies anyhow."""
        angle = draw.uniform(0, 2 * np.pi) + draw.uniform(-self.spread, self.spread, _WAVES)
        length = self.grain * draw.uniform(0.6, 1.6, _WAVES)
        weights = draw.normal(size=(_WAVES, 3)) @ self.colours
        weights *= 45 / np.sqrt((weights**2).sum(0) / 2)
        waves = length[:, None] * np.stack([np.sin(angle), np.cos(angle)], 1)
        return waves, draw.uniform(0, 2 * np.pi, _WAVES), weights


def _painted(texture: tuple[Array, Array, Array], y: Array, x: Array) -> Array:
    """(…, 3) colours, about 0, of a texture at the places (y, x)."""
    y, x = y.astype(np.float32)[..., None], x.astype(np.float32)[..., None]
    waves, phases, weights = (part.astype(np.float32) for part in texture)
    return np.asarray(np.cos(y * waves[:, 0] + x * waves[:, 1] + phases) @ weights)


def _clip(draw: Draw, family: _Family, label: str, frames: int, size: int) -> Array:
    """(channel, time, y, x) uint8 of one clip."""
    radius = size * draw.uniform(0.22, 0.32)
    speed = size / 64 * draw.uniform(0.7, 1.6)  # pixels a frame, at the middle of the radius where the shape turns
    corners, centre, lies = draw.integers(3, 7), draw.uniform(0, size, 2), draw.uniform(0, 2 * np.pi)
    toward = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}.get(label, (0, 0))
    spin = {"clockwise": 1.0, "counterclockwise": -1.0}.get(label, 0.0) * speed / (0.5 * radius)

    passed = np.arange(frames)[:, None, None]
    row, column = np.mgrid[:size, :size]
    y = (row - centre[0] - toward[0] * speed * passed + size / 2) % size - size / 2
    x = (column - centre[1] - toward[1] * speed * passed + size / 2) % size - size / 2
    angle = lies + spin * passed
    along, across = y * np.cos(angle) - x * np.sin(angle), y * np.sin(angle) + x * np.cos(angle)

    # distance to the edge of a regular polygon, which is soft over a pixel
    sector = 2 * np.pi / corners
    within = (np.arctan2(along, across) % sector) - sector / 2
    inside = np.clip(radius * np.cos(sector / 2) * 1.15 - np.hypot(along, across) * np.cos(within) + 0.5, 0, 1)[
        ..., None
    ]
    shape, ground = family.texture(draw), family.texture(draw)
    colours = inside * _painted(shape, along, across) + (1 - inside) * _painted(ground, row, column)
    colours += family.mean + 2 * draw.standard_normal(size=(frames, size, size, 3), dtype=np.float32)
    return np.moveaxis(np.clip(np.rint(colours), 0, 255).astype(np.uint8), -1, 0)
