"""A file that was renamed together with the header that names it."""

from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders.beside import beside


def followed(path: Path, name: str, suffix: str, warnings: list[str]) -> Path | None:
    """The file `name` beside the header `path`; where it is not there, the one called as the header is, or None.

    Parameters
    ----------
    path : the header;  name : as it tells it
    suffix : of the file that is looked for instead
    warnings : gets a sentence where the named file is not there

    Raises
    ------
    FormatError : the name leads out of the header's folder

    >>> said = []
    >>> followed(Path("none.vhdr"), "old.eeg", ".eeg", said), said
    (None, ["'old.eeg', which the header names, is not there, nor is none.eeg"])
    """
    instead = path.with_suffix(suffix)
    try:
        return beside(path, name)
    except FormatError as error:
        if "which is not there" not in str(error):
            raise
    found = instead.is_file()
    warnings.append(
        f"{name[:80]!r}, which the header names, is not there"
        + (f"; {instead.name} is read" if found else f", nor is {instead.name}")
    )
    return beside(path, instead.name) if found else None
