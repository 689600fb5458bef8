"""Audio on disk: a signal written whole or not at all, stored piece by piece."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sigconv.errors import ArgumentError, FormatError, MissingExtra, SamplingError
from sigconv.files import write_whole
from sigconv.loaders.recording import of
from sigconv.signal import Signal, Source

_AT_ONCE = 1 << 20  # numbers in a piece
_LONGEST_RIFF = 0xFFFFFFFF - 80
_FLAC = 1 << 23  # of the 24 bits that are stored


def save_wav(signal: Signal | Source, path: Path) -> None:
    """Write a (channel, time) signal as WAV of 32-bit floating-point numbers: nothing is clipped, whatever its size.

    Files beyond 4 GiB become RF64. Events and notes are not kept.

    Parameters
    ----------
    signal : (channel, time) Signal or Source, read piece by piece, of plain numbers (no unit)
    path : a file that is there is replaced

    Raises
    ------
    ArgumentError : other axes, or a unit
    SamplingError : no sample, samples that are not finite or beyond float32, or a rate that is no whole number of Hz
    OSError : the folder cannot be written or is full; nothing is left then

    >>> save_wav(Signal.from_array(np.zeros(3), fs=8000, unit="V"), Path("made.wav"))
    Traceback (most recent call last):
    sigconv.errors.ArgumentError: made.wav: the signal is in 'V'; ...
    """
    source, fs = _checked(signal, path)
    channels, time = source.axes

    def content(file: Any) -> None:
        file.write(_head(channels.size, time.size, fs))
        for piece in _pieces(source, path):
            with np.errstate(over="ignore"):
                stored = piece.astype("<f4")
            if not np.isfinite(stored).all():
                raise SamplingError(f"{path}: the signal has samples that are not finite in 32 bits")
            file.write(stored.T.tobytes())

    write_whole(path, content)


def save_flac(signal: Signal | Source, path: Path) -> None:
    """Write a (channel, time) signal as FLAC of 24 bits: right to 2**-24, and 16-bit samples exactly.

    Events and notes are not kept.

    Parameters
    ----------
    signal : (channel, time) Signal or Source of samples in [-1, 1], read piece by piece; 1 becomes 1 - 2**-23
    path : a file that is there is replaced

    Raises
    ------
    ArgumentError : other axes, a unit, or more than 8 channels
    SamplingError : no sample, one that is beyond 1 or not finite, or a rate that FLAC has not
    MissingExtra : soundfile is not installed
    OSError : the folder cannot be written or is full; nothing is left then

    >>> save_flac(Signal.from_array(np.zeros(3), fs=8000, unit="V"), Path("made.flac"))
    Traceback (most recent call last):
    sigconv.errors.ArgumentError: made.flac: the signal is in 'V'; ...
    """
    try:
        import soundfile
    except ImportError as error:
        raise MissingExtra("soundfile", "audio") from error
    source, fs = _checked(signal, path)
    if source.axes[0].size > 8 or fs > 655350:
        raise ArgumentError(
            f"{path}: {source.axes[0].size} channels at {fs} Hz; FLAC holds up to 8, at up to 655350 Hz"
        )

    def content(file: Any) -> None:
        try:
            with soundfile.SoundFile(file, "w", fs, source.axes[0].size, "PCM_24", format="FLAC") as flac:
                for piece in _pieces(source, path):
                    largest = float(np.abs(piece).max())
                    if not largest <= 1:
                        raise SamplingError(
                            f"{path}: a sample of {largest:g}; FLAC holds -1 to 1: scale the signal, or write .wav"
                        )
                    stored = np.minimum(np.rint(piece * float(_FLAC)), _FLAC - 1).astype(np.int32) << 8
                    flac.write(np.ascontiguousarray(stored.T))
        except soundfile.SoundFileError as error:
            raise FormatError(f"{path}: FLAC cannot be written: {' '.join(str(error).split())}") from error

    write_whole(path, content)


def _checked(signal: Signal | Source, path: Path) -> tuple[Source, int]:
    """The source of a signal that an audio file holds, and its rate."""
    names = tuple(axis.name for axis in signal.axes)
    if names != ("channel", "time"):
        raise ArgumentError(f"{path}: the signal has the axes {', '.join(names)}; audio files hold channel, time")
    if signal.unit:
        raise ArgumentError(
            f'{path}: the signal is in {signal.unit!r}; audio files hold plain numbers: give with_data(..., unit="")'
        )
    channels, time = signal.axes
    if not time.size or not 0 < channels.size < 1 << 14:
        raise SamplingError(
            f"{path}: the signal has {channels.size} channels of {time.size} samples; expected one or more"
        )
    fs = round(time.rate)
    if abs(time.rate - fs) > 1e-6 * fs or not 0 < fs < 1 << 31:
        raise SamplingError(f"{path}: the rate is {time.rate:g} Hz; audio files hold whole numbers: resample first")
    return (of(signal) if isinstance(signal, Signal) else signal), fs


def _pieces(source: Source, path: Path) -> Iterator[Any]:
    """(channel, time) floating-point pieces in order."""
    channels, time = source.axes
    size = max(1, _AT_ONCE // channels.size)
    for first in range(0, time.size, size):
        piece = np.asarray(source.samples(((first, min(first + size, time.size)),)))
        if piece.dtype.kind == "c":
            raise ArgumentError(f"{path}: the signal is complex; audio files hold real numbers")
        yield piece if piece.dtype.kind == "f" else piece.astype(np.float64)


def _head(channels: int, frames: int, fs: int) -> bytes:
    """What precedes the samples: RIFF or RF64, fmt and fact."""
    size = 4 * channels * frames
    form = b"".join(n.to_bytes(w, "little") for n, w in ((3, 2), (channels, 2), (fs, 4), (4 * channels * fs, 4)))
    form += (4 * channels).to_bytes(2, "little") + (32).to_bytes(2, "little") + bytes(2)
    long = size > _LONGEST_RIFF
    fact = _chunk(b"fact", min(frames, 0xFFFFFFFF).to_bytes(4, "little"))
    middle = _chunk(b"fmt ", form) + fact
    whole = 4 + len(middle) + 8 + size
    if not long:
        return b"RIFF" + whole.to_bytes(4, "little") + b"WAVE" + middle + b"data" + size.to_bytes(4, "little")
    sizes = b"".join(n.to_bytes(8, "little") for n in (whole + 36, size, frames)) + bytes(4)
    unknown = b"\xff" * 4
    return b"RF64" + unknown + b"WAVE" + _chunk(b"ds64", sizes) + middle + b"data" + unknown


def _chunk(name: bytes, text: bytes) -> bytes:
    return name + len(text).to_bytes(4, "little") + text
