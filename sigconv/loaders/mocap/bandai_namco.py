"""Bandai Namco Research's motion data set 2: BVH files whose names tell content and style."""

import re
from dataclasses import replace
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders.mocap import bvh
from sigconv.loaders.recording import Recording

_NAME = re.compile(r"dataset-2_([a-z-]+)_([a-z]+)_(\d{3})")


def open(path: Path) -> Recording:
    """The joints of one of the set's files; notes["label"] is its content ("walk"), notes["style"] how ("elderly").

    Lengths are taken for centimetres, which the set does not tell: thighs of 39 and shins of 41 units, and a walk of
    112 units a second, fit nothing else. The names do not tell who moves, so notes has no subject.

    Raises
    ------
    FormatError : damaged, or not named as the set names its files

    Source: Kobayashi et al. (2023), arXiv 2306.08861.
    """
    label, style = labels_of(path)
    recording = bvh.open(path, unit="cm")
    notes = {key: value for key, value in recording.notes.items() if key != "subject"}
    return replace(recording, notes={**notes, "label": label, "style": style})


def labels_of(path: Path) -> tuple[str, str]:
    """Content and style that a file's name tells.

    Raises
    ------
    FormatError : another name than dataset-2_{content}_{style}_{number}.bvh

    >>> labels_of(Path("dataset-2_walk-turn-left_elderly_001.bvh"))
    ('walk-turn-left', 'elderly')
    """
    found = _NAME.fullmatch(path.stem)
    if found is None:
        raise FormatError(f"{path}: the name is {path.stem[:60]!r}, expected dataset-2_content_style_number")
    return found[1], found[2]
