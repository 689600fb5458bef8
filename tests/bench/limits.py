"""What limits a row that misses its aim, with the number that proves it. A note shows only while its row misses."""

from fnmatch import fnmatch

NOTES = {  # pattern of the row's name: note
    "lfilter order 4, one*": "latency: 6.1 ms on one thread, 4.6 on two, where a copy takes 2.1",
    "sosfiltfilt*": "two runs of sosfilt, each reading and writing all: 2.4 times its time",
    "moving_average *, 3*": "bandwidth: the aim, 1.2 ms, is less than the copy of the input",
    "convolve 3 taps*, torch": "bandwidth: a tenth of conv1d's time is what a copy takes",
    "correlate 3×3, *": "threads: 1.25 ms on one, 0.83 on two; a copy takes 0.11",
    "correlate 5×5×5*": "multiply-adds: 1.05 G of them; the aim, against an FFT, asks for 39 G/s of two cores",
    "convolution_matrix, 256*": "SciPy makes a dense matrix, ours is sparse",
}


def limit_of(name: str) -> str:
    """The note of the first pattern that the name fits, or nothing.

    >>> limit_of("no such row")
    ''
    """
    return next((note for pattern, note in NOTES.items() if fnmatch(name, pattern)), "")
