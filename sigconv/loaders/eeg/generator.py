"""Made-up EEG of motor imagery: current dipoles in a spherical head, seen by scalp electrodes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.loaders.draws import Draw, drawn
from sigconv.loaders.eeg.electrodes import imported, positions
from sigconv.loaders.recording import Recording, of
from sigconv.signal import Axis, Event, Signal

ELECTRODES = (
    *("Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "FC5", "FC1", "FC2", "FC6"),
    *("T7", "C5", "C3", "C1", "Cz", "C2", "C4", "C6", "T8"),
    *("CP5", "CP1", "CP2", "CP6", "P7", "P3", "Pz", "P4", "P8", "O1", "O2"),
)
SECONDS_A_TRIAL = 5.0
_REST = 2.0
_NANO_AMPERE_METRE = 1e-9

Array = np.ndarray[Any, Any]


def motor_imagery(
    subjects: int = 6,
    trials: int = 40,
    fs: float = 160.0,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> list[Recording]:
    """One recording a subject: a cue "left" or "right" every five seconds.

    A mu rhythm with its beta harmonic lives in each motor cortex and weakens after the cue, more on the side opposite
    the hand. Over it lie 1/f activity of the whole brain, a strong posterior alpha rhythm that knows nothing of the
    cue, 50 Hz line noise, blinks, drift and electrode noise. Subjects differ in place and direction of their sources,
    in frequency, and in how far the rhythm weakens.

    Parameters
    ----------
    subjects, trials : int >= 1, trials for each subject
    fs : Hz, above 128
    seed : int >= 0; the same seed makes the same samples
    progress : called after each subject

    Returns
    -------
    Recordings of 31 channels in volts; notes["subject"] is "S01", "S02", …

    Raises
    ------
    ArgumentError : a value outside these ranges

    Source: MNE-Python's spherical model; Pfurtscheller & Lopes da Silva (1999), Clin. Neurophysiol. 110 (the effect).
    """
    if subjects < 1 or trials < 1 or not fs > 128:
        raise ArgumentError(
            f"subjects {subjects}, trials {trials}, fs {fs}; allowed: 1 or more, 1 or more, above 128 Hz"
        )
    head = _Head()
    made = []
    for number in range(subjects):
        draw = drawn(seed, number)
        made.append(_subject(head, draw, f"S{number + 1:02d}", trials, fs))
        progress()
    return made


class _Head:
    """The sphere, its electrodes, and the field of any dipole in it."""

    def __init__(self) -> None:
        self._mne = mne = imported()
        montage = mne.channels.make_standard_montage("colin27_1005")
        with mne.use_log_level("error"):
            self.info = mne.create_info(list(ELECTRODES), 1000.0, "eeg")
            self.info.set_montage(montage)
            self.sphere = mne.make_sphere_model("auto", "auto", self.info)
        self.centre = np.array(self.sphere["r0"])
        self.radius = float(self.sphere["layers"][0]["rad"])
        self.positions = positions(mne, montage, ELECTRODES)
        self.towards = {name: _unit(np.array(at) - self.centre) for name, at in self.positions.items()}

    def fields(self, places: Array, directions: Array) -> Array:
        """(channel, dipole) volts for one nAm at each place (dipole, 3) m along each direction (dipole, 3)."""
        mne, count = self._mne, len(places)
        dipole = mne.Dipole(
            np.arange(count) * 1.0, places, np.full(count, _NANO_AMPERE_METRE), directions, np.full(count, 100.0)
        )
        with mne.use_log_level("error"):
            forward, _ = mne.make_forward_dipole(dipole, self.sphere, self.info)
            if isinstance(forward, list):
                forward = forward[0]
            data: Array = forward["sol"]["data"] * _NANO_AMPERE_METRE
        if data.shape[1] != count:
            raise AssertionError("the head model left a dipole out")
        return np.asarray(data - data.mean(0))


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def _near(head: _Head, draw: Draw, electrode: str, depth: float, tilt: float) -> tuple[Array, Array]:
    """A place below an electrode (scattered by 8 mm) and a direction that leans off the radius by `tilt`."""
    outward = head.towards[electrode]
    place = head.centre + depth * head.radius * outward + draw.normal(scale=0.008, size=3)
    inside = np.linalg.norm(place - head.centre) / (0.85 * head.radius)
    place = head.centre + (place - head.centre) / max(1.0, inside)
    return place, _unit(outward + tilt * draw.normal(size=3))


def _rhythm(draw: Draw, size: int, fs: float, frequency: float, width: float) -> Array:
    """A rhythm of unit power whose size wanders: noise through a resonance `width` Hz wide."""
    from scipy.signal import lfilter

    radius = np.exp(-np.pi * width / fs)
    lead = round(3 * fs / width)
    noise = draw.normal(size=size + lead)
    wave = lfilter([1.0], [1.0, -2 * radius * np.cos(2 * np.pi * frequency / fs), radius**2], noise)[lead:]
    return np.asarray(wave / wave.std())


def _pink(draw: Draw, shape: tuple[int, int], fs: float, slope: float) -> Array:
    """Noise of unit power whose power falls as 1 / f**slope above 0.5 Hz."""
    frequency = np.maximum(np.fft.rfftfreq(shape[1], 1 / fs), 0.5)
    spectrum = draw.normal(size=(shape[0], len(frequency))) + 1j * draw.normal(size=(shape[0], len(frequency)))
    wave = np.fft.irfft(spectrum * frequency ** (-slope / 2), shape[1], axis=1)
    return np.asarray(wave / wave.std(axis=1, keepdims=True))


def _strength(draw: Draw, time: Array, onsets: Array, weakens: Array) -> Array:
    """How strong a motor rhythm is over time: one, less by `weakens` from about 0.5 to 4 s after each cue."""
    from scipy.special import expit

    strength = np.ones(len(time))
    for onset, depth in zip(onsets, weakens, strict=True):
        begin = onset + 0.5 + abs(draw.normal(scale=0.25))
        end = onset + 3.7 + draw.normal(scale=0.3)
        inside = expit((time - begin) / 0.12) - expit((time - end) / 0.2)
        strength -= depth * inside
    return np.clip(strength, 0.02, None)


def _subject(head: _Head, draw: Draw, name: str, trials: int, fs: float) -> Recording:
    size = round((trials * SECONDS_A_TRIAL + 2 * _REST) * fs)
    time = np.arange(size) / fs
    onsets = _REST + SECONDS_A_TRIAL * np.arange(trials)
    hands = draw.permutation(np.arange(trials) % 2)
    data = _brain(head, draw, time, onsets, hands, fs) + _disturbances(head, draw, time, fs)
    events = tuple(Event(float(at), 4.0, ("left", "right")[hand]) for at, hand in zip(onsets, hands, strict=True))
    notes = {"name": name, "subject": name, "positions": head.positions, "kinds": dict.fromkeys(ELECTRODES, "eeg")}
    axes = (Axis.channel(ELECTRODES), Axis.time(size, fs))
    return of(Signal(data, axes, "V", events, notes))


def _brain(head: _Head, draw: Draw, time: Array, onsets: Array, hands: Array, fs: float) -> Array:
    """(channel, time) volts of the motor rhythms, posterior alpha and the 1/f background."""
    size, mu = len(time), draw.uniform(9.5, 12.5)
    deepest = draw.uniform(0.35, 0.75)
    places, directions, waves = [], [], []
    for side, electrode in enumerate(("C3", "C4")):
        opposite = hands == 1 - side
        weakens = np.where(opposite, deepest, 0.35 * deepest) * draw.uniform(0.3, 1.4, len(hands))
        strength = _strength(draw, time, onsets, np.clip(weakens, 0, 0.95))
        wave = 26 * _rhythm(draw, size, fs, mu, 1.5) + 9 * _rhythm(draw, size, fs, 2 * mu, 3.0)
        place, direction = _near(head, draw, electrode, 0.72, 0.35)
        places.append(place)
        directions.append(direction)
        waves.append(strength * wave)
    for electrode in ("O1", "Pz", "O2"):
        place, direction = _near(head, draw, electrode, 0.65, 0.5)
        slow = np.exp(0.5 * _pink(draw, (1, size), fs, 2.0)[0])
        places.append(place)
        directions.append(direction)
        waves.append(45 * slow * _rhythm(draw, size, fs, draw.uniform(8.5, 11.0), 1.2))
    count = 80
    outward = _unit(draw.normal(size=(count, 3)) + np.array([0, 0, 0.6]))
    places.extend(head.centre + outward * (head.radius * draw.uniform(0.3, 0.8, (count, 1))))
    directions.extend(_unit(draw.normal(size=(count, 3))))
    waves.extend(22 * _pink(draw, (count, size), fs, 1.1))
    return np.asarray(head.fields(np.array(places), np.array(directions)) @ np.array(waves))


def _disturbances(head: _Head, draw: Draw, time: Array, fs: float) -> Array:
    """(channel, time) volts of blinks, line noise, drift and electrode noise."""
    size, channels = len(time), len(ELECTRODES)
    outward = _unit(head.towards["Fp1"] + head.towards["Fp2"] + np.array([0, 0, -0.3]))
    eyes = head.fields((head.centre + 0.8 * head.radius * outward)[None], outward[None])
    blink = np.zeros(size)
    for at in np.cumsum(draw.exponential(4.0, round(time[-1] / 2))):
        blink += draw.uniform(0.7, 1.3) * np.exp(-0.5 * ((time - at) / 0.07) ** 2)
    line = np.sin(2 * np.pi * 50 * time + draw.uniform(0, 2 * np.pi))
    return np.asarray(
        eyes / np.abs(eyes).max() * 120e-6 * blink
        + draw.uniform(2e-6, 8e-6, (channels, 1)) * line
        + 12e-6 * _pink(draw, (channels, size), fs, 2.5)
        + 1.0e-6 * draw.normal(size=(channels, size))
    )
