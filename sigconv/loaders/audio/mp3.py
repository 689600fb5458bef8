"""MP3: every frame from the first to the last, because only they tell how long the file is."""

from functools import lru_cache
from pathlib import Path
from typing import IO, NamedTuple

from sigconv.errors import FormatError
from sigconv.loaders.audio.id3 import behind_tags
from sigconv.loaders.kept import Key, version

_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_KBITS = {
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SEARCHED = 1 << 16  # bytes in which the first frame lies
_AT_ONCE = 1 << 20


class Head(NamedTuple):
    """A frame's first four bytes.

    version : 3 for MPEG 1, 2 for MPEG 2, 0 for MPEG 2.5;  fs : Hz;  channels : 1 or 2;  size : bytes of the frame
    samples : a channel
    """

    version: int
    fs: int
    channels: int
    size: int
    samples: int


class Stream(NamedTuple):
    """The frames of a file.

    begin : byte of the first one;  head : of the first one;  frames : how many hold sound
    info : the first one holds no sound but tells of the others (Xing or Info);  warnings : what is odd
    """

    begin: int
    head: Head
    frames: int
    info: bool
    warnings: tuple[str, ...]


def head_of(word: bytes) -> Head | None:
    """The frame that four bytes begin, if they do; layer III alone.

    >>> head_of(bytes.fromhex("fffb9064")).size
    417
    """
    if len(word) < 4 or word[0] != 0xFF or word[1] & 0xE6 != 0xE2:
        return None
    version, kbits, rate = word[1] >> 3 & 3, word[2] >> 4, word[2] >> 2 & 3
    if version == 1 or kbits in (0, 15) or rate == 3:
        return None
    fs, one = _RATES[version][rate], version == 3
    size = (144 if one else 72) * _KBITS[3 if one else 2][kbits] * 1000 // fs + (word[2] >> 1 & 1)
    return Head(version, fs, 1 if word[3] >> 6 == 3 else 2, size, 1152 if one else 576)


def first(text: bytes) -> int | None:
    """Where the first frame begins that another one follows, in the first bytes of a file.

    >>> first(b"no sound") is None
    True
    """
    at = -1
    while (at := text.find(b"\xff", at + 1)) >= 0:
        head = head_of(text[at : at + 4])
        if head is None:
            continue
        after = head_of(text[at + head.size : at + head.size + 4])
        if after is not None and after[:2] == head[:2]:
            return at
    return None


def check(path: Path) -> Stream:
    """The frames of an MP3 file, all of them looked at: header after header, up to the tags behind the last.

    Raises
    ------
    FormatError : no frames, a gap between them, or fewer than a Xing or Info header tells
    """
    return _check(path, version(path))


def glance(path: Path) -> Stream:
    """As `check`, but where the first frame tells how many frames and bytes there are, and the file has these bytes, it
    is believed for the moment: `check` is then for the first read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        begin, text = _begun(path, file)
        file.seek(max(0, size - 128))
        tagged = file.read(3) == b"TAG"
    head = head_of(text[:4])
    assert head is not None
    at = 4 + _side(head)
    told = _told(text[: head.size], head)
    flags, length = text[at + 7], int.from_bytes(text[at + 12 : at + 16], "big")
    if told and flags & 3 == 3 and length == size - begin - (128 if tagged else 0):
        return Stream(begin, head, told, True, ())
    return check(path)


def _begun(path: Path, file: IO[bytes]) -> tuple[int, bytes]:
    """Where the first frame lies, and what begins there."""
    start = behind_tags(file)
    file.seek(start)
    text = file.read(_SEARCHED)
    at = first(text)
    if at is None:
        raise FormatError(f"{path}: no two frames of MPEG layer III follow each other from byte {start} on")
    return start + at, text[at:]


@lru_cache(maxsize=64)
def _check(path: Path, _: Key) -> Stream:
    with path.open("rb") as file:
        begin, text = _begun(path, file)
        head = head_of(text[:4])
        assert head is not None
        told = _told(text[: head.size], head)
        count, stop = _walked(path, file, begin, head)
        rest = _tail(file, stop, path.stat().st_size)
    frames = count - (told is not None)
    if told and frames < told:
        raise FormatError(f"{path}: cut short: {frames} whole frames, but its first one tells of {told}")
    warnings = []
    if rest:
        warnings.append(f"{rest} bytes behind the last whole frame were left out")
    if told and frames > told:
        warnings.append(f"the first frame tells of {told} frames, but there are {frames}; all were read")
    if frames < 1:
        raise FormatError(f"{path}: no frame with sound")
    return Stream(begin, head, frames, told is not None and told == frames, tuple(warnings))


def info_frame(word: bytes, stream: Stream) -> bytes:
    """A frame without sound that tells a decoder how many follow; a decoder would else guess from the bit rate.

    word : the four bytes that begin the first frame
    """
    wide = bytearray(word)
    wide[1] |= 1  # no checksum
    wide[2] = 0x80 | wide[2] & 0x0D  # a bit rate that leaves room, no padding
    head = head_of(bytes(wide))
    assert head is not None
    content = bytes(_side(head)) + b"Xing" + (1).to_bytes(4, "big") + stream.frames.to_bytes(4, "big")
    return (bytes(wide) + content).ljust(head.size, b"\0")


def _side(head: Head) -> int:
    """Bytes between a frame's header and what it holds."""
    return {(True, 2): 32, (True, 1): 17, (False, 2): 17, (False, 1): 9}[head.version == 3, head.channels]


def _told(frame: bytes, head: Head) -> int | None:
    """The number of frames that a first frame without sound tells (0 if it does not), or None where it has sound."""
    at = 4 + _side(head)
    if frame[at : at + 4] not in (b"Xing", b"Info"):
        return None
    return int.from_bytes(frame[at + 8 : at + 12], "big") if frame[at + 7] & 1 else 0


def _walked(path: Path, file: IO[bytes], begin: int, head: Head) -> tuple[int, int]:
    """How many whole frames follow each other from `begin` on, and the byte behind the last."""
    count, at, base, text = 0, begin, begin, b""
    known: dict[bytes, int] = {}
    while True:
        if at + 4 > base + len(text):
            file.seek(at)
            base, text = at, file.read(_AT_ONCE)
        word = text[at - base : at - base + 4]
        size = known.get(word)
        if size is None:
            this = head_of(word)
            if this is None:
                break
            if this[:3] != head[:3]:
                raise FormatError(
                    f"{path}: frame {count} at byte {at} has {this.channels} channels at {this.fs} Hz, expected "
                    f"{head.channels} at {head.fs} Hz as before"
                )
            size = known[word] = this.size
        if at + size > base + len(text):
            file.seek(at)
            base, text = at, file.read(_AT_ONCE)
            if size > len(text):
                break
        at, count = at + size, count + 1
    file.seek(at)
    rest = file.read(_SEARCHED)
    if not _is_tag(rest[:8]) and first(rest) is not None:
        raise FormatError(f"{path}: a gap at byte {at}, behind {count} frames: none begins there, but others follow")
    return count, at


def _is_tag(text: bytes) -> bool:
    return text[:3] in (b"TAG", b"ID3") or text == b"APETAGEX"


def _tail(file: IO[bytes], at: int, size: int) -> int:
    """Bytes behind the last frame that are no tag."""
    file.seek(at)
    return 0 if _is_tag(file.read(8)) else size - at
