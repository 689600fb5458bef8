"""What a paper says of its network: the input it was drawn for and its number of parameters."""

from collections.abc import Callable
from dataclasses import dataclass

from sigconv.errors import ArgumentError, nearest
from sigconv.nets.spec import InputSpec
from sigconv.nets.tree import Net


@dataclass(frozen=True)
class Published:
    """A network of the literature.

    name : as in `nets.named`;  make : gives the Net, with the paper's own settings if called without arguments
    spec, classes : the input and the outputs of the paper
    parameters : their number as published, or as the sum of the published layers;  paper : where
    """

    name: str
    make: Callable[..., Net]
    spec: InputSpec
    classes: int
    parameters: int
    paper: str


NAMES: dict[str, Published] = {}


def published(
    channels: int, grid: tuple[int, ...], classes: int, parameters: int, paper: str
) -> Callable[[Callable[..., Net]], Callable[..., Net]]:
    """Enters a function that makes a Net into NAMES under its own name."""

    def enter(make: Callable[..., Net]) -> Callable[..., Net]:
        NAMES[make.__name__] = Published(make.__name__, make, InputSpec(channels, grid), classes, parameters, paper)
        return make

    return enter


def find(name: str) -> Published:
    """The entry of a network by its name.

    Raises
    ------
    ArgumentError : no network has this name; the nearest one is named

    >>> from sigconv.nets import named
    >>> named.find("lenet1989").parameters
    9760
    """
    if name not in NAMES:
        raise ArgumentError(f"name is {name!r}{nearest(str(name), NAMES)}; allowed: {', '.join(NAMES)}")
    return NAMES[name]
