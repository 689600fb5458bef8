"""Damaged files: what a reader does with thousands of spoilt copies of a real one.

Each copy is opened and read in a worker process that is watched: a crash, more than 5 s of computing, more memory than
64 MB + 8 times the file, or another error than the typed ones, is a finding. SIGCONV_MUTATIONS says how many copies.
"""

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from select import select

COUNT = int(os.environ.get("SIGCONV_MUTATIONS", "60"))
MOST_SECONDS = 5.0
_PATIENCE = 60.0  # wall-clock seconds after which a worker counts as hung, on however busy a machine
_ROOT = Path(__file__).parents[2]
_SLACK = 64_000_000
_EXTREMES = (b"\x00", b"\x01", b"\x7f", b"\x80", b"\xff", b"9", b"-", b" ")

Packing = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]
PLAIN: Packing = (bytes, bytes)


def mutated(content: bytes, seed: int, header: int = 1024) -> bytes:
    """A spoilt copy: cut, bits flipped, bytes in or out, fields at extremes; mostly in the first `header` bytes."""
    draw = random.Random(seed)
    spoilt = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 4, 16))):
        reach = min(len(spoilt), header) if draw.random() < 0.7 else len(spoilt)
        at = draw.randrange(max(1, reach))
        match draw.randrange(6):
            case 0:
                del spoilt[draw.randrange(max(1, len(spoilt))) :]
            case 1 if spoilt:
                spoilt[min(at, len(spoilt) - 1)] ^= 1 << draw.randrange(8)
            case 2:
                wide = draw.choice((1, 2, 4, 8))
                spoilt[at : at + wide] = draw.choice(_EXTREMES) * wide
            case 3:
                spoilt[at : at + 4] = draw.randrange(1 << 32).to_bytes(4, draw.choice(("little", "big")))
            case 4:
                del spoilt[at : at + draw.randrange(1, 64)]
            case _:
                spoilt[at:at] = draw.randbytes(draw.randrange(1, 64))
    return bytes(spoilt)


@dataclass
class Verdicts:
    """What became of the copies.

    outcomes : name of the outcome ("read", "FormatError" …) -> how often;  findings : (seed, what is wrong), in words
    slowest : s;  largest : bytes of memory beyond what the worker had before
    """

    outcomes: dict[str, int] = field(default_factory=dict)
    findings: list[tuple[int, str]] = field(default_factory=list)
    slowest: float = 0.0
    largest: int = 0


def campaign(
    sample: Path,
    folder: Path,
    count: int = COUNT,
    header: int = 1024,
    first: int = 0,
    packing: Packing = PLAIN,
    read: str = "",
) -> Verdicts:
    """Spoil `sample` `count` times under its own name in `folder` and read each copy, or the file called `read` that
    names it; files beside it that the format needs (.eeg, .fdt) are the caller's to copy into `folder`. What is packed
    can be spoilt inside: `packing` unpacks the sample and packs each copy again."""
    unpack, pack = packing
    content, verdicts = unpack(sample.read_bytes()), Verdicts()
    target = folder / sample.name
    opened = folder / (read or sample.name)
    target.write_bytes(pack(content))
    with ExitStack() as stack:
        worker = stack.enter_context(_worker(opened))
        for seed in range(first, first + count):
            target.write_bytes(pack(mutated(content, seed, header)))
            if told := _asked(worker, opened):
                _judge(verdicts, seed, target, told)
                continue
            worker.kill()
            verdicts.findings.append((seed, f"the reader hung or died (exit code {worker.wait()})"))
            target.write_bytes(pack(content))
            worker = stack.enter_context(_worker(opened))
    return verdicts


def _judge(verdicts: Verdicts, seed: int, target: Path, told: dict) -> None:
    outcome, message = told["outcome"], told["message"]
    verdicts.outcomes[outcome] = verdicts.outcomes.get(outcome, 0) + 1
    verdicts.slowest = max(verdicts.slowest, told["seconds"])
    verdicts.largest = max(verdicts.largest, told["bytes"])
    if outcome not in ("read", "FormatError", "ResourceError"):
        verdicts.findings.append((seed, f"{outcome}: {message}"))
    elif outcome != "read" and target.name not in message:
        verdicts.findings.append((seed, f"the message does not name the file: {message}"))
    if told["seconds"] > MOST_SECONDS:
        verdicts.findings.append((seed, f"took {told['seconds']:.1f} s"))
    if told["bytes"] > _SLACK + 8 * target.stat().st_size:
        verdicts.findings.append((seed, f"took {told['bytes']} bytes for a file of {target.stat().st_size}"))


@contextmanager
def _worker(good: Path) -> "Iterator[subprocess.Popen[str]]":
    """A worker that has read the undamaged file once, so that what its packages take is not counted."""
    code = "from tests.loaders.hostile import serve; serve()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=_ROOT
    ) as worker:
        told = _asked(worker, good)
        assert told, "the undamaged file kills the reader"
        assert told["outcome"] == "read", told
        yield worker
        worker.kill()


def _asked(worker: "subprocess.Popen[str]", path: Path) -> dict | None:
    try:
        worker.stdin.write(f"{path}\n")
        worker.stdin.flush()
    except BrokenPipeError:
        return None
    ready, _, _ = select([worker.stdout], [], [], _PATIENCE)
    line = worker.stdout.readline() if ready else ""
    return json.loads(line) if line else None


def serve() -> None:
    """The worker: a path a line in, a verdict a line out."""
    from sigconv import loaders
    from sigconv.errors import SigconvError

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not look like an answer
    for line in sys.stdin:
        path = Path(line.rstrip("\n"))
        Path("/proc/self/clear_refs").write_text("5")
        before, began = _memory("VmRSS"), _computed()
        outcome, message = "read", ""
        try:
            recording = loaders.open(path)
            loaders.load(path)
            repr(recording)
        except SigconvError as error:
            outcome, message = type(error).__name__, str(error)
        except BaseException as error:
            outcome, message = type(error).__name__, f"untyped: {error}"
        told = {"outcome": outcome, "message": message, "seconds": _computed() - began}
        answers.write(json.dumps({**told, "bytes": _memory("VmHWM") - before}) + "\n")
        answers.flush()


def _computed() -> float:
    """Seconds computed by this process and by the children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _memory(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise LookupError(name)
