"""What an EDF or BDF recording holds."""

import datetime
from collections.abc import Sequence
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders.eeg import edf, edf_read
from sigconv.loaders.eeg.edf_layout import Layout
from sigconv.loaders.eeg.parts import Parts, kind_of, stored
from sigconv.loaders.labels import unique
from sigconv.signal import Event


def parts(path: Path) -> Parts:
    """What an EDF, EDF+, BDF or BDF+ file holds, from its header and annotations.

    Raises
    ------
    FormatError : the header contradicts itself or the file's length, or no channel is a voltage
    """
    layout = edf.check(path)
    return made(path, layout, *edf_read.events(path, layout))


def made(path: Path, layout: Layout, events: Sequence[Event], fraction: float) -> Parts:
    """What a file of records holds; `events` are those it lists, `fraction` the seconds that its begin lacks."""
    names = dict(zip(layout.signals, unique([layout.labels[i] for i in layout.signals]), strict=True))
    kept = layout.voltages
    left_out = {names[i]: layout.units[i] or "no unit" for i in layout.signals if i not in kept}
    if not kept:
        found = ", ".join(f"{name} ({unit})" for name, unit in left_out.items())
        raise FormatError(f"{path}: no channel is a voltage in V, mV or uV; found: {found[:300] or 'none'}")
    warnings: list[str] = []
    steps, why = _triggers(path, layout, names)
    left_out |= why
    reader = edf_read.Samples(path, layout, kept)
    rate = reader.size / layout.seconds
    gaps = _gaps(reader, rate)
    if gaps:
        missing = sum(gap.duration for gap in gaps)
        warnings.append(f"the recording has gaps ({len(gaps)}, {missing:g} s in all); samples there are NaN")
        off = max(abs(at / rate - begin) for (at, _, _), (_, _, begin) in zip(reader.places, layout.runs, strict=True))
        if off * rate > 1e-2:
            warnings.append(f"what follows a gap is moved by up to {off:.2g} s, to whole samples")
    rates = sorted({layout.samples[i] / layout.seconds for i in kept})
    if len(rates) > 1:
        told = ", ".join(f"{r:g}" for r in rates[:8])
        warnings.append(f"channels of {len(rates)} rates ({told} Hz) are brought to {rates[-1]:g} Hz")
    return Parts(
        [names[i] for i in kept],
        [kind_of(layout.labels[i]) for i in kept],
        reader.total,
        rate,
        reader,
        (*events, *steps, *gaps),
        layout.began + datetime.timedelta(seconds=fraction) if layout.began else None,
        layout.patient,
        left_out=left_out,
        facts={
            "format": layout.kind,
            "numbers": stored(layout.numbers),
            "records": f"{layout.records} of {layout.seconds:g} s",
        },
        warnings=warnings,
    )


def _triggers(path: Path, layout: Layout, names: dict[int, str]) -> tuple[tuple[Event, ...], dict[str, str]]:
    """The events of the first trigger channel, and why no trigger channel is among the voltages."""
    left_out = {names[i]: "triggers" for i in layout.triggers}
    if not layout.triggers:
        return (), {}
    first, *others = layout.triggers
    left_out |= {names[i]: "triggers, not read beside those of the first such channel" for i in others}
    found = edf_read.triggers(path, layout, first)
    if found is None:
        left_out[names[first]] = "triggers by its name, but it changes all the time"
    return found or (), left_out


def _gaps(reader: edf_read.Samples, rate: float) -> list[Event]:
    """An event for every gap, named as MNE-Python names it."""
    gaps, end = [], 0
    for at, first, last in reader.places:
        if at > end:
            gaps.append(Event(end / rate, (at - end) / rate, "BAD_ACQ_SKIP"))
        end = at + (last - first) * reader.size
    return gaps
