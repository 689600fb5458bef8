"""The parameter section of a C3D file: groups of named values, walked with every step checked."""

from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np

from sigconv.errors import FormatError
from sigconv.loaders.mocap.c3d_numbers import floats, words
from sigconv.loaders.text import text_of

_MOST = 20_000  # groups and parameters; real files have some hundred
_MOST_AXES = 7
_MOST_WARNINGS = 8
_KINDS = {-1: 1, 1: 1, 2: 2, 4: 4}  # type -> bytes: text, bytes, whole numbers, reals


@dataclass(frozen=True)
class Stored:
    """One parameter as it is stored.

    kind : -1 text, 1 bytes, 2 whole numbers, 4 reals;  sizes : along its axes, fastest first;  data : its bytes
    """

    kind: int
    sizes: tuple[int, ...]
    data: bytes


@dataclass(frozen=True)
class Parameters:
    """The parameters of a file by group and name, both in capitals.

    processor : "Intel", "DEC" or "MIPS";  stored : those that are whole
    warnings : a sentence for each one that is damaged, and so left out
    """

    processor: str
    stored: dict[tuple[str, str], Stored]
    warnings: tuple[str, ...] = ()

    def numbers(self, group: str, name: str, signed: bool = False) -> list[float]:
        """The values of a parameter as numbers, in stored order; none where it is missing or text.

        signed : whether two-byte numbers are signed
        """
        found = self.stored.get((group, name))
        if found is None or found.kind == -1:
            return []
        raw = np.frombuffer(found.data, np.uint8)
        if found.kind == 1:
            return [float(value) for value in raw]
        stored = words(raw, self.processor, found.kind)
        if found.kind == 4:
            return [float(value) for value in floats(stored, self.processor)]
        return [float(value) for value in (stored.view(np.int16) if signed else stored)]

    def number(self, group: str, name: str) -> float | None:
        """The first value of a parameter, or None."""
        return next(iter(self.numbers(group, name)), None)

    def texts(self, group: str, name: str) -> list[str]:
        """The strings of a text parameter without what pads them; those of LABELS2, LABELS3 … follow LABELS'."""
        found, more = [], 1
        while stored := self.stored.get((group, name if more == 1 else f"{name}{more}")):
            if stored.kind != -1:
                break
            width = stored.sizes[0] if stored.sizes else len(stored.data)
            count = prod(stored.sizes[1:])
            found += [text_of(stored.data[i * width : (i + 1) * width]) for i in range(count if width else 0)]
            more += 1
        return found


def walk(path: Path, section: bytes, processor: str) -> Parameters:
    """The parameters in `section`: the bytes between its four-byte head and the data.

    Each entry tells how far it is to the next, and only forwards. One whose values do not fit before the next is
    damaged: it is left out and named.

    Raises
    ------
    FormatError : more entries than any recording has

    Source: c3d.org, The Parameter Section.
    """
    groups: dict[int, str] = {}
    entries: list[tuple[int, str, Stored | None]] = []
    cut, at = False, 0
    for _ in range(_MOST):
        entry = _entry(section, at, processor)
        if entry is None:
            break
        number, name, body, at = entry
        if number < 0:
            groups.setdefault(-number, name)
            cut = at > len(section)
        else:
            entries.append((number, name, _stored(section[body:at])))
        if at >= len(section):
            break
    else:
        raise FormatError(f"{path}: parameter section: {_MOST} entries and no end; expected fewer")
    values: dict[tuple[str, str], Stored] = {}
    warnings = ["the parameter section ends inside a group: what follows is lost"] if cut else []
    for number, name, stored in entries:
        key = groups.get(number, f"group {number}"), name
        if stored is not None:
            values.setdefault(key, stored)
        elif len(warnings) < _MOST_WARNINGS:
            warnings.append(f"parameter {':'.join(key)!r} does not fit its place: it is left out")
    return Parameters(processor, values, tuple(warnings))


def _entry(section: bytes, at: int, processor: str) -> tuple[int, str, int, int] | None:
    """Group number (below 0: the group itself), name, where its body and the next entry begin; None at the end."""
    if at + 2 > len(section):
        return None
    long, number = (value - 256 if value > 127 else value for value in section[at : at + 2])
    if long == 0 or number == 0:
        return None
    name = section[at + 2 : at + 2 + abs(long)]
    after = at + 2 + abs(long)
    if after + 2 > len(section):
        return None
    step = int.from_bytes(section[after : after + 2], "big" if processor == "MIPS" else "little")
    return number, text_of(name).upper(), after + 2, after + step if step else len(section)


def _stored(body: bytes) -> Stored | None:
    """The parameter in its body (type, axes, sizes, values, description), or None if it does not fit."""
    if len(body) < 2:
        return None
    kind = body[0] - 256 if body[0] > 127 else body[0]
    axes = body[1]
    if kind not in _KINDS or axes > _MOST_AXES:
        return None
    sizes = tuple(body[2 : 2 + axes])
    long = _KINDS[kind] * prod(sizes)
    data = body[2 + axes : 2 + axes + long]
    if len(sizes) < axes or len(data) < long:
        return None
    return Stored(kind, sizes, data)
