"""The layers that look at no neighbours, as values: functions, norms, dropout, and the ends of a net.

    Activation        R, R:name
    Norm              B, N, N:name
    Dropout           D<rate>, D<rate>:channel
    Full              F[units] b w, F:codes
    Softmax           S
    Crop              X

`str` of a layer is its canonical text: what is a default is not written.
"""

import re
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from sigconv.errors import ArgumentError, one_of
from sigconv.nets.written import DROP, NO_BIAS, Layer, Option, fill, rate, whole, written

ACTIVATIONS = (
    *("relu", "elu", "gelu", "tanh", "sigmoid", "square", "log", "leaky", "prelu", "silu", "selu", "mish"),
    *("softplus", "stanh"),
)
NORMS = ("batch", "instance", "group", "layer", "local", "affine")
SLOPE = 0.01


@dataclass(frozen=True)
class Activation(Layer):
    """A function of each number on its own.

    name : relu · leaky (slope x below 0) · prelu (a learnt slope per channel) · elu selu gelu silu mish softplus ·
        tanh · stanh, 1.7159 tanh(2 x / 3) · sigmoid · square · log, of max(x, 1e-6)
    slope : of "leaky", 0 <= slope < 1 (None: 0.01)

    Source: LeCun (1989), Generalization and network design strategies (stanh); torch.nn's documentation.

    >>> str(Activation()), str(Activation("square")), str(Activation("leaky", slope=0.1))
    ('R', 'R:square', 'R:leaky0.1')
    """

    letter: ClassVar[str] = "R"
    name: str = "relu"
    slope: float | None = None

    def __post_init__(self) -> None:
        one_of("name", self.name, ACTIVATIONS)
        if self.slope is not None:
            if self.name != "leaky":
                raise ArgumentError(f"slope is {self.slope!r}, but only 'leaky' takes one, not {self.name!r}")
            fill(self, slope=None if self.slope == SLOPE else rate("slope", self.slope))

    @property
    def suffix(self) -> str:
        """The name and the slope, "" for relu."""
        return "" if self.name == "relu" else self.name + ("" if self.slope is None else written(self.slope))

    @classmethod
    def named(cls, word: str) -> dict[str, Any]:
        """A name, with its slope behind it."""
        name, number = name_and_number(word)
        return {"name": one_of("the name behind R", name, ACTIVATIONS), "slope": float(number) if number else None}


@dataclass(frozen=True)
class Norm(Layer):
    """A normalisation; all but "local" have a learnt scale and shift per channel.

    kind : "batch" over the batch and the grid · "instance" over the grid · "group" over the grid and `size` groups of
        channels · "layer" over all of an example · "affine" nothing but scale and shift · "local", divided by
        (2 + 1e-4 sum of the squares of `size` neighbouring channels) ** 0.75
    size : of "group" (the number of groups; None: 8) and of "local" (None: 5)

    Source: Ioffe & Szegedy (2015), Batch normalization; Ulyanov et al. (2016), Instance normalization; Wu & He (2018),
    Group normalization; Krizhevsky et al. (2012), section 3.3 (local).

    >>> str(Norm()), str(Norm("instance")), str(Norm("group", 4))
    ('B', 'N', 'N:group4')
    """

    kind: str = "batch"
    size: int | None = None

    def __post_init__(self) -> None:
        one_of("kind", self.kind, NORMS)
        if self.size is not None:
            if self.kind not in ("group", "local"):
                raise ArgumentError(f"size is {self.size!r}, but only 'group' and 'local' take one, not {self.kind!r}")
            size = whole("size", self.size)
            fill(self, size=None if size == self.usual else size)

    @property
    def usual(self) -> int:
        """The size where none is given."""
        return 5 if self.kind == "local" else 8

    @property
    def letter(self) -> str:  # type: ignore[override]
        """B for the batch, N for the others."""
        return "B" if self.kind == "batch" else "N"

    @property
    def suffix(self) -> str:
        """The kind and its size, "" for batch and instance."""
        return "" if self.kind in ("batch", "instance") else self.kind + ("" if self.size is None else str(self.size))

    @classmethod
    def named(cls, word: str) -> dict[str, Any]:
        """A kind, with its size behind it."""
        name, number = name_and_number(word)
        one_of("the name behind N", name, NORMS[1:])
        if "." in number:
            raise ArgumentError(f"the size of N:{name} is {number}; it is a whole number")
        return {"kind": name, "size": int(number) if number else None}


@dataclass(frozen=True)
class Dropout(Layer):
    """While training, each number, or each whole channel, is set to 0 with this probability.

    rate : float, 0 <= rate < 1;  whole_channels : whether a channel goes as a whole

    Source: Srivastava et al. (2014), Dropout; Tompson et al. (2015), section 3.2 (channels).

    >>> str(Dropout(0.5)), str(Dropout(0.2, whole_channels=True))
    ('D0.5', 'D0.2:channel')
    """

    letter: ClassVar[str] = "D"
    options: ClassVar[tuple[Option, ...]] = (Option("", "rate", None, "rate"),)
    rate: float
    whole_channels: bool = False

    def __post_init__(self) -> None:
        fill(self, rate=rate("rate", self.rate))

    @property
    def suffix(self) -> str:
        """channel, or "" for single numbers."""
        return "channel" if self.whole_channels else ""

    @classmethod
    def named(cls, word: str) -> dict[str, Any]:
        """channel."""
        one_of("the name behind D", word, ("channel",))
        return {"whole_channels": True}


@dataclass(frozen=True)
class Full(Layer):
    """Fully connected: every output sees every input; a grid is flattened first.

    units : outputs >= 1; None, in the last Full of a net only, takes the number of classes
    bias : whether a number per output is added;  drop : as Conv's
    kind : "weights", or "codes": minus the squared distance to one fixed code of -1 and +1 per output, so that the
        nearest code scores highest; nothing is learnt

    Source: LeCun et al. (1998), Gradient-based learning applied to document recognition, section II.B (codes).

    >>> str(Full()), str(Full(128, drop=0.5))
    ('F', 'F128w0.5')
    """

    letter: ClassVar[str] = "F"
    options: ClassVar[tuple[Option, ...]] = (Option("", "units", None, "number"), NO_BIAS, DROP)
    units: int | None = None
    bias: bool = True
    drop: float = 0.0
    kind: Literal["weights", "codes"] = "weights"

    def __post_init__(self) -> None:
        if self.units is not None:
            fill(self, units=whole("units", self.units))
        one_of("kind", self.kind, ("weights", "codes"))
        fill(self, drop=rate("drop", self.drop))
        if not isinstance(self.bias, bool):
            raise ArgumentError(f"bias is {self.bias!r}; allowed: True, False")
        if self.kind == "codes" and (self.drop or not self.bias):
            raise ArgumentError("kind is 'codes', whose numbers are fixed: it takes neither bias nor drop")

    @property
    def suffix(self) -> str:
        """codes, or "" for weights."""
        return "codes" if self.kind == "codes" else ""

    @classmethod
    def named(cls, word: str) -> dict[str, Any]:
        """codes."""
        return {"kind": one_of("the name behind F", word, ("codes",))}


@dataclass(frozen=True)
class Softmax(Layer):
    """Probabilities over the channels: exp(z) / sum exp(z). Only the end of a net may be one.

    Training takes a net without S: the loss wants the plain scores z (logits).

    >>> str(Softmax())
    'S'
    """

    letter: ClassVar[str] = "S"


@dataclass(frozen=True)
class Crop(Layer):
    """Cuts the grid to that of the net's input, where the centres of the receptive fields lie on the input's places.

    A fully convolutional net that padded its input and upsampled its answer gives one score per input place with it.

    Source: Long, Shelhamer & Darrell (2015), Fully convolutional networks for semantic segmentation.

    >>> str(Crop())
    'X'
    """

    letter: ClassVar[str] = "X"


def name_and_number(word: str) -> tuple[str, str]:
    """The name and the number behind it, as texts; a number that cannot be read belongs to the name.

    >>> name_and_number("leaky.1"), name_and_number("group8"), name_and_number("relu")
    (('leaky', '.1'), ('group', '8'), ('relu', ''))
    """
    found = re.fullmatch(r"([a-z_]*)(\d{0,40}(?:\.\d{1,400})?)", word, re.ASCII)
    return (found[1], found[2]) if found else (word, "")
