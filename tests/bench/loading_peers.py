"""The peers of the bench of loading, each as its documentation says, with torch's DataLoader and two workers."""

import sys
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

Feed = Callable[[], Iterator[int]]  # an epoch: how many items each batch has

WORKERS, SIDE = 2, 64


class StandIn(types.ModuleType):
    """torchaudio, which braindecode imports for networks that the bench has no use for."""

    __path__: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return type(name, (nn.Module,), {})


def stand_in() -> None:
    """Put a stand-in where torchaudio would be."""
    if "torchaudio" not in sys.modules:
        top = sys.modules["torchaudio"] = StandIn("torchaudio")
        for part in ("functional", "transforms"):
            sys.modules[f"torchaudio.{part}"] = StandIn(f"torchaudio.{part}")
            setattr(top, part, sys.modules[f"torchaudio.{part}"])


class Mapped(Dataset):
    """A function of an index as a data set."""

    def __init__(self, read: Callable[[int], Any], count: int) -> None:
        self.read, self.count = read, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Any:
        return self.read(index)


def fed(dataset: Any, size: int, order: Sequence[int] | None = None, **more: Any) -> Feed:
    """Epochs of a data set through a DataLoader."""

    def epoch() -> Iterator[int]:
        sampler = None if order is None else [int(i) for i in order]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for batch in DataLoader(dataset, batch_size=size, num_workers=WORKERS, sampler=sampler, **more):
                yield len(first_of(batch))

    return epoch


def first_of(batch: Any) -> Any:
    """The samples of a batch, however it is wrapped."""
    while isinstance(batch, (dict, list, tuple)):
        batch = next(iter(batch.values())) if isinstance(batch, dict) else batch[0]
    return batch


def braindecode(paths: Sequence[Path], length: int, step: int) -> Any:
    """Windows of its own cutting, lazy as by default."""
    import mne

    stand_in()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from braindecode.datasets import BaseConcatDataset, RawDataset
        from braindecode.preprocessing import create_fixed_length_windows

        raws = [mne.io.read_raw_edf(path, preload=False, verbose="error") for path in paths]
        whole = BaseConcatDataset([RawDataset(raw, {"run": path.stem}) for raw, path in zip(raws, paths, strict=True)])
        return create_fixed_length_windows(
            whole, window_size_samples=length, window_stride_samples=step, drop_last_window=True, preload=False
        )


def torchio(paths: Sequence[Path], count: int) -> Any:
    """One random patch of a volume that is read for it."""
    import torchio as tio

    subjects = tio.SubjectsDataset([tio.Subject(image=tio.ScalarImage(path)) for path in paths])
    sampler = tio.UniformSampler(SIDE)

    def read(index: int) -> Any:
        patch = next(sampler(subjects[index % len(paths)], 1))
        return patch.image.data.float()

    return Mapped(read, count)


def torchio_queue(paths: Sequence[Path], volumes: int) -> Feed:
    """TorchIO's queue: eight patches of each volume that is read."""
    import torchio as tio

    every = [tio.Subject(image=tio.ScalarImage(paths[i % len(paths)])) for i in range(volumes)]

    def epoch() -> Iterator[int]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            queue = tio.Queue(
                tio.SubjectsDataset(every), 16, 8, tio.UniformSampler(SIDE), num_workers=WORKERS, start_background=False
            )
            for batch in DataLoader(queue, batch_size=8, num_workers=0, collate_fn=list):
                yield len(torch.stack([one["image"].data.float() for one in batch]))

    return epoch


def monai(paths: Sequence[Path], count: int, cached: bool, reader: str | None = None) -> Any:
    """One random crop of a volume, which is read for it or lies in memory."""
    from monai import data, transforms

    steps = [
        transforms.LoadImaged("image", reader=reader, ensure_channel_first=True),
        transforms.RandSpatialCropd("image", (SIDE,) * 3, random_size=False),
    ]
    files = [{"image": str(paths[i % len(paths)])} for i in range(count)]
    if not cached:
        return data.Dataset(files, transforms.Compose(steps))
    kept = data.CacheDataset(files[: len(paths)], transforms.Compose(steps), progress=False, num_workers=1)
    return Mapped(lambda index: kept[index % len(paths)], count)


def librosa_whole(paths: Sequence[Path], size: int) -> Any:
    """Each file read whole and brought to one length."""
    import librosa

    return Mapped(lambda i: librosa.util.fix_length(librosa.load(paths[i], sr=None)[0], size=size)[None], len(paths))


def librosa_clips(paths: Sequence[Path], starts: Sequence[tuple[int, float]], length: float) -> Any:
    """Clips of long files."""
    import librosa

    def read(i: int) -> Any:
        number, start = starts[i]
        return librosa.load(paths[number], sr=None, offset=start, duration=length)[0][None]

    return Mapped(read, len(starts))


def av_clips(paths: Sequence[Path], starts: Sequence[tuple[int, int]], frames: int) -> Any:
    """A plain PyAV loop: seek to the key frame before, decode up to the clip, take it."""
    import av

    def read(i: int) -> Any:
        number, first = starts[i]
        with av.open(str(paths[number])) as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            at = first / stream.average_rate
            container.seek(int(at / stream.time_base), stream=stream)
            taken: list[Any] = []
            for frame in container.decode(stream):
                if frame.time is not None and frame.time >= float(at) - 1e-3:
                    taken.append(frame.to_ndarray(format="rgb24")[:224, :224])
                if len(taken) == frames:
                    break
        return torch.from_numpy(np.stack(taken)).permute(3, 0, 1, 2).float()

    return Mapped(read, len(starts))


def pillow(paths: Sequence[Path]) -> Any:
    """Each picture opened and turned into an array."""
    from PIL import Image

    def read(i: int) -> Any:
        with Image.open(paths[i]) as picture:
            return np.asarray(picture.convert("RGB")).transpose(2, 0, 1).astype(np.float32)

    return Mapped(read, len(paths))
