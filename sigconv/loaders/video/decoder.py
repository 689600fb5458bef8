"""A video's decoder that knows where it stands: frames by number, forward or after a seek."""

from collections import deque
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from sigconv.errors import FormatError
from sigconv.loaders.video import checksum
from sigconv.loaders.video.container import damage, opened
from sigconv.loaders.video.index import Index

_REORDERED = 32  # frames by which one may be decoded before it is shown
_KEPT_BYTES = 1 << 25  # of decoded frames, so that clips that overlap decode each frame once
_PASSES = {"h264", "hevc", "mpeg4", "mpeg2video"}  # codes whose decoder can pass over frames from one to the next


class Decoder:
    """An open file, its frames by number, and the number that comes next.

    path, suffix : the file and its format;  index : its frames
    """

    def __init__(self, path: Path, suffix: str, index: Index) -> None:
        self.path, self.suffix, self.index = path, suffix, index
        self.container, self.stream = opened(path, suffix)
        coder = self.stream.codec_context
        coder.copy_opaque = index.counted
        self.pixels = int(coder.width * coder.height)
        self._coder = coder
        self._kept: deque[tuple[int, Any]] = deque(maxlen=max(2, _KEPT_BYTES // (2 * self.pixels)))
        self._numbers = self._numbered()
        self._key = self._wanted = self._next = 0
        self._skips = False

    def close(self) -> None:
        """Give the file back; what was decoded is forgotten."""
        self._kept.clear()
        self._numbers = iter(())
        self.container.close()

    def distance(self, first: int) -> int:
        """How many frames are passed over before frame `first` comes out."""
        if self._kept and self._kept[0][0] <= first < self._next:
            return 0
        from_key = first - self.index.starts(first)[0][0]
        return min(from_key, first - self._next) if self._next <= first else from_key

    def beginning(self) -> tuple[int, Any]:
        """The number and frame that decoding from the start of the file gives first.

        Raises
        ------
        FormatError : none, or a damaged one
        """
        if self._next:
            self._go(None)
        self._wanted = 0
        number, frame = self._pull()
        if number is None or frame.is_corrupt or (number > 0 and not frame.key_frame):
            raise FormatError(
                f"{self._named(number or 0)} does not decode: {'no frame' if frame is None else 'damaged'}"
            )
        return number, frame

    def frames(self, first: int, last: int) -> Iterator[Any]:
        """PyAV's frames `first` up to but not including `last`, each the one that decoding the whole file gives.

        Raises
        ------
        FormatError : one that does not decode, with its number and time
        """
        number = first
        for kept, frame in tuple(self._kept):
            if kept == number < last:
                number += 1
                yield frame
        if number < last:
            yield self._reached(number)
        for expected in range(number + 1, last):
            found, frame = self._pull()
            if found != expected or frame.is_corrupt:
                raise FormatError(f"{self._named(expected)} is {'damaged' if found == expected else 'missing'}")
            yield frame

    def _reached(self, number: int) -> Any:
        """Frame `number`: further on from here where that is nearest, else from a key frame, then from earlier ones."""
        failure = FormatError(f"{self._named(number)} does not come out of the decoder")
        starts: list[int | None] = [seek for _, seek in self.index.starts(number)]
        here = self._next <= number and self._next >= self.index.starts(number)[0][0]
        for way, seek in enumerate([0, *starts, None] if here else [*starts, None]):
            try:
                if not (here and way == 0):
                    self._go(seek)
                self._wanted = number
                found, frame = self._pull()
                # a key frame that is not shown (gradual refresh) leaves open what of the frames behind it is whole
                sound = self.index.counted or found == self._key or seek is None or (here and way == 0)
                while sound and found is not None and found < number and not frame.is_corrupt:
                    found, frame = self._pull()
            except FormatError as error:
                failure = error
                continue
            if sound and found == number and not frame.is_corrupt:
                return frame
        raise failure

    def _pull(self) -> tuple[int | None, Any]:
        """The next frame that is shown with its number; None at the end."""
        number, frame = next(self._numbers, (None, None))
        if number is not None:
            if self._kept and self._kept[-1][0] != number - 1:
                self._kept.clear()
            self._kept.append((number, frame))
            self._next = number + 1
        return number, frame

    def _go(self, seek: int | None) -> None:
        """To the key frame at or before a time in ticks; None is the beginning, for which the file is opened anew."""
        self._kept.clear()
        if seek is None:
            self.container.close()
            self.container, self.stream = opened(self.path, self.suffix)
            self._coder = self.stream.codec_context
            self._coder.copy_opaque = self.index.counted
            self._skips = False
        else:
            with damage(self.path, f"no way to {float(seek * self.index.tick):g} s"):
                self.container.seek(seek, stream=self.stream)
        self._numbers = self._numbered()

    def _numbered(self) -> Iterator[tuple[int, Any]]:
        """Frames in order of presentation with their numbers, from the key frame on where the file stands."""
        if self.index.counted:
            yield from self._counted()
            return
        for frame in self._decoded():
            number = self.index.number(frame.pts)
            if number is None:
                raise FormatError(
                    f"{self.path}: a frame is shown at {float((frame.pts or 0) * self.index.tick):g} s, expected "
                    f"the times that {'the header promises' if self.index.slack else 'the packets have'}"
                    f"{'; open it with exact=True' if self.index.slack else ''}"
                )
            if number >= self._key:
                yield number, frame

    def _counted(self) -> Iterator[tuple[int, Any]]:
        """The same where only decoding times are known: a key frame is shown after all that are decoded before it.

        Frames decoded after a key frame but shown before it lack their references; they are counted, not given.
        """
        decoded = self._decoded()
        held = list(islice(decoded, 1))
        number = behind = 0
        if self._key:
            held.extend(islice(decoded, _REORDERED))
            order = [frame.opaque[0] for frame in held]
            if self._key not in order:
                return
            at = order.index(self._key)
            behind = min(order[at + 1 :], default=self._key + 1)
            number, held = behind - 1, held[at:]
        early: set[int] = set()
        for frame in chain(held, decoded):
            yield number, frame
            number += 1
            early.add(frame.opaque[0])
            while behind in early:
                early.remove(behind)
                behind += 1
            if len(early) > _REORDERED + 1:
                raise FormatError(f"{self._named(behind)} is missing: its packet gives no frame")

    def _decoded(self) -> Iterator[Any]:
        """What the decoder gives for the packets from here on."""
        packets, fresh = self.container.demux(self.stream), True
        while True:
            with damage(self.path, f"the packets behind {self._when(self._next)} are not readable"):
                packet = next(packets, None)
            if packet is None:
                return
            if packet.size == 0 and packet.dts is not None:
                continue  # an empty packet would tell the decoder that the file ends
            number = self.index.number(packet.dts if self.index.counted else packet.pts)
            if fresh:
                self._key, fresh = number or 0, False
            if self.index.counted:
                packet.opaque = [number]  # PyAV keeps it by identity, which small whole numbers share
            else:
                self._skip(number is not None and number < self._wanted)
            if self._coder.name == "ffv1" and checksum.damaged(bytes(packet)):
                raise FormatError(f"{self._named(number or self._next)} does not decode: its checksum is another")
            with damage(self.path, f"{self._when(number or self._next)} does not decode"):
                frames = packet.decode()
            yield from frames

    def _skip(self, skips: bool) -> None:
        """Whether frames that no other frame refers to are passed over undecoded."""
        if skips != self._skips and self._coder.name in _PASSES:
            self._coder.skip_frame = "NONREF" if skips else "DEFAULT"
            self._skips = skips

    def _named(self, number: int) -> str:
        return f"{self.path}: {self._when(number)}"

    def _when(self, number: int) -> str:
        at = min(number, len(self.index.shown) - 1)
        return f"frame {number} of {len(self.index.shown)} ({self.index.seconds(at):.3f} s)"
