"""Video containers opened through PyAV: one picture track, and every error by its name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sigconv.errors import FormatError, MissingExtra
from sigconv.loaders import limits

# FFmpeg's name for what a suffix says; with a format told, no other demuxer (playlists that name files) is tried
FORMATS = {".mp4": "mov", ".m4v": "mov", ".mov": "mov", ".avi": "avi", ".mkv": "matroska", ".webm": "matroska"}
_MADE_UP_TIMES = 0x0001  # AVFMT_FLAG_GENPTS, which PyAV always sets: guesses where a file has no presentation times
_BYTES_A_PIXEL = 32  # that a decoder may hold: reference pictures, reordered ones and the output
_SMALL, _A_BYTE = 1 << 23, 1024  # pixels that any file may have in a picture, and pixels for each of its bytes
_GROWN = 1 << 22  # pixels to which a picture may grow in the midst of a file, where FormatError names it


@contextmanager
def damage(path: Path, what: str) -> Iterator[None]:
    """PyAV's errors inside become a FormatError: "PATH: WHAT: what FFmpeg says"."""
    try:
        import av
    except ImportError as error:
        raise MissingExtra("av", "video") from error
    try:
        yield
    except (av.error.FFmpegError, ValueError, AssertionError, MemoryError, UnicodeError) as error:
        said = getattr(error, "strerror", None) or " ".join(str(error).split()) or type(error).__name__
        raise FormatError(f"{path}: {what}: {said}") from error


def opened(path: Path, suffix: str) -> tuple[Any, Any]:
    """PyAV's container and picture stream of a file; the container is the caller's to close.

    Tracks of sound and covers are passed over, times are the file's own, one thread decodes.

    Raises
    ------
    FormatError : not such a container, or no track of pictures in it that this FFmpeg decodes
    ResourceError : pictures larger than SIGCONV_MOST_BYTES allows for a decoder
    """
    most = min(limits.most_bytes() // _BYTES_A_PIXEL, max(_SMALL, _A_BYTE * path.stat().st_size))
    with damage(path, f"not readable as {suffix}"):
        import av

        # without "file:" a name with a colon would be taken for an address
        options = {"protocol_whitelist": "file", "max_pixels": str(most)}
        container = av.open(f"file:{path}", format=FORMATS[suffix], options=options, metadata_errors="replace")
    try:
        tracks = [stream for stream in container.streams.video if not _cover(stream)]
        if not tracks:
            kinds = ", ".join(stream.type for stream in container.streams) or "none"
            raise FormatError(f"{path}: no track of moving pictures; the tracks are: {kinds}")
        stream = tracks[0]
        coder = stream.codec_context
        if coder is None:
            raise FormatError(f"{path}: the pictures are in a code that this FFmpeg does not decode")
        if not (coder.width > 0 and coder.height > 0):
            raise FormatError(f"{path}: pictures of {coder.width} × {coder.height}; expected 1 × 1 or more")
        limits.within_limit(path, coder.width * coder.height * _BYTES_A_PIXEL, "decoding one picture")
        if coder.width * coder.height > most:
            raise FormatError(
                f"{path}: pictures of {coder.width} × {coder.height} in {path.stat().st_size} bytes; expected {most} "
                "pixels at most"
            )
        container.flags &= ~_MADE_UP_TIMES
        for other in container.streams:
            if other is not stream:
                other.discard = av.stream.Discard.all
        coder.thread_count = 1
        coder.options = {"max_pixels": str(max(_GROWN, 2 * coder.width * coder.height))}
    except BaseException:
        container.close()
        raise
    return container, stream


def _cover(stream: Any) -> bool:
    import av

    return bool(stream.disposition & av.stream.Disposition.attached_pic)
