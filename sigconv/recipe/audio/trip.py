"""The audio trip: path -> recordings -> clips -> windows, in training and for a new recording."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError
from sigconv.filters import Spectrogram, log_mel
from sigconv.loaders.audio.rate import at_rate, mixed
from sigconv.recipe.audio.clips import Clip, Levels
from sigconv.recipe.audio.tables import AudioRecipe
from sigconv.recipe.gathered import Gathered, labelled, made_up
from sigconv.recipe.lines import Placement
from sigconv.recipe.progress import Progress
from sigconv.signal import Signal, Source
from sigconv.windows import Windows, whole


def gather(recipe: AudioRecipe, progress: Progress) -> Gathered:
    """Open the recipe's recordings, mono and at its rate, or make words of vowels up where it has no path.

    Raises
    ------
    SigconvError : whatever recipe.gathered.labelled refuses
    """
    with progress.stage("opening recordings", 0) as tick:
        if not recipe.data.path:
            from sigconv.loaders.audio.generator import spoken_vowels

            made = recipe.data.made
            words = spoken_vowels(made.speakers, made.takes, seed=made.seed, progress=tick)
            gathered = made_up(words, "speaker", "made-up words of vowels")
        else:
            gathered = labelled(recipe.data, "audio", tick)
    sources = tuple(_at_rate(source, recipe.sound.rate) for source in gathered.sources)
    tested = set(recipe.data.test)
    parts = tuple("test" if part in tested else "train" for part in gathered.parts) if tested else gathered.parts
    return replace(gathered, sources=sources, parts=parts)


def _at_rate(source: Source, rate: float) -> Source:
    mono = mixed(source)  # type: ignore[arg-type]  # loaders.open gives nothing else for audio
    return at_rate(mono, rate)


def clip(recipe: AudioRecipe, source: Source, start: float, stop: float) -> Clip:
    """What is heard between two times of a recording that is mono and at the recipe's rate."""
    sound = recipe.sound
    size = round(sound.length * sound.rate)
    return Clip(source, start, stop, size, sound.silence, sound.emphasis, sound.level)


def shown(recipe: AudioRecipe, sound: Clip) -> Source:
    """A clip as the network takes it: a waveform or a spectrogram."""
    if recipe.sound.features == "waveform":
        return sound
    return Levels(Spectrogram(sound, _spectrogram(recipe)), recipe.mel.floor)


def _spectrogram(recipe: AudioRecipe) -> Callable[[Signal], Signal]:
    mel = recipe.mel
    return partial(log_mel, window=mel.window, hop=mel.hop, bands=mel.bands, low=mel.low)


def centres(recipe: AudioRecipe) -> tuple[float, ...]:
    """The centres of the recipe's mel bands, Hz."""
    silence = Signal.from_array(np.zeros(1, np.float32), fs=recipe.sound.rate)
    bands = _spectrogram(recipe)(silence).axes[1]
    return tuple(bands.at(i) for i in range(bands.size))


def clips(recipe: AudioRecipe, gathered: Gathered) -> list[Clip]:
    """One clip for each recording."""
    return [clip(recipe, source, source.axes[-1].start, source.axes[-1].stop) for source in gathered.sources]


def windows(recipe: AudioRecipe, gathered: Gathered, _progress: Progress) -> Windows:
    """One window for each recording."""
    sources = [shown(recipe, each) for each in clips(recipe, gathered)]
    return _cut(sources, gathered.labels, gathered.groups)


def _cut(
    sources: list[Source], labels: tuple[str, ...] | None, groups: tuple[str, ...], classes: Sequence[str] = ()
) -> Windows:
    return whole(sources, labels, groups, [axis.size for axis in sources[0].axes[1:]], classes=classes)


def fresh(recipe: AudioRecipe, facts: Mapping[str, Any], recording: Source, placement: Placement) -> Windows:
    """Windows of a new recording, of any rate and number of channels.

    One no longer than the longest of the training is one clip, as there. Over a longer one, windows slide, and those
    in which nothing is heard (nothing comes up to the recipe's silence below the loudest one) are left out. At events,
    a window begins with each.

    Raises
    ------
    ArgumentError : no audio, no such event, or a step below one sample
    """
    named = recording.notes.get("path", "the recording")
    if recording.notes.get("domain") != "audio":
        raise ArgumentError(f"{named} is of the domain {recording.notes.get('domain')!r}; this model takes 'audio'")
    source, length = _at_rate(recording, recipe.sound.rate), recipe.sound.length
    time = source.axes[-1]
    if placement.at:
        found = [event for event in source.events if event.label in placement.at and event.onset < time.stop]
        if not found:
            there = ", ".join(sorted({event.label for event in source.events})) or "none"
            raise ArgumentError(f"{named} has no event {', '.join(placement.at)}; its events: {there}")
        labels = tuple(event.label for event in found)
        cut = [clip(recipe, source, event.onset, min(event.onset + length, time.stop)) for event in found]
        return _cut([shown(recipe, each) for each in cut], labels, (str(named),) * len(cut), tuple(sorted(set(labels))))
    cut = [clip(recipe, source, time.start, time.stop)]
    if time.stop - time.start > max(float(facts["longest"]), length):
        cut = _along(recipe, source, placement.step)
    return _cut([shown(recipe, each) for each in cut], None, (str(named),) * len(cut), facts["classes"])


def _along(recipe: AudioRecipe, source: Source, step: float) -> list[Clip]:
    """Clips `step` s apart in which something is heard."""
    time, length = source.axes[-1], recipe.sound.length
    if not step * time.rate >= 1:
        raise ArgumentError(f"step is {step} s; allowed: a sample or more, 1/{time.rate:g} s")
    starts = time.start + np.arange(int((time.stop - time.start - length) / step + 1e-9) + 1) * step
    every = [clip(recipe, source, float(start), float(start) + length) for start in starts]
    power = np.array([np.square(each.piece().data, dtype=np.float64).mean() for each in every])
    return [
        each for each, one in zip(every, power, strict=True) if one >= power.max() * 10 ** (-recipe.sound.silence / 10)
    ]


def facts(_recipe: AudioRecipe, gathered: Gathered) -> dict[str, Any]:
    """The longest recording of the training, s."""
    return {"longest": max(source.axes[-1].stop - source.axes[-1].start for source in gathered.sources)}


def told(recipe: AudioRecipe, _gathered: Gathered) -> dict[str, str]:
    """The report's facts about clips."""
    sound, mel = recipe.sound, recipe.mel
    features = "waveform"
    if sound.features == "log_mel":
        features = (
            f"{mel.bands} mel bands from {mel.low:g} Hz, {1000 * mel.window:g} ms windows every {1000 * mel.hop:g} ms"
        )
    return {
        "sound": f"mono, {sound.rate:g} Hz, {sound.length:g} s, mean power {sound.level:g} dB",
        "silence": f"{sound.silence:g} dB below the loudest moment is cut off at both ends",
        "emphasis": f"x[n] - {sound.emphasis:g} x[n-1]" if sound.emphasis else "none",
        "features": features,
    }
