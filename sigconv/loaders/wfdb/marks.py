"""Annotations of a WFDB record (.atr): beats and rhythms as events."""

import re
import struct
from collections.abc import Iterator
from pathlib import Path

from sigconv.errors import FormatError
from sigconv.loaders.limits import within_limit
from sigconv.signal import Event

_SYMBOLS = dict(enumerate(' NLRaVFJASEj/Q~ | sT*D"=pB^t+u?![]en@xf()r'))
_SKIP, _NUMBER, _SUBTYPE, _CHANNEL, _TEXT = 59, 60, 61, 62, 63
_NOTE = 22
_RESOLUTION = re.compile(r"## time resolution: (\d+(?:\.\d+)?)")


def marks(path: Path, fs: float) -> tuple[list[Event], dict[str, str]]:
    """The events of an annotation file, and the fact that they come from it; none where there is no such file.

    Parameters
    ----------
    path : the annotation file
    fs : Hz, of its times where it does not tell its own

    Raises
    ------
    FormatError : the file is cut short inside an annotation

    Source: Moody (2022), WFDB Applications Guide, annot(5).  Same as: wfdb.rdann.
    """
    if not path.is_file():
        return [], {}
    size = path.stat().st_size
    within_limit(path, size, "this file of annotations")
    found = []
    for at, code, text in _each(path, path.read_bytes()):
        told = _RESOLUTION.match(text) if code == _NOTE and at == 0 else None
        if told and float(told[1]) > 0:
            fs = float(told[1])
        elif not (code == _NOTE and text.startswith("##")):
            symbol = _SYMBOLS.get(code, " ").strip() or str(code)
            found.append(Event(at / fs, 0.0, f"{symbol} {text}".strip()))
    return found, {"annotations": path.name}


def _each(path: Path, content: bytes) -> Iterator[tuple[int, int, str]]:
    """(sample, code, text) of every annotation."""
    at, time, last = 0, 0, None
    text = ""
    while at + 2 <= len(content):
        word = struct.unpack_from("<H", content, at)[0]
        code, low = word >> 10, word & 0x3FF
        at += 2
        if code == 0 and low == 0:
            break
        if code == _SKIP:
            if at + 4 > len(content):
                raise FormatError(f"{path}: byte {at}: {len(content) - at} bytes are left, expected 4: cut short")
            high, rest = struct.unpack_from("<hH", content, at)
            time, at = time + (high << 16) + rest, at + 4
        elif code == _TEXT:
            if at + low > len(content):
                raise FormatError(f"{path}: byte {at}: {len(content) - at} bytes are left, expected {low}: cut short")
            text = content[at : at + low].split(b"\0")[0].decode("latin-1")
            at += low + low % 2
        elif code not in (_NUMBER, _SUBTYPE, _CHANNEL):
            if last is not None:
                yield *last, text
            time += low
            last, text = (time, code), ""
    if last is not None:
        yield *last, text
