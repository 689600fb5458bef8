"""The arithmetic backwards: which kernel, stride and padding turn one length into another."""

from dataclasses import dataclass

from sigconv.core.geometry import at_least, length_after, span, transposed_length
from sigconv.errors import ShapeError


@dataclass(frozen=True)
class Way:
    """Settings of a layer along one axis; `output_padding` is 0 but for a transposed convolution.

    >>> Way(kernel=3, stride=2, padding=1).text
    'k3s2p1'
    """

    kernel: int
    stride: int = 1
    padding: int = 0
    output_padding: int = 0

    @property
    def text(self) -> str:
        """The settings as options of the notation."""
        stride, padding, rest = (f"{key}{n}" for key, n in zip("spo", self._rest, strict=True))
        return f"k{self.kernel}{stride}{padding}" + (rest if self.output_padding else "")

    @property
    def _rest(self) -> tuple[int, int, int]:
        return self.stride, self.padding, self.output_padding


def ways(
    before: int, after: int, *, transposed: bool = False, dilation: int = 1, largest_kernel: int = 11
) -> tuple[Way, ...]:
    """Every kernel, stride and padding, the same on both sides, by which an axis gets another length.

    Parameters
    ----------
    before, after : int >= 1, samples along the axis
    transposed : of a transposed convolution instead of a convolution or pooling
    dilation : int >= 1
    largest_kernel : int >= 1, the most taps to try; paddings up to half the kernel's span are tried, so that every
        output sees a sample

    Returns
    -------
    tuple of Way, small kernels first, then small paddings; empty if there is none. Where one place is at an end,
    every larger stride does the same, and the smallest stands for all. No stride of a transposed convolution is
    longer than the kernel's span: places between would see nothing.

    Raises
    ------
    ArgumentError : a number below 1

    Source: Dumoulin & Visin (2016), relationships 6 and 14, solved for the stride.

    >>> [way.text for way in ways(28, 14, largest_kernel=4)]
    ['k1s2p0', 'k2s2p0', 'k3s2p1', 'k4s2p1']
    >>> [way.text for way in ways(14, 28, transposed=True, largest_kernel=3)]
    ['k2s2p0', 'k3s2p1o1']
    """
    before, after = at_least("before", before, 1), at_least("after", after, 1)
    found = []
    for kernel in range(1, at_least("largest_kernel", largest_kernel, 1) + 1):
        for padding in range(span(kernel, dilation) // 2 + 1):
            long, short = (after, before) if transposed else (before, after)
            covered = span(kernel, dilation)
            for stride in _strides(long + 2 * padding - covered, short, covered if transposed else None):
                rest = long - _back(short, kernel, stride, dilation, padding) if transposed else 0
                if _gives(before, after, Way(kernel, stride, padding, rest), dilation, transposed):
                    found.append(Way(kernel, stride, padding, rest))
                    if short == 1:  # any larger stride does the same
                        break
    return tuple(found)


def _strides(room: int, short: int, most: int | None) -> range:
    """The strides at which `short` places fit into a room of so many steps; without `most`, no more than `short`."""
    if room < 0:
        return range(0)
    last = room // (short - 1) if short > 1 else room + 1
    return range(room // short + 1, last + 1) if most is None else range(1, min(last, most) + 1)


def _back(short: int, kernel: int, stride: int, dilation: int, padding: int) -> int:
    return (short - 1) * stride + span(kernel, dilation) - 2 * padding


def _gives(before: int, after: int, way: Way, dilation: int, transposed: bool) -> bool:
    """Whether the forward arithmetic agrees, taps leave no gap in a transposed output, and no rest is negative."""
    pads = (way.padding, way.padding)
    if transposed:
        if not 0 <= way.output_padding < max(way.stride, dilation) or way.stride > span(way.kernel, dilation):
            return False
        if _back(before, way.kernel, way.stride, dilation, way.padding) < 1:
            return False
        return transposed_length(before, way.kernel, way.stride, dilation, pads, way.output_padding) == after
    try:
        return length_after(before, way.kernel, way.stride, dilation, pads) == after
    except ShapeError:
        return False
