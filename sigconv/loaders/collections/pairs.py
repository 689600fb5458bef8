"""Pairs: a folder of recordings and beside it a folder of their label maps, with the same names."""

from collections.abc import Sequence
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders import doors
from sigconv.loaders.collections.collection import Collection, Files
from sigconv.loaders.collections.listing import files_below, readable, shown

IMAGES = ("images", "image", "scans")
MASKS = ("labels", "label", "masks", "mask")


def pairs(folder: str | Path, skip: bool = False) -> Collection:
    """The recordings of `images/` with the label maps of `labels/` that are called alike, whatever their suffixes.

    Folders inside are the same in both, and their first level is the group: images/anna/1.png belongs to
    labels/anna/1.tif, in the group "anna".

    Parameters
    ----------
    folder : holds a folder of recordings (one of IMAGES) and one of label maps (one of MASKS)
    skip : leave out files that cannot be read and recordings without a label map

    Returns
    -------
    Collection with the fields mask and, where there are folders inside, group

    Raises
    ------
    FormatError : not one folder of each kind (what was looked for and what was found is told), a recording without a
        label map, or a name that comes twice
    FileNotFoundError, NotADirectoryError : no such folder

    >>> import tempfile
    >>> where = Path(tempfile.mkdtemp())
    >>> for name in ("images/a.png", "labels/a.png"):
    ...     (where / name).parent.mkdir()
    ...     _ = (where / name).write_bytes(b"not empty")
    >>> pairs(where).field("mask")
    ('labels/a.png',)
    """
    folder = Path(folder)
    every = files_below(folder)[0]
    images, masks = (_one_of(folder, every, names) for names in (IMAGES, MASKS))
    recordings, odd = readable(folder, [name for name in every if name.startswith(f"{images}/")], skip)
    drawn, strange = readable(folder, [name for name in every if name.startswith(f"{masks}/")], skip)
    there = _by_stem(folder, masks, drawn)
    found = _by_stem(folder, images, recordings)
    bare = [name for stem, name in found.items() if stem not in there]
    if not found or len(bare) == len(found) or (bare and not skip):
        raise FormatError(
            f"{folder}: {len(bare)} of {len(found)} files in {images}/ have no label map of the same name in {masks}/: "
            f"{shown(bare)}; {masks}/ has {shown(drawn)}"
        )
    kept = {stem: name for stem, name in found.items() if stem in there}
    fields = {"mask": tuple(there[stem] for stem in kept)}
    if any("/" in stem for stem in kept):
        fields["group"] = tuple(stem.split("/")[0] if "/" in stem else stem for stem in kept)
    left = (*odd, *strange, *(f"{name} (no label map)" for name in bare))
    return Collection(tuple(kept.values()), Files(folder), fields, left)


def _one_of(folder: Path, every: Sequence[str], names: Sequence[str]) -> str:
    """The one folder there is of these names."""
    there = [name for name in names if any(path.startswith(f"{name}/") for path in every)]
    if len(there) != 1:
        said = "both " + " and ".join(f"{name}/" for name in there) if there else shown(every)
        raise FormatError(
            f"{folder}: looked for one folder of recordings ({'/, '.join(IMAGES)}/) and one of label maps "
            f"({'/, '.join(MASKS)}/); found {said}"
        )
    return there[0]


def _by_stem(folder: Path, inside: str, names: Sequence[str]) -> dict[str, str]:
    """Path inside that folder without the suffix -> path below `folder`."""
    endings = sorted((suffix for door in doors.DOORS for suffix in door.suffixes), key=len, reverse=True)
    found: dict[str, str] = {}
    for name in names:
        ending = next(ending for ending in endings if name.lower().endswith(ending))
        stem = name[len(inside) + 1 : len(name) - len(ending)]
        if stem in found:
            raise FormatError(f"{folder}: {found[stem]} and {name} are called alike; keep one of them")
        found[stem] = name
    return found
