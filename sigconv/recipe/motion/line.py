"""The line of motion recipes."""

from functools import partial

from sigconv.recipe import classify, prediction
from sigconv.recipe.domain import Domain
from sigconv.recipe.lines import Line
from sigconv.recipe.motion.beside import baselines
from sigconv.recipe.motion.drawn import drawn
from sigconv.recipe.motion.tables import MotionRecipe
from sigconv.recipe.motion.trip import augment, facts, fresh, gather, told, windows

DOMAIN = Domain(MotionRecipe, gather, windows, baselines, facts, fresh, drawn, told, augment)
LINE = Line(
    MotionRecipe, partial(classify.run, DOMAIN), partial(prediction.predict, DOMAIN), partial(classify.planned, DOMAIN)
)
