"""What limits a row that misses its aim, with the number that proves it. A note shows only while its row misses."""

from fnmatch import fnmatch

NOTES = {  # pattern of the row's name: note
    "lfilter order 4, one*": "bandwidth: the signal is read twice and written once, three copies' worth of trips",
    "moving_average *, 3*": "bandwidth: 48 MB in and out of a cache of 32; NumPy's copy of the input takes as long, "
    "one on two threads and past the caches 0.6 to 0.9 ms",
    "convolve 3 taps*, torch": "bandwidth: a tenth of conv1d's time is what a copy takes",
    "convolve*beside NumPy": "the same kernel; a tensor's door is 20 µs, in a call of 400",
    "correlate 3×3, *": "copies: rows go through a ring; alone 0.45 ms on one thread, 0.35 on two, which start in 0.05",
    "correlate 7×7, *": "multiply-adds: 51 M of them, 35 G/s on one thread",
    "correlate 5×5×5*": "multiply-adds: 1.05 G in single precision and their partial sums, 11 ms of the cores' full "
    "speed; the rest is rows on their way through the caches",
    "Conv 3 *×32×32×32, forward + backward": "34³ padded samples are a fifth more than 32³, and the gradient of the "
    "input is computed at all of them before its border is folded",
    "Conv 3 *": "one more tensor: making the padded copy, of which fresh pages of memory are the larger part",
    "Pool lp 2, 8×*, forward + backward": "a mask more: it keeps the gradient of a root finite where a sum is 0",
    "sobel, 256*": "microseconds of Python: the checks of the input and the choice of the kernel",
    "*1×* forward*": "microseconds of Python around the same kernel: the checks of the input's shape",
    "convolution_matrix, 256*": "SciPy makes a dense matrix, ours is sparse",
}


def limit_of(name: str) -> str:
    """The note of the first pattern that the name fits, or nothing.

    >>> limit_of("no such row")
    ''
    """
    return next((note for pattern, note in NOTES.items() if fnmatch(name, pattern)), "")
