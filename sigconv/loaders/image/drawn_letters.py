"""Made-up calligraphy: ten capital letters as strokes of a broad nib."""

from collections.abc import Callable

from sigconv.loaders.draws import Draw
from sigconv.loaders.image.handwriting import Hand, Points, pages
from sigconv.loaders.recording import Recording

STROKES: dict[str, tuple[Points, ...]] = {
    "A": (((0.0, 1.0), (0.5, 0.0)), ((0.5, 0.0), (1.0, 1.0)), ((0.2, 0.62), (0.8, 0.62))),
    "C": (((0.95, 0.15), (0.5, 0.0), (0.08, 0.3), (0.05, 0.7), (0.45, 1.0), (0.95, 0.85)),),
    "E": (
        ((0.05, 0.0), (0.05, 1.0)),
        ((0.05, 0.0), (0.9, 0.0)),
        ((0.05, 0.5), (0.75, 0.5)),
        ((0.05, 1.0), (0.95, 1.0)),
    ),
    "F": (((0.05, 0.0), (0.05, 1.0)), ((0.05, 0.0), (0.95, 0.0)), ((0.05, 0.48), (0.75, 0.48))),
    "H": (((0.05, 0.0), (0.05, 1.0)), ((0.95, 0.0), (0.95, 1.0)), ((0.05, 0.5), (0.95, 0.5))),
    "K": (((0.05, 0.0), (0.05, 1.0)), ((0.95, 0.0), (0.1, 0.55)), ((0.35, 0.42), (1.0, 1.0))),
    "M": (((0.0, 1.0), (0.05, 0.0)), ((0.05, 0.0), (0.5, 0.65)), ((0.5, 0.65), (0.95, 0.0)), ((0.95, 0.0), (1.0, 1.0))),
    "R": (
        ((0.05, 0.0), (0.05, 1.0)),
        ((0.05, 0.0), (0.75, 0.02), (0.9, 0.25), (0.7, 0.48), (0.05, 0.52)),
        ((0.4, 0.52), (0.95, 1.0)),
    ),
    "T": (((0.0, 0.0), (1.0, 0.0)), ((0.5, 0.0), (0.5, 1.0))),
    "X": (((0.0, 0.0), (1.0, 1.0)), ((1.0, 0.0), (0.0, 1.0))),
}
_NIB = 2.5


def drawn_letters(
    writers: int = 20,
    each: int = 40,
    size: int = 16,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> list[Recording]:
    """Grey pictures of capital letters, white on black, of one style: a broad nib held aslant.

    Writers differ, and each letter from their last one, as in `drawn_digits`; no sign is in both.

    Parameters
    ----------
    writers : int >= 1, the groups
    each : int >= 10, letters of each writer, the ten in turn
    size : pixels a side, 12 or more
    seed : int >= 0; the same seed makes the same pictures
    progress : called after each writer

    Returns
    -------
    Recordings (channel 1, y, x) uint8; notes: label ("A" … "X"), group ("scribe-00" …), name

    Raises
    ------
    ArgumentError : a value outside these ranges

    >>> first, *others = drawn_letters(writers=2, each=10)
    >>> first.shape, first.notes["label"], others[-1].notes["group"]
    ((1, 16, 16), 'A', 'scribe-01')
    """
    apart = (0, 1), (2,)  # from what `drawn_digits` draws
    return pages(_hand, "scribe", writers=writers, each=each, size=size, seed=seed, pieces=apart, progress=progress)


def _hand(draw: Draw) -> Hand:
    return Hand(STROKES, draw, _NIB)
