"""Few examples: what a network learns from k of each class, from features that another task left or from nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sigconv import nets
from sigconv.errors import SplitError
from sigconv.nets.builder import Network
from sigconv.nets.layer_names import layer_name
from sigconv.recipe.progress import Tick
from sigconv.train import Settings, fit, linear_probe, probabilities
from sigconv.train.draws import generator
from sigconv.train.freeze import freeze
from sigconv.windows import Loaded

FROZEN, TUNED, SCRATCH, PIXELS = "frozen features + probe", "fine-tuned behind them", "from scratch", "pixels + probe"

Method = Callable[[Any, int], float]  # (numbers of the examples, seed) -> accuracy on the test part


@dataclass(frozen=True, eq=False)
class Task:
    """Pictures of which few are shown: the pool that they are drawn from, and the test part."""

    pool: Loaded
    test: Loaded

    def drawn(self, shots: int, draw: int) -> Any:
        """Numbers of `shots` examples of each class of the pool; the same for every method.

        Raises
        ------
        SplitError : a class of fewer examples
        """
        labels, chosen = np.asarray(self.pool.labels), []
        for number, name in enumerate(self.pool.classes):
            there = np.flatnonzero(labels == number)
            if len(there) < shots:
                raise SplitError(
                    f"few.shots has {shots}, and class {name!r} has {len(there)} examples beside the test part; "
                    "take fewer"
                )
            chosen.append(generator(0, "few shots", shots, draw, number).choice(there, shots, replace=False))
        return np.concatenate(chosen)


def methods(
    task: Task, text: str, source: Network, layer: str, settings: Settings, steps: int, device: str = "auto"
) -> dict[str, Method]:
    """The ways to learn from few examples by name; each gives the share of the test part that is right.

    source : network that learnt another task;  layer : whose values are the features
    settings : of the trainings, each of `steps` steps
    device : where they run, as of train.fit
    """
    return {
        FROZEN: _probed(task, *(nets.features(source, x.data, layer) for x in (task.pool, task.test))),
        TUNED: _trained(task, text, settings, steps, device, source, layer),
        SCRATCH: _trained(task, text, settings, steps, device),
        PIXELS: _probed(task, task.pool.data, task.test.data),
    }


def curves(
    task: Task, named: Mapping[str, Method], shots: list[int], draws: int, tick: Tick
) -> dict[str, dict[int, list[float]]]:
    """Method -> examples of each class -> an accuracy for each draw; a tick after each."""
    found: dict[str, dict[int, list[float]]] = {name: {} for name in named}
    for count in shots:
        for draw in range(draws):
            chosen = task.drawn(count, draw)
            for name, method in named.items():
                found[name].setdefault(count, []).append(method(chosen, draw))
                tick()
    return found


def _probed(task: Task, pool: Any, test: Any) -> Method:
    def right(chosen: Any, seed: int) -> float:
        labels = np.asarray(task.pool.labels)[chosen]
        # one example of each class leaves none to choose a penalty by
        strengths = {} if len(chosen) > len(task.pool.classes) else {"strengths": (0.01,)}
        probe = linear_probe(pool[chosen], labels, seed=seed, folds=3, **strengths)
        return probe.score(test, task.test.labels)

    return right


def _trained(
    task: Task,
    text: str,
    settings: Settings,
    steps: int,
    device: str,
    source: Network | None = None,
    layer: str = "",
) -> Method:
    """Training on the examples: from random weights, or from the source's up to a layer, which stay as they are."""

    def right(chosen: Any, seed: int) -> float:
        shown = task.pool.select(chosen)
        spec = nets.InputSpec(channels=shown.shape[0], grid=shown.shape[1:])
        module = nets.build(nets.parse(text), spec, classes=len(shown.classes), seed=seed)
        if source is not None:
            _copied(source, module, layer)
            freeze(module, layer)
        few = replace(settings, batch=min(settings.batch, len(shown)), epochs=1, steps=steps)
        fitted = fit(module, shown, few, seed=seed, device=device)
        said = probabilities(fitted.module, task.test, device=device)
        return float((said.argmax(1) == np.asarray(task.test.labels)).mean())

    return right


def _copied(source: Network, module: Network, until: str) -> None:
    """Every layer up to and including one has the source's numbers; those behind it keep their own."""
    names = [row.name for row in module.rows]
    for name in names[: names.index(layer_name(module, until)) + 1]:
        module.layers[name].load_state_dict(source.layers[name].state_dict())
