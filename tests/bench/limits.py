"""What limits a row that misses its aim, with the number that proves it. A note shows only while its row misses."""

from fnmatch import fnmatch

NOTES = {  # pattern of the row's name: note
    "lfilter order 4, one*": "latency: 6.1 ms on one thread, 4.6 on two, where a copy takes 2.1",
    "sosfiltfilt*": "arithmetic: two runs of sosfilt, 16 sections for every sample, are 2.4 times its time",
    "moving_average *, 3*": "bandwidth: the aim, 1.2 ms, is less than the copy of the input",
    "convolve 3 taps*, torch": "bandwidth: a tenth of conv1d's time is less than a copy takes",
    "convolve*beside NumPy": "the same kernel; autograd's door is 10 to 50 µs",
    "correlate 3×3, *": "loads: 0.56 ms in the kernel on one thread, where a copy takes 0.11",
    "correlate 7×7, *": "multiply-adds: 51 M of them, 33 G/s on one thread; the second thread gives 1.5 times that",
    "correlate 3×3×3*": "loads: 42 G products a second on one thread would be 5.3 ms; it takes 21",
    "correlate 5×5×5*": "multiply-adds: 1.05 G of them at 32 G/s; the aim, against an FFT, asks for 54 G/s",
    "convolution_matrix, 256*": "SciPy makes a dense matrix, ours is sparse",
}


def limit_of(name: str) -> str:
    """The note of the first pattern that the name fits, or nothing.

    >>> limit_of("no such row")
    ''
    """
    return next((note for pattern, note in NOTES.items() if fnmatch(name, pattern)), "")
