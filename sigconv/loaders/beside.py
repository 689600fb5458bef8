"""A file that another file names: it is looked for in the folder of the one that names it, never elsewhere."""

from pathlib import Path

from sigconv.errors import FormatError


def beside(path: Path, name: str, what: str) -> Path:
    """The file called `name`, as `path` calls it: in the same folder or one below.

    Parameters
    ----------
    path : the file that names the other
    name : as it stands there
    what : the field that holds the name, for the message

    Raises
    ------
    FormatError : an absolute name, one that leads out of the folder (a symbolic link, too), or no such file

    >>> beside(Path("data/a.vhdr"), "/etc/passwd", "DataFile")
    Traceback (most recent call last):
    sigconv.errors.FormatError: data/a.vhdr: DataFile is '/etc/passwd'; expected a file in its own folder
    """
    folder = path.parent.resolve()
    if not name or "\0" in name or len(name) > 4096:
        raise FormatError(f"{path}: {what} is {name[:80]!r}; expected the name of a file")
    try:
        target = (folder / name).resolve()
        inside = not Path(name).is_absolute() and target.is_relative_to(folder)
        there = inside and target.is_file()
    except (OSError, RuntimeError) as error:
        raise FormatError(f"{path}: {what} is {name!r}, which cannot be followed: {error}") from error
    if not inside:
        raise FormatError(f"{path}: {what} is {name!r}; expected a file in its own folder")
    if not there:
        raise FormatError(f"{path}: {what} is {name!r}, and there is no such file beside it; put it back or rename it")
    return target
