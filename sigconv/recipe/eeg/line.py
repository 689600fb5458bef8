"""The line of EEG recipes."""

from functools import partial

from sigconv.recipe import classify, prediction
from sigconv.recipe.domain import Domain
from sigconv.recipe.eeg.beside import baselines
from sigconv.recipe.eeg.drawn import drawn
from sigconv.recipe.eeg.tables import EegRecipe
from sigconv.recipe.eeg.trip import facts, fresh, gather, told, windows
from sigconv.recipe.lines import Line

DOMAIN = Domain(EegRecipe, gather, windows, baselines, facts, fresh, drawn, told)
LINE = Line(
    EegRecipe, partial(classify.run, DOMAIN), partial(prediction.predict, DOMAIN), partial(classify.planned, DOMAIN)
)
