"""Which of torchrun's processes speaks on the command line."""

import os
import signal
import sys
import time
from typing import NoReturn


def rank() -> int:
    """Which of torchrun's processes this is; 0 without torchrun.

    >>> rank()
    0
    """
    return int(os.environ["RANK"]) if _many() else 0


def let_others_speak(lost: bool = False) -> None:
    """Wait before an error is told: the first process speaks for all, and one that lost touch after its cause.

    torchrun ends the others as soon as one has ended. Without torchrun there is nothing to wait for.

    lost : whether the error is that another process is gone
    """
    if _many() and (lost or rank()):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        time.sleep(6 if lost else 3)


def leave(code: int) -> NoReturn:
    """End with an exit code; of several processes without the end of Python, which waits for those that are gone."""
    if _many():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def speaker() -> str:
    """Who an error on stderr is of.

    >>> speaker()
    'sigconv'
    """
    return f"sigconv (process {rank()})" if rank() else "sigconv"


def _many() -> bool:
    return "TORCHELASTIC_RUN_ID" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1
