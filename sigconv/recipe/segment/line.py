"""The segmentation line: recordings with label maps -> folds -> network beside baselines -> label maps, report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sigconv import nets
from sigconv.errors import RecipeError, SplitError
from sigconv.recipe import folder
from sigconv.recipe.config import as_toml
from sigconv.recipe.curves import noted
from sigconv.recipe.divided import apart, held_out, refuse_untaught, splits_of
from sigconv.recipe.dry_run import Plan
from sigconv.recipe.gathered import gathered_by
from sigconv.recipe.lines import Result
from sigconv.recipe.progress import Progress, Tick
from sigconv.recipe.segment import report
from sigconv.recipe.segment.domain import Array, Baseline, Cases, Method, Segmenter
from sigconv.recipe.segment.evaluated import Evaluated
from sigconv.recipe.segment.labels import classes_of
from sigconv.recipe.segment.outcome import Outcome, summarised
from sigconv.recipe.segment.tables import Segment
from sigconv.report.overlap import confusion_counts
from sigconv.train import Fitted, Sliding, fit, predict_whole, save_model
from sigconv.train.precision import Precision, fastest
from sigconv.windows import Loaded, Split, Windows, patches

MASKS = "masks"  # inside the run folder: what the first seed's networks said of held-out recordings
_CURVE = 16  # held-out patches that are drawn in the learning curve
_CHOOSING = 128  # patches of run.validation that choose the epoch


def run(domain: Segmenter, recipe: Any, name: str, out: Path, progress: Progress) -> Result:
    """Carry out a segmentation recipe of one domain.

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
        cases = cases_of(domain, recipe, gathered, progress)
        splits = _divided(recipe, cases)
        spec = nets.InputSpec(channels=cases.ready[0].axes[0].size, grid=tuple(recipe.patch.size))
        shapes = nets.measure.shapes(net, spec, classes=len(cases.classes.names))
        if shapes[-1].grid != spec.grid:
            raise RecipeError(
                f"net.text gives scores on {shapes[-1].grid} for a patch of {spec.grid}; it has to keep its grid"
            )
        evaluated = evaluate(domain, recipe, cases, splits, working, progress)
        summary = _summary(recipe, cases, evaluated)
        with progress.stage("writing the report", 1) as tick:
            folder.write_json(working / "environment.json", folder.environment())
            folder.write_json(working / "metrics.json", summary)
            save_model(working, evaluated.final.module.state_dict(), _facts(domain, recipe, cases, evaluated))
            report.write(working, domain, recipe, cases, evaluated, summary)
            tick()
    return Result(out, summary, report.told(recipe, summary))


def planned(domain: Segmenter, recipe: Any, progress: Progress) -> Plan:
    """What a recipe of one domain would train on, its label maps read and counted."""
    gathered = domain.gather(recipe, progress)
    cases = cases_of(domain, recipe, gathered, progress)
    splits = _divided(recipe, cases)
    total = np.sum(cases.counts, axis=0)
    every = training_patches(recipe, cases, range(len(cases)))
    of = np.bincount(every.where[:, 0], minlength=len(cases))
    trained = [int(of[split.train].sum()) for split in splits for _ in recipe.run.seeds]
    return Plan(
        recordings=len(cases),
        groups=len(set(gathered.groups)),
        held_out_by=gathered.held_out_by,
        shows={name: f"{n / total.sum():.1%}" for name, n in zip(cases.classes.names, total, strict=True)},
        splits=splits,
        trained=[*trained, *([len(every)] if recipe.run.model == "everything" else [])],
        windows=every,
        augment=domain.augment(recipe),
    )


def _divided(recipe: Segment, cases: Cases) -> list[Split]:
    """The splits that [run] asks for; each has all classes on its training side."""
    splits = splits_of(recipe.run, cases.gathered.groups, cases.gathered.parts)
    for split in splits:
        of, _ = apart(recipe.run, [cases.gathered.groups[i] for i in split.train])
        seen = np.sum([cases.counts[i] for i in split.train[of]], axis=0)
        missing = [name for name, n in zip(cases.classes.names, seen, strict=True) if n == 0]
        refuse_untaught(split, missing, "label map")
    return splits


def cases_of(domain: Segmenter, recipe: Any, gathered: Any, progress: Progress) -> Cases:
    """Every label map read once and counted, every recording prepared.

    Raises
    ------
    SplitError : a class that no label map shows
    FormatError : a label that is no class
    """
    sources = gathered.sources
    with progress.stage("reading label maps", 0) as tick:
        classes = classes_of(recipe.data.classes, gathered.masks, tick)
        masks = tuple(classes.numbered(mask) for mask in gathered.masks)
        counts = []
        for mask in masks:
            counts.append(np.bincount(mask.read().data.ravel(), minlength=len(classes.names)))
            tick()
    if absent := [name for name, n in zip(classes.names, np.sum(counts, axis=0), strict=True) if n == 0]:
        numbers = ", ".join(f"{name} {each}" for name, each in zip(classes.names, classes.numbers, strict=True))
        raise SplitError(
            f"no label map shows {', '.join(absent)}; leave it out of data.classes, or put its number right: {numbers}"
        )
    with progress.stage("preparing recordings", len(sources)) as tick:
        ready, wanted = [], []
        for source, mask in zip(sources, masks, strict=True):
            ready.append(domain.prepared(recipe, source))
            wanted.append(domain.prepared_mask(recipe, mask, source))
            tick()
    return Cases(gathered, classes, masks, tuple(ready), tuple(wanted), tuple(counts))


def evaluate(
    domain: Segmenter, recipe: Segment, cases: Cases, splits: list[Split], working: Path, progress: Progress
) -> Evaluated:
    """Train every fold and seed, predict what was held out as a whole, and the baselines on the same folds."""
    named = domain.baselines(recipe, cases, progress)
    baselines, methods = _baselines(domain, recipe, cases, splits, named, progress)
    outcomes: list[Outcome] = []
    fitted: list[Fitted] = []
    chosen: list[dict[str, Any]] = []
    masks: dict[int, Path] = {}
    seeds, everything = recipe.run.seeds, recipe.run.model == "everything"
    total = (len(splits) * len(seeds) + everything) * recipe.settings.epochs
    with progress.stage("training", total) as tick, progress.stage("predicting", 0) as predicted:
        for number, split in enumerate(splits):
            for seed in seeds:
                place = folder.place(working, number, f"{split.name}-seed{seed}")
                model = train_one(domain, recipe, cases, split.train, split.test, seed, place, tick)
                facts = _chosen(domain, recipe, cases, split.train, model, predicted)
                said = _method(domain, recipe, cases, model, facts, predicted)
                if seed == seeds[0]:
                    said = _kept(domain, cases, said, working / MASKS, masks)
                found = _judged(domain, recipe, cases, split, seed, said)
                error = float(np.mean([outcome.error for outcome in found]))
                folder.log.info("%s held out, seed %d: %.4f of the samples wrong %s", split.name, seed, error, facts)
                outcomes += found
                fitted.append(model)
                chosen.append(facts)
        final = fitted[0]
        if everything:
            place = folder.place(working, len(splits), "everything")
            final = train_one(domain, recipe, cases, range(len(cases)), (), seeds[0], place, tick)
            chosen.append(_chosen(domain, recipe, cases, range(len(cases)), final, predicted))
        else:
            chosen.append(chosen[0])
    return Evaluated(outcomes, baselines, methods, masks, fitted, final, chosen)


def train_one(
    domain: Segmenter,
    recipe: Segment,
    cases: Cases,
    train: Sequence[int],
    test: Sequence[int],
    seed: int,
    place: Path | None,
    tick: Tick,
) -> Fitted:
    """Build the recipe's net and train it on patches of these recordings; checkpoints go into `place`."""
    spec = nets.InputSpec(channels=cases.ready[0].axes[0].size, grid=tuple(recipe.patch.size))
    module = nets.build(nets.parse(recipe.net.text), spec, classes=len(cases.classes.names), seed=seed)
    of, choosing = ([train[i] for i in side] for side in apart(recipe.run, [cases.gathered.groups[i] for i in train]))
    held_out = _some_patches(recipe, cases, test, _CURVE)
    validation = _some_patches(recipe, cases, choosing, _CHOOSING)
    with noted(place, seed, recipe.run, tick) as note:
        return fit(
            module,
            training_patches(recipe, cases, of),
            recipe.settings,
            seed=seed,
            held_out=held_out,
            validation=validation,
            augment=domain.augment(recipe),
            checkpoints=place,
            every=recipe.run.every,
            device=recipe.run.device,
            progress=note,
        )


def _some_patches(recipe: Segment, cases: Cases, chosen: Sequence[int], most: int) -> Loaded | None:
    """Patches of some recordings in memory, evenly over all of them; None of none."""
    if not len(chosen):
        return None
    cut = training_patches(recipe, cases, chosen)
    return cut.select(np.unique(np.linspace(0, len(cut) - 1, most).astype(int))).load()


def training_patches(recipe: Segment, cases: Cases, chosen: Sequence[int]) -> Windows:
    """The patches of some recordings with their label maps."""
    patch, groups = recipe.patch, cases.gathered.groups
    sources, targets = ([each[i] for i in chosen] for each in (cases.ready, cases.wanted))
    owners = [groups[i] for i in chosen]
    cut = patches(sources, patch.size, patch.step, owners, targets, boundary=patch.boundary)
    return replace(cut, classes=cases.classes.names)


def sliding_of(recipe: Segment, module: Any, channels: int) -> Sliding:
    """How whole recordings are predicted; [train] precision holds here as well."""
    patch, kind = recipe.patch, recipe.settings.precision
    precision = Precision(kind == "bfloat16", kind == "bfloat16")
    if kind == "auto":
        precision = fastest(module, torch.zeros(patch.batch, channels, *patch.size))
    return Sliding(
        tuple(patch.size),
        patch.overlap,
        batch=patch.batch,
        mirror=tuple(patch.mirror),
        boundary=patch.boundary,
        precision=precision,
    )


def _method(
    domain: Segmenter, recipe: Segment, cases: Cases, model: Fitted, chosen: Mapping[str, Any], tick: Tick
) -> Method:
    """A network as a method: it says what every sample of a recording is, on the recording's own grid."""
    sliding = sliding_of(recipe, model.module, cases.ready[0].axes[0].size)
    decide = domain.decide(recipe, chosen)

    def said(index: int) -> Array:
        decided = predict_whole(model.module, cases.ready[index], sliding, decide=decide, progress=tick)
        labels = domain.finished(recipe, chosen, decided)
        return domain.restored(recipe, labels, cases.gathered.sources[index])

    return said


def _chosen(
    domain: Segmenter, recipe: Segment, cases: Cases, train: Sequence[int], model: Fitted, tick: Tick
) -> dict[str, Any]:
    """What the domain chooses beside the weights, on training recordings."""
    sliding = sliding_of(recipe, model.module, cases.ready[0].axes[0].size)

    def probabilities(index: int) -> Array:
        return predict_whole(model.module, cases.ready[index], sliding, progress=tick)

    return domain.chosen(recipe, cases, train, probabilities)


def _kept(domain: Segmenter, cases: Cases, method: Method, where: Path, written: dict[int, Path]) -> Method:
    """A method whose label maps are written into the folder `where`, and noted by index in `written`."""

    def said(index: int) -> Array:
        labels = method(index)
        where.mkdir(exist_ok=True)
        path = where / f"{index:04d}-{folder.plain(cases.name(index))}"
        source = cases.gathered.sources[index]
        target = domain.target(source, path)
        written[index] = domain.save(cases.classes, labels, source, target)[0]
        return labels

    return said


def _judged(domain: Segmenter, recipe: Segment, cases: Cases, split: Split, seed: int, method: Method) -> list[Outcome]:
    """What a method says of every held-out recording, against the truth."""
    found = []
    for index in map(int, split.test):
        truth, said = cases.truth(index), method(index)
        counts = confusion_counts(truth, said, len(cases.classes.names))
        measures = domain.measures(recipe, truth, said)
        group = cases.gathered.groups[index]
        found.append(Outcome(index, cases.name(index), group, split.name, seed, counts, measures))
    return found


def _baselines(
    domain: Segmenter,
    recipe: Segment,
    cases: Cases,
    splits: Sequence[Split],
    named: Mapping[str, Baseline],
    progress: Progress,
) -> tuple[dict[str, list[Outcome]], dict[str, Method]]:
    found: dict[str, list[Outcome]] = {name: [] for name in named}
    first: dict[str, Method] = {}
    with progress.stage("baseline", len(splits) * len(named)) as tick:
        for split in splits:
            for name, baseline in named.items():
                method = baseline([int(i) for i in split.train])
                first.setdefault(split.name, method)
                found[name] += _judged(domain, recipe, cases, split, 0, method)
                tick()
    return found, first


def _summary(recipe: Segment, cases: Cases, found: Evaluated) -> dict[str, Any]:
    """What goes into metrics.json."""
    names = cases.classes.names
    total = np.sum(cases.counts, axis=0)
    by_seed = {seed: [o for o in found.outcomes if o.seed == seed] for seed in recipe.run.seeds}
    return {
        "classes": list(names),
        "samples_by_class": dict(zip(names, total.tolist(), strict=True)),
        "recordings": len(cases),
        "skipped": list(cases.gathered.skipped),
        "held_out": held_out(recipe.run, cases.gathered.parts),
        "held_out_by": cases.gathered.held_out_by,
        "groups": len({outcome.group for outcome in found.outcomes}),
        "tested": len({outcome.index for outcome in found.outcomes}),
        "network": summarised(found.outcomes, names),
        "by_seed": {
            seed: {name: told["mean"] for name, told in summarised(outcomes, names).items()}
            for seed, outcomes in by_seed.items()
        },
        "baselines": {name: summarised(outcomes, names) for name, outcomes in found.baselines.items()},
        "chosen": found.chosen,
    }


def _facts(domain: Segmenter, recipe: Segment, cases: Cases, found: Evaluated) -> dict[str, Any]:
    """What model.json holds beside the weights."""
    source = cases.ready[0]
    return {
        "kind": recipe.kind,
        "domain": recipe.domain,
        "net": recipe.net.text,
        "shape": [source.axes[0].size, *recipe.patch.size],
        "classes": list(cases.classes.names),
        "numbers": [list(each) for each in cases.classes.numbers],
        "chosen": found.chosen[-1],
        "facts": domain.facts(recipe, cases),
    }
