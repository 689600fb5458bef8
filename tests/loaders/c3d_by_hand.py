"""C3D files written by hand, byte by byte, in every encoding of the format."""

import struct

import numpy as np

CODES = {"Intel": 84, "DEC": 85, "MIPS": 86}


def dec(values) -> bytes:
    """VAX F numbers: four times the IEEE number's bits with its halves exchanged."""
    bits = (np.asarray(values, np.float32) * np.float32(4)).view(np.uint32)
    return (bits << np.uint32(16) | bits >> np.uint32(16)).astype("<u4").tobytes()


class Writer:
    """Numbers of one processor."""

    def __init__(self, processor: str) -> None:
        self.processor, self.order = processor, ">" if processor == "MIPS" else "<"

    def whole(self, *values: int) -> bytes:
        return struct.pack(f"{self.order}{len(values)}H", *(int(v) & 0xFFFF for v in values))

    def real(self, *values: float) -> bytes:
        return dec(values) if self.processor == "DEC" else np.asarray(values, f"{self.order}f4").tobytes()

    def group(self, number: int, name: str) -> bytes:
        return struct.pack("bb", len(name), -number) + name.encode() + self.whole(3) + b"\0"

    def parameter(self, number: int, name: str, kind: int, sizes: tuple, data: bytes) -> bytes:
        body = struct.pack("bB", kind, len(sizes)) + bytes(sizes) + data + b"\0"
        return struct.pack("bb", len(name), number) + name.encode() + self.whole(len(body) + 2) + body

    def any(self, number: int, name: str, value) -> bytes:
        """A parameter of the kind that the value is: text, texts, whole numbers or reals."""
        if isinstance(value, bytes):
            return self.parameter(number, name, 2, (len(value) // 2,), value)
        if isinstance(value, str):
            return self.parameter(number, name, -1, (len(value),), value.encode())
        if isinstance(value, int):
            return self.parameter(number, name, 2, (), self.whole(value))
        if isinstance(value, float):
            return self.parameter(number, name, 4, (), self.real(value))
        if isinstance(value[0], str):
            width = max(map(len, value))
            text = "".join(v.ljust(width) for v in value).encode()
            return self.parameter(number, name, -1, (width, len(value)), text)
        if isinstance(value[0], int):
            return self.parameter(number, name, 2, (len(value),), self.whole(*value))
        return self.parameter(number, name, 4, (len(value),), self.real(*value))


def c3d(
    points, states, analog=None, processor="Intel", real=False, scale=0.5, rate=50.0, groups=None, first=1, last=None
) -> bytes:
    """A file of (frame, marker, 3) numbers as stored, (frame, marker) fourth numbers, (frame, sample, channel) analogs.

    groups : parameters that come on top of, or in place of, those of POINT and ANALOG; None leaves one out
    """
    writer = Writer(processor)
    frames, markers = np.shape(states)
    per_frame, channels = np.shape(analog)[1:] if analog is not None else (0, 0)
    told = {
        "POINT": {
            "USED": markers,
            "SCALE": -scale if real else scale,
            "RATE": rate,
            "DATA_START": 5,
            "FRAMES": min(frames, 65535),
            "UNITS": "mm",
            "LABELS": [f"M{i}" for i in range(markers)],
        },
        "ANALOG": {"USED": channels},
    }
    for group, parameters in (groups or {}).items():
        told[group] = {**told.get(group, {}), **parameters}
    section = bytes([1, 0x50, 3, CODES[processor]])
    for number, (group, parameters) in enumerate(told.items(), start=1):
        section += writer.group(number, group)
        section += b"".join(writer.any(number, k, v) for k, v in parameters.items() if v is not None)
    last = min(first + frames - 1, 65535) if last is None else last
    head = bytes([2, 0x50]) + writer.whole(markers, channels * per_frame, first, last, 10)
    head += writer.real(-scale if real else scale) + writer.whole(5, per_frame) + writer.real(rate)
    numbers = np.concatenate([points, np.asarray(states)[..., None]], axis=2).reshape(frames, -1)
    if analog is not None:
        numbers = np.concatenate([numbers, np.reshape(analog, (frames, -1))], axis=1)
    if real:
        body = writer.real(*numbers.ravel())
    else:
        body = numbers.astype(np.int64).astype(np.uint16).astype(f"{writer.order}u2").tobytes()
    assert len(section) <= 3 * 512 - 2
    return head.ljust(512, b"\0") + section.ljust(3 * 512, b"\0") + body
