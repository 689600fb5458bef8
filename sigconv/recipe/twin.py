"""A twin: the recipe's network, built and trained anew on less than the recipe shows it, to stand beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import nets
from sigconv.errors import RecipeError, SigconvError
from sigconv.recipe.classify import in_memory, parted
from sigconv.recipe.domain import Baseline
from sigconv.recipe.progress import Progress
from sigconv.recipe.tables import Classify
from sigconv.train import Augment, fit, probabilities
from sigconv.windows import Loaded, Split, Windows


def twin(
    recipe: Classify,
    seen: Windows | Loaded,
    progress: Progress,
    *,
    what: str,
    key: str,
    augment: Callable[[Windows | Loaded], Augment | None] = lambda _windows: None,
) -> Baseline:
    """The network of [net] for windows of another shape, trained as [train] says on each fold with the first seed.

    Parameters
    ----------
    seen : (channel, *grid) windows that stand for the recipe's, one for each and in their order
    what : they are, "single frames";  key : that leaves this twin out, "baseline.frame"
    augment : training windows -> what makes them anew, or None

    Raises
    ------
    RecipeError : a text that builds no network for such windows, as one with sizes for other axes
    """
    net, spec = nets.parse(recipe.net.text), nets.InputSpec(channels=seen.shape[0], grid=seen.shape[1:])
    try:
        nets.measure.shapes(net, spec, classes=len(seen.classes))
    except SigconvError as error:
        raise RecipeError(
            f"net.text {recipe.net.text!r} does not build for {what}; write one size for all axes, as in C16k3, or "
            f"leave the twin out: {key}=false. {error}"
        ) from error
    windows = in_memory(seen, progress) if isinstance(seen, Windows) else seen

    def said(split: Split, place: Path) -> "np.ndarray[Any, Any]":
        train, choosing = parted(recipe.run, windows.select(split.train))
        test, seed = windows.select(split.test), recipe.run.seeds[0]
        module = nets.build(net, spec, classes=len(windows.classes), seed=seed)
        fitted = fit(
            module,
            train,
            recipe.settings,
            seed=seed,
            validation=choosing,
            augment=augment(train),
            checkpoints=place,
            every=recipe.run.every,
            device=recipe.run.device,
        )
        return probabilities(fitted.module, test, device=recipe.run.device)

    return said
