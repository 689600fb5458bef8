"""How a layer is written: one table of options per layer, read by `notation` and printed by `str`.

A layer is its letter, then options in any order, each a letter and a value, then perhaps a colon with a name:

    C 16 k5x3 s2 b0 :reflect
    │ │  │    │  │  └ name      what `Layer.suffix` prints and `Layer.named` reads
    │ └──┴────┴──┴─── options   one row each of `Layer.options`; the first has no letter here
    └──────────────── letter
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import index
from typing import Any, ClassVar, Literal

from sigconv.errors import ArgumentError

MAX_NUMBER = 1_000_000
MAX_OUTPUTS = 2_000  # of a table that is written out

Axes = int | tuple[int, ...]
Table = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Option:
    """One option of a layer.

    letter : what it begins with; "" for the number that follows the layer's letter at once
    field : the attribute of the layer that holds its value
    usual : the value that is not written
    kind : what stands behind the letter: "number" from 1, "size" (number, or number x number …, from `least`),
        "rate" (0 <= rate < 1), "word" (one of `words`), "flag" (nothing), "groups" (number or *),
        "table" (number or a list of lists)
    words : written word -> value, of a "word" and a "flag" (whose word is "")
    least : the smallest number allowed in a "size"
    """

    letter: str
    field: str
    usual: Any
    kind: Literal["number", "size", "rate", "word", "flag", "groups", "table"]
    words: tuple[tuple[str, Any], ...] = ()
    least: int = 1

    def text(self, value: Any) -> str:
        """The option as it is written, "" for the usual value and for a value that another option writes."""
        if value == self.usual and type(value) is type(self.usual):
            return ""
        if self.kind in ("word", "flag"):
            known = [word for word, meant in self.words if meant == value and type(meant) is type(value)]
            return self.letter + known[0] if known else ""
        if self.kind in ("number", "size", "groups", "rate") and isinstance(value, str) and value != "*":
            return ""
        return self.letter + written(value)


DROP = Option("w", "drop", 0.0, "rate")
NO_BIAS = Option("b", "bias", True, "word", (("0", False),))


class Layer:
    """What all layers share: the table of their options makes their text."""

    letter: ClassVar[str]
    options: ClassVar[tuple[Option, ...]] = ()

    @property
    def suffix(self) -> str:
        """The name behind the colon, "" where it is the usual one."""
        return ""

    @classmethod
    def named(cls, word: str) -> dict[str, Any]:
        """The fields that a name behind the colon stands for.

        Raises
        ------
        ArgumentError : the layer has no such name
        """
        raise ArgumentError(f"{cls.letter} takes no name; found {word!r}")

    def __str__(self) -> str:
        suffix = self.suffix
        options = "".join(option.text(getattr(self, option.field)) for option in self.options)
        return self.letter + options + (f":{suffix}" if suffix else "")


def fill(part: Layer, **values: Any) -> None:
    """Set fields of a frozen part while it is being made."""
    for name, value in values.items():
        object.__setattr__(part, name, value)


def written(value: Any) -> str:
    """A number, a size, a rate, or a table as the notation writes it.

    >>> written((1, 64)), written(0.5), written(((0, 1), (1, 2)))
    ('1x64', '0.5', '{0.1,1.2}')
    """
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return "{" + ",".join(".".join(map(str, seen)) for seen in value) + "}"
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def whole(name: str, given: object, least: int = 1) -> int:
    """`given` if it is a whole number of least … 1 000 000, else an ArgumentError.

    >>> whole("units", 30)
    30
    """
    try:
        number = index(given if not isinstance(given, bool) else None)  # type: ignore[arg-type]
    except TypeError:
        number = -1
    if not least <= number <= MAX_NUMBER:
        raise ArgumentError(f"{name} is {given!r}; allowed are whole numbers from {least} to {MAX_NUMBER}")
    return number


def axes_of(name: str, given: Any, least: int = 1) -> Axes:
    """One number for all axes, or a tuple of 2 or 3; one number where all are one.

    >>> axes_of("kernel", [1, 64]), axes_of("kernel", (3,))
    ((1, 64), 3)
    """
    if not isinstance(given, Sequence) or isinstance(given, str):
        return whole(name, given, least)
    if not 1 <= len(given) <= 3:
        raise ArgumentError(f"{name} is {given!r}; give one number, or one for each of 2 or 3 axes")
    sizes = tuple(whole(name, size, least) for size in given)
    return sizes if len(sizes) > 1 else sizes[0]


def rate(name: str, given: float) -> float:
    """`given` as a float if it is a number from 0 up to, but not, 1; else an ArgumentError.

    >>> rate("drop", 0)
    0.0
    """
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < 1:
        raise ArgumentError(f"{name} is {given!r}; it is a number of at least 0 and below 1")
    return float(given) + 0.0
