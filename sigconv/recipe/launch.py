"""One run of a recipe, by one process or by those of torchrun together."""

from collections.abc import Sequence
from pathlib import Path

from sigconv.recipe import config, dry_run, folder, lines
from sigconv.recipe.progress import bars
from sigconv.train.device import device_of
from sigconv.train.processes import joined, left
from sigconv.train.stop import Stopped


def run(recipe: str, overrides: Sequence[str], out: Path | None, dry: bool) -> str:
    """Carry out a recipe, or say what that would be; what there is to tell, "" in all processes but the first.

    Parameters
    ----------
    recipe, overrides : as of config.read
    out : the run folder to make; by default runs/RECIPE-DATE-TIME
    dry : whether nothing is written

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
