"""Several processes that train one network together, as torchrun starts them."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed

from sigconv.train.device import fabric_on, under_torchrun

Integers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Processes:
    """The processes of a training, and which of them this is; every method that they share is called by all of them.

    rank : 0 … count − 1;  count : >= 1

    >>> Processes().share(np.arange(3)).tolist(), Processes(1, 2).share(np.arange(3)).tolist()
    ([0, 1, 2], [2])
    """

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that writes."""
        return self.rank == 0

    def share(self, items: Integers) -> Integers:
        """This process's part of a row of items that is divided as evenly as can be."""
        return np.array_split(items, self.count)[self.rank]

    def before(self, items: Integers) -> int:
        """How many of the items are the share of a process of lower rank."""
        return sum(len(part) for part in np.array_split(items, self.count)[: self.rank])

    def summed(self, tensor: Tensor) -> Tensor:
        """The sum of everybody's tensors, which have the same shape."""
        if self.count == 1:
            return tensor
        total = tensor.detach().clone()
        distributed.all_reduce(total)
        return total

    def most(self, *values: int) -> list[int]:
        """Of each value the largest that anybody has."""
        if self.count == 1:
            return list(values)
        found = torch.tensor(values, dtype=torch.int64)
        distributed.all_reduce(found, distributed.ReduceOp.MAX)
        return [int(value) for value in found]

    def told(self, content: bytes, by: int = 0) -> bytes:
        """The bytes that the process of this rank has; what the others give is of no account."""
        if self.count == 1:
            return content
        size = torch.tensor([len(content)])
        distributed.broadcast(size, by)
        room = torch.zeros(int(size), dtype=torch.uint8)
        if self.rank == by and content:
            room = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        distributed.broadcast(room, by)
        return room.numpy().tobytes()

    def gathered(self, parts: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """Everybody's rows, one behind the other in the order of the ranks; a row has the same shape everywhere."""
        if self.count == 1:
            return parts
        found = []
        for rank in range(self.count):
            kind, shape = json.loads(self.told(json.dumps([str(parts.dtype), parts.shape]).encode(), rank))
            content = self.told(parts.tobytes(), rank)
            found.append(np.frombuffer(content, kind).reshape(shape))
        return np.concatenate([part for part in found if len(part)] or found[:1])

    def wait(self) -> None:
        """Until everybody is here."""
        self.most(0)


ALONE = Processes()


def here() -> Processes:
    """Those that have joined; one alone where none have.

    >>> here()
    Processes(rank=0, count=1)
    """
    if not (distributed.is_available() and distributed.is_initialized()):
        return ALONE
    return Processes(distributed.get_rank(), distributed.get_world_size())


def joined(device: torch.device) -> Processes:
    """The processes that torchrun started, in touch with each other from now on; one alone without torchrun.

    device : what they train on

    Raises
    ------
    ArgumentError : more processes than GPUs on this machine

    >>> joined(torch.device("cpu"))
    Processes(rank=0, count=1)
    """
    if under_torchrun() and not distributed.is_initialized():
        fabric_on(device)
    return here()


def left(processes: Processes, agreed: bool) -> None:
    """Out of touch again: all at once where everybody is known to end here.

    agreed : whether everybody ends here
    """
    if processes.count > 1 and agreed:
        processes.wait()
        distributed.destroy_process_group()


def is_lost(error: BaseException) -> bool:
    """Whether an error only tells that another process has ended.

    >>> is_lost(RuntimeError("[gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]:4172"))
    True
    """
    told = ("gloo", "NCCL", "Connection closed by peer", "Connection reset")
    return isinstance(error, RuntimeError) and any(word in str(error) for word in told)
