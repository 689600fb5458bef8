"""Arguments that would take more memory than the samples justify."""

import numpy as np
import pytest
import torch

import sigconv
from sigconv.core import kernels
from sigconv.core.boundary import extend
from sigconv.core.memory import affordable, lengthened
from sigconv.errors import ResourceError

X = np.zeros((3, 40))


def test_a_large_x_may_grow_to_eight_times_its_size():
    lengthened("kernel", (10**9,), (0,), ((0, 7 * 10**9),))
    with pytest.raises(ResourceError, match="kernel reaches 8000000000 samples beyond x"):
        lengthened("kernel", (10**9,), (0,), ((0, 8 * 10**9),))
    affordable("size", 2**29)
    with pytest.raises(ResourceError, match="size to 536870913 numbers, 4294967304 bytes; allowed: 4294967296"):
        affordable("size", 2**29 + 1)


@pytest.mark.parametrize(
    ("words", "call"),
    [
        (("kernel (2,)", "dilation (1000000000000,)"), lambda: sigconv.convolve(X[0], [1.0, 2.0], dilation=10**12)),
        (("kernel", "dilation"), lambda: sigconv.convolve(X, np.ones((3, 3)), "same", "direct", dilation=10**9)),
        (("kernel", "dilation"), lambda: sigconv.convolve(torch.ones(5), [1.0, 2.0], "causal", dilation=10**15)),
        (("width 1000000000000",), lambda: sigconv.moving_average(X[0], 10**12)),
        (("width",), lambda: sigconv.moving_average(torch.ones(5), 10**12, boundary="edge")),
        (("width",), lambda: sigconv.moving_average(X, 10**15, nan="ignore", mode="full")),
        (("sigma is 1000000000000.0",), lambda: sigconv.gaussian(X, 1e12)),
        (("truncate 1e+300",), lambda: sigconv.gaussian(X, 1, truncate=1e300)),
        (("size 1000000000000",), lambda: sigconv.median(X, 10**12)),
        (("window_length is (1000000001,)",), lambda: sigconv.savgol(X, 10**9 + 1, 2, boundary="edge")),
        (("shape 1000000000",), lambda: sigconv.convolution_matrix([1.0, 2.0], 10**9)),
        (("shape (100000, 100000)",), lambda: sigconv.convolution_matrix(np.ones((3, 3)), (10**5, 10**5))),
        (("padding reaches 1000000000000",), lambda: extend(X, 10**12, 0)),
        (("sigma is 3", "9 axes"), lambda: kernels.gaussian(3, 9)),
        (("ndim", "40 axes"), lambda: kernels.sobel(40)),
    ],
)
def test_more_memory_than_the_samples_justify(words, call):
    """Refused before anything is allocated."""
    with pytest.raises(ResourceError) as caught:
        call()
    assert all(word in str(caught.value) for word in (*words, "4294967296"))
