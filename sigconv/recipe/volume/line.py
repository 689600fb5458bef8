"""Scans that have a class each: prepared, classified beside a twin that sees one slice, and a histogram."""

from functools import partial

from sigconv.recipe import classify, prediction
from sigconv.recipe.domain import Domain
from sigconv.recipe.lines import Line
from sigconv.recipe.volume.beside import baselines
from sigconv.recipe.volume.drawn import drawn
from sigconv.recipe.volume.scan_tables import ScanRecipe
from sigconv.recipe.volume.trip import augment, facts, fresh, gather, told, windows

DOMAIN = Domain(ScanRecipe, gather, windows, baselines, facts, fresh, drawn, told, augment)
LINE = Line(
    ScanRecipe, partial(classify.run, DOMAIN), partial(prediction.predict, DOMAIN), partial(classify.planned, DOMAIN)
)
