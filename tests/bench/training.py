"""`python -m tests.bench.training`: seconds an epoch beside what a user would else take; writes TRAINING.md.

python -m tests.bench.training --only "EEG*"          # some rows, shown and not written
python -m tests.bench.training --peers FOLDER         # further peers from another site-packages (braindecode)
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path


@dataclass(frozen=True)
class Trained:
    """Seconds of one training, and its score (0 … 1) on what was held out."""

    seconds: float
    score: float


@dataclass(frozen=True)
class Task:
    """One comparison.

    name : what is learnt;  epochs : of both;  aim : ratio of seconds
    ours, peers : each trains once from the beginning and tells how it went, with the seconds of training alone
    rounds : trainings of each, in turn
    note : what is to be known of a peer
    """

    name: str
    epochs: int
    aim: float
    ours: Callable[[], Trained]
    peers: dict[str, Callable[[], Trained]]
    rounds: int = 3
    note: str = ""


@dataclass(frozen=True)
class Row:
    """What one comparison gave: medians of seconds an epoch, and the scores, each in the order of the rounds."""

    task: Task
    seconds: dict[str, float]
    scores: dict[str, float]

    @property
    def ratio(self) -> float:
        """Seconds of the fastest peer over ours."""
        return min(value for name, value in self.seconds.items() if name != "ours") / self.seconds["ours"]


def timed(train: Callable[[], object]) -> float:
    """Seconds of one call."""
    begun = time.perf_counter()
    train()
    return time.perf_counter() - begun


def measured(task: Task) -> Row:
    """Ours and every peer in turn, again and again."""
    found: dict[str, list[Trained]] = {name: [] for name in ("ours", *task.peers)}
    for _ in range(task.rounds):
        for name, train in {"ours": task.ours, **task.peers}.items():
            found[name].append(train())
    seconds = {name: statistics.median(one.seconds for one in each) / task.epochs for name, each in found.items()}
    scores = {name: statistics.median(one.score for one in each) for name, each in found.items()}
    return Row(task, seconds, scores)


def table(rows: list[Row]) -> str:
    """The rows as Markdown."""
    lines = [
        "| what is learnt | epochs | times | ours, s an epoch (score) | peers, s an epoch (score) | ratio | aim |",
        "|---|--:|--:|--:|---|--:|--:|",
    ]
    for row in rows:
        peers = " · ".join(
            f"{name} {seconds:.3g} ({row.scores[name]:.3f})" for name, seconds in row.seconds.items() if name != "ours"
        )
        ours = f"{row.seconds['ours']:.3g} ({row.scores['ours']:.3f})"
        task = row.task
        told = f"| {task.name} | {task.epochs} | {task.rounds} | {ours} | {peers} | {row.ratio:.2f} | {task.aim:g} |"
        lines.append(told)
    return "\n".join(lines)


def main() -> None:
    """Measure, show each row as it comes, and write the file when all are done."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.training", description="Seconds an epoch.")
    parser.add_argument("--only", metavar="PATTERN", help="measure the rows whose names fit; write nothing")
    parser.add_argument("--peers", metavar="FOLDER", help="a site-packages folder with further peers")
    told = parser.parse_args()
    if told.peers:
        sys.path.append(told.peers)
    real = Path(os.environ.get("SIGCONV_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
    if not real.is_dir():
        sys.exit(f"no real data at {real}; set SIGCONV_DATA to the folder that holds it")
    from sigconv.files import write_whole
    from tests.bench.cases_training import TASKS
    from tests.bench.report import machine

    busy, rows = os.getloadavg()[0], []
    for name, make in TASKS.items():
        if told.only is None or fnmatch(name, told.only):
            rows.append(measured(make(real)))
            print(table(rows[-1:]).splitlines()[-1], flush=True)
    if told.only is None:
        head = machine(busy, ("numpy", "torch", "monai", "braindecode", "mne"))
        notes = "\n".join(f"\n{row.task.note}" for row in rows if row.task.note)
        how = "medians over trainings, ours and theirs in turn; scores are of what is held out; the fastest peer counts"
        text = f"# Seconds an epoch\n\n{head}\n- {how}\n\n"
        write_whole(Path(__file__).with_name("TRAINING.md"), f"{text}{table(rows)}\n{notes}\n".encode())


if __name__ == "__main__":
    main()
