import json

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sigconv.core.average import moving_average
from sigconv.core.average_stream import AverageStream
from sigconv.errors import ArgumentError, FormatError, ShapeError

RNG = np.random.default_rng(5)
DTYPES = ("float32", "float64", "complex64", "complex128")


def noise(shape, dtype="float64"):
    x = RNG.normal(size=shape) * 10.0 ** RNG.integers(-6, 6, shape)
    return (x + 1j * RNG.normal(size=shape) if dtype.startswith("complex") else x).astype(dtype)


def test_the_mean_of_the_last_two():
    s = AverageStream(2)
    assert [s.push([v]).tolist() for v in (2.0, 4, 0)] == [[1], [3], [2]]
    assert s.position == 3


@given(st.integers(1, 200), st.sampled_from(DTYPES), st.lists(st.integers(0, 300), max_size=8), st.integers(1, 3))
def test_any_pieces_are_the_whole(width, dtype, sizes, rows):
    x = noise((rows, sum(sizes)), dtype)
    s, parts, at = AverageStream(width, rows, dtype), [np.zeros((rows, 0), dtype)], 0
    for size in sizes:
        parts.append(s.push(x[:, at : at + size]))
        at += size
        s = AverageStream.from_state(json.loads(json.dumps(s.state())))
    joined = np.concatenate(parts, axis=-1)
    assert joined.dtype == x.dtype
    np.testing.assert_array_equal(joined, moving_average(x, width, mode="causal"))


def test_long_pieces_are_the_whole():
    x = noise(400_000)
    for width in (10, 100, 1000):
        s = AverageStream(width)
        joined = np.concatenate([s.push(x[:70_001]), s.push(x[70_001:70_002]), s.push(x[70_002:])])
        np.testing.assert_array_equal(joined, moving_average(x, width, mode="causal"))


def test_streams_share_nothing_and_tensors_stay_tensors():
    one, other = AverageStream(3), AverageStream(3)
    one.push(np.ones(5))
    assert other.push(np.zeros(2)).tolist() == [0, 0]
    y = AverageStream(2, dtype="float32").push(torch.ones(3))
    assert y.dtype == torch.float32
    assert y.tolist() == [0.5, 1, 1]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: AverageStream(0), ArgumentError, "width is 0"),
        (lambda: AverageStream(2, dtype="int8"), ArgumentError, "dtype is 'int8'"),
        (lambda: AverageStream(2).push(np.ones(2, np.float32)), ArgumentError, "chunk holds float32"),
        (lambda: AverageStream(2, 3).push(np.ones((2, 5))), ShapeError, r"takes \(3, time\)"),
        (lambda: AverageStream.from_state({}), FormatError, "has the keys"),
        (lambda: AverageStream.from_state(None), FormatError, "state is None"),
        (lambda: AverageStream(2, None), ArgumentError, "shape is None"),
        (lambda: AverageStream.from_state({**AverageStream(3).state(), "width": 4}), FormatError, "seen is float64"),
        (lambda: AverageStream.from_state({**AverageStream(3).state(), "position": -1}), FormatError, "whole numbers"),
    ],
)
def test_what_is_refused(call, error, said):
    with pytest.raises(error, match=said):
        call()
