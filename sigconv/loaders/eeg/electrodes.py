"""Where electrodes are: the 10-05 system's names with their places on a head."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sigconv.errors import MissingExtra

Place = tuple[float, float, float]

_REFERENCED = re.compile(r"(?:eeg )?(.+?)(?:-(?:ref|le|avg|av|ar))?", re.IGNORECASE)


def placed(labels: Sequence[str], own: Mapping[str, Place]) -> tuple[list[str], dict[str, Place]]:
    """Names in the 10-05 system's spelling where they are of it, and positions.

    "Fc5." and "EEG FC5-Ref" become "FC5"; a name that two channels would share is left to neither.

    Parameters
    ----------
    labels : as the file has them
    own : positions that the file itself has, by label, m; where there are any, no other is made up

    Returns
    -------
    names, one for each label; (x, y, z) by name in metres, in MNE-Python's head frame: x to the right ear, y to the
    nose, z up; the 10-05 system's are those of the colin27 head

    Raises
    ------
    MissingExtra : MNE-Python is not installed
    """
    spelt = {name.lower(): name for name in standard()}
    names = []
    for label in labels:
        found = _REFERENCED.fullmatch(label.strip(". "))
        names.append(spelt.get(found[1].strip(". ").lower() if found else "", label))
    counts = Counter(names)
    names = [name if counts[name] == 1 else label for name, label in zip(names, labels, strict=True)]
    if own:
        return names, {name: own[label] for name, label in zip(names, labels, strict=True) if label in own}
    places = standard()
    return names, {name: places[name] for name in names if name in places}


@cache
def standard() -> dict[str, Place]:
    """The place of every electrode of the 10-05 system on the colin27 head."""
    mne = imported()
    montage = mne.channels.make_standard_montage("colin27_1005")
    return positions(mne, montage, montage.ch_names)


def positions(mne: Any, montage: Any, names: Sequence[str]) -> dict[str, Place]:
    """(x, y, z) in metres of electrodes of a montage, in MNE's head frame: x to the right ear, y to the nose, z up."""
    with mne.use_log_level("error"):
        info = mne.create_info(list(names), 1.0, "eeg")
        info.set_montage(montage)
    places = {}
    for name, channel in zip(names, info["chs"], strict=True):
        x, y, z = (float(v) for v in channel["loc"][:3])
        places[name] = (x, y, z)
    return places


def imported() -> Any:
    """MNE-Python.

    Raises
    ------
    MissingExtra : it is not installed
    """
    try:
        import mne
    except ImportError as error:
        raise MissingExtra("mne", "eeg") from error
    return mne
