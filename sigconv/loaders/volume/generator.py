"""Made-up CT: torsos with organs in Hounsfield units, vessels that wind to the left or to the right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.loaders.draws import Draw, drawn
from sigconv.loaders.recording import Recording, of
from sigconv.signal import Axis, Signal

ORGANS = ("lung", "liver", "spleen", "right kidney", "left kidney", "vertebrae", "aorta", "lesion")
WINDINGS = ("left", "right")
_AIR, _FAT, _MUSCLE = -1000.0, -100.0, 50.0
_EXTENT = (192.0, 240.0, 352.0)  # mm along z, y, x
_FINE = (-0.25, 0.25)  # of a voxel: where it is sampled along each axis, so that edges are shared out

Array = np.ndarray[Any, Any]
Places = tuple[Array, Array, Array]  # z, y, x in mm from the middle of the torso


@dataclass(frozen=True)
class _Body:
    """An ellipsoid, its surface wavy where phases are given, or a tube along z where its z is infinite."""

    centre: tuple[float, float, float]  # mm: z superior, y anterior, x right
    radii: tuple[float, float, float]
    level: float  # HU
    label: int = 0
    waves: tuple[float, ...] = ()

    def inside(self, places: Places) -> Array:
        total: Any = 0.0
        for place, centre, radius in zip(places, self.centre, self.radii, strict=True):
            total = total + ((place - centre) / radius) ** 2
        for place, phase in zip(places, self.waves, strict=False):
            total = total + 0.06 * np.sin(place / 12 + phase)
        return np.asarray(total < 1)

    def box(self, axes: Places) -> tuple[slice, slice, slice]:
        """The part of the grid that it can reach."""
        spans = []
        for place, centre, radius in zip(axes, self.centre, self.radii, strict=True):
            near = np.flatnonzero(np.abs(place.ravel() - centre) < 1.15 * radius + abs(place.flat[-1] - place.flat[-2]))
            spans.append(slice(int(near[0]), int(near[-1]) + 1) if near.size else slice(0, 0))
        return spans[0], spans[1], spans[2]


def torsos(
    scans: int = 4,
    spacing: Sequence[float] = (4.0, 2.5, 2.5),
    noise: float = 12.0,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> list[tuple[Recording, Recording]]:
    """A CT scan and its organ labels for each of several made-up patients.

    Air, fat, muscle, lungs, liver with lesions, spleen, kidneys, aorta, and vertebrae of spongy bone in a hard shell
    with discs between. Patients differ in size, place, shape and level of all of these, and in where in the scanner's
    field they lie. A voxel at an edge has the mean of what is in it. The noise is that of filtered back-projection:
    more of it where more tissue lies around, and of the reconstruction's texture.

    Parameters
    ----------
    scans : int >= 1
    spacing : mm along z, y, x, each from 0.5 to 16
    noise : HU, standard deviation in the middle of the body, >= 0
    seed : int >= 0; the same seed makes the same voxels
    progress : called after each scan

    Returns
    -------
    (scan, labels) pairs on one grid of 192 × 240 × 352 mm: int16 HU, and uint8 with 0 for none and 1, 2, … for the
    ORGANS; notes["classes"] names them, notes["subject"] is "P01", "P02", …

    Raises
    ------
    ArgumentError : a value outside these ranges

    Source: Riederer et al. (1978), Phys. Med. Biol. 23, for the noise; levels as in Kalender (2011), ch. 1.

    >>> scan, labels = torsos(1, spacing=(16, 16, 16))[0]
    >>> scan.shape == labels.shape, scan.unit, int(labels.read().data.max())
    (True, 'HU', 8)
    """
    steps = tuple(float(step) for step in spacing)
    if scans < 1 or len(steps) != 3 or not all(0.5 <= step <= 16 for step in steps) or not noise >= 0:
        raise ArgumentError(
            f"scans {scans}, spacing {tuple(spacing)}, noise {noise}; allowed: 1 or more, three from 0.5 to 16 mm, "
            "0 HU or more"
        )
    made = []
    for number in range(scans):
        made.append(_patient(drawn(seed, number), f"P{number + 1:02d}", steps, noise))
        progress()
    return made


def _patient(draw: Draw, name: str, steps: tuple[float, ...], noise: float) -> tuple[Recording, Recording]:
    sizes = [round(extent / step) for extent, step in zip(_EXTENT, steps, strict=True)]
    grid = tuple(Axis(axis, n, "mm", step) for axis, n, step in zip("zyx", sizes, steps, strict=True))
    axes = _places(sizes, steps)
    skin, *organs = _anatomy(draw)
    levels, share = np.zeros(sizes, dtype=np.float32), len(_FINE) ** 3
    for shift in product(_FINE, repeat=3):
        moved = tuple(place + part * step for place, part, step in zip(axes, shift, steps, strict=True))
        levels += _painted(sizes, (moved[0], moved[1], moved[2]), (skin, *organs), "level", _AIR) / share
    labels = _painted(sizes, axes, (skin, *organs), "label", 0).astype(np.uint8)
    if noise:
        levels += noise * _depth(axes, skin) * _texture(draw, sizes)
    first = [float(place.flat[0]) for place in reversed(axes)]
    notes = {"domain": "volume", "name": name, "subject": name, "origin": tuple(first), "stored": {"codes": "LPS"}}
    scan = Signal(np.round(levels).astype(np.int16)[None], (Axis.channel(["CT"]), *grid), "HU", notes=notes)
    marked = Signal(
        labels[None], (Axis.channel(["organ"]), *grid), notes={**notes, "classes": dict(enumerate(ORGANS, 1))}
    )
    return of(scan), of(marked)


def _places(sizes: Sequence[int], steps: Sequence[float]) -> Places:
    z, y, x = ((np.arange(n) - (n - 1) / 2) * step for n, step in zip(sizes, steps, strict=True))
    return z[:, None, None], y[None, :, None], x[None, None, :]


def _painted(sizes: Sequence[int], places: Places, bodies: Sequence[_Body], what: str, ground: float) -> Array:
    """Each body painted over those before it."""
    out = np.full(sizes, ground, dtype=np.float32)
    for body in bodies:
        cut = body.box(places)
        part = tuple(
            place[tuple(c if n > 1 else slice(None) for c, n in zip(cut, place.shape, strict=True))] for place in places
        )
        if all(each.size for each in part):
            out[cut][body.inside((part[0], part[1], part[2]))] = getattr(body, what)
    return out


def _anatomy(draw: Draw) -> list[_Body]:
    """Skin first, then what lies in it, each painted over what comes before."""
    wide, deep = 150 * draw.uniform(0.88, 1.08), 103 * draw.uniform(0.88, 1.08)
    fat = draw.uniform(8, 20)
    long = float("inf")
    bodies = [
        _Body((0, 0, 0), (long, deep, wide), _FAT),
        _Body((0, 0, 0), (long, deep - fat, wide - 1.3 * fat), _MUSCLE),
    ]
    sx, sy = wide / 150, deep / 103

    def organ(place: Sequence[float], radii: Sequence[float], level: float, label: str, wavy: bool = True) -> _Body:
        z, y, x = (np.array(place) * (1, sy, sx) + draw.uniform(-1, 1, 3) * (14, 5, 5)).tolist()
        size = draw.uniform(0.88, 1.12) * draw.uniform(0.93, 1.07, 3) * radii
        waves = draw.uniform(0, 2 * np.pi, 3 if wavy else 0)
        number = ORGANS.index(label) + 1
        return _Body(
            (z, y, x), tuple(size.tolist()), level + draw.normal(0, 0.04 * abs(level)), number, tuple(waves.tolist())
        )

    for side in (-1, 1):
        bodies.append(organ((70, 5, 68 * side), (75, 68, 48), -830, "lung"))
    liver = organ((-25, 12, 58), (46, 58, 62), 105, "liver")
    bodies += [liver, *_lesions(draw, liver)]
    bodies.append(organ((-20, -25, -88), (34, 36, 24), 115, "spleen"))
    bodies.append(organ((-62, -40, 58), (46, 24, 22), 165, "right kidney"))
    bodies.append(organ((-54, -40, -58), (46, 24, 22), 165, "left kidney"))
    bodies.append(organ((0, -32, -10), (long, 11, 11), 180, "aorta", wavy=False))
    lying = draw.uniform(-1, 1, 3) * (24, 8, 12)  # where in the scanner's field the patient lies
    return [_moved(body, lying) for body in (*bodies, *_spine(draw, -66 * sy))]


def _moved(body: _Body, by: Array) -> _Body:
    z, y, x = (float(c + b) for c, b in zip(body.centre, by, strict=True))
    return replace(body, centre=(z, y, x))


def _lesions(draw: Draw, liver: _Body) -> list[_Body]:
    """Darker spheres inside the liver."""
    made = []
    for _ in range(int(draw.integers(1, 5))):
        towards = draw.normal(size=3)
        towards *= draw.uniform(0.1, 0.6) / np.linalg.norm(towards)
        z, y, x = (c + t * r for c, t, r in zip(liver.centre, towards.tolist(), liver.radii, strict=True))
        radius = float(draw.uniform(8, 18))
        made.append(_Body((z, y, x), (radius,) * 3, liver.level - draw.uniform(30, 60), ORGANS.index("lesion") + 1))
    return made


def _spine(draw: Draw, back: float) -> list[_Body]:
    """Vertebrae of spongy bone in a hard shell, discs between them, the canal behind."""
    label, long = ORGANS.index("vertebrae") + 1, float("inf")
    hard, spongy, phase = draw.uniform(550, 800), draw.uniform(140, 230), draw.uniform(-16, 16)
    bodies = [_Body((0, back, 0), (long, 16, 21), 85.0)]
    for z in np.arange(-128, 129, 32) + phase:
        # the exponent of a box in one axis and of an ellipse in the others: three flat ellipsoids one over the other
        for shift in (-7.0, 0.0, 7.0):
            bodies.append(_Body((float(z + shift), back, 0), (7.0, 17, 22), hard, label))
        for shift in (-6.0, 0.0, 6.0):
            bodies.append(_Body((float(z + shift), back, 0), (6.0, 14.5, 19.5), spongy, label))
    bodies.append(_Body((0, back - 25, 0), (long, 11, 13), hard, label))
    bodies.append(_Body((0, back - 25, 0), (long, 8, 10), 30.0))
    return bodies


def _depth(axes: Places, skin: _Body) -> Array:
    """How much noisier it is at a place than where nothing lies around: 1 in the middle of the body."""
    _, y, x = axes
    deep = np.clip(1 - ((y - skin.centre[1]) / skin.radii[1]) ** 2 - ((x - skin.centre[2]) / skin.radii[2]) ** 2, 0, 1)
    return np.asarray(0.35 + 0.65 * deep)


def _texture(draw: Draw, sizes: Sequence[int]) -> Array:
    """Noise of standard deviation 1 whose power in a slice rises with frequency and falls off as the kernel does."""
    y, x = np.fft.fftfreq(sizes[1])[:, None], np.fft.rfftfreq(sizes[2])
    frequency = np.hypot(y, x)
    shape = np.sqrt(frequency) * np.exp(-((frequency / 0.3) ** 2))
    out = np.empty(sizes, dtype=np.float32)
    for layer in range(sizes[0]):
        out[layer] = np.fft.irfft2(np.fft.rfft2(draw.standard_normal(sizes[1:])) * shape, s=tuple(sizes[1:]))
    return np.asarray(out / out.std())


def helices(
    volumes: int = 40, size: int = 32, noise: float = 60.0, seed: int = 0, progress: Callable[[], None] = lambda: None
) -> list[Recording]:
    """Contrast-filled vessels that wind to the left or to the right around z; no single slice tells which.

    Each slice has one bright spot at some angle, and all angles are as likely in both classes: what tells them apart is
    where the spot goes from slice to slice. A right-handed one turns from Right to Anterior as it ascends.

    Parameters
    ----------
    volumes : int >= 1, half of each class
    size : int >= 12, voxels along each axis, of 1 mm
    noise : HU, standard deviation, >= 0
    seed : int >= 0; the same seed makes the same voxels
    progress : called after each volume

    Returns
    -------
    Recordings (1, size, size, size) float32 in HU; notes["label"] is "left" or "right", notes["subject"] a name for
    each

    Raises
    ------
    ArgumentError : a value outside these ranges

    >>> [vessel.notes["label"] for vessel in helices(2, size=12)]
    ['left', 'right']
    """
    if volumes < 1 or size < 12 or not noise >= 0:
        raise ArgumentError(
            f"volumes {volumes}, size {size}, noise {noise}; allowed: 1 or more, 12 or more, 0 or more HU"
        )
    made = []
    for number in range(volumes):
        draw, winding = drawn(seed, number), WINDINGS[number % 2]
        name = f"V{number + 1:03d}"
        notes = {"domain": "volume", "name": name, "subject": name, "label": winding}
        data = _helix(draw, size, 1 if winding == "right" else -1) + noise * draw.standard_normal((size,) * 3)
        axes = (Axis.channel(["CT"]), *(Axis(axis, size, "mm") for axis in "zyx"))
        made.append(of(Signal(data.astype(np.float32)[None], axes, "HU", notes=notes)))
        progress()
    return made


def _helix(draw: Draw, size: int, hand: int) -> Array:
    """(z, y, x) HU of a vessel in muscle, thicker here and there."""
    z, y, x = _places((size,) * 3, (1.0,) * 3)
    angle = draw.uniform(0, 2 * np.pi) + hand * 2 * np.pi * draw.uniform(0.8, 2.0) * z / size
    radius = size * draw.uniform(0.18, 0.3) * (1 + 0.1 * np.sin(z / size * draw.uniform(4, 9) + draw.uniform(0, 6)))
    thick = size * draw.uniform(0.07, 0.11) * (1 + 0.2 * np.sin(z / size * draw.uniform(4, 9) + draw.uniform(0, 6)))
    across = size * draw.uniform(-0.08, 0.08, 2)
    far = np.hypot(x - across[0] - radius * np.cos(angle), y - across[1] - radius * np.sin(angle))
    share = np.clip(0.5 + thick - far, 0, 1)
    return np.asarray(_MUSCLE + share * (draw.uniform(250, 400) - _MUSCLE))
