"""What an argument may cost: no more memory than the samples that are given justify."""

from collections.abc import Sequence
from math import prod

from sigconv.errors import ResourceError

MOST_BYTES = 4 << 30
_TIMES = 8  # what a large x may be lengthened to, in its own size


def affordable(what: str, numbers: int, given: int = 0) -> None:
    """Refuse work on more than 4 GiB of numbers in double precision, unless x has a fair part of them.

    Parameters
    ----------
    what : the argument, its value, and what it makes large
    numbers : how many stand in memory at once;  given : how many of them x has

    Raises
    ------
    ResourceError : too many; the message has both sizes

    >>> affordable("width is 1000, which lengthens x", 2000, given=1000)
    """
    allowed = max(MOST_BYTES, 8 * _TIMES * given)
    if 8 * numbers > allowed:
        raise ResourceError(f"{what} to {numbers} numbers, {8 * numbers} bytes; allowed: {allowed}")


def lengthened(argument: str, shape: Sequence[int], axes: Sequence[int], padding: Sequence[tuple[int, int]]) -> None:
    """Refuse to lengthen an array of this shape along the axes, by (before, after) each, beyond what is affordable.

    >>> lengthened("kernel", (3, 10), (1,), ((2, 2),))
    """
    lengths = list(shape)
    if not all(isinstance(n, int) for n in lengths):
        return  # torch exports a graph for any size of batch: the size is still a symbol
    for axis, pad in zip(axes, padding, strict=True):
        lengths[axis] += sum(pad)
    if 8 * prod(lengths) > MOST_BYTES:
        reach = max(map(max, padding))
        affordable(f"{argument} reaches {reach} samples beyond x, which grows", prod(lengths), prod(shape))
