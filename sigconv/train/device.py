"""Where training runs: Lightning Fabric for the devices that one or more processes have."""

import logging
import os
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
    if not there or name == "cpu":
        return torch.device("cpu")
    return torch.device("cuda", _told("LOCAL_RANK") if under_torchrun() else torch.cuda.current_device())


def under_torchrun() -> bool:
    """Whether this is one of several processes that torchrun started.

    >>> under_torchrun()
    False
    """
    return torch.distributed.is_available() and torch.distributed.is_torchelastic_launched() and _told("WORLD_SIZE") > 1


def _told(name: str) -> int:
    """A number that torchrun tells its processes."""
    return int(os.environ[name])


def fabric_on(device: torch.device) -> Any:
    """A launched Fabric for one device, or under torchrun for the device that each process has.

    Raises
    ------
    ArgumentError : more processes than GPUs on this machine
    """
    from lightning_fabric import Fabric

    if under_torchrun():
        fabric = _fabric_of_many(device)
    else:
        fabric = Fabric(accelerator=device.type, devices=1 if device.type == "cpu" else [device.index or 0])
    fabric.launch()
    return fabric


def seeded(device: torch.device, seed: int) -> None:
    """Begin torch's random numbers of the CPU and of one device anew; seed : from 0 up to, but not, 2^63.

    torch.manual_seed asks every kind of device that there might be, which takes longer than the step of a small net.

    >>> with torch.random.fork_rng(devices=[]):
    ...     seeded(torch.device("cpu"), 5)
    ...     one = torch.rand(1)
    ...     _ = torch.manual_seed(5)
    ...     bool(torch.rand(1) == one)
    True
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index or 0].manual_seed(seed)


def _fabric_of_many(device: torch.device) -> Any:
    from lightning_fabric import Fabric
    from lightning_fabric.strategies.ddp import DDPStrategy

    processes, gpus = _told("LOCAL_WORLD_SIZE"), torch.cuda.device_count()
    if device.type == "cuda" and processes > gpus:
        raise ArgumentError(
            f"torchrun started {processes} processes on a machine with {gpus} GPU{'s' * (gpus != 1)}; use "
            f"--nproc-per-node {gpus}, or train on the CPU (run.device=cpu)"
        )
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # it tells of every start
    # what processes tell each other beside gradients lies in the CPU's memory
    backend = "gloo" if device.type == "cpu" else "cpu:gloo,cuda:nccl"
    ddp = DDPStrategy(process_group_backend=backend)
    nodes = _told("WORLD_SIZE") // processes
    return Fabric(accelerator=device.type, devices=processes, num_nodes=nodes, strategy=ddp)


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
