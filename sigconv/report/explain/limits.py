"""How many inputs may be in the network at a time."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from sigconv.errors import ArgumentError, MissingExtra, ResourceError
from sigconv.nets import Network
from sigconv.nets.memory import memory

Tick = Callable[[], None]
LIMIT = 512 * 2**20


def together(network: Network, limit: int, *, gradients: bool, most: int = 256) -> int:
    """Inputs at a time, so that activations (and what gradients keep of them) stay below `limit` bytes.

    network : Network;  limit : bytes, > 0;  most : never more than so many

    Raises
    ------
    ResourceError : one input alone takes more (with both numbers);  ArgumentError : limit not above 0

    >>> from sigconv.nets import InputSpec, build, parse
    >>> together(build(parse("C8RPF"), InputSpec(1, (100,))), 100_000, gradients=False)
    11
    """
    if not limit > 0:
        raise ArgumentError(f"limit is {limit} bytes; it is above 0")
    size = next((p.element_size() for p in network.parameters()), 4)
    found = memory(network.net, network.spec, network.rows[-1].channels, number_bytes=size)
    one = found.forward + found.backward * gradients
    if one > limit:
        raise ResourceError(
            f"one input takes {one / 2**20:.0f} MiB in this network, limit is {limit / 2**20:.0f} MiB; raise "
            "the limit, or explain less"
        )
    return min(most, int(limit // one))


def counted(forward: Callable[[Tensor], Tensor], tick: Tick) -> Callable[[Tensor], Tensor]:
    """`forward`, with a tick for each batch that goes through it."""

    def run(x: Tensor) -> Tensor:
        tick()
        return forward(x)

    return run


def captum() -> Any:
    """captum.attr, or what to install."""
    try:
        import captum.attr
    except ImportError as error:
        raise MissingExtra("captum", "explain") from error
    return captum.attr
