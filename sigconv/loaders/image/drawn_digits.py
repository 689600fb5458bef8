"""Made-up handwriting: the ten digits as strokes of a pen, each writer with a hand of their own."""

from collections.abc import Callable

from sigconv.loaders.draws import Draw
from sigconv.loaders.image.handwriting import Hand, Points, pages
from sigconv.loaders.recording import Recording

STROKES: dict[str, tuple[Points, ...]] = {
    "0": (((0.5, 0.0), (0.1, 0.2), (0.0, 0.55), (0.25, 0.95), (0.7, 0.95), (1.0, 0.5), (0.85, 0.1), (0.45, 0.0)),),
    "1": (((0.5, 0.0), (0.5, 0.35), (0.5, 0.7), (0.5, 1.0)),),
    "2": (((0.05, 0.25), (0.35, 0.0), (0.85, 0.1), (0.8, 0.45), (0.3, 0.8), (0.0, 1.0)), ((0.0, 1.0), (1.0, 0.97))),
    "3": (
        ((0.05, 0.12), (0.45, 0.0), (0.85, 0.15), (0.75, 0.4), (0.35, 0.48)),
        ((0.35, 0.48), (0.85, 0.55), (0.95, 0.8), (0.55, 1.0), (0.0, 0.88)),
    ),
    "4": (((0.2, 0.0), (0.05, 0.35), (0.1, 0.55)), ((0.1, 0.55), (1.0, 0.5)), ((0.75, 0.1), (0.7, 0.55), (0.68, 1.0))),
    "5": (
        ((0.95, 0.0), (0.2, 0.03)),
        ((0.2, 0.03), (0.12, 0.42)),
        ((0.12, 0.42), (0.6, 0.36), (0.95, 0.6), (0.75, 0.92), (0.3, 1.0), (0.0, 0.88)),
    ),
    "6": (((0.75, 0.0), (0.3, 0.25), (0.05, 0.65), (0.25, 1.0), (0.75, 0.95), (0.85, 0.65), (0.5, 0.52), (0.1, 0.7)),),
    "7": (((0.0, 0.05), (0.95, 0.0)), ((0.95, 0.0), (0.65, 0.4), (0.4, 1.0))),
    "8": (
        (
            (0.85, 0.12),
            (0.45, 0.0),
            (0.12, 0.2),
            (0.45, 0.45),
            (0.9, 0.7),
            (0.55, 1.0),
            (0.1, 0.8),
            (0.45, 0.5),
            (0.8, 0.25),
            (0.8, 0.1),
        ),
    ),
    "9": (
        ((0.9, 0.2), (0.5, 0.0), (0.12, 0.2), (0.3, 0.48), (0.75, 0.42), (0.9, 0.2)),
        ((0.9, 0.2), (0.8, 0.6), (0.6, 1.0)),
    ),
}
_BAR = ((0.3, 0.5), (0.8, 0.48))  # that some writers put across a 7
_FLAG = ((0.2, 0.22), (0.5, 0.0))  # and others in front of a 1


def drawn_digits(
    writers: int = 20,
    each: int = 60,
    size: int = 16,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> list[Recording]:
    """Grey pictures of handwritten digits, white on black.

    A writer has a slant, proportions, a pen and a way to bend every digit; each digit differs from their last one in
    all of these, and is shifted, turned and speckled a little.

    Parameters
    ----------
    writers : int >= 1, the groups
    each : int >= 10, digits of each writer, the ten in turn
    size : pixels a side, 12 or more
    seed : int >= 0; the same seed makes the same pictures
    progress : called after each writer

    Returns
    -------
    Recordings (channel 1, y, x) uint8; notes: label ("0" … "9"), group ("writer-00" …), name

    Raises
    ------
    ArgumentError : a value outside these ranges

    >>> first, *others = drawn_digits(writers=2, each=10)
    >>> first.shape, first.notes["label"], others[-1].notes["group"]
    ((1, 16, 16), '0', 'writer-01')
    """
    return pages(_hand, "writer", writers=writers, each=each, size=size, seed=seed, progress=progress)


def _hand(draw: Draw) -> Hand:
    """How one writer writes digits: some put a bar across a 7, others a flag in front of a 1."""
    strokes = dict(STROKES)
    if draw.random() < 0.4:
        strokes["7"] = (*strokes["7"], _BAR)
    if draw.random() < 0.4:
        strokes["1"] = (*strokes["1"], _FLAG)
    return Hand(strokes, draw)
