"""Networks as values: text -> frozen tree -> what it costs -> torch module.

Importing this room loads no torch; the names that need it bring it when they are first asked for. No file here is
called like one of them: importing it would hide the function behind the module.
"""

from typing import TYPE_CHECKING, Any

from sigconv.nets import measure, named
from sigconv.nets.notation import parse
from sigconv.nets.spec import InputSpec
from sigconv.nets.tree import Net
from sigconv.nets.wiring import connected

if TYPE_CHECKING:
    from sigconv.nets.builder import Network, build
    from sigconv.nets.channels import adapt_channels
    from sigconv.nets.equivariance import equivariance_error
    from sigconv.nets.export import export_onnx, export_program
    from sigconv.nets.inflation import inflate
    from sigconv.nets.layer_values import features
    from sigconv.nets.pretrained import fetch_weights
    from sigconv.nets.weights import load_weights

__all__ = [
    "InputSpec",
    "Net",
    "Network",
    "adapt_channels",
    "build",
    "connected",
    "equivariance_error",
    "export_onnx",
    "export_program",
    "features",
    "fetch_weights",
    "inflate",
    "load_weights",
    "measure",
    "named",
    "parse",
]

HOMES = {
    "Network": "builder",
    "adapt_channels": "channels",
    "build": "builder",
    "equivariance_error": "equivariance",
    "export_onnx": "export",
    "export_program": "export",
    "features": "layer_values",
    "fetch_weights": "pretrained",
    "inflate": "inflation",
    "load_weights": "weights",
}


def __getattr__(name: str) -> Any:
    """The names that are loaded when first asked for."""
    from importlib import import_module

    if name not in HOMES:
        raise AttributeError(f"module 'sigconv.nets' has no attribute {name!r}")
    return getattr(import_module(f"sigconv.nets.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
