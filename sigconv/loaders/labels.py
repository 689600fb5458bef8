"""Names of channels, each of them once."""

from collections import Counter
from collections.abc import Sequence


def unique(labels: Sequence[str]) -> list[str]:
    """Labels that occur twice get "-0", "-1", … behind them, as MNE-Python does.

    >>> unique(["Cz", "EOG", "EOG"])
    ['Cz', 'EOG-0', 'EOG-1']
    """
    counts, seen, taken = Counter(labels), Counter[str](), set(labels)
    names = []
    for label in labels:
        name = label
        while counts[label] > 1 and (name == label or name in taken):
            name = f"{label}-{seen[label]}"
            seen[label] += 1
        taken.add(name)
        names.append(name)
    return names
