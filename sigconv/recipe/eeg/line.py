"""The line of EEG recipes."""

from sigconv.recipe import classify, prediction
from sigconv.recipe.domain import Domain
from sigconv.recipe.eeg.beside import baselines
from sigconv.recipe.eeg.drawn import drawn
from sigconv.recipe.eeg.tables import EegRecipe
from sigconv.recipe.eeg.trip import facts, fresh, gather, told, windows
from sigconv.recipe.lines import line_of

DOMAIN = Domain(EegRecipe, gather, windows, baselines, facts, fresh, drawn, told)
LINE = line_of(DOMAIN, classify.run, prediction.predict, classify.planned)
