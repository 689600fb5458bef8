"""Made-up handwriting: seeded, and read better by shape than by the amount of ink."""

import numpy as np
import pytest

from sigconv.errors import ArgumentError
from sigconv.loaders.image.drawn_digits import drawn_digits


def arrays(digits):
    x = np.stack([one.read().data[0] for one in digits])
    return x, np.array([int(one.notes["label"]) for one in digits]), np.array([one.notes["group"] for one in digits])


def test_writers_write_the_ten_digits_in_turn():
    x, y, groups = arrays(drawn_digits(writers=2, each=20, size=20))
    assert (x.shape, x.dtype) == ((40, 20, 20), np.uint8)
    assert y.tolist() == [*range(10)] * 4
    assert groups.tolist() == ["writer-00"] * 20 + ["writer-01"] * 20


def test_a_writer_does_not_depend_on_the_others_and_the_seed_tells_all():
    few, many = arrays(drawn_digits(writers=1, each=10))[0], arrays(drawn_digits(writers=3, each=20))[0]
    np.testing.assert_array_equal(few, many[:10])
    assert (arrays(drawn_digits(writers=1, each=10, seed=1))[0] != few).any()


def test_a_reader_of_some_writers_reads_others_by_shape_not_by_ink():
    from sklearn.neighbors import KNeighborsClassifier

    x, y, groups = arrays(drawn_digits(writers=12, each=40))
    new = np.isin(groups, ["writer-10", "writer-11"])

    def right(features):
        return KNeighborsClassifier(1).fit(features[~new], y[~new]).score(features[new], y[new])

    assert right(x.reshape(len(x), -1) / 255) > 0.5
    assert right(x.mean((1, 2))[:, None]) < 0.3


def test_a_number_out_of_range_is_named():
    with pytest.raises(ArgumentError, match=r"each 5.*10"):
        drawn_digits(each=5)
