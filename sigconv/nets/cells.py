"""The Neocognitron's layers, and layers of fixed kernels, as values.

    FixedKernel       K:name                  contrast[width] sobel prewitt laplacian gaussian[sigma] log[sigma]
    SCell             V<planes> k t q         cells that each look for one learnt pattern
    CCell             Z[size] s, Z:root       cells that answer wherever a pattern lies in a small region

`str` of a layer is its canonical text, as in `windowed`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from sigconv.errors import ArgumentError, one_number, one_of
from sigconv.nets.pointwise import name_and_number
from sigconv.nets.written import Axes, Layer, Option, axes_of, fill, rate, whole, written

KERNELS = ("contrast", "sobel", "prewitt", "laplacian", "gaussian", "log")
WIDTHS = {"contrast": 0.6, "gaussian": 1.0, "log": 1.0}


@dataclass(frozen=True)
class FixedKernel(Layer):
    """Each channel correlated with known kernels; nothing is learnt; the grid stays.

    name : "contrast" on- and off-centre cells (two outputs a channel) · "sobel" "prewitt" a derivative along each axis
        (as many outputs as axes) · "laplacian" · "gaussian" · "log", the Laplacian of a Gaussian
    width : standard deviation in samples, 0.2 … 10, of "contrast" (None: 0.6), "gaussian" and "log" (None: 1)

    Source: Fukushima (2003), Neurocomputing 51:161-180 (contrast); core.kernels.

    >>> str(FixedKernel("sobel")), str(FixedKernel("gaussian", 2))
    ('K:sobel', 'K:gaussian2')
    """

    letter: ClassVar[str] = "K"
    name: str = "contrast"
    width: float | None = None

    def __post_init__(self) -> None:
        one_of("name", self.name, KERNELS)
        if self.width is not None:
            if self.name not in WIDTHS:
                takers = ", ".join(WIDTHS)
                raise ArgumentError(f"width is {self.width!r}, but only {takers} take one, not {self.name!r}")
            width = one_number("width", self.width, "0.2 to 10")
            if not 0.2 <= width <= 10:
                raise ArgumentError(f"width is {self.width!r}; it is one number, 0.2 to 10")
            fill(self, width=None if width == WIDTHS[self.name] else width)

    @property
    def usual(self) -> float | None:
        """The width that holds: the given one, or that of the name."""
        return WIDTHS.get(self.name) if self.width is None else self.width

    @property
    def suffix(self) -> str:
        """The name, and the width where it is given."""
        return self.name + ("" if self.width is None else written(self.width))

    @classmethod
    def named(cls, word: str) -> dict[str, Any]:
        """A name, with its width behind it."""
        name, number = name_and_number(word)
        return {"name": one_of("the name behind K", name, KERNELS), "width": float(number) if number else None}


@dataclass(frozen=True)
class SCell(Layer):
    """Planes of S-cells with shared inhibition; the grid stays.

    planes : outputs >= 1;  kernel : samples seen along each axis, as Conv's
    threshold : 0 < threshold < 1, the likeness below which a cell is silent
    strength : whole number >= 1; a cell answers its pattern half at the contrast 1 / (threshold strength)

    Source: Fukushima (1980), Biological Cybernetics 36:193-202; Fukushima (2003).

    >>> str(SCell(16, threshold=0.5))
    'V16t0.5'
    """

    letter: ClassVar[str] = "V"
    options: ClassVar[tuple[Option, ...]] = (
        Option("", "planes", None, "number"),
        Option("k", "kernel", 3, "size"),
        Option("t", "threshold", 0.6, "rate"),
        Option("q", "strength", 100, "number"),
    )
    planes: int | None = None
    kernel: Axes = 3
    threshold: float = 0.6
    strength: int = 100

    def __post_init__(self) -> None:
        whole("planes", self.planes)  # None is refused here as well
        whole("strength", self.strength)
        fill(self, kernel=axes_of("kernel", self.kernel), threshold=rate("threshold", self.threshold))
        if not self.threshold:
            raise ArgumentError("threshold is 0; it is above 0 and below 1")


@dataclass(frozen=True)
class CCell(Layer):
    """C-cells: each blurs its own plane over a region and squashes it; the grid is divided by the stride, rounded up.

    size, stride : as Conv's kernel and stride
    squash : "saturate" x / (1 + x), or "root"

    Source: Fukushima (1980); Fukushima (2013), Neural Networks 37:103-119 (root).

    >>> str(CCell(5, stride=2)), str(CCell(squash="root"))
    ('Z5s2', 'Z:root')
    """

    letter: ClassVar[str] = "Z"
    options: ClassVar[tuple[Option, ...]] = (Option("", "size", 3, "size"), Option("s", "stride", 1, "size"))
    size: Axes = 3
    stride: Axes = 1
    squash: Literal["saturate", "root"] = "saturate"

    def __post_init__(self) -> None:
        fill(self, size=axes_of("size", self.size), stride=axes_of("stride", self.stride))
        one_of("squash", self.squash, ("saturate", "root"))

    @property
    def suffix(self) -> str:
        """root, or "" for the other."""
        return "" if self.squash == "saturate" else self.squash

    @classmethod
    def named(cls, word: str) -> dict[str, Any]:
        """Saturate or root."""
        return {"squash": one_of("the name behind Z", word, ("saturate", "root"))}
