"""The line of video recipes."""

from sigconv.recipe import classify, prediction
from sigconv.recipe.domain import Domain
from sigconv.recipe.lines import line_of
from sigconv.recipe.video.beside import baselines
from sigconv.recipe.video.drawn import drawn
from sigconv.recipe.video.tables import VideoRecipe
from sigconv.recipe.video.trip import augment, facts, fresh, gather, told, windows

DOMAIN = Domain(VideoRecipe, gather, windows, baselines, facts, fresh, drawn, told, augment)
LINE = line_of(DOMAIN, classify.run, prediction.predict, classify.planned)
