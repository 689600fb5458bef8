"""How many threads torch uses for a batch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod

import torch

from sigconv.nets.builder import Network

_SMALL = 30_000_000  # multiply-adds of a batch, below which a second thread gains next to nothing
_USUAL = 1000  # multiply-adds for each number of a window, of a module that does not tell them


@contextmanager
def threads_for(module: torch.nn.Module, shape: Sequence[int], batch: int) -> Iterator[None]:
    """One thread while a batch is little work: sharing it out gains little, and costs tenfold on a busy machine.

    shape : (channels, *grid) of a window;  batch : of so many

    >>> with threads_for(torch.nn.Linear(2, 2), (2,), 100):
    ...     torch.get_num_threads()
    1
    """
    rows = module.rows if isinstance(module, Network) else ()
    each = sum(row.multiply_adds for row in rows) or _USUAL * prod(shape)
    before = torch.get_num_threads()
    torch.set_num_threads(1 if batch * each < _SMALL else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
