"""Random numbers as a function of what they are for: the same on any machine, in any order, after any crash."""

import zlib

import numpy as np


def generator(seed: int, purpose: str, *counters: int) -> np.random.Generator:
    """A generator that depends on (seed, purpose, counters) alone.

    Parameters
    ----------
    seed : int >= 0
    purpose : what the draw is for, as in "shuffle"
    counters : epoch, sample, step …, each >= 0

    >>> int(generator(0, "shuffle", 3).integers(1000)) == int(generator(0, "shuffle", 3).integers(1000))
    True
    """
    words = np.random.SeedSequence([seed, zlib.crc32(purpose.encode()), *counters])
    return np.random.Generator(np.random.Philox(words))


def torch_seed(seed: int, purpose: str, *counters: int) -> int:
    """A 63-bit seed for torch's generator, drawn in the same way."""
    return int(generator(seed, purpose, *counters).integers(1 << 63))
