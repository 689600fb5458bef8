"""The classify line: recordings -> windows -> folds -> network beside baselines -> report and model."""

from pathlib import Path
from typing import Any

import numpy as np

from sigconv import nets
from sigconv.errors import SplitError
from sigconv.recipe import classify_report, folder
from sigconv.recipe.config import as_toml
from sigconv.recipe.curves import noted
from sigconv.recipe.divided import apart, held_out, refuse_untaught, splits_of
from sigconv.recipe.domain import Baseline, Domain, Evaluated
from sigconv.recipe.dry_run import Plan
from sigconv.recipe.gathered import Gathered, gathered_by
from sigconv.recipe.lines import Result
from sigconv.recipe.progress import Progress, Tick
from sigconv.recipe.tables import Classify, Run
from sigconv.report.metrics import (
    Outcome,
    accuracy_by_group,
    accuracy_by_seed,
    accuracy_interval,
    confusion,
    kappa,
    log_loss,
)
from sigconv.train import Fitted, fit, probabilities, save_model
from sigconv.windows import Loaded, Split, Windows

IN_MEMORY = 2 << 30  # bytes of windows that are read once and kept; more are read again in every epoch


def run(domain: Domain, recipe: Any, name: str, out: Path, progress: Progress) -> Result:
    """Carry out a classify recipe of one domain.

    Parameters
    ----------
    recipe : from recipe.config.read
    name : of the recipe, for the log
    out : the run folder to make; absent or empty, or what an unfinished run of this recipe left
    progress : see sigconv.recipe.progress.Progress

    Raises
    ------
    SigconvError : whatever is wrong with recipe or data
    """
    net = nets.parse(recipe.net.text)
    with folder.building(out, as_toml(recipe)) as working:
        gathered = gathered_by(domain, recipe, name, progress)
        cut = domain.windows(recipe, gathered, progress)
        splits = divided(recipe.run, cut, _parts(gathered, cut))
        _refuse_untaught(recipe.run, splits, cut)
        spec = nets.InputSpec(channels=cut.shape[0], grid=cut.shape[1:])
        nets.measure.shapes(net, spec, classes=len(cut.classes))
        windows = in_memory(cut, progress)
        folder.log.info("%d windows of %s", len(windows), " x ".join(map(str, windows.shape)))
        evaluated = evaluate(domain, recipe, gathered, windows, splits, working, progress)
        summary = summarised(recipe, gathered, evaluated)
        with progress.stage("writing the report", 1) as tick:
            folder.write_json(working / "environment.json", folder.environment())
            folder.write_json(working / "metrics.json", summary)
            facts = {"shape": list(windows.shape), "classes": list(windows.classes), **domain.facts(recipe, gathered)}
            facts = {"kind": recipe.kind, "domain": recipe.domain, "net": recipe.net.text, **facts}
            save_model(working, evaluated.final.module.state_dict(), facts)
            classify_report.write(working, domain, recipe, gathered, evaluated, summary)
            tick()
    return Result(out, summary, classify_report.told(recipe, summary))


def planned(domain: Domain, recipe: Any, progress: Progress) -> Plan:
    """What a recipe of one domain would train on, headers read and windows cut."""
    gathered = domain.gather(recipe, progress)
    cut = domain.windows(recipe, gathered, progress)
    splits = divided(recipe.run, cut, _parts(gathered, cut))
    counts = np.bincount(np.asarray(cut.labels), minlength=len(cut.classes)).tolist()
    trained = [len(split.train) for split in splits for _ in recipe.run.seeds]
    return Plan(
        recordings=len(gathered.sources),
        groups=len(set(cut.groups)),
        held_out_by=gathered.held_out_by,
        shows={name: str(count) for name, count in zip(cut.classes, counts, strict=True)},
        splits=splits,
        trained=[*trained, *([len(cut)] if recipe.run.model == "everything" else [])],
        windows=cut,
        augment=domain.augment(recipe, cut),
        own=domain.learn is not None,
    )


def divided(run: Run, windows: Windows | Loaded, parts: tuple[str, ...]) -> list[Split]:
    """The splits that [run] asks for; none shares a group between its sides."""
    labels = np.asarray(windows.labels)
    if labels.size and labels.min() < 0:
        raise SplitError(
            f"{int((labels < 0).sum())} of {len(labels)} windows have no class; a classifier needs one each"
        )
    return splits_of(run, windows.groups, parts, labels.tolist())


def _refuse_untaught(run: Run, splits: list[Split], windows: Windows) -> None:
    """Refuse a class that a network would be tested on, or asked for, without having met it."""
    labels = np.asarray(windows.labels)
    for split in splits:
        of, _ = apart(run, [windows.groups[i] for i in split.train], labels[split.train].tolist())
        missing = sorted(set(range(len(windows.classes))) - set(labels[split.train][of].tolist()))
        refuse_untaught(split, [windows.classes[number] for number in missing], "window")


def _parts(gathered: Gathered, windows: Windows) -> tuple[str, ...]:
    """The part of each window: that of its recording."""
    parts = gathered.parts or ("",) * len(gathered.sources)
    return tuple(parts[number] for number in windows.where[:, 0])


def in_memory(windows: Windows, progress: Progress) -> Windows | Loaded:
    """Windows read once where they take less than IN_MEMORY bytes, else as they are."""
    if 4 * len(windows) * int(np.prod(windows.shape)) > IN_MEMORY:
        return windows
    with progress.stage("reading windows", len(windows)) as tick:
        return windows.load(tick)


def evaluate(
    domain: Domain,
    recipe: Classify,
    gathered: Gathered,
    windows: Windows | Loaded,
    splits: list[Split],
    working: Path,
    progress: Progress,
) -> Evaluated:
    """Train and test every fold and seed, and the baselines on the same folds."""
    seeds, outcomes, fitted = recipe.run.seeds, [], []
    named = domain.baselines(recipe, gathered, windows, progress)
    with progress.stage("baseline", len(splits) * len(named)) as tick:
        baselines = {name: _baseline(name, method, windows, splits, working, tick) for name, method in named.items()}
    final = recipe.run.model == "everything"
    with progress.stage("training", (len(splits) * len(seeds) + final) * recipe.settings.epochs) as tick:
        for number, split in enumerate(splits):
            test = windows.select(split.test)
            for seed in seeds:
                place = folder.place(working, number, f"{split.name}-seed{seed}")
                model = train_one(domain, recipe, windows.select(split.train), seed, test, place, tick)
                said = probabilities(model.module, test, mirror=recipe.mirror, device=recipe.run.device)
                outcomes.append(Outcome(split.name, seed, np.asarray(test.labels), said, test.groups, split.test))
                fitted.append(model)
                folder.log.info("%s held out, seed %d: accuracy %.3f", split.name, seed, outcomes[-1].accuracy)
        last = fitted[0]
        if final:
            place = folder.place(working, len(splits), "everything")
            last = train_one(domain, recipe, windows, seeds[0], None, place, tick)
    return Evaluated(windows, outcomes, baselines, fitted, last)


def _baseline(
    name: str, method: Baseline, windows: Windows | Loaded, splits: list[Split], working: Path, tick: Tick
) -> list[Outcome]:
    found = []
    for number, split in enumerate(splits):
        test = windows.select(split.test)
        said = method(split, folder.place(working, number, f"{split.name}-{name}"))
        found.append(Outcome(split.name, 0, np.asarray(test.labels), said, test.groups, split.test))
        tick()
    return found


def train_one(
    domain: Domain,
    recipe: Classify,
    train: Windows | Loaded,
    seed: int,
    held_out: Windows | Loaded | None,
    place: Path | None,
    tick: Tick,
) -> Fitted:
    """Build the recipe's net for these windows and train it from one seed; checkpoints go into `place`."""
    spec = nets.InputSpec(channels=train.shape[0], grid=train.shape[1:])
    module = nets.build(nets.parse(recipe.net.text), spec, classes=len(train.classes), seed=seed)
    if domain.learn is not None:
        kept = None if held_out is None else held_out.load()
        return domain.learn(recipe, module, train.load(), seed, kept, tick)
    train, choosing = parted(recipe.run, train)
    with noted(place, seed, recipe.run, tick) as note:
        return fit(
            module,
            train,
            recipe.settings,
            seed=seed,
            held_out=held_out,
            validation=choosing,
            augment=domain.augment(recipe, train),
            checkpoints=place,
            every=recipe.run.every,
            device=recipe.run.device,
            progress=note,
        )


def parted(run: Run, train: Windows | Loaded) -> tuple[Windows | Loaded, Windows | Loaded | None]:
    """The windows that are trained on, and those that choose the epoch, of other groups; None where none choose."""
    of, choosing = apart(run, train.groups, np.asarray(train.labels).tolist())
    return train.select(of), train.select(choosing) if len(choosing) else None


def summarised(recipe: Classify, gathered: Gathered, found: Evaluated) -> dict[str, Any]:
    """What goes into metrics.json."""
    windows, outcomes = found.windows, found.outcomes
    by_seed, by_group = accuracy_by_seed(outcomes), accuracy_by_group(outcomes)
    counts = np.bincount(np.asarray(windows.labels), minlength=len(windows.classes))
    matrix = confusion(outcomes, len(windows.classes))
    compared = {
        name: {
            "accuracy": accuracy_by_seed(theirs)[0],
            "by_group": accuracy_by_group(theirs),
            "interval_95": accuracy_interval(theirs),
        }
        for name, theirs in found.baselines.items()
    }
    return {
        "classes": list(windows.classes),
        "windows": len(windows),
        "windows_by_class": dict(zip(windows.classes, counts.tolist(), strict=True)),
        "recordings": len(gathered.sources),
        "skipped": list(gathered.skipped),
        "held_out": held_out(recipe.run, gathered.parts),
        "held_out_by": gathered.held_out_by,
        "tested": int(matrix.sum()) // len(recipe.run.seeds),
        "groups": len(by_group),
        "accuracy": float(np.mean(list(by_seed.values()))),
        "accuracy_by_seed": by_seed,
        "accuracy_by_group": by_group,
        "accuracy_interval_95": accuracy_interval(outcomes),
        "kappa": kappa(matrix),
        "log_loss": log_loss(outcomes),
        "confusion": matrix.tolist(),
        "baselines": compared,
        "chance": float(matrix.sum(1).max() / matrix.sum()),
    }
