"""Collection: many recordings with labels and groups, listed at once and opened one by one."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import index
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sigconv import space
from sigconv.errors import ArgumentError, SamplingError, ShapeError, SigconvError, nearest
from sigconv.loaders import doors
from sigconv.loaders.recording import Recording

# what a loader tells and a table does not overrule
_LOADERS_OWN = frozenset({"domain", "path", "name", "facts", "warnings", "origin", "directions", "labels", "icc"})


@dataclass(frozen=True)
class Files:
    """What opens the files below a folder; it goes along to worker processes."""

    folder: Path

    def __call__(self, name: str) -> Recording:
        """The recording in the file of that name."""
        return doors.open(self.folder / name)


@dataclass(frozen=True, eq=False)
class Collection:
    """Recordings by name, with a label, a group and other fields for each; a recording is opened when asked for.

    It holds names and fields alone, some 250 bytes an item. Whatever trains on it takes
    `windows.whole(list(c), c.labels, c.groups, size)`, or the like, and splits by `c.groups`.

    Parameters
    ----------
    names : of the items: paths below a folder, members of a zip, or UIDs of series
    opener : name -> Recording
    fields : "label", "group", "part", "mask" and others -> a text for each item, "" where it has none
    skipped : what was left out while listing, and why
    mask_opener : name of a mask -> Recording; by default `opener`

    Raises
    ------
    ShapeError : a field that has not one text for each item

    >>> from sigconv.loaders.eeg.generator import motor_imagery
    >>> made = {recording.notes["name"]: recording for recording in motor_imagery(3, trials=1)}
    >>> people = Collection(tuple(made), made.__getitem__, {"label": ("ill", "well", "ill")})
    >>> people.classes, people.where(label="ill").names, people[1].notes["label"]
    (('ill', 'well'), ('S01', 'S03'), 'well')
    """

    names: tuple[str, ...]
    opener: Callable[[str], Recording]
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    mask_opener: Callable[[str], Recording] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", MappingProxyType({k: tuple(v) for k, v in self.fields.items()}))
        for name, column in self.fields.items():
            if len(column) != len(self.names):
                raise ShapeError(f"field {name!r} has {len(column)} texts for {len(self.names)} items; give one each")

    def __reduce__(self) -> tuple[Any, ...]:
        """As it is sent to another process."""
        return Collection, (self.names, self.opener, dict(self.fields), self.skipped, self.mask_opener)

    def __repr__(self) -> str:
        classes = f", {len(self.classes)} classes" if self.classes else ""
        left = f", {len(self.skipped)} left out" if self.skipped else ""
        return f"Collection({len(self)} recordings{classes}, {len(set(self.groups))} groups{left})"

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, number: int) -> Recording:
        """The recording of that number, opened now; its notes have the fields that are not empty.

        Raises
        ------
        IndexError : no such number
        ArgumentError : not a number
        FormatError, ResourceError, OSError : what `loaders.open` says of it
        """
        number = self._number(number)
        recording = self.opener(self.names[number])
        told = {k: column[number] for k, column in self.fields.items() if column[number] and k not in _LOADERS_OWN}
        return replace(recording, notes={**recording.notes, **told, "group": self.groups[number]})

    def _number(self, number: int) -> int:
        try:
            return range(len(self))[index(number)]
        except TypeError:
            raise ArgumentError(
                f"collection[{number!r}]: it takes one whole number; select([0, 1, …]) and where(…) take several"
            ) from None
        except IndexError:
            raise IndexError(f"number is {number}; this collection has {len(self)} recordings, from 0 on") from None

    def __iter__(self) -> Iterator[Recording]:
        return (self[number] for number in range(len(self)))

    def field(self, name: str) -> tuple[str, ...]:
        """One text for each item; ArgumentError lists the fields there are."""
        if name not in self.fields:
            there = ", ".join(self.fields) or "none"
            raise ArgumentError(f"field is {name!r}{nearest(name, self.fields)}; this collection has: {there}")
        return self.fields[name]

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of each item, "" where it has none."""
        return self.fields.get("label") or ("",) * len(self)

    @property
    def groups(self) -> tuple[str, ...]:
        """What each item must not be divided from; without a field "group", each item is on its own."""
        return self.fields.get("group") or self.names

    @property
    def parts(self) -> tuple[str, ...]:
        """The part of a predefined split ("train", "test") of each item, "" where none is defined."""
        return self.fields.get("part") or ("",) * len(self)

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels that occur, sorted."""
        return tuple(sorted({label for label in self.labels if label}))

    def select(self, numbers: Sequence[int]) -> "Collection":
        """The items of these numbers, in this order."""
        chosen = [self._number(number) for number in numbers]
        fields = {name: tuple(column[i] for i in chosen) for name, column in self.fields.items()}
        return replace(self, names=tuple(self.names[i] for i in chosen), fields=fields)

    def where(self, **wanted: str) -> "Collection":
        """The items whose fields have these texts: c.where(part="test", speaker="theo").

        Raises
        ------
        ArgumentError : no such field, or no item has that text (those there are, are listed)
        """
        chosen = range(len(self))
        for name, text in wanted.items():
            column = self.field(name)
            if text not in column:
                there = sorted(set(column))
                raise ArgumentError(
                    f"no item has {name} {text!r}{nearest(text, there)}; there are {', '.join(there[:12])}"
                    f"{' …' * (len(there) > 12)}"
                )
            chosen = [i for i in chosen if column[i] == text]  # type: ignore[assignment]
        return self.select(chosen)

    def with_fields(self, **columns: Sequence[str]) -> "Collection":
        """The same items with further fields, or others in place of those of that name; one text for each item."""
        return replace(self, fields={**self.fields, **{name: tuple(column) for name, column in columns.items()}})

    def mask(self, number: int, any_grid: bool = False) -> Recording:
        """The label map that belongs to an item, its field "mask".

        Parameters
        ----------
        any_grid : take a label map on another grid than its recording's; resampling it is then up to you

        Raises
        ------
        ArgumentError : the item has no mask
        ShapeError, SamplingError : it lies on another grid
        """
        name = self.field("mask")[range(len(self))[index(number)]]
        if not name:
            raise ArgumentError(f"{self.names[number]} has no mask")
        mask = (self.mask_opener or self.opener)(name)
        if not any_grid:
            self._on_grid(number, mask)
        return mask

    def _on_grid(self, number: int, mask: Recording) -> None:
        recording = self.opener(self.names[number])
        try:
            if recording.axes[-1].unit == "mm":
                space.same_grid(recording, mask)
            elif mask.axes[1:] != recording.axes[1:]:
                told = [", ".join(str(axis) for axis in one.axes[1:]) for one in (mask, recording)]
                raise ShapeError(f"it has ({told[0]}), the recording ({told[1]}); resample it first")
        except (ShapeError, SamplingError) as error:
            raise type(error)(
                f"the mask of {self.names[number]} lies on another grid: {error}; mask(…, any_grid=True) takes it so"
            ) from None

    def faults(self, progress: Callable[[], None] = lambda: None) -> dict[int, str]:
        """The items that cannot be opened, by number, and why; every header is read, no sample is.

        `progress` is called after each item.
        """
        found: dict[int, str] = {}
        for number in range(len(self)):
            try:
                self[number]
            except (SigconvError, OSError) as error:
                found[number] = str(error)
            progress()
        return found

    def recordings(self, progress: Callable[[], None] = lambda: None) -> list[Recording]:
        """Every recording, opened and unread; `progress` is called after each one."""
        every: list[Any] = []
        for recording in self:
            every.append(recording)
            progress()
        return every
