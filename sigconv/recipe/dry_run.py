"""A dry run: what a recipe would train on, how large that is and how long it takes, before anything is trained."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import nets
from sigconv.errors import ArgumentError
from sigconv.recipe.describe import terminal_width
from sigconv.recipe.progress import Progress
from sigconv.recipe.tables import Classify, Recipe
from sigconv.report.network import Columns, aligned, memory_text, network_table, times
from sigconv.train import Settings, fit
from sigconv.train.processes import here
from sigconv.windows import Loaded, Split, Windows

_STEPS = 3  # of the measurement, twice: the first time nothing is warm
_SHOWN = 8


@dataclass(frozen=True, eq=False)
class Plan:
    """What a run would train on.

    recordings, groups : how many;  held_out_by : what a group is
    shows : class -> how much there is of it, in words
    splits : of windows or recordings;  trained : windows of each training, one after the other
    windows : what is trained on, all of it
    augment : of training windows, or None
    own : whether the recipe trains by a loop of its own, whose time is not measured
    """

    recordings: int
    groups: int
    held_out_by: str
    shows: Mapping[str, str]
    splits: Sequence[Split]
    trained: Sequence[int]
    windows: Windows | Loaded
    augment: Any
    own: bool = False


def told(recipe: Recipe, target: Path, progress: Progress) -> str:
    """What a run of this recipe would be, as text.

    target : the run folder that would be made

    Raises
    ------
    ArgumentError : a recipe that trains nothing
    SigconvError : whatever is wrong with recipe or data
    """
    from sigconv.recipe.lines import line

    planned = line(recipe.kind, recipe.domain).plan
    if planned is None or not isinstance(recipe, Classify):
        raise ArgumentError(f"--dry-run is for recipes that train; {recipe.title!r} is over sooner than it is measured")
    plan: Plan = planned(recipe, progress)
    net = nets.parse(recipe.net.text)
    spec = nets.InputSpec(plan.windows.shape[0], tuple(plan.windows.shape[1:]))
    classes, low = len(plan.shows), recipe.settings.precision == "bfloat16"
    columns = Columns(2 if low else 4, recipe.settings.batch, folded=True)
    table = aligned(network_table(nets.measure.shapes(net, spec, classes), columns), terminal_width())
    facts = {
        **_data(plan),
        **memory_of(net, spec, classes, recipe.settings, plan.windows),
        **_time(recipe, plan, net, spec, classes, progress),
        "run folder": f"{target} (nothing was written)",
    }
    return "\n".join([f"{recipe.title}\n", table, "", *(f"{name:15}  {fact}" for name, fact in facts.items())])


def _data(plan: Plan) -> dict[str, str]:
    folds = [f"{split.name} ({len(split.train)} + {len(split.test)})" for split in plan.splits[:_SHOWN]]
    more = f" … {len(plan.splits)} in all" if len(plan.splits) > _SHOWN else ""
    return {
        "recordings": f"{plan.recordings}, {plan.groups} groups by {plan.held_out_by}",
        "windows": f"{len(plan.windows)} of {times(*plan.windows.shape)}",
        "classes": ", ".join(f"{name} {much}" for name, much in plan.shows.items()),
        "held out": f"{', '.join(folds)}{more} (training + test)",
    }


def memory_of(
    net: nets.Net, spec: nets.InputSpec, classes: int, settings: Settings, windows: Windows | Loaded
) -> dict[str, str]:
    """The memory that a training step takes, part by part, in words; the library's work space is not counted."""
    weights = 4 * nets.measure.parameters(net, spec, classes)
    moments = {"adamw": 2, "sgd": 1 if settings.momentum else 0}[settings.optimiser]
    number = 2 if settings.precision == "bfloat16" else 4
    kept = nets.measure.memory(net, spec, classes, batch=settings.batch, number_bytes=number).backward
    parts = {
        "weights": weights * (2 if settings.average else 1),
        "gradients": weights,
        settings.optimiser: moments * weights,
        f"activations of {settings.batch} windows": kept,
        "the batch": 4 * settings.batch * math.prod(windows.shape),
    }
    text = ", ".join(f"{memory_text(size)} {name}" for name, size in parts.items() if size)
    data = 4 * len(windows) * math.prod(windows.shape)
    return {"memory": f"{memory_text(sum(parts.values()))}: {text}", "data": f"{memory_text(data)} as windows"}


def _time(
    recipe: Classify, plan: Plan, net: nets.Net, spec: nets.InputSpec, classes: int, progress: Progress
) -> dict[str, str]:
    """Seconds of an epoch and of the whole run, from a few steps of a copy of the net."""
    if plan.own:
        return {"time": "not measured: this recipe trains by a loop of its own"}
    settings, seed = recipe.settings, recipe.run.seeds[0]
    few = replace(settings, epochs=2, steps=_STEPS, patience=0, start="random", sampling="once", class_weights="none")
    with progress.stage("measuring", 1) as tick:
        begun = time.monotonic()
        module = nets.build(net, spec, classes=classes, seed=seed)
        row = fit(module, _some(plan.windows, few), few, seed=seed, augment=plan.augment, device=recipe.run.device)
        took = time.monotonic() - begun
        tick()
    speed = row.history[-1].samples_per_second
    epochs = [settings.steps * settings.batch * settings.accumulate * here().count or n for n in plan.trained]
    whole = settings.epochs * sum(epochs) / speed
    return {
        "time": f"{duration(max(epochs) / speed)} an epoch, {duration(whole)} for {len(epochs)} trainings of up to "
        f"{settings.epochs} epochs, at {speed:,.0f} windows/s (measured in {duration(took)}; without baselines and "
        "what is looked at between epochs)"
    }


def _some(windows: Windows | Loaded, settings: Settings) -> Loaded:
    """As many windows as the measurement takes, of every class, in memory."""
    count = min(len(windows), here().count * settings.batch * settings.accumulate * _STEPS)
    chosen = set(np.linspace(0, len(windows) - 1, count).astype(int).tolist())
    if np.ndim(windows.labels) == 1:
        chosen |= set(np.unique(windows.labels, return_index=True)[1].tolist())
    return windows.select(sorted(chosen)).load()


def duration(seconds: float) -> str:
    """Seconds in the largest unit that makes sense.

    >>> duration(0.25), duration(90), duration(7200), duration(200_000)
    ('0.25 s', '1.5 min', '2.0 h', '2.3 days')
    """
    for most, unit, size in ((60, "s", 1), (3600, "min", 60), (86400, "h", 3600)):
        if seconds < most:
            return f"{seconds / size:.2g} {unit}" if unit == "s" else f"{seconds / size:.1f} {unit}"
    return f"{seconds / 86400:.1f} days"
