"""`python -m tests.bench.loading`: measure how fast files become batches, and write LOADING.md beside this file.

python -m tests.bench.loading --only "EEG*"           # some rows, shown and not written
python -m tests.bench.loading --peers FOLDER          # further peers from another site-packages (braindecode, TorchIO)
"""

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.cases_loading import Loading
    from tests.bench.loading_peers import Feed

ROUNDS = 3


@dataclass(frozen=True)
class Rate:
    """How fast an epoch was, the median of the rounds.

    items : a second;  work : microseconds of computing for an item, in all processes together
    """

    items: float
    work: float


@dataclass(frozen=True)
class Row:
    """What one case gave: ours, and each peer, or None where it is not installed."""

    name: str
    aim: float | None
    ours: Rate
    peers: dict[str, Rate | None]

    @property
    def best(self) -> str | None:
        """The fastest peer."""
        there = {name: rate.items for name, rate in self.peers.items() if rate is not None}
        return max(there, key=there.__getitem__) if there else None


def asked() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.loading", description="From files to batches.")
    parser.add_argument("--only", metavar="PATTERN", help="measure the rows whose names fit; write nothing")
    parser.add_argument("--peers", metavar="FOLDER", help="a site-packages folder with further peers")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="each of ours and theirs in turn")
    parser.add_argument("--epoch", help=argparse.SUPPRESS)  # how the memory of one epoch is measured
    parser.add_argument("--made", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def rate_of(feed: "Feed") -> Rate:
    """One epoch, its processes' start and end included."""
    work, began = computed(), time.perf_counter()
    items = sum(feed())
    seconds = time.perf_counter() - began
    return Rate(items / seconds, 1e6 * (computed() - work) / items)


def computed() -> float:
    """Seconds computed by this process and by those of its children that have ended."""
    every = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in every)


def measured(case: "Loading", rounds: int) -> Row:
    """The row of a case: an epoch of each in turn, again and again."""
    feeds = {"ours": case.ours(), **{name: make() for name, make in case.peers.items() if case.installed(name)}}
    found: dict[str, list[Rate]] = {name: [] for name in feeds}
    for _ in range(rounds):
        for name, feed in feeds.items():
            found[name].append(rate_of(feed))
    middle = {
        name: Rate(statistics.median(rate.items for rate in each), statistics.median(rate.work for rate in each))
        for name, each in found.items()
    }
    return Row(case.name, case.aim, middle.pop("ours"), {name: middle.get(name) for name in case.peers})


def main() -> None:
    """Measure, show each row as it comes, and write the file when all are done."""
    told = asked()
    if told.peers:
        sys.path.append(told.peers)
    real = Path(os.environ.get("SIGCONV_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    if not real.is_dir():
        sys.exit(f"no real data at {real}; set SIGCONV_DATA to the folder that holds it")
    if told.epoch:
        from tests.bench import loading_memory

        return loading_memory.serve(told.epoch, real, told.made)
    with tempfile.TemporaryDirectory() as made:
        return compare(told, real, Path(made))


def compare(told: argparse.Namespace, real: Path, made: Path) -> None:
    """All rows, or those whose names fit the pattern."""
    from tests.bench import loading_idle, loading_memory, loading_report
    from tests.bench.cases_loading import cases
    from tests.bench.loading_data import Data

    def chosen(name: str) -> bool:
        return told.only is None or fnmatch(name, told.only) or told.only in name

    busy, data = os.getloadavg()[0], Data(real, made)
    rows: list[Row] = []
    absent: list[str] = []
    for case in cases(data):
        if chosen(case.name) and not case.there:
            absent.append(case.name)
        elif chosen(case.name):
            rows.append(row := measured(case, told.rounds))
            print(loading_report.line(row), flush=True)
    waits = [found for name in loading_idle.NETS if chosen(name) for found in loading_idle.waits(name, data)]
    for wait in waits:
        print(f"{wait.name}, {wait.workers} workers: {wait.idle:.1%} of {wait.seconds:.1f} s", flush=True)
    peaks = [loading_memory.peaks(name, told.peers, made) for name in loading_memory.EPOCHS if chosen(name)]
    for peak in peaks:
        print(f"{peak.name}: {peak.once:.0f} and {peak.tenfold:.0f} MiB", flush=True)
    if told.only is None:
        loading_report.write(busy, told.rounds, rows, absent, waits, peaks)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped; LOADING.md is as it was")
