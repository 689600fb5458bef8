"""Whose recording is it? A file's name and folder answer before its header does."""

import re
from pathlib import Path

_BIDS = re.compile(r"sub-([A-Za-z0-9]+)")
_EEGMMIDB = re.compile(r"(S\d{3})R\d{2}")


def subject_of(path: Path, code: str = "") -> str:
    """The subject of a recording, so that one person is never on both sides of a split.

    In this order: a BIDS entity `sub-…` in the file's name or a folder above it; EEGMMIDB's `S001R03`; the patient code
    in the header, if it says anything; the folder's name.

    Parameters
    ----------
    path : the recording
    code : the header's patient code, "" or "X" where there is none

    >>> subject_of(Path("data/sub-02/eeg/sub-02_task-rest_eeg.edf")), subject_of(Path("all/S003R07.edf"))
    ('02', 'S003')
    """
    for part in reversed(path.resolve().parts):
        if found := _BIDS.match(part):
            return found[1]
    if found := _EEGMMIDB.fullmatch(path.stem):
        return found[1]
    if code.strip(" X_"):
        return code.strip()
    return path.resolve().parent.name
