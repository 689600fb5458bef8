"""`sigconv fetch`: a public data set into a folder; the scripts of data_scripts do the same."""

import argparse
import importlib.util
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import typer

from sigconv.errors import RecipeError, SigconvError, nearest
from sigconv.loaders import fetch as wire
from sigconv.recipe.progress import Progress, Tick, bars

_MEGABYTE = 1_000_000

FETCH = """Fetch a public data set: its licence is shown, each file is checked, and a call goes on where the last broke.

\b
  sigconv fetch                                  which there are
  sigconv fetch fsdd data/fsdd
  sigconv fetch eegmmidb data/eegmmidb --only "*R06*" --only "*R10*"
  sigconv fetch fsdd data/fsdd --mirror FOLDER   from a copy: a folder or an address
"""


def names() -> dict[str, Path]:
    """The data sets that come with sigconv and the script of each."""
    package = Path(__file__).parents[1]
    folder = next(f for f in (package / "data_scripts", package.parent / "data_scripts") if f.is_dir())
    return {path.stem: path for path in sorted(folder.glob("*.py"))}


def dataset(name: str) -> wire.Dataset:
    """The data set of that name.

    Raises
    ------
    RecipeError : there is none; the nearest name is told

    >>> dataset("eegmmidb").name
    'eegmmidb'
    """
    known = names()
    if name not in known:
        raise RecipeError(f"there is no data set {name!r}{nearest(name, known)}; there are: {', '.join(known)}")
    spec = importlib.util.spec_from_file_location(f"sigconv_data_{name}", known[name])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: wire.Dataset = module.DATASET
    return found


def fetch(
    wanted: wire.Dataset,
    folder: Path,
    only: list[str],
    mirror: str | None,
    progress: Progress,
    say: Callable[[str], None],
) -> None:
    """Show the licence, fetch what is missing, tidy it, and say what to type next.

    Raises
    ------
    FetchError, OSError, ArgumentError, MissingExtra : as loaders.fetch.fetch and chosen
    """
    files = wire.chosen(wanted, only)
    if mirror is not None and "://" in mirror and not mirror.startswith(("http://", "https://")):
        raise wire.FetchError(f"--mirror is {mirror!r}; it is an http(s) address or a folder")
    if mirror is not None and "://" not in mirror and not Path(mirror).is_dir():
        raise FileNotFoundError(2, "No such file or directory", mirror)
    say(f"{wanted.title}\n{wanted.licence}")
    missing = [file for file in files if not wire.is_right(folder / file.name, file)]
    if missing:
        total = sum(file.size for file in missing)
        with progress.stage("fetching (MB)", -(-total // _MEGABYTE)) as tick:
            wire.fetch(missing, folder, wanted.home, mirror, _Megabytes(tick))
    fetched = len(missing)
    say(f"{fetched} files fetched, {len(files) - fetched} were there already")
    if wanted.tidy is not None:
        with progress.stage("tidying", 0):
            wanted.tidy(folder)
    say(f"next: {wanted.then.format(folder=shlex.quote(str(folder)))}")


class _Megabytes:
    """Turns bytes as they come into ticks of a bar."""

    def __init__(self, tick: Tick) -> None:
        self.tick, self.left, self.lock = tick, 0, Lock()

    def __call__(self, count: int) -> None:
        with self.lock:
            whole, self.left = divmod(self.left + count, _MEGABYTE)
        for _ in range(whole):
            self.tick()


def main(wanted: wire.Dataset, arguments: list[str] | None = None) -> int:
    """A data script's own command line; returns the exit code: 0, 2 for an error, 130 for Ctrl-C."""
    parser = argparse.ArgumentParser(prog=f"{wanted.name}.py", description=f"{wanted.title}\n{wanted.licence}")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", metavar="DIR", type=Path, help="where the files go")
    parser.add_argument("--only", metavar="GLOB", action="append", default=[], help="files to fetch; default: all")
    parser.add_argument("--mirror", help=f"what to read instead of {wanted.home}: an address or a folder")
    options = parser.parse_args(arguments)
    try:
        with bars() as progress:
            fetch(wanted, options.folder, options.only, options.mirror, progress, typer.echo)
    except OSError as error:
        told = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        typer.echo(f"{parser.prog}: {told}", err=True)
        return 2
    except SigconvError as error:
        typer.echo(f"{parser.prog}: {error}", err=True)
        return 2
    except KeyboardInterrupt:
        typer.echo(f"{parser.prog}: stopped; run the same command again to go on", err=True)
        return 130
    return 0


def run(wanted: wire.Dataset) -> None:
    """What a data script ends with."""
    sys.exit(main(wanted))
