"""Occlusion: what the score loses when a window that slides over the input is covered."""

from collections.abc import Mapping

import torch

from sigconv.errors import ArgumentError, SamplingError, nearest, one_number
from sigconv.nets.layer_values import evaluating
from sigconv.report.explain.baseline import Baseline, baseline_of, baseline_words
from sigconv.report.explain.explanation import Explanation, on_input
from sigconv.report.explain.limits import LIMIT, Tick, captum, counted, together
from sigconv.report.explain.question import Question
from sigconv.signal import Axis, Signal


def occlusion(
    question: Question,
    size: Mapping[str, float],
    step: Mapping[str, float] | None = None,
    *,
    channels: str = "together",
    baseline: Baseline = 0.0,
    limit: int = LIMIT,
    tick: Tick = lambda: None,
) -> Explanation:
    """f(x) − f(x with a window covered), at each place the mean over the windows that cover it.

    Parameters
    ----------
    question : from `ask`
    size : axis name -> width of the window in the axis' unit (s, Hz, mm; samples where it has none); an axis that is
        not named is covered whole
    step : the same from one window to the next; half the size unless given
    channels : "together", or "each" to cover every channel by itself
    baseline : what covers; see `baseline_of`
    limit : bytes that activations may take
    tick : called for each batch

    Raises
    ------
    ArgumentError : an axis the signal has not;  SamplingError : a width below one sample or above the axis,
        or a step wider than the window
    MissingExtra : captum is not installed;  ResourceError : one input takes more than `limit`

    Source: Zeiler & Fergus (2014), ECCV.  Same as: captum.attr.Occlusion.
    """
    if channels not in ("together", "each"):
        raise ArgumentError(f"channels is {channels!r}; allowed: together, each")
    signal = question.signal
    shape = samples_of(signal, "size", size)
    halves = tuple(max(1, n // 2) for n in shape)
    hop = halves if step is None else samples_of(signal, "step", step)
    for axis, n, every in zip(signal.axes[1:], shape, hop, strict=True):
        if every > n:
            raise SamplingError(
                f"step is {every * axis.step:g} {axis.unit} along {axis.name}; allowed: at most the window's size, "
                f"{n * axis.step:g} {axis.unit}, or samples would never be covered"
            )
    first = 1 if channels == "each" else signal.shape[0]
    few = together(question.network, limit, gradients=False)
    x, b = question.x, baseline_of(question, baseline)
    method = captum().Occlusion(counted(question.score, tick))
    with evaluating(question.network), torch.no_grad():
        found = method.attribute(x, (first, *shape), strides=(first, *hop), baselines=b, perturbations_per_eval=few)
        fx, fb = (question.score(one)[0].item() for one in (x, b))
    widths = " × ".join(f"{n * a.step:.3g} {a.unit or 'samples'}" for n, a in zip(shape, signal.axes[1:], strict=True))
    said = f"window of {widths}, {baseline_words(baseline, signal.unit)}"
    return Explanation(question, "occlusion", on_input(question, found), fx, fb, settings=said)


def samples_of(signal: Signal, argument: str, widths: Mapping[str, float]) -> tuple[int, ...]:
    """Widths in units as whole samples, one for each grid axis; an axis that is not named is taken whole.

    >>> import numpy as np
    >>> samples_of(Signal.from_array(np.zeros(320), fs=160), "size", {"time": 0.25})
    (40,)
    """
    names = [axis.name for axis in signal.axes[1:]]
    for name in widths:
        if name not in names:
            raise ArgumentError(f"{argument} names {name!r}{nearest(name, names)}; axes: {', '.join(names)}")
    return tuple(_whole(argument, axis, widths.get(axis.name)) for axis in signal.axes[1:])


def _whole(argument: str, axis: Axis, width: float | None) -> int:
    if width is None:
        return axis.size
    count = round(one_number(argument, width, f"in {axis.unit or 'samples'}") / axis.step)
    if not 1 <= count <= axis.size:
        raise SamplingError(
            f"{argument} is {width:g} {axis.unit} along {axis.name}; allowed: one sample, {axis.step:.4g}, to all "
            f"{axis.size}, {axis.size * axis.step:.4g} {axis.unit}"
        )
    return count
