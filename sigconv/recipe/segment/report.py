"""What a segmentation run leaves to read: tables, pictures, one HTML page, and its result in lines."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import loaders, nets
from sigconv.files import write_whole
from sigconv.recipe import folder
from sigconv.recipe.config import as_toml
from sigconv.recipe.curves import curve_rows
from sigconv.recipe.segment.domain import Cases, Segmenter
from sigconv.recipe.segment.evaluated import Evaluated
from sigconv.recipe.segment.outcome import Outcome, typical
from sigconv.recipe.segment.tables import Segment
from sigconv.report import label_pictures, pictures
from sigconv.report.network import network_table
from sigconv.report.page import Section, facts, page, png


def write(
    working: Path, domain: Segmenter, recipe: Segment, cases: Cases, found: Evaluated, summary: Mapping[str, Any]
) -> None:
    """Write metrics.csv, learning_curves.csv, every picture as PNG, and report.html with the pictures inside."""
    write_whole(working / "metrics.csv", folder.as_csv(_rows(cases, found)))
    trainings = dict.fromkeys((outcome.fold, outcome.seed) for outcome in found.outcomes)
    write_whole(working / "learning_curves.csv", folder.as_csv(curve_rows(trainings, found.fitted)))
    drawn = {
        "label_maps": (
            (domain.drawn or _side_by_side)(recipe, cases, found),
            "The held-out recordings with the fewest, the middle and the most wrong samples.",
        ),
        "dice": (_bars(summary), "Means over held-out recordings, lines are 95 % intervals over groups."),
        "learning_curves": (
            pictures.learning_curves([model.history for model in found.fitted]),
            "Training patches, and some of the held-out recordings; the held-out curves chose nothing.",
        ),
    }
    sections = []
    for name, (figure, text) in drawn.items():
        content = png(figure)
        write_whole(working / f"{name}.png", content)
        sections.append(Section(name.replace("_", " ").capitalize(), text, picture=content))
    write_whole(working / "report.html", _page(recipe, cases, summary, sections).encode())


def _rows(cases: Cases, found: Evaluated) -> list[dict[str, Any]]:
    """A row for each held-out recording of the network and of every baseline."""

    def row(outcome: Outcome, model: str, seed: int | str) -> dict[str, Any]:
        told = {"recording": outcome.name, "group": outcome.group, "held_out": outcome.fold, "seed": seed}
        return {**told, "model": model, **outcome.values(cases.classes.names)}

    rows = [row(outcome, "network", outcome.seed) for outcome in found.outcomes]
    for name, outcomes in found.baselines.items():
        rows += [row(outcome, name, "") for outcome in outcomes]
    return rows


def _side_by_side(recipe: Segment, cases: Cases, found: Evaluated) -> Any:
    return label_pictures.side_by_side(_shown(recipe, cases, found), cases.classes.names)


def _shown(recipe: Segment, cases: Cases, found: Evaluated) -> list[label_pictures.Row]:
    """The best, the middle and the worst recording of the first seed."""
    baseline, theirs = next(iter(found.baselines.items()))
    errors = {outcome.index: outcome.error for outcome in theirs}
    rows = []
    for outcome in typical(found.outcomes, recipe.run.seeds[0]):
        source, truth = cases.gathered.sources[outcome.index], cases.truth(outcome.index)
        at = label_pictures.section_of(truth)
        box = (*((i, i + 1) for i in at), *((0, n) for n in truth.shape[-2:]))
        image = np.asarray(source.samples(box)).mean(0).reshape(truth.shape[-2:])
        network = cases.classes.numbered(loaders.open(found.masks[outcome.index])).read().data[0]
        said = {"network": network[at], baseline: found.methods[outcome.fold](outcome.index)[at]}
        told = {"network": outcome.error, baseline: errors[outcome.index]}
        percent = {name: f"{100 * error:.1f} % wrong" for name, error in told.items()}
        y, x = source.axes[-2:]
        rows.append(label_pictures.Row(_place(outcome.name, at), image, truth[at], said, percent, y.step / x.step))
    return rows


def _place(name: str, at: Sequence[int]) -> str:
    return f"{name}, section {at[0] + 1}" if at else name


def _bars(summary: Mapping[str, Any]) -> Any:
    every = {"network": summary["network"], **summary["baselines"]}
    names = summary["classes"]
    means = {method: {c: told[f"dice {c}"]["mean"] for c in names} for method, told in every.items()}
    spread = {method: {c: told[f"dice {c}"]["interval_95"] for c in names} for method, told in every.items()}
    return label_pictures.dice_bars(means, spread)


def _told(name: str, told: Mapping[str, Any]) -> str:
    """A measure in words: its mean and its interval over groups."""
    scale, unit = (100, " %") if name == "error" else (1, "")
    digits = 2 if name == "error" else 3
    low, high = told["interval_95"]
    spread = "" if low != low else f" ({scale * low:.{digits}f} to {scale * high:.{digits}f})"
    return f"{scale * told['mean']:.{digits}f}{unit}{spread}"


_WORDS = {"error": "wrong samples"}


def headline(summary: Mapping[str, Any]) -> str:
    """The result in one line: wrong samples, Dice and what the domain measures, with intervals over groups."""
    shown = [name for name in summary["network"] if not name.startswith("dice ")]
    parts = [f"{_WORDS.get(name, name)} {_told(name, summary['network'][name])}" for name in shown]
    return (
        f"{'; '.join(parts)}: {summary['tested']} held-out recordings, 95 % intervals over {summary['groups']} "
        f"{summary['held_out_by']}s"
    )


def told(recipe: Segment, summary: Mapping[str, Any]) -> tuple[str, ...]:
    """The result as lines for the command line."""
    names = list(summary["network"])
    wide = max(len(_WORDS.get(name, name)) for name in names)
    baseline, theirs = next(iter(summary["baselines"].items()))
    table = [f"  {'':<{wide}}  {'network':<28}{baseline}"] + [
        f"  {_WORDS.get(name, name):<{wide}}  {_told(name, summary['network'][name]):<28}{_told(name, theirs[name])}"
        for name in names
    ]
    left = [f"  left out: {len(summary['skipped'])} files, named in run.log"] if summary["skipped"] else []
    return (recipe.title, f"  {recipe.net.text}", *table, *left, "", headline(summary))


def _page(recipe: Segment, cases: Cases, summary: Mapping[str, Any], drawn: list[Section]) -> str:
    channels = cases.ready[0].axes[0].size
    net, spec = nets.parse(recipe.net.text), nets.InputSpec(channels=channels, grid=tuple(recipe.patch.size))
    every = {"network": summary["network"], **summary["baselines"]}
    names = list(summary["network"])
    overall = [["", *every]] + [[_WORDS.get(n, n), *(_told(n, told[n]) for told in every.values())] for n in names]
    by_group = [
        ["held out", *(f"{_WORDS.get(n, n)}, {method}" for n in ("error", "mean dice") for method in every)]
    ] + [
        [group, *(f"{told[n]['by_group'][group]:.3f}" for n in ("error", "mean dice") for told in every.values())]
        for group in summary["network"]["error"]["by_group"]
    ]
    data = {
        "data": cases.gathered.origin,
        "recordings": summary["recordings"],
        "left out": f"{len(summary['skipped'])} files, named in run.log",
        "samples": ", ".join(f"{name} {count}" for name, count in summary["samples_by_class"].items()),
        "one patch": " × ".join(map(str, (channels, *recipe.patch.size))),
        "groups": f"{summary['groups']} held-out {summary['held_out_by']}s",
        "chosen on training recordings": "; ".join(map(str, summary["chosen"]))
        if any(summary["chosen"])
        else "nothing",
    }
    layers = network_table(nets.measure.shapes(net, spec, classes=len(cases.classes.names)))
    versions = folder.environment()
    return page(
        recipe.title,
        headline(summary),
        [
            Section("Data", table=facts(data)),
            Section("Result", "Means over held-out recordings; 95 % intervals over groups.", table=overall),
            Section("By group", table=by_group),
            *drawn,
            Section("Network", recipe.net.text, table=layers),
            Section("Recipe", code=as_toml(recipe)),
            Section("Environment", table=facts({**versions["packages"], "python": versions["python"]})),
        ],
    )
