"""Physical units: parse "250 ms" once, convert between units of one kind, refuse to mix kinds."""

import math
import re

from sigconv.errors import SamplingError, nearest

_SECOND, _HERTZ, _METRE, _VOLT = "time", "frequency", "length", "voltage"

# unit -> (kind, its size in the kind's SI unit)
_UNITS: dict[str, tuple[str, float]] = {
    "s": (_SECOND, 1.0),
    "ms": (_SECOND, 1e-3),
    "us": (_SECOND, 1e-6),
    "min": (_SECOND, 60.0),
    "h": (_SECOND, 3600.0),
    "Hz": (_HERTZ, 1.0),
    "kHz": (_HERTZ, 1e3),
    "MHz": (_HERTZ, 1e6),
    "m": (_METRE, 1.0),
    "cm": (_METRE, 1e-2),
    "mm": (_METRE, 1e-3),
    "um": (_METRE, 1e-6),
    "V": (_VOLT, 1.0),
    "mV": (_VOLT, 1e-3),
    "uV": (_VOLT, 1e-6),
    "nV": (_VOLT, 1e-9),
    "HU": ("radiodensity", 1.0),
    "dB": ("level", 1.0),
    "": ("number", 1.0),
}

_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-zµμ]*)\s*")


def _known(unit: str) -> tuple[str, float]:
    spelt = unit.replace("µ", "u").replace("μ", "u")
    if spelt not in _UNITS:
        raise SamplingError(
            f"unit is {unit!r}{nearest(unit, _UNITS)}; known units: {', '.join(u for u in _UNITS if u)}"
        )
    return _UNITS[spelt]


def kind(unit: str) -> str:
    """The kind of quantity a unit measures: time, frequency, length, voltage, radiodensity, level or number.

    >>> kind("uV")
    'voltage'
    """
    return _known(unit)[0]


def factor(unit: str, to: str) -> float:
    """The number that turns a value in `unit` into a value in `to`.

    Raises
    ------
    SamplingError : an unknown unit, or two units of different kinds

    >>> factor("uV", "V")
    1e-06
    """
    (from_kind, size), (to_kind, to_size) = _known(unit), _known(to)
    if from_kind != to_kind:
        raise SamplingError(f"cannot turn {unit!r} ({from_kind}) into {to!r} ({to_kind})")
    return size / to_size


def parse(text: str | float, unit: str, argument: str = "") -> float:
    """A quantity as a number in `unit`; a bare number is taken to be in `unit` already.

    Parameters
    ----------
    text : "250 ms", "0.25s", "7 Hz" or a number
    unit : one of s ms us min h, Hz kHz MHz, m cm mm um, V mV uV nV, HU, dB
    argument : what the message calls it

    Raises
    ------
    SamplingError : not a quantity, not finite, an unknown unit, or a unit of another kind

    >>> parse("250 ms", "s")
    0.25
    """
    _known(unit)
    named = f"{argument} is {text!r}, which" if argument else repr(text)
    if isinstance(text, (int, float)):
        value, given = float(text), unit
    else:
        match = _QUANTITY.fullmatch(str(text))
        if match is None:
            raise SamplingError(f"{named} is not a quantity; write a number and a unit, as in '0.5 {unit}'")
        value, given = float(match[1]), match[2] or unit
    if not math.isfinite(value):
        raise SamplingError(f"{named} is not finite; write a number and a unit, as in '0.5 {unit}'")
    try:
        return value * factor(given, unit)
    except SamplingError as error:
        raise SamplingError(f"{argument} is {text!r}: {error}" if argument else str(error)) from None
