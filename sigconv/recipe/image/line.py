"""Images classified by a network beside a baseline."""

from sigconv.recipe import classify, prediction
from sigconv.recipe.domain import Domain
from sigconv.recipe.image.beside import baselines
from sigconv.recipe.image.drawn import drawn, guessed
from sigconv.recipe.image.tables import ImageRecipe
from sigconv.recipe.image.trip import augment, facts, fresh, gather, told, windows
from sigconv.recipe.lines import line_of

DOMAIN = Domain(ImageRecipe, gather, windows, baselines, facts, fresh, drawn, told, augment=augment, guessed=guessed)
LINE = line_of(DOMAIN, classify.run, prediction.predict, classify.planned)
