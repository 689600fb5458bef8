"""The hierarchy of a BVH file: its joints, parents before children."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders.labels import unique

CHANNELS = tuple(f"{axis}{kind}" for kind in ("position", "rotation") for axis in "XYZ")
_MOST_DEEP = 256
_MOST_JOINTS = 5000
_SPELT = {channel.lower(): channel for channel in CHANNELS}


@dataclass(frozen=True)
class Joint:
    """One joint.

    name : each once;  parent : number of the joint it hangs on, or -1;  offset : (x, y, z) in the file's unit
    channels : of CHANNELS, in order;  end : whether it is an End Site
    """

    name: str
    parent: int
    offset: tuple[float, float, float]
    channels: tuple[str, ...]
    end: bool


def skeleton(path: Path, text: bytes) -> tuple[Joint, ...]:
    """The joints that the text before MOTION declares, in its order.

    Raises
    ------
    FormatError : what stands where something else is expected, joints nested too deep, or too many

    Source: Biovision's format as described by Meredith & Maddock (2001), Motion Capture File Formats Explained.
    """
    words = _Words(path, text)
    words.expect("HIERARCHY")
    joints: list[Joint] = []
    chain: list[int] = []
    while (word := words.next()) is not None:
        if word == "}" and chain:
            chain.pop()
            continue
        if not (word == "ROOT" if not chain else word in ("JOINT", "End")):
            raise words.wrong(word, "JOINT, End Site or }" if chain else "ROOT")
        if chain and joints[chain[-1]].end:
            raise words.wrong(word, "} (an End Site has no joints)")
        joints.append(_joint(words, word, joints, chain[-1] if chain else -1))
        chain.append(len(joints) - 1)
        if len(chain) > _MOST_DEEP or len(joints) > _MOST_JOINTS:
            raise FormatError(
                f"{path}: {len(joints)} joints, nested {len(chain)} deep; allowed: {_MOST_JOINTS} and {_MOST_DEEP}"
            )
    if chain or not joints:
        raise FormatError(f"{path}: the hierarchy ends with {len(chain)} joints open: cut short?")
    if not any(joint.channels for joint in joints):
        raise FormatError(f"{path}: no joint has a channel, expected one or more")
    names = unique([joint.name for joint in joints])
    return tuple(
        Joint(name, joint.parent, joint.offset, joint.channels, joint.end)
        for name, joint in zip(names, joints, strict=True)
    )


def _joint(words: "_Words", kind: str, joints: list[Joint], parent: int) -> Joint:
    name: list[str] = []
    while (word := words.next()) != "{":
        if word is None or len(name) > 8:
            raise words.wrong(word, "a name and {")
        name.append(word)
    if kind == "End":
        if name != ["Site"]:
            raise words.wrong(" ".join(name), "Site")
        label = f"{joints[parent].name}-end"
    elif not name:
        raise words.wrong("{", "a name")
    else:
        label = " ".join(name)
    words.expect("OFFSET")
    x, y, z = (words.real() for _ in range(3))
    channels: list[str] = []
    if kind != "End":
        words.expect("CHANNELS")
        count = words.next()
        if count not in tuple("0123456"):
            raise words.wrong(count, "0 to 6 channels")
        for _ in range(int(count or 0)):
            told = words.next() or ""
            if told.lower() not in _SPELT or _SPELT[told.lower()] in channels:
                raise words.wrong(told, f"one of {', '.join(CHANNELS)}, each once")
            channels.append(_SPELT[told.lower()])
    return Joint(label, parent, (x, y, z), tuple(channels), kind == "End")


class _Words:
    """The words of the hierarchy one after another, with the line they stand in."""

    def __init__(self, path: Path, text: bytes) -> None:
        self._path, self._line = path, 0
        self._words = self._each(text)

    def _each(self, text: bytes) -> Iterator[str]:
        for self._line, line in enumerate(text.split(b"\n"), start=1):
            yield from line.replace(b"{", b" { ").replace(b"}", b" } ").decode("utf-8", "replace").split()

    def next(self) -> str | None:
        """The next word, or None at the end."""
        return next(self._words, None)

    def expect(self, word: str) -> None:
        if (found := self.next()) != word:
            raise self.wrong(found, word)

    def real(self) -> float:
        found = self.next() or ""
        try:
            value = float(found)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise self.wrong(found, "a finite number")
        return value

    def wrong(self, found: str | None, expected: str) -> FormatError:
        what = "the end" if found is None else repr(found[:40])
        return FormatError(f"{self._path}, line {self._line}: {what}, expected {expected}")
