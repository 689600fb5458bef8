"""Made-up speech: words of vowels that glide into each other, by several speakers."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.loaders.draws import Draw, drawn
from sigconv.loaders.recording import Recording, of
from sigconv.signal import Axis, Signal

# formants in Hz of men's vowels: Peterson & Barney (1952), J. Acoust. Soc. Am. 24, the fourth a usual one
VOWELS = {"i": (270, 2290, 3010, 3600), "a": (730, 1090, 2440, 3400), "u": (300, 870, 2240, 3300)}
# every word has its mirror image: the vowels alone do not tell them apart, only their order does
WORDS = ("ia", "ai", "iu", "ui", "au", "ua", "iau", "uai", "aiu", "uia")
_WIDTHS = (60.0, 90.0, 130.0, 180.0)  # Hz, of the formants
_HOP = 0.005  # s, after which the formants move on
_RINGS = 0.06  # s, after which no resonance is heard

Array = np.ndarray[Any, Any]


class _Speaker(NamedTuple):
    """pitch : Hz;  tract : length of the vocal tract to a man's;  breath : noise to voice;  haste : of the words"""

    pitch: float
    tract: float
    breath: float
    haste: float


def spoken_vowels(
    speakers: int = 6,
    takes: int = 5,
    fs: float = 8000.0,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> list[Recording]:
    """Words of two or three vowels, each said `takes` times by every speaker.

    Glottal pulses of a falling pitch go through four resonances that glide from vowel to vowel; breath and the noise of
    a room lie over them. Five of the ten words are the others backwards, so that a classifier must know what comes
    first. Speakers differ in pitch, in the length of their vocal tract (which moves all resonances), in breath and
    haste, takes in all of these a little, in loudness, and in the silence around the word.

    Parameters
    ----------
    speakers, takes : int >= 1, takes of every word for each speaker
    fs : whole Hz, 8000 or more
    seed : int >= 0; the same seed makes the same samples, whatever the number of speakers and takes
    progress : called after each speaker

    Returns
    -------
    Recordings of one channel in [-1, 1], float32; notes["label"] is the word, notes["speaker"] "S01", "S02", …

    Raises
    ------
    ArgumentError : a value outside these ranges

    Source: Klatt (1980), J. Acoust. Soc. Am. 67 (cascade of resonances); Rosenberg (1971), ibid. 49 (the pulse).

    >>> made = spoken_vowels(speakers=1, takes=1)
    >>> [recording.notes["label"] for recording in made[:3]]
    ['ia', 'ai', 'iu']
    """
    if speakers < 1 or takes < 1 or not 8000 <= fs <= 1e6 or fs != round(fs):
        raise ArgumentError(
            f"speakers {speakers}, takes {takes}, fs {fs}; allowed: 1 or more, 1 or more, whole Hz from 8000 on"
        )
    made = []
    for number in range(speakers):
        speaker = _person(drawn(seed, number), number)
        for word, label in enumerate(WORDS):
            for take in range(takes):
                sound = _said(drawn(seed, number, word, take), speaker, label, fs)
                name = f"{label}_S{number + 1:02d}_{take}"
                notes = {"domain": "audio", "name": name, "label": label, "speaker": f"S{number + 1:02d}"}
                axes = (Axis.channel(("mono",)), Axis.time(len(sound), fs))
                made.append(of(Signal(sound.astype(np.float32)[None], axes, notes=notes)))
        progress()
    return made


def _person(draw: Draw, number: int) -> _Speaker:
    """High and low voices in turn; a short vocal tract goes with a high one."""
    high = number % 2
    pitch = float(draw.uniform(170, 240) if high else draw.uniform(90, 140))
    tract = float(draw.uniform(0.8, 0.9) if high else draw.uniform(0.93, 1.08))
    return _Speaker(pitch, tract, float(draw.uniform(0.01, 0.05)), float(draw.uniform(0.85, 1.2)))


def _said(draw: Draw, speaker: _Speaker, word: str, fs: float) -> Array:
    """(time) one take of a word with silence around it."""
    length = (0.16 + 0.13 * len(word)) * speaker.haste * draw.uniform(0.85, 1.15)
    time = np.arange(round(length * fs)) / fs
    pitch = speaker.pitch * draw.uniform(0.93, 1.07) * (1.08 - 0.2 * time / length)
    pitch *= 1 + 0.01 * np.sin(2 * np.pi * draw.uniform(4, 6) * time + draw.uniform(0, 2 * np.pi))
    source = _pulses(draw, np.cumsum(pitch) / fs) + speaker.breath * draw.normal(size=len(time))
    voice = _through(source, _formants(draw, speaker, word, time / length), fs)
    voice *= np.minimum(1, np.minimum(time, length - time) / 0.03)
    before, after = (round(n * fs) for n in draw.uniform(0.03, 0.15, 2))
    sound = np.concatenate([np.zeros(before), voice * draw.uniform(0.15, 0.7) / np.abs(voice).max(), np.zeros(after)])
    return np.clip(sound + draw.uniform(0.001, 0.006) * draw.normal(size=len(sound)), -1, 1)


def _pulses(draw: Draw, turns: Array) -> Array:
    """The change of the air that a glottis lets through: it opens for 0.4 of a period and shuts in 0.16."""
    period = np.floor(turns).astype(int)
    strength = 1 + 0.05 * draw.normal(size=period[-1] + 1)[period]
    phase = turns - period + 0.004 * draw.normal(size=period[-1] + 1)[period]
    opening = np.sin(np.pi * phase / 0.4) * (phase < 0.4)
    shutting = -2.5 * np.sin(np.pi / 2 * (phase - 0.4) / 0.16) * ((phase >= 0.4) & (phase < 0.56))
    return np.asarray(strength * (opening + shutting))


def _formants(draw: Draw, speaker: _Speaker, word: str, done: Array) -> Array:
    """(time, formant) Hz: each vowel is held a while and glides into the next; `done` is 0 to 1."""
    targets = np.array([VOWELS[vowel] for vowel in word]) * draw.normal(1, 0.03, (len(word), 4)) / speaker.tract
    centres = (np.arange(len(word)) + 0.5) / len(word)
    hold = 0.22 / len(word)
    knots = np.stack([centres - hold, centres + hold], 1).ravel()
    return np.stack([np.interp(done, knots, np.repeat(targets[:, i], 2)) for i in range(4)], 1)


def _through(source: Array, formants: Array, fs: float) -> Array:
    """The source through resonances one after the other, which move on every 5 ms: its pieces, which fade into each
    other, are filtered each by the resonances of its moment, and added."""
    hop = round(_HOP * fs)
    length = len(source)
    count = -(-length // hop) + 1
    padded = np.zeros((count + 1) * hop)
    padded[hop : hop + length] = source
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2 * hop)[::hop]
    fade = 0.5 - 0.5 * np.cos(np.pi * np.arange(2 * hop) / hop)
    size = 2 * hop + round(_RINGS * fs)
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    centres = np.minimum(formants[np.minimum(np.arange(count) * hop, length - 1)], 0.47 * fs)
    radius = np.exp(-np.pi * np.array(_WIDTHS) / fs)
    a1, a2 = -2 * radius * np.cos(2 * np.pi * centres / fs), radius**2
    response = np.prod((1 + a1 + a2)[..., None] / (1 + a1[..., None] * z + a2[:, None] * z**2), axis=1)
    heard = np.fft.irfft(np.fft.rfft(pieces * fade, size) * response, size)
    voice = np.zeros(count * hop + size)
    for number, piece in enumerate(heard):
        voice[number * hop : number * hop + size] += piece
    return voice[hop : hop + length]
