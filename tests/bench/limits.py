"""What limits a row that misses its aim, with the number that proves it. A note shows only while its row misses."""

from fnmatch import fnmatch

NOTES: dict[str, str] = {}  # pattern of the row's name: note


def limit_of(name: str) -> str:
    """The note of the first pattern that the name fits, or nothing.

    >>> limit_of("no such row")
    ''
    """
    return next((note for pattern, note in NOTES.items() if fnmatch(name, pattern)), "")
