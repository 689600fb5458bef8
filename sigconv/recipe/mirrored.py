"""Names in a mirror: left for right, clockwise for counterclockwise."""

import re
from collections.abc import Sequence

_SIDES = {"left": "right", "right": "left", "l": "r", "r": "l"}
_ROUND = re.compile(r"(counter|anti)?clockwise", re.IGNORECASE)


def mirrored_name(name: str) -> str:
    """The name with left for right and right for left; the same name where it tells no side.

    >>> [mirrored_name(name) for name in ("Hand_L", "LeftFoot", "LASI", "Head", "wave-left-hand", "l_knee")]
    ['Hand_R', 'RightFoot', 'RASI', 'Head', 'wave-right-hand', 'r_knee']
    """
    if found := _ROUND.search(name):
        other = "clockwise" if found[1] else "counterclockwise"
        return name[: found.start()] + (other.capitalize() if found[0][0].isupper() else other) + name[found.end() :]
    whole = re.sub(r"left|right", _other, name, flags=re.IGNORECASE)
    if whole == name:
        whole = re.sub(r"(?<![A-Za-z])[lr](?![A-Za-z])", _other, name, flags=re.IGNORECASE)
    if whole == name:
        whole = re.sub(r"^[LR](?=[A-Z])", _other, name)
    return whole


def mirror(names: Sequence[str]) -> list[int]:
    """For each name the number of the one that a mirror shows in its place: itself where it has no counterpart.

    >>> mirror(["Head", "Hand_L", "Hand_R", "Prop_L"])
    [0, 2, 1, 3]
    """
    numbers = {name: number for number, name in enumerate(names)}
    return [numbers.get(mirrored_name(name), number) for number, name in enumerate(names)]


def _other(found: "re.Match[str]") -> str:
    word = _SIDES[found[0].lower()]
    if found[0].isupper():
        return word.upper()
    return word.capitalize() if found[0][0].isupper() else word
