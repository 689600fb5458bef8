"""Images by the Neocognitron: cells that learn layer by layer without labels, then a linear read-out."""

import math
import time
from dataclasses import replace
from typing import Literal

from pydantic import Field

from sigconv.nets.builder import Network
from sigconv.recipe import classify, prediction
from sigconv.recipe.image.line import DOMAIN
from sigconv.recipe.image.tables import ImageRecipe
from sigconv.recipe.lines import line_of
from sigconv.recipe.progress import Tick
from sigconv.recipe.tables import Table
from sigconv.train import Epoch, Fitted, Neocognitron, Settings
from sigconv.windows import Loaded


class Cells(Table):
    """[train] the read-out, which alone sees the labels.

    readout : "ridge" or "logistic" regression
    penalty : of its squared weights, in units of the mean variance of what it reads
    """

    readout: Literal["ridge", "logistic"] = "ridge"
    penalty: float = Field(default=0.01, gt=0)


class CellsRecipe(ImageRecipe):
    """A whole recipe whose cells learn without labels."""

    train: Cells = Cells()

    @property
    def settings(self) -> Settings:
        """What the shared line asks for: the images are gone through once."""
        return Settings(epochs=1)


def learn(
    recipe: CellsRecipe, module: Network, train: Loaded, seed: int, held_out: Loaded | None, tick: Tick
) -> Fitted:
    """The network behind its learning; the learning curve has one row, without a loss.

    Source: Fukushima (1980), Biological Cybernetics 36:193-202; Fukushima (2003), Neurocomputing 51:161-180.
    """
    net = Neocognitron(module, readout=recipe.train.readout, penalty=recipe.train.penalty, seed=seed)
    began = time.perf_counter()
    net.fit(train.data, train.labels)
    took = time.perf_counter() - began
    right = [math.nan if part is None else net.score(part.data, part.labels) for part in (train, held_out)]
    tick()
    row = Epoch(1, math.nan, right[0], math.nan, right[1], *(math.nan,) * 3, took, len(train) / took)
    return Fitted(module.eval(), (row,), 1)


CELLS = replace(DOMAIN, tables=CellsRecipe, learn=learn)
LINE = line_of(CELLS, classify.run, prediction.predict, classify.planned)
