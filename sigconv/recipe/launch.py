"""One run of a recipe, by one process or by those of torchrun together."""

from collections.abc import Sequence
from pathlib import Path

from sigconv.errors import RecipeError
from sigconv.recipe import config, dry_run, fetch, folder, lines
from sigconv.recipe.progress import Progress, bars
from sigconv.recipe.tables import Recipe
from sigconv.train.device import device_of
from sigconv.train.processes import joined, left
from sigconv.train.stop import Stopped


def run(recipe: str, overrides: Sequence[str], out: Path | None, dry: bool, real: Path | None = None) -> str:
    """Carry out a recipe, or say what that would be; what there is to tell, "" in all processes but the first.

    Parameters
    ----------
    recipe, overrides : as of config.read
    out : the run folder to make; by default runs/RECIPE-DATE-TIME
    dry : whether nothing is written
    real : where the recipe's public data set is, or is fetched to

    Raises
    ------
    SigconvError : whatever is wrong with recipe or data
    OSError : the folder exists, or cannot be written
    """
    resolved = config.read(recipe, overrides)
    name = config.find(recipe).resolve().parent.name
    processes = joined(device_of(resolved.run.device))
    together = False  # whether all end here, rather than this one alone
    try:
        if real is not None:
            with bars(shown=processes.first) as progress:
                overrides = [*_fetched(resolved, recipe, real, progress, processes.first), *overrides]
            processes.told(b"")  # nobody reads before the first one has fetched
            resolved = config.read(recipe, overrides)
        found = out or (folder.target(Path("runs"), name, config.as_toml(resolved)) if processes.first else None)
        target = Path(processes.told(str(found).encode()).decode())
        with bars(shown=processes.first) as progress:
            if dry:
                told = dry_run.told(resolved, target, progress)
            else:
                result = lines.run(resolved, name, target, progress)
                told = "\n" + "\n".join(result.told) + f"\n\nreport: {result.folder / 'report.html'}"
        together = True
        return told if processes.first else ""
    except Stopped:
        together = True
        raise
    finally:
        left(processes, together)


def _fetched(resolved: Recipe, name: str, place: Path, progress: Progress, first: bool) -> list[str]:
    """Fetch what is missing of the recipe's data set, in the first process; what is laid over the recipe then."""
    if resolved.real is None:
        raise RecipeError(f"{name} has no public data set of its own; leave --fetch out, and give data.path=")
    wanted = fetch.dataset(resolved.real.dataset)
    if first:
        fetch.fetch(wanted, place, resolved.real.only, None, progress, folder.log.info)
    return [one.replace("DIR", str(place)) for one in resolved.real.overrides]
