"""`sigconv cache`: what `loaders.cached` keeps on disk, and making room."""

import re
from collections.abc import Sequence
from pathlib import Path

from sigconv import loaders
from sigconv.errors import ArgumentError, FormatError
from sigconv.loaders.cache import clean, contents, default_folder, fill
from sigconv.recipe.progress import Progress

CACHE = """List what `loaders.cached` keeps on disk, or make room.

\b
  sigconv cache                    the entries, the least recently used first
  sigconv cache FILE…              decode these recordings into it, by as many processes as there are cores
  sigconv cache --clean 0          remove all but those in use
  sigconv cache --clean 10GB       remove the least recently used until 10 GB are left

It lies in SIGCONV_CACHE (by default the user's cache folder) and is bounded by SIGCONV_CACHE_BYTES (16 GiB).
"""
_SIZES = {"": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


def listed() -> str:
    """A line for each entry, and what they come to."""
    entries = contents()
    rows = [f"{each.bytes / 1e6:>10.1f} MB  {each.name or '(damaged)'}{' (in use)' * each.busy}" for each in entries]
    total = sum(each.bytes for each in entries)
    return "\n".join([*rows, f"{len(entries)} entries, {total / 1e6:.1f} MB in {default_folder()}"])


def filled(paths: Sequence[Path], progress: Progress) -> str:
    """Decode recordings into the cache, in parallel; says how many, and how large it is now.

    Raises
    ------
    FormatError : some cannot be decoded (counted, the first three named); the others are in the cache
    MissingExtra : dask is not installed
    """
    with progress.stage("decoding", len(paths)) as tick:
        faults = fill(loaders.Collection(tuple(map(str, paths)), loaders.open), progress=tick)
    if faults:
        told = "; ".join(list(faults.values())[:3])
        raise FormatError(f"{len(faults)} of {len(paths)} recordings cannot be decoded: {told}; the others are cached")
    return f"{len(paths)} recordings cached\n{listed()}"


def cleaned(left: str) -> str:
    """Remove the least recently used entries until `left` ("0", "500 MB", "10GB") bytes remain; says what was freed.

    Raises
    ------
    ArgumentError : not a size
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kMGT]?B?)\s*", left)
    if found is None or found[2] not in _SIZES:
        raise ArgumentError(f"--clean is {left!r}; it is a size such as 0, 500MB or 10GB")
    freed = clean(int(float(found[1]) * _SIZES[found[2]]))
    return f"{freed / 1e6:.1f} MB freed\n{listed()}"
