"""Random numbers of made-up data: each piece has its own, so that it does not depend on how many there are."""

import numpy as np

Draw = np.random.Generator


def drawn(seed: int, *numbers: int) -> Draw:
    """A counter-based generator for one piece of what a seed makes.

    seed : int >= 0;  numbers : which piece: subject, take …

    >>> bool(drawn(0, 1).random() == drawn(0, 1).random()), bool(drawn(0, 1).random() == drawn(0, 2).random())
    (True, False)
    """
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, *numbers])))
