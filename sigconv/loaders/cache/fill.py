"""Filling the cache: every recording of a collection decoded once, by as many processes as there are."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sigconv.errors import MissingExtra, SigconvError
from sigconv.loaders.cache.recording import Transform, cached
from sigconv.loaders.collections.collection import Collection
from sigconv.signal import Source


def fill(
    recordings: Collection | Sequence[Source],
    transform: Transform | None = None,
    key: str = "",
    folder: str | Path | None = None,
    *,
    scheduler: Any = "processes",
    progress: Callable[[], None] = lambda: None,
) -> dict[int, str]:
    """Write the entries that `cached` would write for each of some recordings, in parallel, by dask.

    Parameters
    ----------
    recordings : a Collection, or another sequence; each is opened by the process that decodes it
    transform, key, folder : as of `cached`, which gives the same entries
    scheduler : of dask: "processes", "threads", "synchronous", or the `get` of a distributed Client, whose workers see
        the same files and the same folder
    progress : called after each recording

    Returns
    -------
    number of a recording -> why it could not be opened or decoded; empty where all could

    Raises
    ------
    MissingExtra : dask is not installed

    >>> import tempfile
    >>> import numpy as np
    >>> from sigconv.loaders.recording import of
    >>> from sigconv.signal import Signal
    >>> with tempfile.TemporaryDirectory() as place:
    ...     fill([of(Signal.from_array(np.arange(8.0), fs=4))], folder=place, scheduler="synchronous")
    {}
    """
    count = len(recordings)
    try:
        import dask
        from dask.callbacks import Callback
    except ImportError as error:
        raise MissingExtra("dask", "distributed") from error
    # each task is sent what it needs, rather than the whole collection
    alone = [recordings.select([n]) if isinstance(recordings, Collection) else [recordings[n]] for n in range(count)]
    parts = [dask.delayed(partial(_written, one, transform, key, folder), pure=False)() for one in alone]
    with Callback(posttask=lambda *_: progress()):
        found = dask.compute(*parts, scheduler=scheduler)
    return {number: told for number, told in enumerate(found) if told}


def _written(
    one: Collection | Sequence[Source], transform: Transform | None, key: str, folder: str | Path | None
) -> str:
    """Open the one recording and see to its entry; what is wrong with it, or ""."""
    try:
        cached(one[0], transform, key, folder)
    except (SigconvError, OSError) as error:
        return str(error)
    return ""
