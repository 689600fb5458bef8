"""Processes that train together, started as torchrun starts them."""

import multiprocessing
import os
import socket
from contextlib import contextmanager

PRELOADED = ["tests.train.test_processes", "lightning_fabric.strategies", "torch.nn.parallel"]


def context():
    """Processes that start in no time, from one that has imported everything."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(PRELOADED)
    return found


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def variables(rank: int, count: int, port: int) -> dict[str, str]:
    """What torchrun tells one of `count` processes of one machine."""
    return {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "GROUP_RANK": "0",
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "TORCHELASTIC_RUN_ID": "test",
    }


def _one(told, target, arguments):
    os.environ.update(told)
    target(*arguments)


@contextmanager
def together(target, *arguments, count=2):
    """`count` processes that call target(*arguments); killed at the end if they still run."""
    port = free_port()
    processes = [
        context().Process(target=_one, args=(variables(rank, count, port), target, arguments)) for rank in range(count)
    ]
    for process in processes:
        process.start()
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.join()
            process.close()


def ended(processes, seconds=90):
    """Their exit codes."""
    for process in processes:
        process.join(seconds)
    return [process.exitcode for process in processes]
