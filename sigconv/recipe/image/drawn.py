"""The pictures of a recipe for images and of a prediction: examples, kernels, mistakes, guesses."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from sigconv.recipe.classify import divided
from sigconv.recipe.domain import Evaluated, Picture
from sigconv.recipe.firsts import firsts
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.image.tables import ImageRecipe
from sigconv.report import image_pictures
from sigconv.report.explain.pictures import draw_kernels
from sigconv.train.start import convolutions
from sigconv.windows import Windows


def drawn(recipe: ImageRecipe, gathered: Gathered, found: Evaluated) -> dict[str, Picture]:
    """Pictures by name; kernels where the network has convolutions."""
    windows = found.windows
    first = firsts(windows, each=8)
    shown = {
        "examples": Picture(
            image_pictures.examples(windows.batch(first), windows.labels[first], windows.classes),
            "The first images of each class, as the network sees them.",
        )
    }
    network: Any = found.final.module
    if convolutions(network):
        shown["first_kernels"] = Picture(
            draw_kernels(network), "The kernels of the first convolution, each on its own scale."
        )
    outcome = found.outcomes[0]
    split = divided(recipe.run, windows, gathered.parts)[0]
    wrong = np.flatnonzero(outcome.predicted != outcome.truth)
    surest = wrong[np.argsort(-outcome.probabilities[wrong].max(1), kind="stable")][:24]
    shown["surest_mistakes"] = Picture(
        image_pictures.mistakes(
            windows.batch(split.test[surest]), outcome.truth[surest], outcome.probabilities[surest], windows.classes
        ),
        "Held-out images that the network was surest of, and wrong.",
    )
    return shown


def guessed(seen: Sequence[Windows], probabilities: Any, classes: Sequence[str]) -> Figure:
    """New images, each with its most probable classes.

    seen : the window of each image;  probabilities : (image, class)
    """
    images = [cut.read(0) for cut in seen[:12]]
    return image_pictures.guesses(images, [str(cut.groups[0]) for cut in seen], probabilities, classes)
