"""The line of motion recipes."""

from sigconv.recipe import classify, prediction
from sigconv.recipe.domain import Domain
from sigconv.recipe.lines import line_of
from sigconv.recipe.motion.beside import baselines
from sigconv.recipe.motion.drawn import drawn
from sigconv.recipe.motion.tables import MotionRecipe
from sigconv.recipe.motion.trip import augment, facts, fresh, gather, told, windows

DOMAIN = Domain(MotionRecipe, gather, windows, baselines, facts, fresh, drawn, told, augment)
LINE = line_of(DOMAIN, classify.run, prediction.predict, classify.planned)
