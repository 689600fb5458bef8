"""The most memory that an epoch takes, in all its processes, for a collection and for one ten times as large."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import loading_peers
from tests.bench.cases_loading import epoch, opened, random_patches
from tests.bench.loading_data import Data
from tests.bench.loading_peers import SIDE, Feed

ROOT = Path(__file__).parents[2]
PATCHES = 640  # in an epoch, however many volumes there are


@dataclass(frozen=True)
class Peak:
    """MiB beyond what the imports take, that the system cannot take back; and mapped from files, which it can.

    once, tenfold : of 4 volumes or 10 recordings, and of 10 times as many;  mapped : of the larger
    """

    name: str
    once: float
    tenfold: float
    mapped: float


def eeg(data: Data, times: int) -> Feed:
    """Windows of every recording in turn."""
    from sigconv import loaders
    from sigconv.windows import concatenate, sliding

    windows = concatenate([sliding(loaders.open(path), 2.0, 0.5) for path in data.edf * times])
    return epoch(windows, [i * 97 % len(windows) for i in range(24_000 // data.shrink)], 64)


def ours(data: Data, times: int) -> Feed:
    """Patches of every volume in turn, from a cache that is written before."""
    from sigconv import loaders

    sources = [loaders.cached(opened(path), folder=data.made / "cache") for path in data.many_nifti(4 * times)]
    return epoch(random_patches(sources, PATCHES, (SIDE,) * 3), range(PATCHES), 8)


def monai(data: Data, times: int) -> Feed:
    """The same number of patches from MONAI's memory."""
    paths = data.many_nifti(4 * times)
    return loading_peers.fed(loading_peers.monai(paths, PATCHES, True), 8)


EPOCHS: dict[str, Callable[[Data, int], Feed]] = {
    "memory: EEG windows": eeg,
    "memory: patches from our cache": ours,
    "memory: patches from MONAI's CacheDataset": monai,
}


def serve(name: str, real: Path, made: Path) -> None:
    """The process that is measured: imports, then an epoch between two lines."""
    import monai.data
    import monai.transforms
    import nibabel
    import torch

    from sigconv import loaders, windows

    data, times = Data(real, made), int(name.rsplit("*", 1)[1])
    _ = (monai.data, monai.transforms, nibabel, torch, loaders, windows, data.many_nifti(4 * times))
    print("ready", flush=True)
    sys.stdin.readline()
    sum(EPOCHS[name.rsplit("*", 1)[0]](data, times)())
    print("done", flush=True)


def peaks(name: str, peers: str | None, made: Path) -> Peak:
    """Both sizes, each in a process of its own; an epoch before them fills the cache."""
    peak_of(f"{name}*10", peers, made)
    once, _ = peak_of(f"{name}*1", peers, made)
    tenfold, mapped = peak_of(f"{name}*10", peers, made)
    return Peak(name, once, tenfold, mapped)


def peak_of(name: str, peers: str | None, made: Path) -> tuple[float, float]:
    """MiB beyond what was there when it was ready."""
    command = [sys.executable, "-m", "tests.bench.loading", "--epoch", name, "--made", str(made)]
    command += ["--peers", peers] if peers else []
    most, files = 0.0, 0.0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as program:
        assert program.stdout is not None
        assert program.stdin is not None
        assert program.stdout.readline() == "ready\n", name
        before = memory_of(program.pid)
        program.stdin.write("\n")
        program.stdin.flush()
        while program.poll() is None:
            now = memory_of(program.pid)
            most, files = max(most, now[0] - before[0]), max(files, now[1] - before[1])
            time.sleep(0.01)
        assert program.stdout.readline() == "done\n", name
    return most, files


def memory_of(pid: int) -> tuple[float, float]:
    """MiB of a process and those it started: its own and shared ones, and pages of files; each page counts once."""
    own = files = 0.0
    for one in [pid, *children_of(pid)]:
        try:
            told = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        kib = {line.split(":")[0]: int(line.split()[1]) for line in told.splitlines()[1:]}
        own += (kib["Pss_Anon"] + kib["Pss_Shmem"]) / 1024
        files += kib["Pss_File"] / 1024
    return own, files


def children_of(pid: int) -> list[int]:
    """The processes that a process started, and those that they did."""
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in told] + [other for child in told for other in children_of(int(child))]
