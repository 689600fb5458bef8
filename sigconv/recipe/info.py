"""`sigconv info`: what a file of any domain holds."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigconv import loaders
from sigconv.files import write_whole
from sigconv.loaders import Recording
from sigconv.signal import Axis

INFO = """Say what a recording, image, volume or video is, without reading its samples.

\b
  sigconv info S001R03.edf                       channels, rate, length, events, electrodes
  sigconv info scan.nii.gz --draw scan.png       three cuts through the middle
  sigconv info DICOM_FOLDER                      the series as one volume: spacing, tilt, gaps
  sigconv info *.wav                             one after another

The format is told by content, then by name. A file that is damaged says where, with exit code 2.
"""


def info(path: Path) -> str:
    """Everything that a file tells about itself, as aligned lines: domain, axes, unit, events, facts, warnings.

    Raises
    ------
    OSError, FormatError, ResourceError, MissingExtra : as `loaders.open`
    """
    recording = loaders.open(path)
    notes = recording.notes
    rows = [*_axes(recording), ("unit", recording.unit or "plain numbers")]
    if recording.events:
        rows.append(("events", _events(recording)))
    rows += [(word, str(notes[word])) for word in ("subject", "label", "start_time") if notes.get(word)]
    facts: Mapping[str, Any] = notes.get("facts", {})
    rows += [(word, str(text)) for word, text in facts.items() if str(text)]
    rows += [("warning", sentence) for sentence in notes.get("warnings", ())]
    width = max(12, *(len(word) for word, _ in rows)) + 2
    return "\n".join([f"{path}: {notes.get('domain', 'recording')}", *(f"  {a:<{width}}{b}" for a, b in rows)])


def _axes(recording: Recording) -> list[tuple[str, str]]:
    return [(axis.name, _axis(axis)) for axis in recording.axes]


def _axis(axis: Axis) -> str:
    if axis.labels:
        names = ", ".join(axis.labels[:8])
        return f"{axis.size}: {names}{', …' * (axis.size > 8)}"
    if not axis.unit:
        return str(axis.size)
    length = f"{axis.size} sample{'s' * (axis.size != 1)}, {axis.start:.6g} to {axis.stop:.6g} {axis.unit}"
    if axis.positions:
        return f"{length}, uneven: {axis.step:.4g} {axis.unit} on average"
    if axis.unit == "s":
        return f"{length} @ {axis.rate:.6g} Hz"
    return f"{length}, every {axis.step:.6g} {axis.unit}"


def _events(recording: Recording) -> str:
    counts = Counter(event.label for event in recording.events)
    shown = ", ".join(f"{label} {count}" for label, count in counts.most_common(8))
    return f"{len(recording.events)}: {shown}{', …' * (len(counts) > 8)}"


def draw(path: Path, target: Path) -> None:
    """Write a first look at the recording as a PNG, whole or not at all."""
    from sigconv.report.page import png
    from sigconv.report.preview import preview

    write_whole(target, png(preview(loaders.open(path))))
