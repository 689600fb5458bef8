"""What a classify run leaves to read: tables, pictures, one HTML page, and its result in lines."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import nets
from sigconv.files import write_whole
from sigconv.recipe import folder
from sigconv.recipe.config import as_toml
from sigconv.recipe.curves import curve_rows
from sigconv.recipe.domain import Domain, Evaluated, Picture
from sigconv.recipe.gathered import Gathered
from sigconv.recipe.tables import Classify
from sigconv.report import pictures
from sigconv.report.metrics import Outcome, accuracy_by_group
from sigconv.report.network import network_table
from sigconv.report.page import Section, facts, page, png

_MOST_GROUPS = 40  # bars and rows of a table; with more groups the folds are shown


def write(
    working: Path, domain: Domain, recipe: Classify, gathered: Gathered, found: Evaluated, summary: Mapping[str, Any]
) -> None:
    """Write metrics.csv, learning_curves.csv, every picture as PNG, and report.html with the pictures inside."""
    write_whole(working / "metrics.csv", folder.as_csv(_rows(found)))
    trainings = [(outcome.name, outcome.seed) for outcome in found.outcomes]
    write_whole(working / "learning_curves.csv", folder.as_csv(curve_rows(trainings, found.fitted)))
    drawn = _pictures(domain, recipe, gathered, found, summary)
    sections = []
    for name, picture in drawn.items():
        content = png(picture.figure)
        write_whole(working / f"{name}.png", content)
        sections.append(Section(name.replace("_", " ").capitalize(), picture.text, picture=content))
    text = _page(domain, recipe, gathered, found, summary, sections)
    write_whole(working / "report.html", text.encode())


def _rows(found: Evaluated) -> list[dict[str, Any]]:
    """A row for each fold and seed of the network and of every baseline."""

    def row(outcome: Outcome, model: str, seed: int | str) -> dict[str, Any]:
        count = len(outcome.truth)
        return {"held_out": outcome.name, "seed": seed, "windows": count, "accuracy": outcome.accuracy, "model": model}

    rows = [row(outcome, "network", outcome.seed) for outcome in found.outcomes]
    for name, outcomes in found.baselines.items():
        rows += [row(outcome, name, "") for outcome in outcomes]
    return rows


def _compared(found: Evaluated) -> dict[str, dict[str, float]]:
    """Accuracy of the network and of each baseline for every group, or for every fold where groups are many."""
    every = {"network": found.outcomes, **found.baselines}
    if len(accuracy_by_group(found.outcomes)) <= _MOST_GROUPS:
        return {name: accuracy_by_group(outcomes) for name, outcomes in every.items()}
    folds = list(dict.fromkeys(outcome.name for outcome in found.outcomes))
    return {
        name: {fold: float(np.mean([o.accuracy for o in outcomes if o.name == fold])) for fold in folds}
        for name, outcomes in every.items()
    }


def _pictures(
    domain: Domain, recipe: Classify, gathered: Gathered, found: Evaluated, summary: Mapping[str, Any]
) -> dict[str, Picture]:
    compared = _compared(found)
    first = next(iter(found.baselines))
    return {
        "accuracy": Picture(
            pictures.accuracy_bars(compared["network"], compared[first], summary["chance"], first),
            "What was held out was never seen by the network, nor by the baseline.",
        ),
        "confusion": Picture(
            pictures.confusion_matrix(np.array(summary["confusion"]), found.windows.classes),
            "All held-out windows, all seeds.",
        ),
        **_curves(found),
        **domain.pictures(recipe, gathered, found),
    }


def _curves(found: Evaluated) -> dict[str, Picture]:
    """The learning curves, where there is more than a point to draw."""
    histories = [model.history for model in found.fitted]
    if max(map(len, histories)) < 2:
        return {}
    told = "The held-out curves are shown only; they chose nothing."
    return {"learning_curves": Picture(pictures.learning_curves(histories), told)}


def headline(summary: Mapping[str, Any]) -> str:
    """The result in one line: network, baselines and chance."""
    low, high = summary["accuracy_interval_95"]
    over = f"95 % interval over {summary['groups']} held-out {summary['held_out_by']}s: "
    between = f"{100 * low:.1f} to {100 * high:.1f} %"
    certain = f"{over}{between}" if low == low else f"one held-out {summary['held_out_by']}, which tells no interval"
    spread = ", ".join(f"{100 * v:.1f}" for v in summary["accuracy_by_seed"].values())
    others = "; ".join(f"{name} {100 * told['accuracy']:.1f} %" for name, told in summary["baselines"].items())
    return (
        f"{100 * summary['accuracy']:.1f} % of {summary['tested']} windows right "
        f"({certain}; seeds: {spread}); "
        f"{others}; largest class {100 * summary['chance']:.1f} %"
    )


def told(recipe: Classify, summary: Mapping[str, Any]) -> tuple[str, ...]:
    """The result as lines for the command line."""
    each = f"{recipe.run.together} at a time" if recipe.run.together > 1 else "one at a time"
    held = {"each": each, "folds": f"{recipe.run.folds} folds", "part": "the data set's own test part"}
    how = held.get(summary["held_out"], f"{100 * summary['tested'] / summary['windows']:.0f} %")
    groups = ", ".join(list(summary["accuracy_by_group"])[:8]) + (" …" if summary["groups"] > 8 else "")
    others = [
        f"  {'baseline' if number == 0 else '':<8}  {100 * theirs['accuracy']:5.1f} %   {name}, same folds"
        for number, (name, theirs) in enumerate(summary["baselines"].items())
    ]
    left = [f"  left out  {len(summary['skipped'])} files, named in run.log"] if summary["skipped"] else []
    return (
        recipe.title,
        f"  network   {100 * summary['accuracy']:5.1f} %   {recipe.net.text}",
        *others,
        f"  held out  {how}, {summary['held_out_by']}s: {groups}",
        f"  chance    {100 * summary['chance']:5.1f} %   the largest class",
        *left,
        "",
        headline(summary),
    )


def _page(
    domain: Domain,
    recipe: Classify,
    gathered: Gathered,
    found: Evaluated,
    summary: Mapping[str, Any],
    drawn: list[Section],
) -> str:
    shape = found.windows.shape
    net, spec = nets.parse(recipe.net.text), nets.InputSpec(channels=shape[0], grid=shape[1:])
    compared = _compared(found)
    table = [["held out", *(f"{name} (%)" for name in compared)]] + [
        [group, *(f"{100 * column[group]:.1f}" for column in compared.values())] for group in compared["network"]
    ]
    data = {
        "data": gathered.origin,
        "recordings": len(gathered.sources),
        "left out": f"{len(gathered.skipped)} files, named in run.log",
        "windows": ", ".join(f"{k} {v}" for k, v in summary["windows_by_class"].items()),
        "one window": " × ".join(map(str, shape)),
        **domain.told(recipe, gathered),
        "groups": f"{summary['groups']} held-out {gathered.held_out_by}s",
        "Cohen's kappa": f"{summary['kappa']:.3f}",
        "log loss": f"{summary['log_loss']:.3f} nats",
    }
    layers = network_table(nets.measure.shapes(net, spec, classes=len(found.windows.classes)))
    versions = folder.environment()
    return page(
        recipe.title,
        headline(summary),
        [
            Section("Data", table=facts(data)),
            Section("Result", table=table),
            *drawn,
            Section("Network", recipe.net.text, table=layers),
            Section("Recipe", code=as_toml(recipe)),
            Section("Environment", table=facts({**versions["packages"], "python": versions["python"]})),
        ],
    )
