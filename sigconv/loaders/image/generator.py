"""Made-up pictures: shapes that only their texture shows, and sections of cells with membranes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.loaders.draws import Draw, drawn
from sigconv.loaders.recording import Recording, of
from sigconv.signal import Axis, Signal

SHAPES = ("disc", "square", "triangle", "cross")
_COLOURS = ("red", "green", "blue")

Array = np.ndarray[Any, Any]


def textured_shapes(
    textures: int = 12,
    each: int = 16,
    size: int = 48,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> list[Recording]:
    """Colour pictures of a shape whose stripes run across those of its ground.

    Every picture has the same histogram, in every colour (each number 0 to 255 as often as the next), and no row tells
    more than another: the class is in the two-dimensional outline of the texture alone. Place, size and turn of the
    shape differ from picture to picture; direction, width and colours of the stripes and the noise from texture to
    texture.

    Parameters
    ----------
    textures : int >= 1, the groups
    each : int >= 1, pictures of each texture
    size : pixels a side, 24 or more
    seed : int >= 0; the same seed makes the same pictures
    progress : called after each texture

    Returns
    -------
    Recordings (channel 3, y, x) uint8; notes: label (one of SHAPES), group ("texture-00" …), name

    Raises
    ------
    ArgumentError : a value outside these ranges

    >>> first, *others = textured_shapes(textures=2, each=4, size=24)
    >>> first.shape, first.notes["label"], len(others)
    ((3, 24, 24), 'disc', 7)
    """
    if textures < 1 or each < 1 or size < 24:
        raise ArgumentError(f"textures {textures}, each {each}, size {size}; allowed: 1 or more, 1 or more, 24 or more")
    made = []
    for number in range(textures):
        style = drawn(seed, number)
        angle, wide = style.choice((0, np.pi / 2)) + style.uniform(-0.25, 0.25), style.uniform(3.2, 4.5)
        colours, noise = style.uniform(0.5, 1.0, 3) * style.choice((-1, 1), 3), style.uniform(0.2, 0.4)
        for index in range(each):
            draw = drawn(seed, number, index)
            label = SHAPES[index % len(SHAPES)]
            inside = _shape(draw, label, size)
            waves = np.where(inside, _stripes(draw, size, angle + np.pi / 2, wide), _stripes(draw, size, angle, wide))
            grain = draw.normal(size=(3, size, size))
            data = np.stack([_even(c * waves + noise * g) for c, g in zip(colours, grain, strict=True)])
            notes = {"domain": "image", "label": label, "group": f"texture-{number:02d}"}
            notes["name"] = f"{notes['group']}-{index:03d}"
            axes = (Axis.channel(_COLOURS), Axis("y", size), Axis("x", size))
            made.append(of(Signal(data, axes, notes=notes)))
        progress()
    return made


def membranes(
    blocks: int = 4,
    sections: int = 8,
    size: int = 128,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> list[tuple[Recording, Recording]]:
    """Grey sections of tissue as an electron microscope shows it, each with its label map.

    Cells are the Voronoi cells of points that drift from section to section, with wavy borders; membranes are dark
    lines between them, as dark as the organelles inside, so that darkness alone does not tell them. Consecutive
    sections of a block are alike: it is their group.

    Parameters
    ----------
    blocks, sections : int >= 1, sections in each block
    size : pixels a side, 32 or more
    seed : int >= 0; the same seed makes the same sections
    progress : called after each block

    Returns
    -------
    (section, labels): both (channel 1, y, x) uint8; a label is 0 on a membrane and 255 in a cell, as in ISBI 2012;
    notes: group ("block-0" …), name

    Raises
    ------
    ArgumentError : a value outside these ranges

    >>> section, labels = membranes(blocks=1, sections=1, size=32)[0]
    >>> section.shape, np.unique(labels.read().data).tolist()
    ((1, 32, 32), [0, 255])
    """
    if blocks < 1 or sections < 1 or size < 32:
        raise ArgumentError(f"blocks {blocks}, sections {sections}, size {size}; allowed: 1, 1 and 32 or more")
    made = []
    for number in range(blocks):
        style = drawn(seed, number)
        count = max(4, round((size + 64) ** 2 / 900))  # a cell of about 30 × 30 pixels, some beyond the edges
        points, drift = style.uniform(-32, size + 32, (count, 2)), style.normal(size=(count, 2))
        greys = 160 + 12 * style.normal(size=count)
        for index in range(sections):
            section, labels = _section(drawn(seed, number, index), points + index * drift, greys, size)
            notes = {"domain": "image", "group": f"block-{number}", "name": f"block-{number}-{index:03d}"}
            axes = (Axis.channel(["grey"]), Axis("y", size), Axis("x", size))
            made.append((of(Signal(section[None], axes, notes=notes)), of(Signal(labels[None], axes, notes=notes))))
        progress()
    return made


def _stripes(draw: Draw, size: int, angle: float, wide: float) -> Array:
    """(y, x) waves of unit size whose crests lie across `angle`, `wide` pixels apart."""
    y, x = np.mgrid[:size, :size]
    return np.asarray(np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / wide + draw.uniform(0, 2 * np.pi)))


def _shape(draw: Draw, label: str, size: int) -> Array:
    """(y, x) whether a pixel lies in the shape; all shapes have about the same area."""
    radius, turn = size * draw.uniform(0.27, 0.35), draw.uniform(0, 2 * np.pi)
    room = size / 2 - 1.2 * radius
    middle = size / 2 + draw.uniform(-room, room, 2)
    y, x = (np.mgrid[:size, :size] - middle[:, None, None]) / radius
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    match label:
        case "disc":
            inside = np.hypot(u, v) < 1
        case "square":
            inside = np.maximum(abs(u), abs(v)) < 0.89
        case "triangle":
            corners = np.pi / 2 + 2 * np.pi / 3 * np.arange(3)
            inside = np.all([u * np.cos(a) + v * np.sin(a) < 0.78 for a in corners], axis=0)
        case _:
            inside = (np.minimum(abs(u), abs(v)) < 0.42) & (np.maximum(abs(u), abs(v)) < 1.15)
    return np.asarray(inside)


def _even(values: Array) -> Array:
    """The ranks of the values as uint8, each number as often as the next."""
    ranks = np.empty(values.size, np.int64)
    ranks[np.argsort(values, axis=None, kind="stable")] = np.arange(values.size)
    return np.asarray(ranks * 256 // values.size, np.uint8).reshape(values.shape)


def _section(draw: Draw, points: Array, greys: Array, size: int) -> tuple[Array, Array]:
    from scipy.ndimage import gaussian_filter
    from scipy.spatial import cKDTree

    def smooth(scale: float) -> Array:
        field = gaussian_filter(draw.normal(size=(size, size)), scale, mode="wrap")
        return np.asarray(field / field.std())

    y, x = np.mgrid[:size, :size]
    places = np.stack([y + 2.5 * smooth(6), x + 2.5 * smooth(6)], -1)
    away, owners = cKDTree(points).query(places, 2)
    apart = np.linalg.norm(points[owners[..., 0]] - points[owners[..., 1]], axis=-1)
    border = (away[..., 1] ** 2 - away[..., 0] ** 2) / (2 * apart)  # pixels to the line halfway between two points
    cells = border > 1.6
    spots = (smooth(1.6) > 1.5) & (border > 4.5)
    grey = np.where(cells, greys[owners[..., 0]] + 6 * smooth(4), 70.0) - 90 * gaussian_filter(spots * 1.0, 0.7)
    seen = gaussian_filter(grey, 0.8) + 10 * draw.normal(size=(size, size))
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8), np.where(cells, 255, 0).astype(np.uint8)
