"""Run a recipe: the whole trip once, into a folder."""

import csv
import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import nets
from sigconv.errors import ArgumentError
from sigconv.files import write_whole
from sigconv.recipe import eeg, folder
from sigconv.recipe.config import Recipe, as_toml
from sigconv.recipe.progress import Progress, Tick
from sigconv.report.baseline import csp_lda
from sigconv.report.metrics import Outcome, accuracy_by_group, accuracy_by_seed, confusion, interval, kappa, log_loss
from sigconv.train import Fitted, Settings, fit, probabilities, save_model
from sigconv.windows import Loaded, Split, leave_one_group_out

TIMES = ("seconds", "samples_per_second")  # the only columns of a curve that differ from run to run


@dataclass(frozen=True, eq=False)
class Result:
    """What a run found: its folder, three accuracies (0 … 1), and everything in metrics.json."""

    folder: Path
    accuracy: float
    baseline: float
    chance: float
    summary: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Evaluated:
    """Every fold and seed of the network, the two baselines' folds, and the network trained on everything."""

    outcomes: list[Outcome]
    baseline: list[Outcome]
    aligned: list[Outcome]
    fitted: list[Fitted]
    final: Fitted


def run(recipe: Recipe, name: str, out: Path, progress: Progress) -> Result:
    """The trip file -> Signal -> filter -> windows -> network -> training -> report.

    Parameters
    ----------
    recipe : from recipe.config.read
    name : of the recipe, for the log
    out : the run folder to make; absent or empty
    progress : see sigconv.recipe.progress.Progress

    Raises
    ------
    SigconvError : whatever is wrong with recipe or data; nothing is left on disk then
    """
    net = nets.parse(recipe.net.text)
    with folder.building(out) as working:
        with progress.stage("opening recordings", 0) as tick:
            gathered = eeg.gather(recipe, tick)
        folder.log.info("%s: %d recordings, held out by %s", name, len(gathered.sources), gathered.kind)
        with progress.stage("filtering and aligning", len(gathered.sources)) as tick:
            cut, cut_base, matrices = eeg.trial_windows(gathered, recipe, tick)
        splits = leave_one_group_out(cut.groups)
        spec = nets.InputSpec(channels=cut.shape[0], grid=cut.size)
        nets.measure.shapes(net, spec, classes=len(cut.classes))
        with progress.stage("reading windows", 2 * len(cut)) as tick:
            windows, base = cut.load(tick), cut_base.load(tick)
        folder.log.info("%d windows of %d channels x %d samples", len(windows), *windows.shape)
        evaluated = _evaluate(recipe, windows, base, splits, progress)
        summary = _summary(recipe, gathered, windows, evaluated)
        from sigconv.recipe import written

        with progress.stage("writing the report", 1) as tick:
            _write(working, recipe, gathered, windows, evaluated, summary)
            written.report(working, recipe, gathered, windows, evaluated, matrices, summary)
            tick()
    return Result(out, summary["accuracy"], summary["baseline_accuracy"], summary["chance"], summary)


def _evaluate(recipe: Recipe, windows: Loaded, base: Loaded, splits: list[Split], progress: Progress) -> Evaluated:
    seeds = recipe.run.seeds
    outcomes, baseline, aligned, fitted = [], [], [], []
    with progress.stage("training", (len(splits) * len(seeds) + 1) * recipe.train.epochs) as tick:
        for split in splits:
            train, test = windows.select(split.train), windows.select(split.test)
            count = recipe.baseline.components
            said = csp_lda(base.select(split.train), base.select(split.test), count)
            baseline.append(Outcome(split.name, 0, test.labels, said))
            aligned.append(Outcome(split.name, 0, test.labels, csp_lda(train, test, count)))
            for seed in seeds:
                model = train_one(recipe, train, seed, test, tick)
                outcomes.append(Outcome(split.name, seed, test.labels, probabilities(model.module, test.data)))
                fitted.append(model)
                folder.log.info("%s held out, seed %d: accuracy %.3f", split.name, seed, outcomes[-1].accuracy)
        final = train_one(recipe, windows, seeds[0], None, tick)
    return Evaluated(outcomes, baseline, aligned, fitted, final)


def train_one(recipe: Recipe, train: Loaded, seed: int, held_out: Loaded | None, tick: Tick) -> Fitted:
    """Build the recipe's net for these windows and train it from one seed."""
    spec = nets.InputSpec(channels=train.shape[0], grid=train.shape[1:])
    module = nets.build(nets.parse(recipe.net.text), spec, classes=len(train.classes), seed=seed)
    settings = Settings(**recipe.train.model_dump())
    return fit(module, train, settings, seed=seed, held_out=held_out, progress=lambda _row: tick())


def _summary(recipe: Recipe, gathered: eeg.Gathered, windows: Loaded, found: Evaluated) -> dict[str, Any]:
    by_seed = accuracy_by_seed(found.outcomes)
    by_group, base_group = accuracy_by_group(found.outcomes), accuracy_by_group(found.baseline)
    counts = np.bincount(windows.labels, minlength=len(windows.classes))
    matrix = confusion(found.outcomes, len(windows.classes))
    return {
        "classes": list(windows.classes),
        "windows": len(windows),
        "windows_by_class": dict(zip(windows.classes, counts.tolist(), strict=True)),
        "held_out_by": gathered.kind,
        "groups": len(by_group),
        "accuracy": float(np.mean(list(by_seed.values()))),
        "accuracy_by_seed": by_seed,
        "accuracy_by_group": by_group,
        "accuracy_interval_95": interval(list(by_group.values())),
        "kappa": kappa(matrix),
        "log_loss": log_loss(found.outcomes),
        "confusion": matrix.tolist(),
        "baseline": f"CSP({recipe.baseline.components})+LDA",
        "baseline_accuracy": accuracy_by_seed(found.baseline)[0],
        "baseline_by_group": base_group,
        "aligned_baseline_accuracy": accuracy_by_seed(found.aligned)[0],
        "chance": float(counts.max() / counts.sum()),
    }


def _write(
    working: Path, recipe: Recipe, gathered: eeg.Gathered, windows: Loaded, found: Evaluated, summary: dict[str, Any]
) -> None:
    write_whole(working / "recipe.toml", as_toml(recipe).encode())
    folder.write_json(working / "environment.json", folder.environment())
    folder.write_json(working / "metrics.json", summary)
    rows = (
        [
            {"held_out": o.name, "seed": o.seed, "windows": len(o.truth), "accuracy": o.accuracy, "model": "network"}
            for o in found.outcomes
        ]
        + [
            {
                "held_out": o.name,
                "seed": "",
                "windows": len(o.truth),
                "accuracy": o.accuracy,
                "model": summary["baseline"],
            }
            for o in found.baseline
        ]
        + [
            {
                "held_out": o.name,
                "seed": "",
                "windows": len(o.truth),
                "accuracy": o.accuracy,
                "model": f"{summary['baseline']} on the network's windows",
            }
            for o in found.aligned
        ]
    )
    write_whole(working / "metrics.csv", as_csv(rows))
    curves = [
        {"held_out": o.name, "seed": o.seed, **{k: v for k, v in asdict(epoch).items() if k not in TIMES}}
        for o, model in zip(found.outcomes, found.fitted, strict=True)
        for epoch in model.history
    ]
    write_whole(working / "learning_curves.csv", as_csv(curves))
    source = gathered.sources[0]
    facts = {
        "net": recipe.net.text,
        "channels": list(source.axes[0].labels),
        "fs": source.axes[-1].rate,
        "unit": source.unit,
        "size": windows.shape[-1],
        "classes": list(windows.classes),
        "filter": recipe.filter.model_dump(),
        "window": recipe.window.model_dump(),
    }
    save_model(working, found.final.module.state_dict(), facts)


def as_csv(rows: list[dict[str, Any]]) -> bytes:
    """Rows of one and the same set of columns as CSV text with a header line."""
    if not rows:
        raise ArgumentError("rows is empty; a table needs one row or more")
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue().encode()
