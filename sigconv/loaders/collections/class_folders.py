"""Class folders: a folder, or a zip, with a folder for each class."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders import archive, image
from sigconv.loaders.collections.collection import Collection, Files
from sigconv.loaders.collections.listing import IN_A_RECIPE, files_below, in_order, readable, shown
from sigconv.loaders.recording import Recording

PARTS = ("train", "training", "val", "valid", "validation", "test", "testing")


@dataclass(frozen=True, eq=False)
class Zipped:
    """What opens the images in a zip without extracting them; it goes along to worker processes."""

    members: dict[str, archive.Member]

    def __call__(self, name: str) -> Recording:
        """The picture in the member of that name."""
        return image.open(self.members[name])


def class_folders(folder: str | Path, skip: bool = False) -> Collection:
    """The recordings in folders that are named like their classes: cat/1.jpg, dog/7.jpg, or train/cat/1.jpg.

    Parameters
    ----------
    folder : holds the class folders, or folders called train, val, test (PARTS) that hold them; or a zip with images
        in such folders, which is not extracted
    skip : leave out files that no loader reads, empty ones, those in no class folder, and empty folders, in place of
        refusing them

    Returns
    -------
    Collection with the fields label, and part where there are parts; each item is a group of its own

    Raises
    ------
    FormatError : no class folders, one class only, an empty class, or files that cannot be read (they are counted and
        the first are named)
    FileNotFoundError : no such folder

    >>> import tempfile
    >>> import numpy as np
    >>> from sigconv import loaders
    >>> from sigconv.signal import Axis, Signal
    >>> folder = Path(tempfile.mkdtemp())
    >>> dot = Signal(np.zeros((1, 2, 2), np.uint8), (Axis.channel(["grey"]), Axis("y", 2), Axis("x", 2)))
    >>> for name in ("cat", "dog"):
    ...     (folder / name).mkdir()
    ...     loaders.save(dot, folder / name / "1.png")
    >>> class_folders(folder).labels
    ('cat', 'dog')
    """
    folder = Path(folder)
    if folder.is_file():
        members = {member.inside: member for member in archive.members(folder)}
        names, skipped = _images(folder, in_order(members), skip)
        return _sorted(folder, names, skipped, Zipped(members), skip)
    names, empty = files_below(folder)
    if empty and not skip:
        raise FormatError(
            f"{folder}: {len(empty)} of its folders hold no file: {shown(empty)}. Remove them, or pass "
            f"skip=True{IN_A_RECIPE} to leave them out"
        )
    kept, skipped = readable(folder, names, skip)
    return _sorted(folder, kept, (*skipped, *(f"{name} (an empty folder)" for name in empty)), Files(folder), skip)


def _images(folder: Path, names: Iterable[str], skip: bool) -> tuple[list[str], tuple[str, ...]]:
    kept: list[str] = []
    odd: list[str] = []
    for name in names:
        if not any(part.startswith((".", "__MACOSX")) for part in name.split("/")):
            (kept if name.lower().endswith(image.SUFFIXES) else odd).append(name)
    if odd and not skip:
        raise FormatError(
            f"{folder}: {len(odd)} of {len(kept) + len(odd)} members are no images: {shown(odd)}. Pass "
            f"skip=True{IN_A_RECIPE} to leave them out; recordings of other kinds are read from a folder: "
            "archive.extract(zip, folder)"
        )
    return kept, tuple(f"{name} (no image)" for name in odd)


def _sorted(folder: Path, names: list[str], skipped: tuple[str, ...], opener: Files | Zipped, skip: bool) -> Collection:
    tops = {name.partition("/")[0] for name in names if "/" in name}
    split = bool(tops) and all(top.lower() in PARTS for top in tops)
    depth = 2 if split else 1
    loose = [name for name in names if name.count("/") < depth]
    wanted = "part/class/file" if split else "class/file"
    if skip and len(loose) < len(names):
        skipped = (*skipped, *(f"{name} (in no class folder)" for name in loose))
        names, loose = [name for name in names if name not in set(loose)], []
    if loose or not names:
        told = f"{len(loose)} of {len(names)} recordings lie in no class folder" if names else "there is no recording"
        raise FormatError(
            f"{folder}: {told}; looked for {wanted}, found {shown(loose or skipped)}. Other layouts: loaders.pattern "
            "and loaders.manifest (in a recipe: data.pattern='{label}_{speaker}_{_}.wav', or data.path=FILE.csv with "
            "the columns path, label, group)"
        )
    levels = [name.split("/", depth) for name in names]
    labels = tuple(level[depth - 1] for level in levels)
    if len(set(labels)) < 2:
        raise FormatError(
            f"{folder}: there is one class only, {labels[0]!r}; looked for two folders or more as in {wanted}, found "
            f"{shown(names)}"
        )
    fields = {"label": labels} | ({"part": tuple(level[0] for level in levels)} if split else {})
    return Collection(tuple(names), opener, fields, skipped)
