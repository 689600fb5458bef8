"""What a method found: numbers on the input's own axes, and whether they add up."""

from dataclasses import dataclass
from typing import Any

from sigconv.report.explain.question import Question
from sigconv.signal import Signal


@dataclass(frozen=True)
class Part:
    """A piece of the input that was taken away as a whole.

    name : in the input's units, "C3 · 8 to 13 Hz";  value : its attribution, in units of the score
    spread : standard error of `value`, or NaN where nothing was drawn by chance
    """

    name: str
    value: float
    spread: float


@dataclass(frozen=True, eq=False)
class Explanation:
    """The attribution of one score to the input.

    Attributes
    ----------
    question : what was asked
    method : "saliency", "grad_cam", "integrated_gradients", "occlusion", "left_out" or "shapley"
    attribution : Signal on the input's own axes (s, Hz, mm), or, for a hidden layer, on that layer's axes in the
        input's units; positive speaks for the class
    layer : the layer it was found at, "" for the input
    score, baseline_score : f(x), and f(baseline) or NaN for a method that has no baseline
    parts : the pieces of a method that takes pieces away, in their order
    settings : in words, for the caption
    """

    question: Question
    method: str
    attribution: Signal
    score: float
    baseline_score: float = float("nan")
    layer: str = ""
    parts: tuple[Part, ...] = ()
    settings: str = ""

    @property
    def total(self) -> float:
        """The sum of all attributions."""
        if self.parts:
            return sum(part.value for part in self.parts)
        return float(self.attribution.data.sum(dtype="float64"))

    @property
    def error(self) -> float:
        """How far the sum is from f(x) − f(baseline); NaN for a method that does not promise to add up.

        Integrated gradients add up as far as the steps are fine, Shapley values but for rounding.
        """
        if self.method not in COMPLETE:
            return float("nan")
        return self.total - (self.score - self.baseline_score)

    @property
    def completeness(self) -> str:
        """The sum of the attributions beside f(x) − f(baseline), in words."""
        if self.method not in COMPLETE:
            return f"{self.method} does not promise to add up to the score"
        wanted = self.score - self.baseline_score
        share = f", {100 * abs(self.error / wanted):.2g} %" if wanted else ""
        return (
            f"sum of attributions {self.total:.4g}; f(x) − f(baseline) = {self.score:.4g} − "
            f"{_signed(self.baseline_score)} = {wanted:.4g}; error {self.error:.2g}{share}"
        )

    def strongest(self, count: int = 5) -> tuple[Part, ...]:
        """The parts of the largest values, whether they speak for the class or against it."""
        return tuple(sorted(self.parts, key=lambda part: -abs(part.value))[:count])


def _signed(value: float) -> str:
    return f"({value:.4g})" if value < 0 else f"{value:.4g}"


COMPLETE = ("integrated_gradients", "shapley")


def on_input(question: Question, data: Any) -> Signal:
    """(1, channel, *grid) tensor -> a Signal on the axes of what was asked about; plain numbers, events kept."""
    array = data.detach().cpu().double().numpy()[0]
    return question.signal.with_data(array, unit="")
