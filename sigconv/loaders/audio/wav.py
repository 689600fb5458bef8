"""WAV: RIFF, RIFX and RF64 headers, looked at strictly before anything is read."""

import os
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sigconv.errors import FormatError
from sigconv.loaders.audio.chunks import Chunk, chunks, content, inside
from sigconv.loaders.audio.pcm import Layout
from sigconv.loaders.text import text_of
from sigconv.signal import Event

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
# what libsndfile decodes
_CODED = {2: "Microsoft ADPCM", 6: "A-law", 7: "mu-law", 0x11: "IMA ADPCM", 0x31: "GSM 6.10"}
_TEXTS = {
    b"INAM": "title",
    b"IART": "artist",
    b"ICRD": "date",
    b"ICMT": "comment",
    b"ICOP": "copyright",
    b"IGNR": "genre",
    b"IPRD": "album",
    b"ISFT": "software",
}
# sizes that writers put where they cannot go back: none, all ones (also less a header), SoX's largest
_STREAMED = frozenset({0, 0x7FFFF000, 0x7FFFFFFF, *range(0xFFFFFF00, 0x100000000)})


@dataclass(frozen=True)
class Header:
    """What an audio file tells before its samples.

    layout : of plain numbers, or None where a decoder is needed;  container, codec : in words
    texts : title, artist, date …;  marks : events, onsets in s;  warnings : what is odd
    """

    layout: Layout | None
    container: str
    codec: str
    texts: dict[str, str] = field(default_factory=dict)
    marks: tuple[Event, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Form:
    """The fmt chunk."""

    tag: int
    channels: int
    fs: int
    block: int
    bits: int


def check(path: Path) -> Header:
    """The header of a WAV file; one that contradicts itself or the file's length is refused.

    A file written to a pipe, whose header could not tell its length, reaches to the end of the file; a warning says so.

    Raises
    ------
    FormatError : path, field, what was found and expected; a file cut short names both lengths

    Source: Microsoft (1991, 1994), Multimedia Data Standards Update; EBU Tech 3306 (RF64).
    """
    form, data, told = None, None, dict[bytes, bytes]()
    wide: dict[bytes, int] = {}
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(12)
        big = head[:4] == b"RIFX"
        if head[:4] not in (b"RIFF", b"RIFX", b"RF64", b"BW64") or head[8:] != b"WAVE":
            raise FormatError(f"{path}: begins with {head!r}, expected RIFF, RIFX or RF64 and WAVE: not a WAV file")
        for chunk in chunks(path, file, size, big, wide):
            if chunk.name == b"ds64":
                sizes = content(path, file, chunk, 16)
                wide[b"data"] = int.from_bytes(sizes[8:16], "little")
            elif chunk.name == b"fmt " and form is None:
                form = _form(path, file, chunk, big)
            elif chunk.name == b"data" and data is None:
                data = chunk
            elif chunk.name in (b"LIST", b"cue ", b"smpl"):
                found = content(path, file, chunk)
                told[chunk.name + found[:4] if chunk.name == b"LIST" else chunk.name] = found
    if form is None or data is None:
        missing = "fmt" if form is None else "data"
        raise FormatError(f"{path}: has no {missing} chunk in {size} bytes: not a WAV file, or cut short")
    texts = {_TEXTS[name]: text_of(value) for name, value in inside(told.get(b"LISTINFO", b"")[4:]) if name in _TEXTS}
    marks = _marks(told, form.fs, big) if told else ()
    layout, warnings = _layout(path, form, data, size, big)
    codec = layout.words if layout else _CODED[form.tag]
    return Header(layout, {b"RIFF": "WAV"}.get(head[:4], f"WAV ({head[:4].decode()})"), codec, texts, marks, warnings)


def _form(path: Path, file: IO[bytes], chunk: Chunk, big: bool) -> _Form:
    text = content(path, file, chunk, 16)
    tag, channels, fs, _, block, bits = struct.unpack_from(f"{'>' if big else '<'}HHIIHH", text)
    if tag == _EXTENSIBLE:
        if len(text) < 26:
            raise FormatError(f"{path}: fmt of WAVE_FORMAT_EXTENSIBLE has {len(text)} bytes, expected 40")
        tag = _unsigned(text[24:26], big)
    if channels == 0 or fs == 0:
        raise FormatError(f"{path}: {channels} channels at {fs} Hz; expected one or more")
    if tag not in (_PCM, _FLOAT, *_CODED):
        known = ", ".join(["plain integers (1)", "floating point (3)", *(f"{v} ({k})" for k, v in _CODED.items())])
        raise FormatError(f"{path}: format tag is {tag}; sigconv reads {known}")
    return _Form(tag, channels, fs, block, bits)


def _layout(path: Path, form: _Form, data: Chunk, size: int, big: bool) -> tuple[Layout | None, tuple[str, ...]]:
    """Where the frames lie, and what is odd; a number narrower than its bytes lies in their upper bits."""
    warnings: list[str] = []
    there = data.there
    if data.size in _STREAMED and data.size != size - data.begin:
        there = size - data.begin
        warnings.append(
            f"the header does not tell the length (a data size of {data.size}); the file was read to its end"
        )
    elif there < data.size:
        raise FormatError(
            f"{path}: cut short: {size} bytes, expected {data.begin + data.size} (header {data.begin} and samples of "
            f"{data.size} bytes)"
        )
    if form.tag in _CODED:
        return None, tuple(warnings)
    wide = form.block // form.channels
    allowed = (4, 8) if form.tag == _FLOAT else (1, 2, 3, 4, 8)
    if wide * form.channels != form.block or wide not in allowed or not 0 < form.bits <= 8 * wide:
        raise FormatError(
            f"{path}: {form.bits} bits in frames of {form.block} bytes for {form.channels} channels; expected "
            f"{', '.join(str(8 * n) for n in allowed)} bits, a frame being channels x bits / 8"
        )
    kind = "f" if form.tag == _FLOAT else "u" if wide == 1 else "i"
    frames, rest = divmod(there, form.block)
    if frames == 0:
        raise FormatError(f"{path}: the data chunk at byte {data.begin} has {there} bytes; expected a frame or more")
    if rest:
        warnings.append(f"{rest} bytes behind the last whole frame of {form.block} bytes were left out")
    return Layout(data.begin, frames, form.channels, form.fs, kind, wide, big), tuple(warnings)


def _marks(told: dict[bytes, bytes], fs: int, big: bool) -> tuple[Event, ...]:
    """Cue points with their labels and lengths, and the loops of a sampler, as events in order."""
    cue, smpl = told.get(b"cue ", b""), told.get(b"smpl", b"")
    labels, lengths = dict[int, str](), dict[int, int]()
    for name, text in inside(told.get(b"LISTadtl", b"")[4:], big):
        point = _unsigned(text[:4], big)
        if name == b"labl":
            labels[point] = text_of(text[4:])
        elif name == b"ltxt":
            lengths[point] = _unsigned(text[4:8], big)
    events = []
    for at in range(4, len(cue) - 23, 24):
        point, sample = _unsigned(cue[at : at + 4], big), _unsigned(cue[at + 20 : at + 24], big)
        events.append(Event(sample / fs, lengths.get(point, 0) / fs, labels.get(point, f"cue {point}")))
    for at in range(36, len(smpl) - 23, 24):
        first, last = (_unsigned(smpl[at + n : at + n + 4], big) for n in (8, 12))
        events.append(Event(first / fs, max(0, last + 1 - first) / fs, "loop"))
    return tuple(sorted(events, key=lambda event: event.onset))


def _unsigned(text: bytes, big: bool) -> int:
    return int.from_bytes(text, "big" if big else "little")
