"""BIDS data sets: the EEG recordings of a whole folder, with subject, session, task and run."""

from pathlib import Path, PurePosixPath

from sigconv.errors import ArgumentError, FormatError, nearest
from sigconv.loaders.bids_names import WORDS, entities
from sigconv.loaders.collections.collection import Collection, Files
from sigconv.loaders.collections.listing import files_below, readable, shown
from sigconv.loaders.collections.manifest import table
from sigconv.loaders.eeg.door import SUFFIXES

_KINDS = ("eeg", "ieeg")
_NOT_RAW = ("derivatives", "sourcedata", "code", "stimuli", "phenotype")


def bids(folder: str | Path, label: str = "", group: str = "subject", skip: bool = False) -> Collection:
    """The EEG recordings of a BIDS data set.

    Parameters
    ----------
    folder : holds sub-…/[ses-…/]eeg/sub-…_eeg.edf (.bdf, .vhdr, .set, .fif); derivatives, sourcedata, code and stimuli
        are not looked into
    label : the field that is the label: "task", or "participant_" and a column of participants.tsv
    group : the field that must never be divided, by default "subject"
    skip : leave out files that cannot be read

    Returns
    -------
    Collection with the fields that occur: subject, session, task, acquisition, run … and participant_… for each column
    of participants.tsv

    Raises
    ------
    FormatError : no such recording (what was found is named), a file whose folder names another subject, a table that
        cannot be read
    ArgumentError : `label` or `group` is no field
    FileNotFoundError : no such folder

    Source: BIDS specification 1.10, "Electroencephalography".
    """
    folder = Path(folder)
    every, _ = files_below(folder)
    told = {
        name: entities(PurePosixPath(name))
        for name in every
        if name.lower().endswith(SUFFIXES) and name.partition("/")[0] not in _NOT_RAW
    }
    found = {name: words for name, (words, kind) in told.items() if kind in _KINDS}
    if not found:
        raise FormatError(
            f"{folder}: no EEG of a BIDS data set; looked for sub-…/eeg/sub-…_eeg{{{','.join(SUFFIXES)}}}, found "
            f"{shown(every)}"
        )
    for name, words in found.items():
        above = [part[4:] for part in name.split("/")[:-1] if part.startswith("sub-")]
        if above != [words["sub"]]:
            raise FormatError(f"{folder}: {name} lies in {name.rpartition('/')[0]!r}, expected sub-{words['sub']}/…")
    names, odd = readable(folder, found, skip)
    keys = [key for key in WORDS if any(key in found[name] for name in names)]
    fields = {WORDS[key]: tuple(found[name].get(key, "") for name in names) for key in keys}
    fields |= _participants(folder / "participants.tsv", fields["subject"])
    for own, field in (("label", label), ("group", group)):
        if field and field not in fields:
            raise ArgumentError(f"{own} is {field!r}{nearest(field, fields)}; the fields are {', '.join(fields)}")
        if field:
            fields[own] = fields[field]
    return Collection(tuple(names), Files(folder), fields, odd)


def _participants(path: Path, subjects: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    if not path.is_file():
        return {}
    names, rows = table(path)
    if "participant_id" not in names:
        raise FormatError(f"{path}: has no column 'participant_id'; its columns are {', '.join(names)}")
    key = names.index("participant_id")
    people = {row[key].removeprefix("sub-"): row for _, row in rows}
    return {
        f"participant_{name}": tuple(people[s][i].replace("n/a", "") if s in people else "" for s in subjects)
        for i, name in enumerate(names)
        if i != key
    }
