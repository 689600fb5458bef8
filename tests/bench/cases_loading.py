"""Rows of the bench of loading: an epoch of ours, and of every peer that is installed."""

import importlib.util
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sigconv import loaders
from sigconv.signal import Source
from sigconv.windows import Windows, batches, concatenate, sliding, whole
from tests.bench import loading_peers as peers
from tests.bench.loading_data import Data
from tests.bench.loading_peers import SIDE, WORKERS, Feed


@dataclass(frozen=True)
class Loading:
    """One row.

    name : what is read;  aim : how many times a peer's items a second are wanted, or None where it is only shown
    ours : makes our epoch;  peers : name -> what makes theirs;  packages : those the peers need;  domain : our door
    """

    name: str
    aim: float | None
    domain: str
    ours: Callable[[], Feed]
    peers: dict[str, Callable[[], Feed]] = field(default_factory=dict)
    packages: dict[str, str] = field(default_factory=dict)

    @property
    def there(self) -> bool:
        """Whether our reader is."""
        return self.domain in {door.domain for door in loaders.DOORS}

    def installed(self, peer: str) -> bool:
        """Whether a peer's package is."""
        return importlib.util.find_spec(self.packages[peer]) is not None


def epoch(windows: Windows, order: Sequence[int], size: int) -> Feed:
    """Ours, with as many workers as the peers have."""

    def run() -> Iterator[int]:
        for x, _, _ in batches(windows, order, size, workers=WORKERS):
            yield len(x)

    return run


def order_of(count: int, windows: int) -> Any:
    """`count` indices in an order that is always the same."""
    return np.random.default_rng(0).integers(0, windows, count)


def random_patches(sources: Sequence[Source], count: int, size: Sequence[int]) -> Windows:
    """Boxes at random places, the sources in turn."""
    draw = np.random.default_rng(0)
    where = []
    for i in range(count):
        grid = sources[i % len(sources)].axes[1:]
        where.append((i % len(sources), *(draw.integers(0, a.size - n + 1) for a, n in zip(grid, size, strict=True))))
    labels = np.full(count, -1)
    return Windows(tuple(sources), np.array(where), labels, ("",) * count, (), tuple(size))


def cases(data: Data) -> Iterator[Loading]:
    """All rows."""
    yield from eeg(data)
    yield from volumes(data)
    yield from audio(data)
    yield from pictures(data)


def eeg(data: Data) -> Iterator[Loading]:
    """Windows of 2 s."""

    def ours() -> Feed:
        windows = concatenate([sliding(loaders.open(path), 2.0, 0.5) for path in data.edf])
        return epoch(windows, order_of(20_000 // data.shrink, len(windows)), 64)

    def theirs() -> Feed:
        dataset = peers.braindecode(data.edf, 320, 80)
        return peers.fed(dataset, 64, order_of(6_000 // data.shrink, len(dataset)))

    yield Loading("EEG windows, 64×320, EDF", 5, "EEG", ours, {"braindecode": theirs}, {"braindecode": "braindecode"})


def volumes(data: Data) -> Iterator[Loading]:
    """Random patches of 64³."""
    packages = {"TorchIO": "torchio", "TorchIO's queue, 8 a volume": "torchio", "MONAI": "monai"}
    packages["MONAI CacheDataset"] = "monai"
    kinds: dict[str, tuple[str, Callable[[], list[Path]], str | None]] = {
        "NIfTI": ("volume", lambda: data.nifti, None),
        "DICOM": ("volume", lambda: data.dicom, "PydicomReader"),
    }
    few, many = max(2, 32 // data.shrink), max(16, 2_000 // data.shrink)
    for kind, (domain, paths, reader) in kinds.items():
        uncached: dict[str, Callable[[], Feed]] = {
            "TorchIO": lambda p=paths: peers.fed(peers.torchio(p(), few), 8),
            "TorchIO's queue, 8 a volume": lambda p=paths: peers.torchio_queue(p(), max(2, few // 4)),
            "MONAI": lambda p=paths, r=reader: peers.fed(peers.monai(p(), few, False, r), 8),
        }
        kept = {
            "MONAI CacheDataset": lambda p=paths, r=reader: peers.fed(peers.monai(p(), many // 8, True, r), 8),
        }

        def ours(p: Callable[[], list[Path]] = paths, cached: bool = False, count: int = few) -> Feed:
            sources: list[Any] = [opened(path) for path in p()]
            if cached:
                sources = [loaders.cached(source, folder=data.made / "cache") for source in sources]
            return epoch(random_patches(sources, count, (SIDE,) * 3), range(count), 8)

        def from_cache(p: Callable[[], list[Path]] = paths, ours: Callable[..., Feed] = ours) -> Feed:
            return ours(p, True, many)

        name = f"{SIDE}³ patches, {kind}"
        yield Loading(f"{name}, nothing cached", None, domain, ours, uncached, packages)
        yield Loading(f"{name}, our cache beside none", 5, domain, from_cache, uncached, packages)
        yield Loading(f"{name}, both cached", 1, domain, from_cache, kept, packages)


def opened(path: Path) -> Any:
    """A recording; a folder is one of DICOM slices."""
    if not path.is_dir():
        return loaders.open(path)
    from sigconv.loaders import dicom

    return dicom.open(path)


def audio(data: Data) -> Iterator[Loading]:
    """Clips of short files and of long ones."""
    packages = {"librosa.load": "librosa"}

    def short() -> Feed:
        sources = [loaders.open(path) for path in data.wav]
        names = [path.stem for path in data.wav]
        windows = whole(sources, names, names, [8000], align="start")
        return epoch(windows, np.tile(np.arange(len(windows)), 8), 32)

    yield Loading(
        "audio clips, whole WAV files of 0.4 s",
        2,
        "audio",
        short,
        {"librosa.load": lambda: peers.fed(peers.librosa_whole(data.wav * 4, 8000), 32)},
        packages,
    )
    seconds = 290 // data.shrink

    def starts(count: int) -> list[tuple[int, float]]:
        draw = np.random.default_rng(0)
        return [(i % len(data.flac), float(draw.integers(0, seconds * 100)) / 100) for i in range(count)]

    def long() -> Feed:
        sources = [loaders.open(path) for path in data.flac]
        where = np.array([(number, round(start * 16_000)) for number, start in starts(2_000 // data.shrink)])
        windows = Windows(tuple(sources), where, np.full(len(where), -1), ("",) * len(where), (), (16_000,))
        return epoch(windows, range(len(windows)), 32)

    yield Loading(
        "audio clips, 1 s of FLAC files of 5 min",
        2,
        "audio",
        long,
        {"librosa.load": lambda: peers.fed(peers.librosa_clips(data.flac, starts(2_000 // data.shrink), 1.0), 32)},
        packages,
    )


def pictures(data: Data) -> Iterator[Loading]:
    """Clips of video, and images."""
    frames, count = 16, max(8, 80 // data.shrink)

    def starts() -> list[tuple[int, int]]:
        import av

        lengths = []
        for path in data.video:
            with av.open(str(path)) as container:
                stream = container.streams.video[0]
                lengths.append(stream.frames or math.floor(float(container.duration / 1e6 * stream.average_rate)))
        draw = np.random.default_rng(0)
        last = [length - 2 * frames for length in lengths]
        return [(i % len(last), int(draw.integers(0, last[i % len(last)]))) for i in range(count)]

    def clips() -> Feed:
        sources = [loaders.open(path) for path in data.video]
        where = np.array([(number, first, 0, 0) for number, first in starts()])
        windows = Windows(tuple(sources), where, np.full(count, -1), ("",) * count, (), (frames, 224, 224))
        return epoch(windows, range(count), 4)

    yield Loading(
        f"video clips, {frames} frames of 224×224 at random",
        1.5,
        "video",
        clips,
        {"PyAV, seek and decode": lambda: peers.fed(peers.av_clips(data.video, starts(), frames), 4)},
        {"PyAV, seek and decode": "av"},
    )

    def images() -> Feed:
        sources = [loaders.open(path) for path in data.jpeg]
        names = ["" for _ in sources]
        windows = whole(sources, names, names, (32, 32))
        return epoch(windows, np.tile(np.arange(len(windows)), 4), 64)

    yield Loading(
        "images, JPEG 32×32",
        None,
        "image",
        images,
        {"Pillow": lambda: peers.fed(peers.pillow(data.jpeg * 4), 64)},
        {"Pillow": "PIL"},
    )
