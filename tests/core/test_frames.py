import numpy as np
import pytest

from sigconv.core.frames import frame
from sigconv.errors import ShapeError


def test_frames_overlap_and_the_rest_is_left_out(xp):
    x = xp.array(np.arange(10))
    assert frame(x, 4, 3).tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    assert frame(x, 4, 4).tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_any_axis_becomes_windows_and_samples(xp, axis):
    x = np.random.default_rng(0).normal(size=(6, 7, 8))
    y = frame(xp.array(x), 3, 2, axis)
    axis %= 3
    for i in range(y.shape[axis]):
        ours = np.take(np.asarray(y), i, axis)
        np.testing.assert_array_equal(ours, np.take(x, range(2 * i, 2 * i + 3), axis))


def test_too_few_samples_are_refused():
    with pytest.raises(ShapeError, match="3 samples"):
        frame(np.zeros(3), 4, 1)
