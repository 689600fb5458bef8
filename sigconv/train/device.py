"""Where training runs: Lightning Fabric for one device."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from sigconv.errors import ArgumentError, one_of


def device_of(name: str) -> torch.device:
    """The device of a name: "auto" is the GPU where there is one.

    Raises
    ------
    ArgumentError : an unknown name, or a GPU that is asked for and absent

    >>> device_of("cpu")
    device(type='cpu')
    """
    one_of("device", name, ("auto", "cpu", "cuda"))
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        why = "this torch was built without CUDA" if torch.version.cuda is None else "torch finds no GPU or driver"
        raise ArgumentError(f"device is 'cuda', but {why}; use 'cpu' or 'auto', or install a torch for your GPU")
    return torch.device("cuda", torch.cuda.current_device()) if there and name != "cpu" else torch.device("cpu")


def fabric_on(device: torch.device) -> Any:
    """A launched Fabric for one device."""
    from lightning_fabric import Fabric

    fabric = Fabric(accelerator=device.type, devices=1 if device.type == "cpu" else [device.index or 0])
    fabric.launch()
    return fabric


@contextmanager
def placed(module: nn.Module, device: torch.device) -> Iterator[nn.Module]:
    """A module on a device, and afterwards back where it was.

    >>> with placed(nn.Linear(1, 1), torch.device("cpu")) as module:
    ...     print(module.weight.device)
    cpu
    """
    before = next((p.device for p in module.parameters()), device)
    try:
        yield module.to(device)
    finally:
        module.to(before)
