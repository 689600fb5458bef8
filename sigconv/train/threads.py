"""How many threads torch uses for a batch."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

_SMALL = 1 << 14


@contextmanager
def threads_for(numbers: int) -> Iterator[None]:
    """One thread while a batch is small, whose parts would wait for each other longer than they take.

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
