"""Gathering for segmentation: recordings with a label map and a group each."""

from collections.abc import Sequence
from pathlib import Path

from sigconv import loaders
from sigconv.errors import RecipeError
from sigconv.loaders import Collection
from sigconv.recipe.gathered import TABLES, Gathered, grouped, opened_each, refuse_domain
from sigconv.recipe.progress import Tick
from sigconv.recipe.segment.tables import SegmentData


def listed(data: SegmentData) -> Collection:
    """The recordings that [data] names with their label maps, listed and unopened.

    Raises
    ------
    FileNotFoundError : data.path does not exist
    FormatError, ArgumentError : another layout (what was looked for, and what is there); see sigconv.loaders
    """
    path = Path(data.path)
    if not path.exists():
        raise FileNotFoundError(f"data.path is {data.path!r}: there is no such file or folder")
    if path.suffix.lower() in TABLES:
        columns = {"mask": data.mask} | ({"part": data.part} if data.part else {})
        if data.group not in ("auto", "recording"):
            columns["group"] = data.group
        return loaders.manifest(path, {k: v for k, v in columns.items() if k != v}, skip=data.skip)
    if data.pattern:
        if "{" not in data.mask:
            raise RecipeError(
                f"data.mask is {data.mask!r}; beside data.pattern={data.pattern!r} it says where the label maps lie, "
                "with words of the pattern: 'label/{section}.png'"
            )
        group = "" if data.group in ("auto", "recording") else data.group
        return loaders.pattern(path, data.pattern, "", group, data.part, data.mask, skip=data.skip)
    if path.is_dir() and (path / "dataset.json").is_file():
        return loaders.nnunet(path)
    return loaders.pairs(path, skip=data.skip)


def with_masks(data: SegmentData, domain: str, tick: Tick = lambda _told="": None) -> Gathered:
    """The recordings that [data] names, each opened, each with its label map on the same grid; a tick for each.

    Parameters
    ----------
    domain : what loaders call them in notes["domain"]: "image", "volume"

    Raises
    ------
    FormatError : files that cannot be opened or label maps on another grid; see `gathered.opened_each`
    RecipeError : recordings of another domain, or none with a label map
    """
    found = listed(data)
    masked = found.select([i for i, name in enumerate(found.fields.get("mask", ())) if name])
    if not len(masked):
        raise RecipeError(f"{data.path}: none of {len(found)} recordings has a label map; looked for {data.mask!r}")
    pairs, kept, faults = opened_each(data, masked, lambda number: (masked[number], masked.mask(number)), tick)
    opened, masks = zip(*pairs, strict=True)
    chosen = masked.select(kept)
    refuse_domain(data, domain, chosen.names, opened)
    groups, held_out_by = blocks(chosen.names, data.block) if data.block else grouped(data, chosen)
    skipped = (*found.skipped, *faults)
    return Gathered(opened, ("",) * len(opened), groups, held_out_by, data.path, chosen.parts, skipped, masks)


def blocks(names: Sequence[str], size: int) -> tuple[tuple[str, ...], str]:
    """A group for every `size` recordings in a row, and what a group is.

    >>> blocks(["0", "1", "2"], 2)[0]
    ('block 1', 'block 1', 'block 2')
    """
    return tuple(f"block {i // size + 1}" for i in range(len(names))), "block"
