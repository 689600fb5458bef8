"""How to train: one value, checked as a whole."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from sigconv.errors import ArgumentError, one_number, one_of

WORDS = {
    "optimiser": ("adamw", "sgd"),
    "schedule": ("cosine", "constant", "one_cycle"),
    "loss": ("cross_entropy", "focal", "dice_ce"),
    "class_weights": ("none", "balanced"),
    "sampling": ("once", "balanced"),
    "precision": ("float32", "bfloat16", "auto"),
    "start": ("random", "csp"),
}

# what a number may be, in words, and the test of it
_RANGES: dict[str, tuple[str, Callable[[float], bool]]] = {
    "epochs": ("1 or more", lambda n: n >= 1),
    "batch": ("2 or more", lambda n: n >= 2),
    "rate": ("above 0", lambda v: v > 0),
    "conv_rate": ("0 or more", lambda v: v >= 0),
    "weight_decay": ("0 or more", lambda v: v >= 0),
    "momentum": ("from 0 up to, but not, 1", lambda v: 0 <= v < 1),
    "warmup": ("from 0 up to, but not, 1", lambda v: 0 <= v < 1),
    "clip": ("0 or more", lambda v: v >= 0),
    "accumulate": ("1 or more", lambda n: n >= 1),
    "label_smoothing": ("from 0 up to, but not, 1", lambda v: 0 <= v < 1),
    "average": ("from 0 up to, but not, 1", lambda v: 0 <= v < 1),
    "patience": ("0 or more", lambda n: n >= 0),
    "steps": ("0 or more", lambda n: n >= 0),
    "workers": ("0 or more", lambda n: n >= 0),
}


@dataclass(frozen=True)
class Settings:
    """How to train.

    epochs : passes over the data, >= 1
    batch : windows that go through the network at once, >= 2
    rate : the optimiser's learning rate, > 0
    conv_rate : the learning rate of the convolutions, >= 0; None for `rate`
    weight_decay : >= 0
    optimiser : "adamw", or "sgd" with Nesterov's momentum
    momentum : of "sgd", 0 <= momentum < 1
    schedule : "cosine" falls to zero along half a cosine, "constant", or "one_cycle" rises before it falls
    warmup : share of all steps over which the rate rises from zero, 0 <= warmup < 1
    clip : largest norm of all gradients together; 0 for none
    accumulate : batches whose gradients make one step, >= 1
    loss : "cross_entropy", "focal", or "dice_ce" for label maps
    label_smoothing : 0 <= label_smoothing < 1
    class_weights : "none", or "balanced" for weights that are inverse to how often a class is shown
    average : decay of the exponential average of the weights, which is then what is used; 0 for none
    patience : epochs without a better score on `validation` after which training stops; 0 for never
    sampling : "once" shows every window once an epoch; "balanced" draws every class equally often
    steps : steps an epoch, >= 0; 0 for as many as there are windows for
    precision : "float32", "bfloat16", or "auto" for what is fastest here, whose weights differ with the machine
    start : "random", or "csp" for spatial filters from the training windows
    workers : processes that read windows ahead, >= 0; the weights never depend on it

    Raises
    ------
    ArgumentError : a value outside its range

    >>> Settings(epochs=3).batch
    16
    """

    epochs: int = 60
    batch: int = 16
    rate: float = 1e-3
    conv_rate: float | None = None
    weight_decay: float = 0.01
    optimiser: str = "adamw"
    momentum: float = 0.9
    schedule: str = "cosine"
    warmup: float = 0.0
    clip: float = 0.0
    accumulate: int = 1
    loss: str = "cross_entropy"
    label_smoothing: float = 0.0
    class_weights: str = "none"
    average: float = 0.0
    patience: int = 0
    sampling: str = "once"
    steps: int = 0
    precision: str = "float32"
    start: str = "random"
    workers: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            given = getattr(self, field.name)
            if field.name in WORDS:
                one_of(field.name, given, WORDS[field.name])
            elif given is not None or field.name != "conv_rate":
                kind = int if field.type is int else float
                _refuse_number(field.name, given, whole=kind is int)
                object.__setattr__(self, field.name, kind(given))  # of NumPy's numbers, too, which JSON cannot hold


def _refuse_number(name: str, given: Any, whole: bool) -> None:
    told, fits = _RANGES[name]
    value = one_number(name, given, told)
    if not (fits(value) and value < float("inf")):
        raise ArgumentError(f"{name} is {given!r}; allowed: {told}")
    if whole and value != int(value):
        raise ArgumentError(f"{name} is {given!r}; it is a whole number, {told}")
