import numpy as np
import pytest

from sigconv import filters
from sigconv.errors import ArgumentError, SamplingError


def test_gaps_up_to_a_duration_are_filled():
    x = np.ones(40)
    x[[5, 20, 21, 22]] = np.nan
    for technique in ("moving_average", "gaussian", "savgol"):
        y = filters.smooth(x, "90 ms", technique, fs=100, nan="ignore", max_gap="20 ms")
        assert np.flatnonzero(np.isnan(y)).tolist() == [20, 21, 22]
        np.testing.assert_allclose(y[~np.isnan(y)], 1)
        assert not np.isnan(filters.smooth(x, "90 ms", technique, fs=100, nan="ignore")).any()
        assert np.isnan(filters.smooth(x, "90 ms", technique, fs=100)).sum() > 4


@pytest.mark.parametrize(
    ("error", "call", "words"),
    [
        (ArgumentError, lambda x: filters.smooth(x, 1, "median", fs=9, nan="ignore"), "technique 'median'"),
        (ArgumentError, lambda x: filters.smooth(x, 1, fs=9, max_gap=1), "max_gap is 9"),
        (SamplingError, lambda x: filters.smooth(x, 1, fs=9, nan="ignore", max_gap=-1), "max_gap is -1 s"),
        (ArgumentError, lambda x: filters.smooth(x, 1, fs=9, nan="skip"), "nan is 'skip'"),
    ],
)
def test_what_does_not_fit_is_refused(error, call, words):
    with pytest.raises(error, match=words):
        call(np.ones(20))
