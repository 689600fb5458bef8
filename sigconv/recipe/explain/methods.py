"""The methods of `sigconv explain`, with what each of them asks for where nothing was said."""

from collections.abc import Callable
from dataclasses import dataclass

from sigconv.errors import ArgumentError, one_of
from sigconv.report import explain
from sigconv.report.explain import Explanation, Players, Question
from sigconv.report.explain.bands import EEG_EDGES
from sigconv.report.explain.baseline import Baseline
from sigconv.report.explain.blocks import marker_names
from sigconv.report.explain.limits import Tick
from sigconv.signal import Signal

PIECES = ("auto", "bands", "joints", "supervoxels", "time=12,freq=8")
_SUPERVOXELS = 64
_MOST_STEPS, NEAR = 256, 0.01
# blocks along each axis where no better pieces are known
_BLOCKS: dict[tuple[str, ...], dict[str, int]] = {
    ("time",): {"time": 16},
    ("freq", "time"): {"freq": 8, "time": 8},
    ("y", "x"): {"y": 6, "x": 6},
    ("time", "y", "x"): {"time": 8},
    ("z", "y", "x"): {"z": 4, "y": 4, "x": 4},
}


@dataclass(frozen=True)
class Asked:
    """How to explain.

    method : one of METHODS;  layer : of saliency and grad_cam, "" for the method's own choice
    pieces : of shapley and left_out: one of PIECES, or AXIS=COUNT,…
    baseline : a number in the network's own units, or "mean"
    effort : steps of integrated_gradients, orders of shapley; 0 for enough
    width : of occlusion's window, as a share of every axis, 0 < width <= 1
    """

    method: str = "integrated_gradients"
    layer: str = ""
    pieces: str = "auto"
    baseline: str = "0"
    effort: int = 0
    width: float = 0.1


def explained(question: Question, asked: Asked, domain: str, tick: Tick) -> Explanation:
    """Carry out a method.

    Raises
    ------
    ArgumentError : no such method, layer, pieces or baseline (those there are, are named)
    """
    one_of("method", asked.method, METHODS)
    if asked.layer and asked.method not in ("saliency", "grad_cam"):
        raise ArgumentError(f"layer is {asked.layer!r}; it is for saliency and grad_cam, not for {asked.method}")
    return METHODS[asked.method](question, asked, domain, tick)


def pieces_of(signal: Signal, pieces: str, domain: str) -> Players:
    """The pieces of an input: what means something in its domain, unless said otherwise.

    Raises
    ------
    ArgumentError : no such pieces

    >>> import numpy as np
    >>> x = Signal.from_array(np.zeros((1, 320)), fs=160)
    >>> pieces_of(x, "time=2", "eeg").names
    ('0 to 1 s', '1 to 2 s')
    """
    grid = tuple(axis.name for axis in signal.axes[1:])
    if "=" in pieces:
        return explain.blocks(signal, _counts(pieces))
    if pieces == "auto":
        usual = {"eeg": "bands", "volume": "supervoxels"}.get(domain, "blocks")
        pieces = "joints" if grid == ("time",) and marker_names(signal) else usual
    if pieces == "bands":
        return explain.bands(signal, [edge for edge in EEG_EDGES if edge < signal.fs / 2])
    if pieces == "joints":
        return explain.joints(signal)
    if pieces == "supervoxels":
        return explain.supervoxels(signal, _SUPERVOXELS)
    if pieces == "blocks":
        wanted = _BLOCKS.get(grid, {})
        sizes = {axis.name: axis.size for axis in signal.axes[1:]}
        return explain.blocks(signal, {name: min(n, sizes[name]) for name, n in wanted.items()})
    raise ArgumentError(f"pieces is {pieces!r}; allowed: {', '.join(PIECES)} (any axis of the input)")


def _counts(pieces: str) -> dict[str, int]:
    counts = {}
    for word in pieces.split(","):
        name, _, count = word.partition("=")
        if not count.strip().isdigit():
            raise ArgumentError(f"pieces is {pieces!r}; blocks are written AXIS=COUNT, as in time=12,freq=8")
        counts[name.strip()] = int(count)
    return counts


def _baseline(asked: Asked) -> Baseline:
    if asked.baseline == "mean":
        return "mean"
    try:
        return float(asked.baseline)
    except ValueError:
        raise ArgumentError(f"baseline is {asked.baseline!r}; allowed: a number, or mean") from None


def _saliency(question: Question, asked: Asked, _domain: str, _tick: Tick) -> Explanation:
    return explain.saliency(question, asked.layer or None)


def _grad_cam(question: Question, asked: Asked, _domain: str, _tick: Tick) -> Explanation:
    return explain.grad_cam(question, asked.layer or None)


def _integrated(question: Question, asked: Asked, _domain: str, tick: Tick) -> Explanation:
    """Steps are doubled twice over until the sum is within 1 %, unless their number was given."""
    steps, baseline = asked.effort or 64, _baseline(asked)
    while True:
        found = explain.integrated_gradients(question, baseline=baseline, steps=steps, tick=tick)
        wanted = abs(found.score - found.baseline_score)
        if asked.effort or abs(found.error) <= NEAR * wanted or steps >= _MOST_STEPS:
            return found
        steps *= 4


def _occlusion(question: Question, asked: Asked, domain: str, tick: Tick) -> Explanation:
    if not 0 < asked.width <= 1:
        raise ArgumentError(f"width is {asked.width}; allowed: above 0 to 1, the share of an axis that is covered")
    axes = question.signal.axes[1:]
    size = {axis.name: max(1, round(asked.width * axis.size)) * axis.step for axis in axes}
    each = "each" if domain == "eeg" else "together"
    return explain.occlusion(question, size, channels=each, baseline=_baseline(asked), tick=tick)


def _shapley(question: Question, asked: Asked, domain: str, tick: Tick) -> Explanation:
    players = pieces_of(question.signal, asked.pieces, domain)
    samples = asked.effort or 25
    return explain.shapley(question, players, samples=samples, baseline=_baseline(asked), tick=tick)


def _left_out(question: Question, asked: Asked, domain: str, tick: Tick) -> Explanation:
    players = pieces_of(question.signal, asked.pieces, domain)
    return explain.left_out(question, players, baseline=_baseline(asked), tick=tick)


METHODS: dict[str, Callable[[Question, Asked, str, Tick], Explanation]] = {
    "integrated_gradients": _integrated,
    "saliency": _saliency,
    "grad_cam": _grad_cam,
    "occlusion": _occlusion,
    "shapley": _shapley,
    "left_out": _left_out,
}
