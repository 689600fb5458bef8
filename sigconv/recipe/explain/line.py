"""From a run folder and a recording to an explanation on disk."""

from pathlib import Path

from sigconv.errors import ArgumentError
from sigconv.recipe import lines
from sigconv.recipe.domain import Domain
from sigconv.recipe.explain.files import refuse_target, write_explanation
from sigconv.recipe.explain.methods import NEAR, Asked, explained
from sigconv.recipe.explain.patch import chosen_patch
from sigconv.recipe.explain.window import chosen_window
from sigconv.recipe.prediction import model_of
from sigconv.recipe.progress import Progress
from sigconv.recipe.segment.domain import Segmenter
from sigconv.report.explain import Explanation, ask


def explain(
    run: Path,
    file: Path,
    out: Path | None,
    asked: Asked,
    progress: Progress,
    *,
    which: str | None = None,
    at: str = "",
    nth: int = 1,
) -> tuple[str, ...]:
    """Explain one window or patch of one recording; write pictures, return the lines that tell it.

    Parameters
    ----------
    run : folder of `sigconv run`
    file : a recording as the model was trained on; prepared in the same way
    out : .png; by default FILE-METHOD.png in the present folder
    asked : the method and its numbers
    which : the class, or None for the one that the model says
    at, nth : which window or patch; see `chosen_window`, `chosen_patch`

    Raises
    ------
    ArgumentError : a run without a network; no such class, layer, method, event (those there are, are named)
    FileNotFoundError, FormatError : no such run, or a damaged one
    """
    target = out or Path(f"{file.name.split('.')[0]}-{asked.method}.png")
    refuse_target(target)
    model = model_of(run)
    domain = lines.line(model.recipe.kind, model.recipe.domain).domain
    if isinstance(domain, Segmenter):
        signal, where, which = chosen_patch(domain, model, file, at, which, progress)
    elif isinstance(domain, Domain):
        signal, where = chosen_window(domain, model, file, at, nth, which, progress)
    else:
        raise ArgumentError(f"{run} is a run of the kind {model.recipe.kind!r}, which leaves no network to explain")
    question = ask(model.module, signal, which, model.classes)
    with progress.stage(f"explaining by {asked.method}", 0) as tick:
        found = explained(question, asked, model.recipe.domain, tick)
    return *_told(found, where), *map(str, write_explanation(found, target))


def _told(found: Explanation, where: str) -> list[str]:
    question = found.question
    at = f" at {found.layer}" if found.layer else ""
    said = [
        where,
        f"class {question.name}, probability {question.probability:.3f}, score {found.score:.4g}",
        ", ".join(filter(None, [f"{found.method}{at}", found.settings])),
        found.completeness,
    ]
    if abs(found.error) > 5 * NEAR * abs(found.score - found.baseline_score):
        said.append(
            "the sum is far off: raise --effort, or take --method shapley, which adds up (nets with instance norm jump "
            "near a constant baseline)"
        )
    strongest = [
        f"{part.name} {part.value:+.3g}" + (f" ± {part.spread:.2g}" if part.spread == part.spread else "")
        for part in found.strongest()
    ]
    return said + [f"strongest: {'; '.join(strongest)}"] * bool(strongest)
