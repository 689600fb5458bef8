"""Images learnt as in 1989: one at a time, step sizes from the second derivatives."""

import math
import time
from dataclasses import replace
from typing import Any

from pydantic import Field

from sigconv.nets.builder import Network
from sigconv.nets.wiring import connected_rows
from sigconv.recipe import classify, prediction
from sigconv.recipe.image.line import DOMAIN
from sigconv.recipe.image.tables import ImageRecipe
from sigconv.recipe.lines import line_of
from sigconv.recipe.progress import Tick
from sigconv.recipe.tables import Table
from sigconv.train import (
    Epoch,
    Fitted,
    Pass,
    Settings,
    curvature,
    fit_online,
    generator,
    newton_rates,
    one_hot,
    uniform_weights,
)
from sigconv.windows import Loaded


class Online(Table):
    """[train] stochastic descent on the squared error.

    epochs : passes over the images
    rate : of a step, before it is divided by `least` and the curvature
    least : added to every curvature
    looked_at : images whose curvature is looked at before each pass
    """

    epochs: int = Field(default=23, ge=1)
    rate: float = Field(default=0.0005, gt=0)
    least: float = Field(default=0.02, gt=0)
    looked_at: int = Field(default=100, ge=1)


class OnlineRecipe(ImageRecipe):
    """A whole recipe whose network learns one image at a time."""

    train: Online = Online()

    @property
    def settings(self) -> Settings:
        """What the shared line asks for: the number of passes."""
        return Settings(epochs=self.train.epochs)


def learn(
    recipe: OnlineRecipe, module: Network, train: Loaded, seed: int, held_out: Loaded | None, tick: Tick
) -> Fitted:
    """The network behind `train.epochs` passes over the images.

    Source: LeCun et al. (1989), Backpropagation applied to handwritten zip code recognition, Neural Computation 1.
    """
    layers, asked, classes = connected_rows(module.rows), recipe.train, len(train.classes)

    def rate(number: int, weights: dict[str, Any]) -> Any:
        count = min(asked.looked_at, len(train))
        few = generator(seed, "digits curvature", number).choice(len(train), count, replace=False)
        return newton_rates(curvature(layers, weights, train.data[few]), asked.rate, asked.least)

    history: list[Epoch] = []
    times = [time.perf_counter()]

    def note(row: Pass) -> None:
        times.append(time.perf_counter())
        took = times[-1] - times[-2]
        held = row.held_out_loss, 1 - row.held_out_error
        history.append(Epoch(row.number, row.loss, 1 - row.error, *held, *(math.nan,) * 3, took, len(train) / took))
        tick()

    fit_online(
        module,
        train.data,
        one_hot(train.labels, classes),
        passes=asked.epochs,
        rate=rate,
        seed=seed,
        start=uniform_weights(module, seed),
        held_out=None if held_out is None else (held_out.data, one_hot(held_out.labels, classes)),
        progress=note,
    )
    return Fitted(module.eval(), tuple(history), asked.epochs)


ONLINE = replace(DOMAIN, tables=OnlineRecipe, learn=learn)
LINE = line_of(ONLINE, classify.run, prediction.predict, classify.planned)
