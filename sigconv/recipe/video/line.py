"""The line of video recipes."""

from functools import partial

from sigconv.recipe import classify, prediction
from sigconv.recipe.domain import Domain
from sigconv.recipe.lines import Line
from sigconv.recipe.video.beside import baselines
from sigconv.recipe.video.drawn import drawn
from sigconv.recipe.video.tables import VideoRecipe
from sigconv.recipe.video.trip import augment, facts, fresh, gather, told, windows

DOMAIN = Domain(VideoRecipe, gather, windows, baselines, facts, fresh, drawn, told, augment)
LINE = Line(
    VideoRecipe, partial(classify.run, DOMAIN), partial(prediction.predict, DOMAIN), partial(classify.planned, DOMAIN)
)
