"""The line of audio recipes."""

from sigconv.recipe import classify, prediction
from sigconv.recipe.audio.beside import baselines
from sigconv.recipe.audio.changed import augment
from sigconv.recipe.audio.drawn import drawn
from sigconv.recipe.audio.tables import AudioRecipe
from sigconv.recipe.audio.trip import facts, fresh, gather, told, windows
from sigconv.recipe.domain import Domain
from sigconv.recipe.lines import line_of

DOMAIN = Domain(AudioRecipe, gather, windows, baselines, facts, fresh, drawn, told, augment)
LINE = line_of(DOMAIN, classify.run, prediction.predict, classify.planned)
