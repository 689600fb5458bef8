"""Transfer: what the features of a network are worth when few pictures of another kind are shown."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field, field_validator, model_validator

from sigconv import nets
from sigconv.errors import RecipeError
from sigconv.files import write_whole
from sigconv.nets.builder import Network
from sigconv.recipe import folder
from sigconv.recipe.config import as_toml
from sigconv.recipe.curves import short
from sigconv.recipe.firsts import firsts
from sigconv.recipe.gathered import Gathered, labelled, made_up
from sigconv.recipe.image.brought import brought
from sigconv.recipe.image.few_shots import FROZEN, Task, curves, methods
from sigconv.recipe.image.tables import Image
from sigconv.recipe.lines import Line, Result
from sigconv.recipe.progress import Progress, Tick
from sigconv.recipe.tables import Data, NetText, Recipe, Table, Train
from sigconv.report.few_shot_pictures import few_shot_curves
from sigconv.report.image_pictures import examples
from sigconv.report.metrics import interval
from sigconv.report.page import Section, facts, page, png
from sigconv.train import Settings, fit, probabilities
from sigconv.windows import Loaded, holdout, whole


class Made(Table):
    """[source.made], [data.made] how many pictures to make up when no path is given: of each writer, "each" of them."""

    writers: int = Field(default=20, ge=3, le=1000)
    each: int = Field(default=60, ge=10, le=10000)
    seed: int = Field(default=0, ge=0)


class Pictures(Data):
    """[source] what the network learns first, by default digits; [data] that of which few are shown, letters."""

    made: Made = Made()


class TransferNet(NetText):
    """[net] the architecture, and which of its layers gives the features.

    layer : a name such as "F1", or as in papers, "fc7"
    weights : a file of published weights for this architecture, in place of training on the source; "" trains
    classes : that the weights' last layer tells apart
    """

    layer: str
    weights: str = ""
    classes: int = Field(default=1000, ge=2)


class Few(Table):
    """[few] how many examples of each class are shown, how often they are drawn anew, and what is tested.

    share : of the groups, that is tested
    steps : of each training
    """

    shots: list[Annotated[int, Field(ge=1)]] = Field(default=[1, 2, 5, 10, 20], min_length=1)
    draws: int = Field(default=5, ge=2, le=1000)
    share: float = Field(default=0.5, gt=0, lt=1)
    steps: int = Field(default=150, ge=1)

    @field_validator("shots")
    @classmethod
    def _rising(cls, shots: list[int]) -> list[int]:
        if sorted(set(shots)) != shots:
            raise ValueError("numbers that rise, each once")
        return shots


class TransferRecipe(Recipe):
    """A whole recipe that carries features of one task to another."""

    source: Pictures = Pictures()
    data: Pictures = Pictures()
    image: Image = Image()
    net: TransferNet
    train: Train = Train()
    few: Few = Few()

    @model_validator(mode="after")
    def _one_training_on_the_source(self) -> "TransferRecipe":
        if len(self.run.seeds) > 1:
            raise ValueError(
                f"run.seeds is {self.run.seeds}; the source is learnt once, so give one seed: few.draws says how often "
                "the examples are drawn"
            )
        return self

    @property
    def settings(self) -> Settings:
        """[train] as train.fit takes it."""
        return Settings(**self.train.model_dump())


def run(recipe: TransferRecipe, name: str, out: Path, progress: Progress) -> Result:
    """Train on the source, or take weights; then learn the target from few examples, in four ways.

    Raises
    ------
    RecipeError, FormatError, FileNotFoundError : as gathered.labelled, for source and target
    SplitError : fewer examples of a class than are to be shown
    ArgumentError : no such layer, or weights of another architecture
    """
    with folder.building(out, as_toml(recipe)) as working:
        shown, target = _read(recipe, recipe.data, "letters", progress)
        split = holdout(target.groups, recipe.few.share, seed=0, labels=np.asarray(target.labels).tolist())
        task = Task(target.select(split.train), target.select(split.test))
        for count in recipe.few.shots:
            task.drawn(count, 0)  # too many are refused before anything is trained
        source, origin = _source(recipe, target, working, progress)
        folder.log.info("%s: %d pictures of %d classes", name, len(target), len(target.classes))
        text, layer, where = recipe.net.text, recipe.net.layer, recipe.run.device
        named = methods(task, text, source, layer, recipe.settings, recipe.few.steps, where)
        with progress.stage("few examples", len(recipe.few.shots) * recipe.few.draws * len(named)) as tick:
            found = curves(task, named, recipe.few.shots, recipe.few.draws, tick)
        with progress.stage("writing the report", 1) as tick:
            summary = _summary(recipe, shown, task, origin, found)
            _write(working, recipe, task, found, summary)
            tick()
    return Result(out, summary, _told(recipe, summary))


def _read(recipe: TransferRecipe, data: Pictures, what: str, progress: Progress) -> tuple[Gathered, Loaded]:
    """The pictures of one task as the network sees them."""
    with progress.stage(f"opening {what}", 0) as tick:
        gathered = labelled(data, "image", tick) if data.path else _drawn(data.made, what, tick)
    ready = whole(
        [brought(source, recipe.image) for source in gathered.sources],
        gathered.labels,
        gathered.groups,
        recipe.image.size,
    )
    with progress.stage(f"reading {what}", len(ready)) as tick:
        return gathered, ready.load(tick)


def _drawn(made: Made, what: str, tick: Tick) -> Gathered:
    from sigconv.loaders.image.drawn_digits import drawn_digits
    from sigconv.loaders.image.drawn_letters import drawn_letters

    write = {"digits": drawn_digits, "letters": drawn_letters}[what]
    images = write(writers=made.writers, each=made.each, seed=made.seed, progress=tick)
    return made_up(images, "group", f"made-up {what}", "writer")


def _source(
    recipe: TransferRecipe, target: Loaded, working: Path, progress: Progress
) -> tuple[Network, dict[str, Any]]:
    """The network that has learnt another task, and what is to be told of it."""
    spec, asked = nets.InputSpec(channels=target.shape[0], grid=target.shape[1:]), recipe.net
    if asked.weights:
        network = nets.build(nets.parse(asked.text), spec, classes=asked.classes, seed=0)
        nets.load_weights(network, Path(asked.weights))
        return network, {"source": asked.weights}
    gathered, read = _read(recipe, recipe.source, "digits", progress)
    if read.shape != target.shape:
        raise RecipeError(f"source has pictures of {read.shape}, data of {target.shape}; they are to be alike")
    split = holdout(read.groups, 0.2, seed=0, labels=np.asarray(read.labels).tolist())
    network = nets.build(nets.parse(asked.text), spec, classes=len(read.classes), seed=recipe.run.seeds[0])
    with progress.stage("training on the source", recipe.settings.epochs) as tick:
        fit(
            network,
            read.select(split.train),
            recipe.settings,
            seed=recipe.run.seeds[0],
            checkpoints=working / folder.TRAINING / "source",
            every=recipe.run.every,
            device=recipe.run.device,
            progress=lambda row: tick(short(row)),
        )
    test = read.select(split.test)
    right = float((probabilities(network, test, device=recipe.run.device).argmax(1) == np.asarray(test.labels)).mean())
    return network, {"source": gathered.origin, "source_pictures": len(read), "source_accuracy": right}


def _summary(recipe: TransferRecipe, shown: Gathered, task: Task, origin: dict[str, Any], found: Any) -> dict[str, Any]:
    counts = np.bincount(np.asarray(task.test.labels), minlength=len(task.test.classes))
    return {
        **origin,
        "target": shown.origin,
        "classes": list(task.test.classes),
        "tested": len(task.test),
        "tested_groups": len(set(task.test.groups)),
        "layer": recipe.net.layer,
        "chance": float(counts.max() / counts.sum()),
        "draws": recipe.few.draws,
        "accuracy": {
            name: {
                str(count): {"mean": float(np.mean(right)), "interval_95": interval(right), "each": right}
                for count, right in points.items()
            }
            for name, points in found.items()
        },
    }


def _table(summary: dict[str, Any]) -> list[list[str]]:
    """Method by examples of each class, in per cent with the interval over draws."""
    shots = list(summary["accuracy"][FROZEN])
    rows = [["examples of each class", *shots]]
    for name, points in summary["accuracy"].items():
        cells = []
        for count in shots:
            low, high = points[count]["interval_95"]
            cells.append(f"{100 * points[count]['mean']:.1f} ({100 * low:.1f} to {100 * high:.1f})")
        rows.append([name, *cells])
    return rows


def _told(recipe: TransferRecipe, summary: dict[str, Any]) -> tuple[str, ...]:
    shots = list(summary["accuracy"][FROZEN])
    first = f"  source    {summary['source']}"
    if "source_accuracy" in summary:
        first += f", {100 * summary['source_accuracy']:.1f} % of held-out pictures right"
    lines = [f"  {'examples of each class':<26}" + "".join(f"{count:>7}" for count in shots)]
    for name, points in summary["accuracy"].items():
        lines.append(f"  {name:<26}" + "".join(f"{100 * points[count]['mean']:7.1f}" for count in shots))
    tested = f"  tested on {summary['tested']} pictures of {summary['tested_groups']} groups that nothing was shown of"
    return recipe.title, first, *lines, tested


def _write(working: Path, recipe: TransferRecipe, task: Task, found: Any, summary: dict[str, Any]) -> None:
    folder.write_json(working / "environment.json", folder.environment())
    folder.write_json(working / "metrics.json", summary)
    rows = [
        {"method": name, "examples": count, "draw": draw, "accuracy": right}
        for name, points in found.items()
        for count, every in points.items()
        for draw, right in enumerate(every)
    ]
    write_whole(working / "metrics.csv", folder.as_csv(rows))
    first = firsts(task.pool, each=8)
    drawn = {
        "few_shot_curve": png(few_shot_curves(found, summary["chance"])),
        "examples": png(examples(task.pool.batch(first), task.pool.labels[first], task.pool.classes)),
    }
    for name, content in drawn.items():
        write_whole(working / f"{name}.png", content)
    text = (
        f"Means over {summary['draws']} draws of the examples, with 95 % intervals. Frozen features are the values of "
        f"layer {summary['layer']} of the network that learnt the source; behind them a linear probe. Fine-tuned: the "
        "layers up to it stay as they are, and the rest is trained. From scratch: the same architecture from random "
        "weights."
    )
    told = {key: value for key, value in summary.items() if key not in ("accuracy", "classes")}
    sections = [
        Section("Few-shot curve", text, table=_table(summary), picture=drawn["few_shot_curve"]),
        Section("Examples", "The first pictures of each class, as the network sees them.", picture=drawn["examples"]),
        Section("Data", table=facts(told | {"classes": ", ".join(summary["classes"])})),
        Section("Network", recipe.net.text),
        Section("Recipe", code=as_toml(recipe)),
    ]
    best = summary["accuracy"]
    few = next(iter(best[FROZEN]))
    headline = "; ".join(f"{name} {100 * points[few]['mean']:.1f} %" for name, points in best.items())
    write_whole(
        working / "report.html", page(recipe.title, f"{few} examples of each class: {headline}", sections).encode()
    )


LINE = Line(TransferRecipe, run)
