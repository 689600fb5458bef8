"""What a video's header tells, for people: facts, oddities, how its pictures lie."""

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sigconv.loaders.video.index import Index
from sigconv.loaders.video.picture import Picture
from sigconv.signal import Axis

_TURNS = {(1, 0): 0, (0, -1): 1, (-1, 0): 2, (0, 1): 3}


@dataclass(frozen=True)
class Header:
    """What an open container tells of one track of pictures and of those beside it.

    rate : frames a second, or None;  frames, lasts : how many and how long (s), 0 where not told
    aspect : of one pixel, width over height;  sounds : a text each;  beside : other tracks of pictures
    begins : s, when the sound begins, or None
    """

    container: str
    codec: str
    rate: Fraction | None
    frames: int
    lasts: Fraction
    aspect: Fraction
    sounds: tuple[str, ...]
    beside: int
    begins: Fraction | None

    @classmethod
    def of(cls, container: Any, stream: Any) -> "Header":
        """Taken down while the container is open."""
        sounds = tuple(
            f"{sound.codec_context.name} {sound.codec_context.sample_rate} Hz" if sound.codec_context else "unknown"
            for sound in container.streams.audio
        )
        begins = [s.start_time * Fraction(s.time_base) for s in container.streams.audio if s.start_time is not None]
        aspect = Fraction(stream.sample_aspect_ratio or 1)
        profile = stream.codec_context.profile
        return cls(
            container.format.name.split(",")[0],
            f"{stream.codec_context.name}{f' ({profile})' if profile else ''}",
            Fraction(stream.average_rate) if stream.average_rate else None,
            stream.frames,
            _lasts(container, stream),
            aspect if aspect > 0 else Fraction(1),
            sounds,
            len(container.streams.video) - 1,
            min(begins, default=None),
        )

    def expected(self) -> int:
        """About how many frames there are, 0 where nothing tells."""
        return self.frames or int(self.lasts * (self.rate or 0))

    def origin(self, index: Index) -> Fraction:
        """The time that counts as 0, s: when the first frame is shown, or the sound begins if that is earlier."""
        first = int(index.shown[0]) * index.tick
        return first if self.begins is None else min(first, self.begins)

    def facts(self, index: Index, time: Axis) -> dict[str, str]:
        """Short words -> text."""
        even = not time.positions
        facts = {
            "container": self.container,
            "codec": self.codec,
            "frames": str(len(index.shown)),
            "rate": f"{time.rate:g} Hz" if even else f"variable, about {1 / time.step:g} Hz",
            "sound": ", ".join(self.sounds) + " (not read here)" if self.sounds else "none",
            "index": "every packet read" if len(index.keys) else "promised by the header",
        }
        if len(index.keys):
            facts["key frames"] = str(len(index.keys))
        if self.aspect != 1:
            facts["pixel aspect"] = f"{self.aspect.numerator}:{self.aspect.denominator} (width to height)"
        return facts

    def warnings(self, index: Index, skipped: int, time: Axis) -> list[str]:
        """What a person must know."""
        found, count = [], len(index.shown) + skipped
        if self.frames and self.frames != count:
            found.append(f"the header tells of {self.frames} frames; {count} are shown")
        elif self.lasts - (time.stop - time.start) > max(0.1, 2 * time.step):
            found.append(f"the header tells of {float(self.lasts):g} s; the frames last {time.stop - time.start:g} s")
        if skipped:
            found.append(f"the first {skipped} frames are left out: no key frame lies before them")
        if self.beside:
            found.append(f"{self.beside} further tracks of pictures are left out")
        return found


def _lasts(container: Any, stream: Any) -> Fraction:
    """How long the track is, s: by its own header or tag, or by the container's where it has no other track."""
    tag = re.fullmatch(r"(\d{1,4}):(\d\d):(\d\d(?:\.\d{1,9})?)\0*", stream.metadata.get("DURATION", ""))
    if stream.duration:
        return Fraction(stream.duration) * Fraction(stream.time_base)
    if tag:
        return Fraction(int(tag[1]) * 3600 + int(tag[2]) * 60) + Fraction(tag[3])
    return Fraction(container.duration or 0, 1_000_000) if len(container.streams) == 1 else Fraction(0)


def look(frame: Any, scaled: Sequence[int] | None) -> tuple[dict[str, str], list[str], Picture]:
    """Facts, oddities and the Picture that the first frame tells; `scaled` is the upright (y, x) asked for, or None."""
    kind, parts = frame.format.name, frame.format.components
    grey = not frame.format.is_rgb and not frame.format.has_palette and len(parts) <= 2
    deep = max((part.bits for part in parts), default=8)
    facts = {"pixels": kind, "size": f"{frame.width} × {frame.height} as stored"}
    warnings = []
    if deep > 8:
        warnings.append(f"the pixels have {deep} bits; they are reduced to 8")
    if any(part.is_alpha for part in parts):
        warnings.append("the transparency of the pixels is left out")
    if frame.interlaced_frame:
        facts["interlaced"] = "yes: every frame holds two fields"
    turns, mirrored, odd = _lying(frame)
    if turns or mirrored:
        facts["turned"] = f"{turns * 90}° counterclockwise{' after mirroring' * mirrored}, as the file says"
    if odd:
        warnings.append(f"the file asks for a turn that is no quarter ({odd}); it is not done")
    wanted = (scaled[1], scaled[0]) if scaled and turns % 2 else scaled
    if scaled:
        facts["resized"] = f"{scaled[1]} × {scaled[0]}"
    size = (frame.height, frame.width)
    return (
        facts,
        warnings,
        Picture(size, kind, grey, turns, mirrored, (int(wanted[0]), int(wanted[1])) if wanted else None),
    )


def _lying(frame: Any) -> tuple[int, bool, str]:
    """Quarter turns, whether mirrored before, and in words what is neither (from the display matrix)."""
    told = [bytes(data) for data in frame.side_data if data.type.name == "DISPLAYMATRIX"]
    if not told or len(told[0]) < 36:
        return 0, False, ""
    a, b, _, c, d, *_ = struct.unpack("=9i", told[0][:36])
    mirrored = a * d - b * c < 0
    a, b = (-a, -b) if mirrored else (a, b)
    longest = max(abs(a), abs(b))
    straight = longest > 0 and min(abs(a), abs(b)) * 1000 < longest
    if not straight:
        return 0, False, f"{frame.rotation}°"
    return _TURNS[round(a / longest), round(b / longest)], mirrored, ""
