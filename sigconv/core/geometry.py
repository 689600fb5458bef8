"""Whole-number truths of convolution along one axis: lengths, padding amounts, receptive fields.

A kernel of k taps, d samples apart, spans (k-1) d + 1 samples. With p samples of padding an axis of n samples
holds n + p - span + 1 places for it, and a stride of s visits every s-th of them:

    length = floor((n + before + after - span) / stride) + 1

The four modes are four padding amounts (k = 4 taps, x the samples, . the padding):

    valid    xxxxxxxx          the kernel lies inside the samples
    full     ...xxxxxxxx...    the kernel touches a sample
    causal   ...xxxxxxxx       the newest tap is the present: as long as x
    same     ..xxxxxxxx.       as long as x; starts at sample floor((k-1)/2) of full (NumPy, SciPy)
    same     .xxxxxxxx..       with origin=1: starts at floor(k/2) (Octave, MATLAB), different for even k only
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm
from operator import index
from typing import Literal

from sigconv.errors import ArgumentError, ShapeError, one_of

Mode = Literal["full", "same", "valid", "causal"]
MODES = ("full", "same", "valid", "causal")
MOST_PHASES = 256
_MOST = 1 << 53


def at_least(argument: str, given: int, least: int) -> int:
    """`given` as an int not below `least`, else an ArgumentError that names the argument.

    >>> at_least("stride", 2, 1)
    2
    """
    try:
        value = index(given if not isinstance(given, bool) else None)  # type: ignore[arg-type]
    except TypeError:
        raise ArgumentError(f"{argument} is {given!r}; it is a whole number, {least} or more") from None
    if value > _MOST:
        raise ArgumentError(f"{argument} is {given}; no array is that long")
    if value < least:
        raise ArgumentError(f"{argument} is {given}; it is a whole number, {least} or more")
    return value


def span(kernel: int, dilation: int = 1) -> int:
    """How many samples a kernel covers from its first to its last tap.

    Parameters
    ----------
    kernel : int >= 1, number of taps
    dilation : int >= 1, samples from one tap to the next

    Returns
    -------
    int, (kernel - 1) * dilation + 1

    Raises
    ------
    ArgumentError : kernel or dilation below 1

    Source: Dumoulin & Visin (2016), arXiv:1603.07285, section 5.1.

    >>> span(3, dilation=2)
    5
    """
    return (at_least("kernel", kernel, 1) - 1) * at_least("dilation", dilation, 1) + 1


def length_after(n: int, kernel: int, stride: int = 1, dilation: int = 1, padding: tuple[int, int] = (0, 0)) -> int:
    """The length of an axis of n samples after a convolution or pooling.

    Parameters
    ----------
    n : int >= 0, samples before
    kernel, stride, dilation : int >= 1
    padding : (before, after), each int >= 0

    Returns
    -------
    int >= 1

    Raises
    ------
    ArgumentError : a negative amount, or a kernel, stride or dilation below 1
    ShapeError : the padded axis is shorter than the kernel's span

    Source: Dumoulin & Visin (2016), relationship 6.  Same as: torch.nn.Conv1d's L_out.

    >>> length_after(28, kernel=5, stride=2, padding=(2, 2))
    14
    """
    before, after = padding
    n = at_least("n", n, 0)
    stride = at_least("stride", stride, 1)
    padded = n + at_least("padding before", before, 0) + at_least("padding after", after, 0)
    covered = span(kernel, dilation)
    if padded < covered:
        raise ShapeError(
            f"{n} samples, {padded} with padding, are fewer than the {covered} that a kernel of {kernel} "
            f"with dilation {dilation} covers"
        )
    return (padded - covered) // stride + 1


def transposed_length(
    n: int,
    kernel: int,
    stride: int = 1,
    dilation: int = 1,
    padding: tuple[int, int] = (0, 0),
    output_padding: int = 0,
) -> int:
    """The length of an axis of n samples after a transposed convolution.

    Parameters
    ----------
    n : int >= 1, samples before
    kernel, stride, dilation : int >= 1
    padding : (before, after), what the forward convolution padded and this one cuts away
    output_padding : int, 0 <= output_padding < max(stride, dilation), samples added behind

    Returns
    -------
    int >= 1

    Raises
    ------
    ArgumentError : an amount outside its range
    ShapeError : the padding cuts everything away

    Source: Dumoulin & Visin (2016), relationship 14.  Same as: torch.nn.ConvTranspose1d's L_out.

    >>> transposed_length(14, kernel=2, stride=2)
    28
    """
    n = at_least("n", n, 1)
    if at_least("output_padding", output_padding, 0) >= max(stride, dilation):
        raise ArgumentError(
            f"output_padding is {output_padding}; it is below the larger of stride {stride} and dilation {dilation}"
        )
    before, after = padding
    cut = at_least("padding before", before, 0) + at_least("padding after", after, 0)
    length = (n - 1) * at_least("stride", stride, 1) + span(kernel, dilation) + output_padding - cut
    if length < 1:
        raise ShapeError(f"a transposed convolution of {n} samples, cut by {cut}, leaves {length} samples")
    return length


def padding_for(mode: Mode, kernel: int, dilation: int = 1, origin: int = 0) -> tuple[int, int]:
    """How many samples a mode adds (before, after) an axis, at stride 1.

    Parameters
    ----------
    mode : "full", "same", "valid" or "causal"
    kernel, dilation : int >= 1
    origin : int, moves the window of "same" towards later samples; -floor((span-1)/2) <= origin <= floor(span/2).
        origin=1 on an even span is the rule of Octave and MATLAB. Other modes have no origin.

    Returns
    -------
    (before, after), each int >= 0

    Raises
    ------
    ArgumentError : an unknown mode, or an origin outside its range

    Same as: numpy.convolve ("same" of a signal longer than the kernel).

    >>> padding_for("same", 4), padding_for("same", 4, origin=1), padding_for("causal", 4)
    ((2, 1), (1, 2), (3, 0))
    """
    one_of("mode", mode, MODES)
    edge = span(kernel, dilation) - 1
    if mode != "same":
        if origin:
            raise ArgumentError(f"origin is {origin} with mode {mode!r}; only mode 'same' has an origin")
        return {"full": (edge, edge), "valid": (0, 0), "causal": (edge, 0)}[mode]
    before, after = (edge + 1) // 2 - origin, edge // 2 + origin
    if before < 0 or after < 0:
        raise ArgumentError(
            f"origin is {origin}; for a span of {edge + 1} samples it lies between {-(edge // 2)} and {(edge + 1) // 2}"
        )
    return before, after


@dataclass(frozen=True)
class ReceptiveField:
    """What one sample of a layer's output sees of the input, along one axis.

    Parameters
    ----------
    size : int >= 1, input samples from the first to the last that it depends on; behind a transposed convolution,
        where neighbouring samples see unlike many, the most that one of them sees
    jump : number > 0, input samples from one output sample to the next; below 1 where the output is finer
    start : number, the first input sample that output sample 0 sees (negative inside padding); behind a transposed
        convolution the start of a window of `size` about the common centre
    phases : (first, last) seen by each of so many output samples from 0 on, until they see the same again further on;
        () for one phase. More than 256 phases become one that covers them all.

    Source: Araujo, Norris & Sim (2019), "Computing receptive fields of convolutional neural networks", Distill.

    >>> ReceptiveField().after(3, stride=2, before=1).after(3)
    ReceptiveField(size=7, jump=2, start=-1)
    """

    size: int = 1
    jump: int | Fraction = 1
    start: int | Fraction = 0
    phases: tuple[tuple[int | Fraction, int | Fraction], ...] = field(default=(), repr=False)

    @property
    def centre(self) -> int | Fraction:
        """The input position, perhaps between two samples, that output sample 0 is centred on."""
        return whole_or_fraction(self.start + Fraction(self.size - 1, 2))

    def seen(self, i: int) -> tuple[int | Fraction, int | Fraction]:
        """The first and the last input sample that output sample i sees.

        >>> [ReceptiveField().transposed(3, stride=2).seen(i) for i in (2, 3, 4)]
        [(0, 1), (1, 1), (1, 2)]
        """
        if not self.phases:
            start = self.start + i * self.jump
            return start, start + self.size - 1
        turns, phase = divmod(i, len(self.phases))
        first, last = self.phases[phase]
        further = whole_or_fraction(turns * len(self.phases) * self.jump)
        return first + further, last + further

    def after(self, kernel: int, stride: int = 1, dilation: int = 1, before: int = 0) -> "ReceptiveField":
        """The field one convolution or pooling further; `before` is its padding in front."""
        if not self.phases and type(self.jump) is type(self.start) is int:  # most fields: no fractions to reckon with
            size, jump = self.size + (span(kernel, dilation) - 1) * self.jump, self.jump * at_least("stride", stride, 1)
            return ReceptiveField(size, jump, self.start - before * self.jump)
        edge, period = span(kernel, dilation) - 1, len(self.phases) or 1
        at = range(-before, period // gcd(period, at_least("stride", stride, 1)) * stride - before, stride)
        phases = tuple((self.seen(i)[0], self.seen(i + edge)[1]) for i in at)
        return _field(phases, self.jump * stride, self.centre + (Fraction(edge, 2) - before) * self.jump)

    def transposed(self, kernel: int, stride: int = 1, dilation: int = 1, before: int = 0) -> "ReceptiveField":
        """The field one transposed convolution further; `before` is what it cuts away in front.

        Output sample 0 is centred on tap `before` of the spread kernel, whose middle tap lies on input sample 0.
        Taps between the first and the last that reach a sample count, whether or not a dilation leaves them out.
        """
        covered, period = span(kernel, dilation), len(self.phases) or 1
        jump = Fraction(self.jump) / at_least("stride", stride, 1)
        centre = self.centre + (before - Fraction(covered - 1, 2)) * jump
        if period * stride > MOST_PHASES:
            first, last = self._hull()
            return _field(((first + (before - covered + 1) * jump, last + before * jump),), jump, centre)
        phases = tuple(
            (self.seen(-((covered - 1 - i) // stride))[0], self.seen(i // stride)[1])
            for i in range(before, before + period * stride)
        )
        return _field(phases, jump, centre)

    def beside(self, other: "ReceptiveField") -> "ReceptiveField":
        """The field of a sample that sees what either sees: from the earlier start to the later end."""
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        period = lcm(len(self.phases) or 1, len(other.phases) or 1)
        if period > MOST_PHASES or self.jump != other.jump:
            hulls = self._hull(), other._hull()
            phases = [(min(first for first, _ in hulls), max(last for _, last in hulls))]
        else:
            pairs = [(self.seen(i), other.seen(i)) for i in range(period)]
            phases = [(min(a[0], b[0]), max(a[1], b[1])) for a, b in pairs]
        return _field(tuple(phases), self.jump, start + Fraction(end - start - 1) / 2)

    def cut(self, samples: int) -> "ReceptiveField":
        """The field once that many output samples in front are gone."""
        phases = tuple(self.seen(i + samples) for i in range(len(self.phases) or 1))
        return _field(phases, self.jump, self.centre + samples * self.jump)

    def _hull(self) -> tuple[int | Fraction, int | Fraction]:
        """One window that, moved by the jump from sample to sample, covers what every phase sees."""
        seen = [self.seen(i) for i in range(len(self.phases) or 1)]
        firsts = [first - i * self.jump for i, (first, _) in enumerate(seen)]
        return min(firsts), max(last - i * self.jump for i, (_, last) in enumerate(seen))


def _field(
    phases: tuple[tuple[int | Fraction, int | Fraction], ...], jump: int | Fraction, centre: int | Fraction
) -> ReceptiveField:
    """The field of these phases; the centre is that of several, one phase has its own."""
    size = max(1, *(-int(-(last - first) // 1) + 1 for first, last in phases))
    if len(phases) == 1:
        return ReceptiveField(size, whole_or_fraction(jump), whole_or_fraction(phases[0][0]))
    start = whole_or_fraction(centre - Fraction(size - 1, 2))
    return ReceptiveField(size, whole_or_fraction(jump), start, phases)


def whole_or_fraction(number: int | Fraction) -> int | Fraction:
    """An int where the fraction is whole.

    >>> whole_or_fraction(Fraction(4, 2)), whole_or_fraction(Fraction(1, 2))
    (2, Fraction(1, 2))
    """
    return int(number) if number.denominator == 1 else number
