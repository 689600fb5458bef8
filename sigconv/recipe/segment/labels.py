"""Classes of label maps: the numbers that stand in a file, and the network's classes 0, 1, 2 …"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sigconv.errors import FormatError, RecipeError
from sigconv.loaders import Recording
from sigconv.loaders.recording import Reader
from sigconv.recipe.progress import Tick
from sigconv.signal import Box

_MOST_CLASSES = 256

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Classes:
    """The classes of a segmentation; the first is the background.

    names : of each;  numbers : of each, those that stand for it in label maps; the first is written back
    """

    names: tuple[str, ...]
    numbers: tuple[tuple[int, ...], ...]

    @property
    def table(self) -> tuple[Array, Array]:
        """Every number in order, and the class of each."""
        pairs = sorted((number, index) for index, each in enumerate(self.numbers) for number in each)
        return np.array([number for number, _ in pairs]), np.array([index for _, index in pairs], np.uint8)

    def numbered(self, mask: Recording) -> Recording:
        """A label map that holds classes in place of the file's numbers."""
        return replace(
            mask,
            reader=_Renumbered(mask.reader, self, str(mask.notes.get("path") or mask.notes.get("name", "label map"))),
        )

    def written(self, labels: Array) -> Array:
        """The file's numbers for a map of classes, uint8 or uint16."""
        first = [each[0] for each in self.numbers]
        kind = np.uint8 if max(first) < 256 else np.uint16
        found: Array = np.array(first, kind)[labels]
        return found


@dataclass(frozen=True, eq=False)
class _Renumbered:
    reader: Reader
    classes: Classes
    name: str

    def __call__(self, box: Box, rows: Sequence[int]) -> Any:
        data = np.asarray(self.reader(box, rows))
        known, index = self.classes.table
        place = np.minimum(np.searchsorted(known, data), len(known) - 1)
        if (strange := data[known[place] != data]).size:
            told = ", ".join(f"{n} {each[0]}" for n, each in zip(self.classes.names, self.classes.numbers, strict=True))
            raise FormatError(
                f"{self.name}: the label map holds {strange[0]:g}, which is no class ({told}); name it: "
                f"data.classes.NAME={strange[0]:g}"
            )
        return index[place]


def classes_of(given: Mapping[str, int | Sequence[int]], masks: Sequence[Recording], tick: Tick) -> Classes:
    """The classes that a recipe names, else those that the data set names, else the numbers that occur.

    Parameters
    ----------
    given : [data] classes
    masks : label maps as they lie in the files; a tick for each

    Raises
    ------
    RecipeError : fewer than two classes, more than 256, or a number that stands for two
    FormatError : label maps that are no whole numbers
    """
    named = masks[0].notes.get("labels")
    if given:
        pairs = {name: (n,) if isinstance(n, int) else tuple(n) for name, n in given.items()}
    elif isinstance(named, Mapping) and named:
        pairs = {str(name): (int(number),) for number, name in sorted(named.items())}
    else:
        pairs = {f"label {number}": (number,) for number in _occurring(masks, tick)}
    found = Classes(tuple(pairs), tuple(pairs.values()))
    every = [number for each in found.numbers for number in each]
    if not 2 <= len(pairs) <= _MOST_CLASSES or len(set(every)) < len(every) or () in found.numbers:
        raise RecipeError(
            f"data.classes is {dict(pairs)}; a segmentation has 2 to {_MOST_CLASSES} classes, each with numbers of its "
            "own"
        )
    return found


def _occurring(masks: Sequence[Recording], tick: Tick) -> list[int]:
    seen: set[float] = set()
    for mask in masks:
        seen |= set(np.unique(mask.read().data).tolist())
        if len(seen) > _MOST_CLASSES or any(number != int(number) or number < 0 for number in seen):
            raise FormatError(
                f"{mask.notes.get('name', 'a label map')}: holds {len(seen)} different numbers such as {max(seen):g}; "
                "a label map holds a whole number for each class. Is it a picture of the labels in colours?"
            )
        tick()
    return sorted(int(number) for number in seen)
