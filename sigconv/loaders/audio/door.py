"""Audio: WAV, AIFF, FLAC, Ogg and MP3 files as lazy recordings in [-1, 1]."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from sigconv.errors import ArgumentError, FormatError
from sigconv.loaders import kept
from sigconv.loaders.audio import aiff, flac, mp3, ogg, sound, wav, write
from sigconv.loaders.audio.id3 import behind_tags
from sigconv.loaders.audio.pcm import Frames, Layout
from sigconv.loaders.audio.rate import at_rate, mixed
from sigconv.loaders.door import HEAD, Door
from sigconv.loaders.recording import Reader, Recording
from sigconv.signal import Axis, Event

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aiff", ".aif", ".aifc")
_MOST_FRAMES = 1 << 48
_MOST_CHANNELS = 1024


def known(head: bytes) -> str | None:
    """The suffix of the audio format that a file's first bytes tell, or None.

    >>> known(b"RIFF" + bytes(4) + b"WAVE")
    '.wav'
    """
    if head[:4] in (b"RIFF", b"RIFX", b"RF64", b"BW64") and head[8:12] == b"WAVE":
        return ".wav"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return ".aiff"
    if head[:4] == b"fLaC":
        return ".flac"
    if ogg.codec_of(head):
        return ".ogg"
    # an ID3 tag stands in front of MP3 nearly always; where it stands in front of FLAC, opening finds that out
    return ".mp3" if head[:3] == b"ID3" or mp3.first(head) == 0 else None


def open(path: str | Path, suffix: str = "", *, fs: float | str | None = None, mono: bool = False) -> Recording:
    """The recording in an audio file; its samples stay on disk until read.

    Samples are in [-1, 1] (integers over the largest of their width), floating-point files as they are, beyond 1, too:
    nothing is ever clipped. They are float32; float64 where that holds more (integers of 32 and 64 bits, double
    precision). Pieces of lossy files, too, equal the slice of the whole; MP3 and Opus are decoded from the beginning
    for that, or on from the piece before. The length is that of the samples that are there: a header that tells another
    is an error where the file is cut short, else a warning in the notes.

    Parameters
    ----------
    path : the file
    suffix : its format, one of SUFFIXES; by default its content tells
    fs : Hz or text ("16 kHz"), to bring the samples to that rate as they are read (soxr, high quality);
        None keeps the file's own
    mono : True takes the mean of all channels

    Returns
    -------
    Recording (channel, time); channels "mono", or "left" and "right", or "1", "2", …. Cue points and sampler loops of
    WAV files are events; notes have title, artist, date … where the file tells them

    Raises
    ------
    FormatError : damaged, cut short, or of a kind that is not read
    ArgumentError, SamplingError : no such suffix, or a rate that is not positive
    MissingExtra : soundfile (coded files) or soxr (fs) is not installed
    """
    path = path if isinstance(path, Path) else Path(path)  # to parse it again takes longer than to read it
    if not suffix:
        with path.open("rb") as file:
            suffix = known(file.read(HEAD)) or path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ArgumentError(f"{path}: the suffix is {suffix!r}; sigconv reads audio from {', '.join(SUFFIXES)}")
    opened = kept.version(path)
    recording = replace(_OPENERS[suffix](path), opened=opened)
    if mono:
        recording = mixed(recording)
    return recording if fs is None else at_rate(recording, fs)


def _wav(path: Path) -> Recording:
    header = wav.check(path)
    if header.layout is not None:
        return _plain(path, header, header.layout)
    found = replace(sound.told(path), texts=header.texts)
    reader = sound.Coded(path, _frames(path, found), found.channels, "forward")
    return _recording(reader, found, header.container, header.marks, header.warnings)


def _aiff(path: Path) -> Recording:
    return _plain(path, *aiff.check(path))


def _plain(path: Path, header: wav.Header, layout: Layout) -> Recording:
    found = sound.Told(layout.frames, layout.channels, layout.fs, header.codec, header.texts)
    return _recording(Frames(path, layout), found, header.container, header.marks, header.warnings)


def _flac(path: Path) -> Recording:
    with path.open("rb") as file:
        begin = behind_tags(file)
    stream = flac.check(path, begin)
    head, start = (stream.head, begin + len(stream.head)) if stream.head else (b"", begin)
    found = sound.told(path, head, start)
    if found.frames != stream.frames:
        raise FormatError(f"{path}: {stream.frames} samples, of which the decoder sees {found.frames}")
    return _recording(
        sound.Coded(path, found.frames, found.channels, "seek", head, start), found, "FLAC", (), stream.warnings
    )


def _ogg(path: Path) -> Recording:
    with path.open("rb") as file:
        codec = ogg.codec_of(file.read(HEAD))
    if codec is None:
        raise FormatError(f"{path}: not an Ogg file of Vorbis, Opus or FLAC")
    odd = () if ogg.ends_whole(path) else ("the last page is missing: the file was probably cut short",)
    found = sound.told(path)
    way: sound.Way = "near" if codec == "Vorbis" else "forward"
    return _recording(sound.Coded(path, _frames(path, found), found.channels, way, whole="Ogg"), found, "Ogg", (), odd)


def _mp3(path: Path) -> Recording:
    with path.open("rb") as file:
        begin = behind_tags(file)
        file.seek(begin)
        if file.read(4) == b"fLaC":
            return _flac(path)
        stream = mp3.glance(path)
        file.seek(stream.begin)
        word = file.read(4)
    head = b"" if stream.info else mp3.info_frame(word, stream)
    start = 0 if stream.info else stream.begin
    found = sound.told(path, head, start)
    # the decoder leaves out the 529 samples by which it is late
    if not stream.info and not 0 <= stream.frames * stream.head.samples - found.frames <= 1152:
        raise FormatError(
            f"{path}: {stream.frames} frames of {stream.head.samples} samples, of which the decoder sees {found.frames}"
        )
    reader = sound.Coded(path, _frames(path, found), found.channels, "forward", head, start, "MP3")
    return _recording(reader, found, "MP3", (), stream.warnings)


_OPENERS: dict[str, Any] = {
    ".wav": _wav,
    ".aiff": _aiff,
    ".aif": _aiff,
    ".aifc": _aiff,
    ".flac": _flac,
    ".ogg": _ogg,
    ".oga": _ogg,
    ".opus": _ogg,
    ".mp3": _mp3,
}


def _frames(path: Path, found: sound.Told) -> int:
    if not 0 < found.frames < _MOST_FRAMES:
        raise FormatError(f"{path}: {found.frames} samples; expected one or more")
    return found.frames


def labels(channels: int) -> tuple[str, ...]:
    """The names of the channels of an audio file.

    >>> labels(1), labels(2), labels(3)
    (('mono',), ('left', 'right'), ('1', '2', '3'))
    """
    return {1: ("mono",), 2: ("left", "right")}.get(channels, tuple(str(i + 1) for i in range(channels)))


def _recording(
    reader: Reader,
    found: sound.Told,
    container: str,
    marks: tuple[Event, ...],
    warnings: tuple[str, ...],
) -> Recording:
    path: Path = reader.path  # type: ignore[attr-defined]
    if found.channels > _MOST_CHANNELS:
        raise FormatError(f"{path}: {found.channels} channels; expected 1 to {_MOST_CHANNELS}")
    time = Axis.time(found.frames, found.fs)
    inside = tuple(mark for mark in marks if mark.onset < time.stop)
    if len(inside) < len(marks):
        warnings += (f"{len(marks) - len(inside)} cue points lie behind the end and were left out",)
    notes = {
        "domain": "audio",
        "path": str(path),
        "name": path.stem,
        **found.texts,
        "facts": {"container": container, "codec": found.codec},
    }
    if warnings:
        notes["warnings"] = warnings
    return Recording((Axis.channel(labels(found.channels)), time), reader, "", inside, notes)


DOOR = Door("audio", SUFFIXES, known, open, {".wav": write.save_wav, ".flac": write.save_flac})
