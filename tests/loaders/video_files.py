"""Small video files that tests encode themselves, and what a plain decoder says of any file."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def pictures(count: int, width: int, height: int, seed: int = 0) -> np.ndarray:
    """(frame, y, x, 3) uint8: smooth noise through which a window slides."""
    draw = np.random.default_rng(seed)
    coarse = draw.integers(0, 256, (height // 4 + count + 8, width // 4 + count + 8, 3)).astype(np.uint8)
    fine = coarse.repeat(4, 0).repeat(4, 1)
    return np.stack([fine[i : i + height, 2 * i : 2 * i + width] for i in range(count)])


def encoded(
    path: Path,
    codec: str,
    frames: np.ndarray,
    kind: str = "yuv420p",
    rate: int = 25,
    times: list[int] | None = None,
    gop: int = 12,
    reordered: int = 0,
    options: dict[str, str] | None = None,
) -> Path:
    """A video file of RGB frames; `times` are milliseconds, by default even."""
    tick = Fraction(1, 1000) if times else Fraction(1, rate)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], kind
        stream.codec_context.time_base = tick
        stream.codec_context.gop_size = gop
        stream.codec_context.max_b_frames = reordered
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24").reformat(format=kind)
            picture.pts, picture.time_base = times[number] if times else number, tick
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def decoded(path: Path, kind: str = "rgb24") -> np.ndarray:
    """(frame, y, x, 3) or (frame, y, x): every frame that PyAV decodes from beginning to end, not turned."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format=kind) for frame in container.decode(video=0)])
