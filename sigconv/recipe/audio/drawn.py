"""The pictures of an audio recipe: a sound of every class as the network sees it, and what its first kernels hear."""

from sigconv.recipe.audio.tables import AudioRecipe
from sigconv.recipe.audio.trip import clips, shown
from sigconv.recipe.domain import Evaluated, Picture
from sigconv.recipe.gathered import Gathered
from sigconv.report import sound
from sigconv.train.start import convolutions

_MOST_CLASSES = 20


def drawn(recipe: AudioRecipe, gathered: Gathered, found: Evaluated) -> dict[str, Picture]:
    """Pictures by name; the kernels where the network begins with a convolution of what it is shown."""
    labels = found.windows.classes[:_MOST_CLASSES]
    first = [gathered.labels.index(label) for label in labels]
    every = clips(recipe, gathered)
    seen = [shown(recipe, every[number]).read() for number in first]
    waves = recipe.sound.features == "waveform"
    pictures = {
        "sounds": Picture(
            sound.examples(seen, [f"{gathered.labels[n]} ({gathered.groups[n]})"[:28] for n in first]),
            "The first recording of every class, as the network is shown it.",
        )
    }
    layers = convolutions(found.final.module)
    if not layers or layers[0].weight.shape[1] != 1:
        return pictures
    kernels = layers[0].weight.detach().numpy()[:, 0]
    text = "What the first layer of the final network has learnt."
    if waves:
        pictures["kernels"] = Picture(sound.waveform_kernels(kernels, recipe.sound.rate), text)
    else:
        pictures["kernels"] = Picture(sound.spectrogram_kernels(kernels, recipe.mel.hop), text)
    return pictures
