"""Networks as values: text -> frozen tree -> what it costs -> torch module.

Importing this room loads no torch; `build` brings it when it is first asked for.
"""

from typing import TYPE_CHECKING, Any

from sigconv.nets import measure, named
from sigconv.nets.connected import connected
from sigconv.nets.notation import parse
from sigconv.nets.spec import InputSpec
from sigconv.nets.tree import Net

if TYPE_CHECKING:
    from sigconv.nets.builder import Network, build

__all__ = ["InputSpec", "Net", "Network", "build", "connected", "measure", "named", "parse"]


def __getattr__(name: str) -> Any:
    """The names that need torch."""
    if name not in ("Network", "build"):
        raise AttributeError(f"module 'sigconv.nets' has no attribute {name!r}")
    from sigconv.nets import builder

    return getattr(builder, name)


def __dir__() -> list[str]:
    return __all__
