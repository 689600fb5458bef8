"""nnU-Net's layout: imagesTr, labelsTr and dataset.json, also as the Medical Segmentation Decathlon has it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from sigconv import space
from sigconv.errors import FormatError, SamplingError, ShapeError
from sigconv.loaders import doors
from sigconv.loaders.collections.collection import Collection
from sigconv.loaders.collections.listing import files_below, shown
from sigconv.loaders.limits import within_limit
from sigconv.loaders.recording import Reader, Recording
from sigconv.signal import Axis, Box

_MOST_JSON = 1 << 26


def nnunet(folder: str | Path) -> Collection:
    """The cases of a data set in nnU-Net's layout, with their label maps as masks.

    imagesTr/case_0000.nii.gz, case_0001.nii.gz … are the channels of one recording, labelsTr/case.nii.gz is its mask;
    imagesTs are the part "test", without masks or with those of labelsTs. The Decathlon's imagesTr/case.nii.gz is read
    as well. `collection.mask(i)` is the label map, whose notes["labels"] has the name of each number.

    Parameters
    ----------
    folder : holds dataset.json, imagesTr and labelsTr

    Returns
    -------
    Collection with the fields group (the case), part ("train", "test") and mask

    Raises
    ------
    FormatError : dataset.json is missing or says something else (the key is named), a case without a channel or mask
    FileNotFoundError : no such folder

    Source: Isensee et al. (2021), Nature Methods 18; nnU-Net v2, documentation/dataset_format.md.
    """
    folder = Path(folder)
    told = _dataset(folder)
    channels = _names(folder, told, "channel_names", "modality")
    labels = _names(folder, told, "labels", "labels")
    ending = told.get("file_ending", ".nii.gz")
    if not isinstance(ending, str) or not re.fullmatch(r"(\.\w+){1,2}", ending):
        raise FormatError(f"{folder}/dataset.json: file_ending is {ending!r}, expected a suffix such as '.nii.gz'")
    names: list[str] = []
    fields: dict[str, list[str]] = {"group": [], "part": [], "mask": []}
    for part, images, masks in (("train", "imagesTr", "labelsTr"), ("test", "imagesTs", "labelsTs")):
        if part == "test" and not (folder / images).is_dir():
            continue
        for case, mask in _cases(folder, images, masks, ending, len(channels), part == "train"):
            names.append(f"{images}/{case}")
            for name, text in (("group", case), ("part", part), ("mask", mask)):
                fields[name].append(text)
    opener = Cases(folder, ending, tuple(channels.values()))
    return Collection(
        tuple(names), opener, {k: tuple(v) for k, v in fields.items()}, (), Masks(folder, MappingProxyType(labels))
    )


def _dataset(folder: Path) -> dict[str, Any]:
    path = folder / "dataset.json"
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder")
    if not path.is_file() or not (folder / "imagesTr").is_dir():
        found = shown(files_below(folder)[0])
        raise FormatError(f"{folder}: looked for dataset.json and imagesTr, as nnU-Net has them; found {found}")
    within_limit(path, path.stat().st_size, "this table")
    try:
        told = json.loads(path.read_bytes()[:_MOST_JSON])
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: not readable as JSON: {error}") from None
    if not isinstance(told, dict):
        raise FormatError(f"{path}: holds a {type(told).__name__}, expected an object with channel_names and labels")
    return told


def _names(folder: Path, told: Mapping[str, Any], key: str, older: str) -> dict[int, str]:
    """Number -> name, from {"0": "T2"} or {"anterior": 1}; numbers count from 0."""
    held = told.get(key, told.get(older))
    try:
        pairs = [(int(k), str(v)) if str(k).isdigit() else (int(v), str(k)) for k, v in held.items()]
    except (AttributeError, TypeError, ValueError):
        raise FormatError(
            f"{folder}/dataset.json: {key} is {str(held)[:100]}, expected numbers and names such as "
            '{"0": "T2"} or {"background": 0}; regions of several labels are not read'
        ) from None
    found = dict(sorted(pairs))
    if not found or list(found) != list(range(len(found))) or len(found) < len(pairs):
        raise FormatError(f"{folder}/dataset.json: {key} numbers {sorted(n for n, _ in pairs)}, expected 0, 1, 2 …")
    return found


def _cases(folder: Path, images: str, masks: str, ending: str, channels: int, needed: bool) -> list[tuple[str, str]]:
    """(case, path of its mask or "") in order; every channel must be there."""
    every = [name.removesuffix(ending) for name in files_below(folder / images, 0)[0] if name.endswith(ending)]
    numbered: dict[str, set[int]] = {}
    for name in every:
        found = re.fullmatch(r"(.+)_(\d{4})", name)
        if found:
            numbered.setdefault(found[1], set()).add(int(found[2]))
        elif channels == 1:
            numbered.setdefault(name, set()).add(0)
        else:
            raise FormatError(f"{folder}/{images}/{name}{ending}: expected _0000 … _{channels - 1:04d} before {ending}")
    if not numbered:
        raise FormatError(f"{folder}/{images}: no file that ends in {ending}; found {shown(every)}")
    short = [case for case, held in numbered.items() if held != set(range(channels))]
    if short:
        raise FormatError(f"{folder}/{images}: {len(short)} cases have not {channels} channels each: {shown(short)}")
    there = {case: f"{masks}/{case}{ending}" for case in numbered if (folder / masks / f"{case}{ending}").is_file()}
    if needed and len(there) < len(numbered):
        missing = [case for case in numbered if case not in there]
        raise FormatError(f"{folder}/{masks}: {len(missing)} of {len(numbered)} masks are missing: {shown(missing)}")
    return [(case, there.get(case, "")) for case in sorted(numbered)]


@dataclass(frozen=True, eq=False)
class Cases:
    """What opens a case with all its channels; it goes along to worker processes."""

    folder: Path
    ending: str
    channels: tuple[str, ...]

    def __call__(self, name: str) -> Recording:
        """The case `imagesTr/case`: one recording of all channels, which lie on one grid."""
        plain = self.folder / f"{name}{self.ending}"
        numbered = [self.folder / f"{name}_{number:04d}{self.ending}" for number in range(len(self.channels))]
        every = [doors.open(path) for path in (numbered if numbered[0].is_file() else [plain])]
        for path, other in zip(numbered, every, strict=False):
            if other.axes[0].size != 1:
                raise FormatError(f"{path}: has {other.axes[0].size} channels, expected one in each file")
            try:
                space.same_grid(every[0], other)
            except (ShapeError, SamplingError) as error:
                raise type(error)(f"{path}: lies on another grid than channel 0: {error}") from None
        axes = (Axis.channel(self.channels), *every[0].axes[1:])
        notes = {**every[0].notes, "name": name.rpartition("/")[2]}
        return replace(every[0], axes=axes, reader=Joined(tuple(one.reader for one in every)), notes=notes, rows=())


@dataclass(frozen=True, eq=False)
class Joined:
    """Readers of one channel each as the channels of one."""

    readers: tuple[Reader, ...]

    def __call__(self, box: Box, rows: Sequence[int]) -> Any:
        """(row, *grid) array of the channels numbered `rows`."""
        return np.concatenate([self.readers[row](box, (0,)) for row in rows])


@dataclass(frozen=True, eq=False)
class Masks:
    """What opens the label map of a case, with the names of its labels."""

    folder: Path
    labels: Mapping[int, str]

    def __call__(self, name: str) -> Recording:
        """The label map in that file."""
        found = doors.open(self.folder / name)
        return replace(found, notes={**found.notes, "labels": dict(self.labels)})
