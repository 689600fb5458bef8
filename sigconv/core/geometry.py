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

from dataclasses import dataclass
from fractions import Fraction
from operator import index
from typing import Literal

from sigconv.errors import ArgumentError, ShapeError, one_of

Mode = Literal["full", "same", "valid", "causal"]
MODES = ("full", "same", "valid", "causal")
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
    size : int >= 1, input samples it depends on; behind a transposed convolution the most that one sample sees
    jump : number > 0, input samples from one output sample to the next; below 1 where the output is finer
    start : number, the first input sample that output sample 0 sees (negative inside padding); behind a transposed
        convolution, where neighbouring samples see unlike many, the window of `size` about their common centre

    Source: Araujo, Norris & Sim (2019), "Computing receptive fields of convolutional neural networks", Distill.

    >>> ReceptiveField().after(3, stride=2, before=1).after(3)
    ReceptiveField(size=7, jump=2, start=-1)
    """

    size: int = 1
    jump: int | Fraction = 1
    start: int | Fraction = 0

    @property
    def centre(self) -> int | Fraction:
        """The input position, perhaps between two samples, that output sample 0 is centred on."""
        return whole_or_fraction(self.start + Fraction(self.size - 1, 2))

    def after(self, kernel: int, stride: int = 1, dilation: int = 1, before: int = 0) -> "ReceptiveField":
        """The field one convolution or pooling further; `before` is its padding in front."""
        reach = self._reach(span(kernel, dilation) - 1)
        return ReceptiveField(
            self.size + reach, self.jump * at_least("stride", stride, 1), self.start - before * self.jump
        ).simplest()

    def transposed(self, kernel: int, stride: int = 1, dilation: int = 1, before: int = 0) -> "ReceptiveField":
        """The field one transposed convolution further; `before` is what it cuts away in front.

        Output sample 0 is centred on tap `before` of the spread kernel, whose middle tap lies on input sample 0.
        """
        covered = span(kernel, dilation)
        size = self.size + self._reach(-(-covered // at_least("stride", stride, 1)) - 1)
        jump = Fraction(self.jump) / stride
        centre = self.centre + (before - Fraction(covered - 1, 2)) * jump
        return ReceptiveField(size, jump, centre - Fraction(size - 1, 2)).simplest()

    def beside(self, other: "ReceptiveField") -> "ReceptiveField":
        """The field of a sample that sees what either sees: from the earlier start to the later end."""
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return ReceptiveField(-int(-(end - start) // 1), self.jump, start).simplest()

    def cut(self, samples: int) -> "ReceptiveField":
        """The field once that many output samples in front are gone."""
        return ReceptiveField(self.size, self.jump, self.start + samples * self.jump).simplest()

    def simplest(self) -> "ReceptiveField":
        """The same with whole numbers where they are whole."""
        return ReceptiveField(self.size, whole_or_fraction(self.jump), whole_or_fraction(self.start))

    def _reach(self, samples: int) -> int:
        """Input samples covered by so many steps of the output, counted up to a whole one."""
        return -int(-(samples * self.jump) // 1)


def whole_or_fraction(number: int | Fraction) -> int | Fraction:
    """An int where the fraction is whole.

    >>> whole_or_fraction(Fraction(4, 2)), whole_or_fraction(Fraction(1, 2))
    (2, Fraction(1, 2))
    """
    return int(number) if number == int(number) else number
