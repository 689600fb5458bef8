"""How many threads torch uses for a batch."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

_SMALL = 2_000_000


@contextmanager
def threads_for(numbers: int) -> Iterator[None]:
    """One thread while a batch is small: sharing it out gains little, and costs tenfold on a busy machine.

    numbers : how many a batch holds

    >>> with threads_for(100):
    ...     torch.get_num_threads()
    1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1 if numbers < _SMALL else before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
