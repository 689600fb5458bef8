"""How training sounds are changed: [augment] as techniques of train.augment."""

from sigconv.recipe.audio.tables import AudioRecipe
from sigconv.recipe.audio.trip import centres
from sigconv.train import augment as by
from sigconv.windows import Loaded, Windows

_KNOTS = 6  # of a frequency response, from the lowest band to the highest


def augment(recipe: AudioRecipe, _windows: Windows | Loaded) -> by.Augment | None:
    """The techniques that [augment] asks for, one after the other; None where there are none."""
    steps = _of_waveforms(recipe) if recipe.sound.features == "waveform" else _of_levels(recipe)
    return by.compose(*steps) if steps else None


def _of_waveforms(recipe: AudioRecipe) -> list[by.Augment]:
    asked, rate = recipe.augment, recipe.sound.rate
    steps: list[by.Augment] = []
    if asked.speed > 1 or asked.shift:
        steps.append(by.Speed(asked.speed, asked.shift, rate))
    if asked.colour:
        steps.append(by.Colour(asked.colour, _KNOTS))
    if asked.noise:
        steps.append(by.NoiseRatio((asked.noise[0], asked.noise[1])))
    if asked.mask:
        steps.append(by.Mask(-1, most=max(1, round(asked.mask * rate))))
    return steps


def _of_levels(recipe: AudioRecipe) -> list[by.Augment]:
    asked, mel = recipe.augment, recipe.mel
    steps: list[by.Augment] = []
    if asked.tract > 1 or asked.tempo > 1 or asked.shift:
        steps.append(by.Voice(asked.tract, asked.tempo, asked.shift, centres(recipe), mel.hop, mel.floor))
    if asked.colour:
        steps.append(by.ColourLevels(asked.colour, _KNOTS))
    if asked.rise:
        steps.append(by.NoiseFloor(mel.floor, asked.rise))
    if asked.rough:
        steps.append(by.Noise(asked.rough))
    if asked.mask_bands:
        steps.append(by.Mask(0, most=asked.mask_bands, fill=mel.floor))
    if asked.mask:
        steps.append(by.Mask(1, most=max(1, round(asked.mask / mel.hop)), fill=mel.floor))
    return steps
