"""Gathering: from [data] to opened recordings with a label and a group each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sigconv import loaders
from sigconv.errors import FormatError, RecipeError, SigconvError, nearest
from sigconv.loaders import Collection, Recording
from sigconv.loaders.collections.hdf5_images import SUFFIXES as HDF5
from sigconv.recipe import folder
from sigconv.recipe.progress import Progress, Tick
from sigconv.recipe.tables import Data
from sigconv.signal import Source

T = TypeVar("T")

TABLES = (".csv", ".tsv")
_RECORDINGS = tuple(suffix for door in loaders.DOORS for suffix in door.suffixes)
_KNOWN_GROUPS = ("group", "subject", "speaker", "patient")
_NO_FIELD = ("auto", "recording")  # groups that are no word or column


@dataclass(frozen=True, eq=False)
class Gathered:
    """Recordings, opened and unread, with what is known of each.

    sources : the recordings
    labels : the class of each, "" where events or label maps tell it
    groups : what must never be divided between training and test
    held_out_by : what a group is: "subject", "speaker", "recording" …
    origin : where they come from, for people
    parts : "train", "test" … of each where the data set defines them
    skipped : what was left out, and why
    masks : the label map of each, or none
    """

    sources: tuple[Source, ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    held_out_by: str
    origin: str
    parts: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    masks: tuple[Source, ...] = ()


def gathered_by(domain: Any, recipe: Any, name: str, progress: Progress) -> Gathered:
    """What a Domain or a Segmenter gathers; the run's log tells of it and of everything that was left out.

    name : of the recipe, for the log

    Raises
    ------
    SigconvError, OSError : what the domain's `gather` refuses
    """
    found: Gathered = domain.gather(recipe, progress)
    folder.log.info("%s: %d recordings, held out by %s", name, len(found.sources), found.held_out_by)
    for left in found.skipped:
        folder.log.info("left out: %s", left)
    return found


def made_up(recordings: Sequence[Recording], group: str, origin: str, told: str = "") -> Gathered:
    """Made-up recordings, whose notes tell the label and the group of each.

    group : the note that tells the group, and what a group is unless `told` says it in another word
    origin : what they are, for people

    >>> from sigconv.loaders.image.drawn_digits import drawn_digits
    >>> made_up(drawn_digits(1, 10), "group", "made-up handwriting", "writer").groups[0]
    'writer-00'
    """
    labels, groups = (tuple(str(one.notes[name]) for one in recordings) for name in ("label", group))
    return Gathered(tuple(recordings), labels, groups, told or group, origin)


def collection(data: Data) -> Collection:
    """The recordings that [data] names, listed and unopened.

    Raises
    ------
    FileNotFoundError : data.path does not exist
    FormatError, ArgumentError : no class folders, no such column or word; see sigconv.loaders
    """
    path = Path(data.path)
    if not path.exists():
        raise FileNotFoundError(f"data.path is {data.path!r}: there is no such file or folder")
    path = _lone(path)
    if path.suffix.lower() in HDF5:
        return loaders.hdf5_images(path)
    if path.is_file() and path.name.lower().endswith(_RECORDINGS):
        raise RecipeError(
            f"data.path is {data.path!r}, which is one recording; give the folder that holds a folder for each class, "
            "or a table (.csv) with the columns path, label, group"
        )
    group = "" if data.group in _NO_FIELD else data.group
    if path.suffix.lower() in TABLES:
        columns = {"label": data.label} | ({"part": data.part} if data.part else {})
        if group:
            columns["group"] = group
        return loaders.manifest(path, {k: v for k, v in columns.items() if k != v}, skip=data.skip)
    if data.pattern:
        return loaders.pattern(path, data.pattern, data.label, group, data.part, skip=data.skip)
    return loaders.class_folders(path, skip=data.skip)


def _lone(path: Path) -> Path:
    """The zip or HDF5 file in a folder that holds one and no folders, as public data sets come; else the path."""
    if not path.is_dir():
        return path
    inside = [one for one in path.iterdir() if not one.name.startswith(".")]
    holding = [one for one in inside if one.suffix.lower() in (".zip", *HDF5)]
    return holding[0] if len(holding) == 1 and not any(one.is_dir() for one in inside) else path


def labelled(data: Data, domain: str, tick: Tick = lambda _told="": None) -> Gathered:
    """The recordings that [data] names, each opened, each with a label; a tick for each.

    Parameters
    ----------
    domain : what loaders call them in notes["domain"]: "audio", "image" …

    Raises
    ------
    FormatError : see `opened_each`
    RecipeError : recordings of another domain, no label, one class only, or no such field to group by
    """
    listed = collection(data)
    opened, kept, faults = opened_each(data, listed, listed.__getitem__, tick)
    chosen = listed.select(kept)
    refuse_domain(data, domain, chosen.names, opened)
    _refuse_unlabelled(data, chosen)
    groups, held_out_by = grouped(data, chosen)
    skipped = (*listed.skipped, *faults)
    return Gathered(tuple(opened), chosen.labels, groups, held_out_by, data.path, chosen.parts, skipped)


def opened_each(
    data: Data, listed: Collection, opening: Callable[[int], T], tick: Tick
) -> tuple[list[T], list[int], list[str]]:
    """What `opening` gives for the number of each recording, the numbers that it opens, and what is wrong with others.

    tick : called for each

    Raises
    ------
    FormatError : some cannot be opened (counted, the first three named), and data.skip is false or none is left
    """
    opened, kept, faults = [], [], []
    for number, name in enumerate(listed.names):
        try:
            opened.append(opening(number))
            kept.append(number)
        except (SigconvError, OSError) as error:
            faults.append(f"{name} ({error})")
        tick()
    if faults and not (data.skip and opened):
        raise FormatError(
            f"{data.path}: {len(faults)} of {len(listed)} recordings cannot be used: {'; '.join(faults[:3])}. Put them "
            "right, or leave them out with data.skip=true"
        )
    return opened, kept, faults


def refuse_domain(data: Data, domain: str, names: Sequence[str], opened: Sequence[Source]) -> None:
    """Refuse recordings of another domain than the recipe's, and none at all."""
    if not opened:
        raise RecipeError(f"data.path is {data.path!r}: no file there can be read")
    for name, source in zip(names, opened, strict=True):
        if (found := source.notes["domain"]) != domain:
            raise RecipeError(
                f"data.path is {data.path!r}: {name} is of the domain {found!r}, and this recipe is for {domain!r}; "
                "`sigconv recipes` lists the others"
            )


def _refuse_unlabelled(data: Data, chosen: Collection) -> None:
    if "label" not in chosen.fields:
        there = ", ".join(["path", *chosen.fields])
        raise RecipeError(f"{data.path}: has no column 'label'; its columns are {there}; name it: data.label=COLUMN")
    if bare := [name for name, label in zip(chosen.names, chosen.labels, strict=True) if not label]:
        raise RecipeError(f"{data.path}: {len(bare)} recordings have no label, {bare[0]} the first")
    if len(chosen.classes) < 2:
        raise RecipeError(f"{data.path}: there is one class only, {chosen.classes[0]!r}; a classifier tells two apart")


def grouped(data: Data, chosen: Collection) -> tuple[tuple[str, ...], str]:
    """The group of each recording, and what a group is."""
    if data.group not in _NO_FIELD and not {data.group, "group"} & set(chosen.fields):
        known = [*chosen.fields, "auto", "recording"]
        raise RecipeError(f"data.group is {data.group!r}{nearest(data.group, known)}; allowed: {', '.join(known)}")
    kind = _known_group(chosen) if data.group == "auto" else data.group
    if kind == "recording":
        return chosen.names, kind
    column = chosen.fields.get(kind, chosen.groups)
    if bare := [name for name, group in zip(chosen.names, column, strict=True) if not group]:
        raise RecipeError(
            f"{data.path}: {len(bare)} of {len(column)} recordings have no {kind}, {bare[0]} the first; say it for "
            "each, or take each recording on its own: data.group=recording"
        )
    return column, kind


def _known_group(chosen: Collection) -> str:
    """The field that tells groups: "group" where anything stands in it, or one that tells several apart, or some."""
    for name in _KNOWN_GROUPS:
        column = chosen.fields.get(name, ())
        if any(column) and (name == "group" or len(set(column)) > 1):
            return name
    return "recording"
