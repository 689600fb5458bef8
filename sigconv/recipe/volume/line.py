"""Scans that have a class each: prepared, classified beside a twin that sees one slice, and a histogram."""

from sigconv.recipe import classify, prediction
from sigconv.recipe.domain import Domain
from sigconv.recipe.lines import line_of
from sigconv.recipe.volume.beside import baselines
from sigconv.recipe.volume.drawn import drawn
from sigconv.recipe.volume.scan_tables import ScanRecipe
from sigconv.recipe.volume.trip import augment, facts, fresh, gather, told, windows

DOMAIN = Domain(ScanRecipe, gather, windows, baselines, facts, fresh, drawn, told, augment)
LINE = line_of(DOMAIN, classify.run, prediction.predict, classify.planned)
