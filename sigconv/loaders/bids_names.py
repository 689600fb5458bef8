"""Names of the Brain Imaging Data Structure: entities and suffix."""

import re
from pathlib import PurePath

ENTITY = re.compile(r"([a-zA-Z]+)-([a-zA-Z0-9+]+)")
WORDS = {
    "sub": "subject",
    "ses": "session",
    "task": "task",
    "acq": "acquisition",
    "run": "run",
    "split": "split",
    "rec": "reconstruction",
    "recording": "recording",
}


def entities(path: PurePath) -> tuple[dict[str, str], str]:
    """The entities of a BIDS file name and its suffix; no entity without `sub-`.

    Source: BIDS specification 1.10, "File name structure".

    >>> entities(PurePath("sub-01_ses-2_task-rest_eeg.edf"))
    ({'sub': '01', 'ses': '2', 'task': 'rest'}, 'eeg')
    """
    *parts, suffix = path.name.partition(".")[0].split("_")
    found = [ENTITY.fullmatch(part) for part in parts]
    told = {match[1]: match[2] for match in found if match}
    return (told, suffix) if "sub" in told and all(found) else ({}, "")
