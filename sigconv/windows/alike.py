"""Recordings of one kind: windows of one set have the same channels and the same rate."""

from sigconv.errors import SamplingError
from sigconv.signal import Source

_NEAR = 1e-6  # of a step: rates that differ by rounding only are the same
_SHOWN = 12


def name_of(source: Source) -> str:
    """What a message calls a recording."""
    return str(source.notes.get("name") or source.notes.get("path") or "the recording")


def listed(names: set[str]) -> str:
    """Names for a message, the first twelve in full.

    >>> listed({"b", "a"})
    'a, b'
    """
    shown = sorted(names)
    return ", ".join(shown[:_SHOWN]) + (f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else "")


def same_channels(first: Source, source: Source) -> None:
    """Refuse a recording whose channels are not those of the first, in their order.

    Raises
    ------
    SamplingError : other channels (they are named), or another order
    """
    ours, theirs = first.axes[0].labels, source.axes[0].labels
    if theirs == ours:
        return
    odd = set(theirs) ^ set(ours)
    what = f"differ in {listed(odd)}" if odd else "stand in another order"
    raise SamplingError(f"the channels of {name_of(source)} and {name_of(first)} {what}; pick the same ones")


def same_rate(first: Source, source: Source) -> None:
    """Refuse a recording of another rate along time; where there is no time, there is nothing to refuse.

    Raises
    ------
    SamplingError : another rate
    """
    for axis, other in zip(first.axes[1:], source.axes[1:], strict=False):
        if axis.name == other.name == "time" and abs(axis.step - other.step) > _NEAR * axis.step:
            raise SamplingError(
                f"{name_of(source)} is sampled at {1 / other.step:g} Hz, {name_of(first)} at {1 / axis.step:g} Hz; "
                "resample one of them"
            )
