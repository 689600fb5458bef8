"""FIF by MNE-Python, behind a strict look at the file's tags."""

import datetime
import logging
import os
import struct
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import FormatError, SigconvError
from sigconv.loaders.beside import beside
from sigconv.loaders.eeg import triggers
from sigconv.loaders.eeg.electrodes import imported
from sigconv.loaders.eeg.parts import Parts, kind_of
from sigconv.loaders.kept import Key, version
from sigconv.loaders.limits import within_limit
from sigconv.signal import Box, Event

_FILE_ID, _DIR_POINTER, _DIRECTORY = 100, 101, 102
_CHANNELS, _BUFFER, _SKIP = 200, 300, 301
_ROLE, _NUMBER, _NAME, _NEXT = 115, 117, 118, 2
_WIDE = {2: 2, 3: 4, 4: 4, 5: 8, 16: 2, 20: 8, 21: 16}
_MOST_PARTS = 1000
_MOST_CHANNELS = 10_000
_AT_ONCE = 1 << 16  # samples of a trigger channel read at once
_STANDARD = ("STI101", "STI 014")

log = logging.getLogger("sigconv")


@dataclass(frozen=True)
class Checked:
    """What a strict look at a FIF recording finds: its parts, samples with gaps, and (first, last) of each gap."""

    files: tuple[Path, ...]
    size: int
    gaps: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Samples:
    """The samples of a FIF recording, read by MNE-Python when called; it can be sent to other processes.

    Gaps of the acquisition, which MNE-Python fills with zeros, are NaN.
    """

    path: Path
    size: int
    gaps: tuple[tuple[int, int], ...]

    def __call__(self, box: Box, rows: Sequence[int]) -> Any:
        """(row, last - first) float64 volts; box is ((first, last),)."""
        ((first, last),) = box
        within_limit(self.path, len(rows) * (last - first) * 8, "this piece")
        raw = _opened(self.path)
        if raw.n_times != self.size:
            raise FormatError(
                f"{self.path}: has {raw.n_times} samples, expected {self.size}: was it changed while open?"
            )
        try:
            data = raw.get_data(picks=list(rows), start=first, stop=last, verbose="error")
        except Exception as error:
            raise FormatError(f"{self.path}: samples {first} to {last} are not readable: {_one_line(error)}") from error
        for begin, end in self.gaps:
            if begin < last and end > first:
                data[:, max(0, begin - first) : end - first] = np.nan
        return data


def parts(path: Path) -> Parts:
    """What a FIF recording holds, split files included.

    Raises
    ------
    FormatError : damaged, without raw samples, or a next part outside the folder
    MissingExtra : MNE-Python is not installed

    Same as: mne.io.read_raw_fif.
    """
    checked = check(path)
    raw = _opened(path)
    kinds = [kind_of(n) if k == "eeg" else k for n, k in zip(raw.ch_names, raw.get_channel_types(), strict=True)]
    reader = Samples(path, raw.n_times, checked.gaps)
    fs = float(raw.info["sfreq"])
    if raw.n_times != checked.size:
        raise FormatError(f"{path}: has {raw.n_times} samples, expected {checked.size} by its buffers")
    steps, left_out = _triggers(raw, reader, fs)
    began = raw.info["meas_date"]
    person = raw.info.get("subject_info") or {}
    told = [f"the recording has gaps ({len(checked.gaps)}); samples there are NaN"] if checked.gaps else []
    return Parts(
        list(raw.ch_names),
        kinds,
        raw.n_times,
        fs,
        reader,
        [*_events(raw), *steps],
        began.replace(tzinfo=None) + datetime.timedelta(seconds=raw.first_time) if began else None,
        str(person.get("his_id") or ""),
        positions={
            name: (float(x), float(y), float(z))
            for name, kind, (x, y, z) in zip(raw.ch_names, kinds, (c["loc"][:3] for c in raw.info["chs"]), strict=True)
            if kind not in ("stim", "misc") and np.isfinite((x, y, z)).all() and (x, y, z) != (0, 0, 0)
        },
        left_out=left_out,
        facts={"format": "FIF", "numbers": str(raw.orig_format), "files": str(len(checked.files))},
        warnings=told,
    )


def check(path: Path) -> Checked:
    """Follow every tag of a FIF recording and of the parts that it names, before anything else reads them.

    Raises
    ------
    FormatError : a tag that lies outside its file or leads back, a directory that does not agree with the tags, or a
        next part outside the folder, missing, or named twice

    Source: FIF file format of MNE-C, "Functional Image File Format, Description" (Neuromag, 2001).
    """
    files: list[Path] = []
    size, gaps = 0, []
    there: Path | None = path
    while there is not None:
        if len(files) > _MOST_PARTS or there in files:
            raise FormatError(f"{path}: is split into parts that lead back to {there.name}; expected an end")
        files.append(there)
        walk = _Walk(there)
        gaps += [(size + begin, size + end) for begin, end in walk.gaps]
        size, there = size + walk.size, walk.next()
    return Checked(tuple(files), size, tuple(gaps))


class _Walk:
    """One file, tag after tag: its samples and gaps, and the next part that it names."""

    def __init__(self, path: Path) -> None:
        self.path, self.size, self.gaps = path, 0, list[tuple[int, int]]()
        self.channels = self.pending = self.role = 0
        self.next_name, self.next_number = "", -1
        places, directory = set[int](), -1
        self.number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            for position, (kind, type_, length, at) in enumerate(_tags(path, self.number)):
                places.add(at)
                if position < 2 and kind != (_FILE_ID, _DIR_POINTER)[position]:
                    raise FormatError(
                        f"{path}: tag {position} is of kind {kind}; expected a FIF file's id and directory"
                    )
                if kind == _BUFFER:
                    self._samples(type_, length, at)
                elif kind == _NAME and self.role == _NEXT:
                    self.next_name = os.pread(self.number, min(length, 4096), at + 16).decode("latin-1")
                elif kind == _DIR_POINTER:
                    directory = self._whole(at, length)
                elif kind in (_CHANNELS, _SKIP, _ROLE, _NUMBER):
                    self._told(kind, self._whole(at, length), at)
            if directory > 0:
                _agrees(path, self.number, directory, places)
        finally:
            os.close(self.number)

    def _whole(self, at: int, length: int) -> int:
        if length != 4:
            raise FormatError(f"{self.path}: byte {at}: a tag of one number has {length} bytes, expected 4")
        return int(struct.unpack(">i", os.pread(self.number, 4, at + 16))[0])

    def _told(self, kind: int, value: int, at: int) -> None:
        if kind == _CHANNELS:
            self.channels = value
        elif kind == _ROLE:
            self.role = value
        elif kind == _NUMBER and self.role == _NEXT:
            self.next_number = value
        elif kind == _SKIP:
            if value < 0:
                raise FormatError(f"{self.path}: byte {at}: {value} buffers are skipped; expected 0 or more")
            self.pending = value if self.size else 0  # before the first sample nothing is missing

    def _samples(self, type_: int, length: int, at: int) -> None:
        if type_ not in _WIDE or not 1 <= self.channels <= _MOST_CHANNELS:
            raise FormatError(
                f"{self.path}: byte {at}: samples of type {type_} and {self.channels} channels; expected types "
                f"{sorted(_WIDE)} and 1 to {_MOST_CHANNELS}"
            )
        samples, rest = divmod(length, _WIDE[type_] * self.channels)
        if rest or not samples:
            raise FormatError(
                f"{self.path}: byte {at}: {length} bytes of samples, expected a multiple of "
                f"{_WIDE[type_] * self.channels} ({self.channels} channels of {_WIDE[type_]} bytes)"
            )
        if self.pending:
            self.gaps.append((self.size, self.size + self.pending * samples))
        self.size, self.pending = self.size + (self.pending + 1) * samples, 0

    def next(self) -> Path | None:
        """The next part, by its name, or by its number in the way of Neuromag's file names."""
        name, number = self.next_name, self.next_number
        if not name and number < 0:
            return None
        if not name:
            base, _, ending = self.path.name.partition(".")
            front, _, last = base.rpartition("-")
            name = f"{front if front and last.isdigit() else base}-{number}.{ending}"
        return beside(self.path, name)


def _tags(path: Path, number: int) -> Iterator[tuple[int, int, int, int]]:
    """(kind, type, bytes, place) of every tag in turn."""
    end, at = os.fstat(number).st_size, 0
    while 0 <= at < end:
        head = os.pread(number, 16, at)
        if len(head) < 16:
            raise FormatError(f"{path}: byte {at}: {len(head)} bytes are left, expected a tag of 16 or more: cut short")
        kind, type_, length, after = struct.unpack(">iIii", head)
        if length < 0 or at + 16 + length > end:
            raise FormatError(
                f"{path}: byte {at}: a tag has {length} bytes, expected 0 to {end - at - 16}: cut short, or damaged"
            )
        yield kind, type_, length, at
        if after > 0 and after < at + 16 + length:
            raise FormatError(f"{path}: byte {at}: the next tag is at {after}, expected {at + 16 + length} or behind")
        at = after or at + 16 + length


def _agrees(path: Path, number: int, at: int, places: set[int]) -> None:
    """Refuse a directory that lies outside the file or names a place where no tag begins."""
    head = os.pread(number, 16, at)
    kind, _, length, _ = struct.unpack(">iIii", head) if len(head) == 16 else (0, 0, -1, 0)
    if kind != _DIRECTORY or length < 0 or length % 16 or at + 16 + length > os.fstat(number).st_size:
        raise FormatError(f"{path}: the directory is told to be at byte {at}; expected a whole one there")
    entries = np.frombuffer(os.pread(number, length, at + 16), ">i4")
    if strangers := set(entries[3::4].tolist()) - places - {at, -1}:
        raise FormatError(f"{path}: the directory at byte {at} names byte {min(strangers)}, where no tag begins")


def _opened(path: Path) -> Any:
    return _raw(path, version(path))


@lru_cache(maxsize=4)
def _raw(path: Path, _: Key) -> Any:
    """MNE-Python's view of a recording; it holds no open file."""
    mne = imported()
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            raw = mne.io.read_raw_fif(path, preload=False, on_split_missing="raise", verbose="error")
            raw.get_channel_types()  # an unknown type is refused here, not later
    except SigconvError:
        raise
    except Exception as error:
        raise FormatError(f"{path}: not readable as FIF: {_one_line(error)}") from error
    for warning in told:
        log.info("%s: %s", path.name, _one_line(warning.message))
    return raw


def _triggers(raw: Any, reader: Samples, fs: float) -> tuple[tuple[Event, ...], dict[str, str]]:
    """The events of the trigger channel that MNE-Python would take, and why none of them is among the voltages."""
    stim = [name for name, kind in zip(raw.ch_names, raw.get_channel_types(), strict=True) if kind == "stim"]
    if not stim:
        return (), {}
    chosen = next((name for name in _STANDARD if name in stim), stim[0])
    row = raw.ch_names.index(chosen)
    starts = range(0, raw.n_times, _AT_ONCE)
    pieces = (reader(((at, min(at + _AT_ONCE, raw.n_times)),), [row])[0] for at in starts)
    found = triggers.events((np.nan_to_num(piece).astype(np.int64) for piece in pieces), fs)
    left_out = {name: "triggers" if name == chosen else f"triggers, not read beside {chosen}" for name in stim}
    if found is None:
        left_out[chosen] = "triggers by its kind, but it changes all the time"
    return found or (), left_out


def _events(raw: Any) -> list[Event]:
    shift = raw.first_time if raw.annotations.orig_time is not None else 0.0
    return [
        Event(float(onset) - shift, float(duration), str(label))
        for onset, duration, label in zip(
            raw.annotations.onset, raw.annotations.duration, raw.annotations.description, strict=True
        )
    ]


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
