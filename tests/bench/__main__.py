"""`python -m tests.bench`: measure every case, write RESULTS.md beside this file and the table in README.md.

python -m tests.bench --only "sosfilt*"     # some rows, shown and not written
python -m tests.bench --planner             # where convolve's choice is not the fastest method
"""

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterable
from fnmatch import fnmatch
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.cases import Case
    from tests.bench.measure import Row

NEEDED = {"bottleneck": "bottleneck", "cv2": "opencv-python-headless", "monai": "monai", "torchlpc": "torchlpc"}


def asked() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Ours beside others.")
    parser.add_argument("--only", metavar="PATTERN", help="measure the rows whose names fit; write nothing")
    parser.add_argument("--planner", action="store_true", help="compare convolve's choice with each single method")
    return parser.parse_args()


def main() -> None:
    """Measure, show each row as it comes, and write the files when all are done."""
    told = asked()
    missing = [package for module, package in NEEDED.items() if importlib.util.find_spec(module) is None]
    if missing:
        sys.exit(f"{', '.join(missing)} not installed; the peers come with: pip install -e '.[bench]'")
    if told.planner:
        from tests.bench import planner

        return planner.audit()
    return compare(told.only)


def compare(pattern: str | None) -> None:
    """All rows, or those whose names fit the pattern."""
    from tests.bench import cases, cases_nets, cases_unet, cold, report, scaling, short

    busy, began = os.getloadavg()[0], time.perf_counter()
    for name in short.absent():
        print(f"not there yet, so not measured: {name}")

    def chosen(names: Iterable[str]) -> list[str]:
        return [name for name in names if pattern is None or fnmatch(name, pattern) or pattern in name]

    # before anything else: what other calls leave in the allocator makes some lengths cheaper than others
    growth = []
    runs = scaling.functions()
    for name in chosen(runs):
        growth.append(row := scaling.grown(name, runs[name]))
        print(f"{name}: twice the work takes at most {row.worst:.2f} times as long", flush=True)
    tables = []
    for makers in ((cases.cases, cases_unet.cases), (cases_nets.cases,), (short.cases,)):
        tables.append([row for make in makers for row in rows_of(make(), chosen)])
    first = []
    for name in chosen(cold.CALLS):
        first.append(row := cold.first_call(name, cold.CALLS[name]))
        print(f"first call, {name}: {row.empty:.2f} s with an empty cache, {row.filled:.2f} s with a filled one")
    if pattern is None:
        report.write(report.page(busy, *tables, growth, first))
        print(f"{report.RESULTS.name} and {report.README.name} written", end=" ")
    print(f"after {time.perf_counter() - began:.0f} s")


def rows_of(group: "Iterable[Case]", chosen: Callable[[Iterable[str]], list[str]]) -> "list[Row]":
    """The rows of a group of cases whose names are chosen, each shown as it comes."""
    from tests.bench.measure import measured

    rows = []
    every = {case.name: case for case in group}
    for number, name in enumerate(keep := chosen(every), 1):
        print(f"[{number}/{len(keep)}] {name} …", end=" ", flush=True)
        rows.append(row := measured(every[name]))
        says = f"ours {row.ours:.3g} ms, {row.best} {row.peers[row.best]:.3g} ms, ratio {row.ratio:.2f}"
        print(f"{says}, aim {row.aim:g}{', misses' if row.misses else ''}", flush=True)
    return rows


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("stopped; RESULTS.md is as it was")
