"""Made-up walks: a skeleton of twenty joints whose angles swing with harmonics, seen by noisy cameras."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.loaders.draws import Draw, drawn
from sigconv.loaders.mocap.kinematics import about, forward
from sigconv.loaders.mocap.markers import axes
from sigconv.loaders.recording import Recording, of
from sigconv.signal import Signal

LABELS = ("forwards", "backwards", "limping")

# joint -> parent, and where it hangs on it in heights of the body: x forwards, y to the left, z up
_BODY: dict[str, tuple[str, tuple[float, float, float]]] = {
    "Hips": ("", (0, 0, 0)),
    "Spine": ("Hips", (0, 0, 0.12)),
    "Neck": ("Spine", (0, 0, 0.18)),
    "Head": ("Neck", (0.01, 0, 0.11)),
}
for _side, _y in (("L", 1), ("R", -1)):
    _BODY |= {
        f"Shoulder_{_side}": ("Spine", (0, 0.129 * _y, 0.168)),
        f"Elbow_{_side}": (f"Shoulder_{_side}", (0, 0, -0.186)),
        f"Wrist_{_side}": (f"Elbow_{_side}", (0, 0, -0.146)),
        f"Hand_{_side}": (f"Wrist_{_side}", (0, 0, -0.06)),
        f"Hip_{_side}": ("Hips", (0, 0.055 * _y, 0)),
        f"Knee_{_side}": (f"Hip_{_side}", (0, 0, -0.245)),
        f"Ankle_{_side}": (f"Knee_{_side}", (0, 0, -0.246)),
        f"Toes_{_side}": (f"Ankle_{_side}", (0.11, 0, -0.039)),
    }
JOINTS = tuple(_BODY)
PARENTS = tuple(JOINTS.index(parent) if parent else -1 for parent, _ in _BODY.values())
_ANKLE_HEIGHT = 0.039
_MID_STANCE = 2 * np.pi * 0.3

# degrees of flexion over a stride that begins with the heel's strike: mean, then (cosine, sine) of each harmonic
_SWING = {
    "Hip": (9.0, ((16.4, -1.5), (-2.6, -2.0), (-0.2, 0.9), (-0.3, -0.1))),
    "Knee": (23.5, ((-2.0, -21.7), (-14.7, 6.7), (-1.3, 3.7), (-1.2, 0.7))),
    "Ankle": (-1.0, ((-0.2, 5.9), (0.9, -7.3), (-3.5, 1.1), (2.4, -0.9))),
    "Shoulder": (-5.0, ((-15.0, 2.0), (1.0, 0.5))),
    "Elbow": (25.0, ((-8.0, -2.0), (1.0, 1.0))),
}
_BENDS = {"Hip": -1, "Knee": 1, "Ankle": -1, "Shoulder": -1, "Elbow": -1}  # the way that flexion turns about y

Array = np.ndarray[Any, Any]


def walking(
    subjects: int = 6,
    takes: int = 12,
    seconds: float = 4.0,
    fs: float = 50.0,
    seed: int = 0,
    noise: float = 0.001,
    missing: float = 0.01,
    progress: Callable[[], None] = lambda: None,
) -> list[Recording]:
    """Takes of people who walk forwards, walk forwards in a film played backwards, or limp.

    No single frame tells the first two apart, only time does; a limp is a lag of one leg behind half a stride, with the
    same angles. The foot on the floor makes the speed. Subjects differ in height, proportions, cadence, size and timing
    of their swings; takes in heading, place, phase and cadence.

    Parameters
    ----------
    subjects, takes : int >= 1, takes for each subject, as many of each label as their number allows
    seconds : s, of each take, > 0;  fs : Hz, >= 10
    seed : int >= 0; the same seed makes the same samples
    noise : m, standard deviation of each coordinate, >= 0
    missing : share of each marker's frames that are lost in gaps of about a fifth of a second, 0 to 0.5
    progress : called after each subject

    Returns
    -------
    Recordings of 20 joints (60 channels) in metres, z up; notes["label"] is one of LABELS, notes["subject"] "S01", …

    Raises
    ------
    ArgumentError : a value outside these ranges

    Source: Winter (1991), The Biomechanics and Motor Control of Human Gait (angles and proportions, rounded).

    >>> walking(subjects=1, takes=3, seconds=1.0)[0].shape
    (60, 50)
    """
    if min(subjects, takes) < 1 or seed < 0 or not (0 < seconds < np.inf and 10 <= fs < np.inf and seconds * fs >= 2):
        raise ArgumentError(
            f"subjects {subjects}, takes {takes}, seed {seed}, seconds {seconds}, fs {fs}; allowed: 1, 1, 0 or more, "
            "two frames or more, 10 Hz or more"
        )
    if not (0 <= noise < np.inf and 0 <= missing <= 0.5):
        raise ArgumentError(f"noise {noise} m, missing {missing}; allowed: 0 or more, 0 to 0.5")
    made = []
    for number in range(subjects):
        draw = drawn(seed, number)
        person = _Person(draw)
        for take, label in enumerate(draw.permutation(np.arange(takes) % len(LABELS))):
            places = person.walk(draw, LABELS[label], round(seconds * fs), fs)
            places += noise * draw.normal(size=places.shape)
            places.swapaxes(0, 1)[:, _gaps(draw, places.shape[2], fs, missing)] = np.nan
            made.append(person.recording(places, fs, f"S{number + 1:02d}", take, LABELS[label]))
        progress()
    return made


class _Person:
    """Proportions and manner of walking of one subject."""

    def __init__(self, draw: Draw) -> None:
        self.height = draw.normal(1.72, 0.09)
        self.cadence = draw.normal(0.92, 0.06)  # strides a second
        self.size = dict(zip(_SWING, draw.normal(1.0, 0.08, len(_SWING)), strict=True))
        self.late = dict(zip(_SWING, draw.normal(0.0, 0.08, len(_SWING)), strict=True))
        self.lean = np.radians(draw.normal(5.0, 2.0))
        stretch = {name.split("_")[0]: draw.normal(1.0, 0.04) for name in JOINTS}  # both sides alike
        self.offsets = np.array([np.array(at) * stretch[name.split("_")[0]] for name, (_, at) in _BODY.items()])
        self.offsets *= self.height

    def walk(self, draw: Draw, label: str, frames: int, fs: float) -> Array:
        """(joint, 3, frame) metres of one take."""
        time = np.arange(frames) / fs
        cadence = self.cadence * draw.normal(1.0, 0.04)
        stride = 2 * np.pi * cadence * time + draw.uniform(0, 2 * np.pi)
        stride += 0.15 * np.sin(2 * np.pi * draw.uniform(0.1, 0.3) * time + draw.uniform(0, 2 * np.pi))
        lag = draw.choice((-1, 1)) * draw.uniform(0.10, 0.16) if label == "limping" else draw.normal(0, 0.01)
        other = stride + np.pi + 2 * np.pi * lag
        places = forward(PARENTS, self.offsets[:, None], self._turns(stride, other))
        places += _stepping(places, stride, other, self.height, fs)
        if label == "backwards":
            places = places[..., ::-1].copy()
        heading = about(2, np.array(draw.uniform(-np.pi, np.pi)))
        return np.asarray(heading @ places + np.array([*draw.uniform(-1, 1, 2), 0])[:, None])

    def _turns(self, left: Array, right: Array) -> Array:
        """(joint, frame, 3, 3) turns of all joints for the strides of both legs, in radians."""
        turns = np.broadcast_to(np.eye(3), (len(JOINTS), len(left), 3, 3)).copy()
        sway = np.radians(4.0) * np.cos(left)
        turns[JOINTS.index("Hips")] = about(2, -sway)
        turns[JOINTS.index("Spine")] = about(2, 1.5 * sway) @ about(1, np.full(len(left), self.lean))
        for joint in _SWING:
            for side, stride in (("L", left), ("R", right)):
                angle = self._angle(joint, stride)
                turns[JOINTS.index(f"{joint}_{side}")] = about(1, _BENDS[joint] * angle)
        return turns

    def _angle(self, joint: str, stride: Array) -> Array:
        mean, harmonics = _SWING[joint]
        stride = stride + self.late[joint]
        swing = sum(a * np.cos(i * stride) + b * np.sin(i * stride) for i, (a, b) in enumerate(harmonics, start=1))
        return np.asarray(np.radians(mean + self.size[joint] * swing))

    def recording(self, places: Array, fs: float, subject: str, take: int, label: str) -> Recording:
        """The take as a recording."""
        bones = tuple(tuple(float(v) for v in offset) for offset in self.offsets)
        notes = {
            "domain": "motion capture",
            "name": f"{subject}-{take + 1:03d}",
            "subject": subject,
            "label": label,
            "markers": JOINTS,
            "up": "z",
            "skeleton": {"joints": JOINTS, "parents": PARENTS, "offsets": bones},
            "warnings": (),
        }
        data = places.reshape(-1, places.shape[2])
        return of(Signal(data, axes(JOINTS, data.shape[1], fs), "m", (), notes))


def _stepping(places: Array, left: Array, right: Array, height: float, fs: float) -> Array:
    """(3, frame) of the hips: forwards as fast as the standing foot goes back, and as high as the feet reach down."""
    speed, lowest = [], []
    for side in "LR":
        ankle, toes = (places[JOINTS.index(f"{one}_{side}")] for one in ("Ankle", "Toes"))
        heel = ankle[2] - _ANKLE_HEIGHT * height
        on_toes = _softly((heel - toes[2]) / (0.005 * height))
        speed.append(-fs * (on_toes * np.gradient(toes[0]) + (1 - on_toes) * np.gradient(ankle[0])))
        lowest.append(np.minimum(heel, toes[2]))
    on_left = _softly(8 * (np.cos(left - _MID_STANCE) - np.cos(right - _MID_STANCE)))
    way = np.cumsum(on_left * speed[0] + (1 - on_left) * speed[1]) / fs
    return np.stack([way, np.zeros_like(way), -np.minimum(*lowest)])


def _softly(x: Array) -> Array:
    """A step from 0 to 1 around x = 0."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -50, 50))))


def _gaps(draw: Draw, frames: int, fs: float, missing: float) -> Array:
    """(joint, frame) of what is lost: each marker by itself, in gaps of 0.05 to 0.35 s."""
    lost = np.zeros((len(JOINTS), frames), bool)
    for row in lost:
        for _ in range(draw.poisson(missing * frames / (0.2 * fs))):
            at, long = draw.integers(frames), max(1, round(draw.uniform(0.05, 0.35) * fs))
            row[at : at + long] = True
    return lost
