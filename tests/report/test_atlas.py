"""An atlas knows where classes lie and how bright they are; three planes show volumes as radiologists look at them."""

import numpy as np
import pytest

from sigconv.errors import ArgumentError
from sigconv.report.atlas import atlas
from sigconv.report.planes import Cut, three_planes


def cube(at, level, size=16, noise=0.1, seed=0):
    """A noisy volume with a cube of 4 voxels at a place, and its label map."""
    labels = np.zeros((size,) * 3, np.uint8)
    labels[tuple(slice(start, start + 4) for start in at)] = 1
    return labels * level + np.random.default_rng(seed).normal(0, noise, labels.shape), labels


# known


def test_place_tells_where_levels_do_not():
    left, right = cube((6, 6, 2), 1.0, noise=0.35), cube((6, 6, 10), 1.0, noise=0.35)
    both = left[0] + right[0]
    found = atlas(lambda: [left], 2, (16, 16, 16))(both)
    assert (found * left[1]).sum() > 0.6 * left[1].sum()
    assert (found * left[1]).sum() > 2 * (found * right[1]).sum()


def test_levels_tell_what_place_leaves_open():
    pairs = [cube((6, 6, x), 1.0, seed=x) for x in range(2, 11)]
    new, labels = cube((6, 6, 5), 1.0, seed=99)
    found = atlas(lambda: pairs, 2, (16, 16, 16))(new)
    assert 2 * (found * labels).sum() / (found.sum() + labels.sum()) > 0.9


def test_a_class_that_is_cut_off_at_one_level_does_not_take_all_of_that_level():
    volume, labels = np.full((12, 12, 12), -1.0), np.zeros((12, 12, 12), np.uint8)
    volume[2:10, 2:10, 2:10], labels[4:8, 4:8, 4:8] = 1.0, 1
    volume[labels == 1] = -1.0
    found = atlas(lambda: [(volume, labels)], 2, (12, 12, 12))(volume)
    assert found[0].sum() == 0
    assert found[6, 6, 6] == 1


def test_a_class_that_no_volume_shows_is_never_said():
    volume, labels = cube((6, 6, 6), 1.0)
    found = atlas(lambda: [(volume, labels)], 3, (16, 16, 16))(volume)
    assert set(np.unique(found)) == {0, 1}


# law


def test_a_volume_of_another_size_has_its_classes_in_the_same_parts():
    fitted = atlas(lambda: [cube((6, 6, 6), 1.0)], 2, (16, 16, 16))
    large, labels = (np.kron(each, np.ones((2, 2, 2))) for each in cube((6, 6, 6), 1.0, seed=1))
    assert (fitted(large) * labels).sum() > 0.9 * labels.sum()


def test_right_is_on_the_left_and_anterior_on_top():
    volume = np.zeros((3, 4, 5))
    volume[1, 3, 4] = 1  # anterior, right
    axial = three_planes([Cut("one", volume)], levels=(0, 1)).axes[0]
    shown = axial.images[0].get_array()
    assert shown[3, 0] == 1
    assert axial.images[0].origin == "lower"


def test_slices_go_through_where_most_is_labelled():
    labels = np.zeros((6, 7, 8), np.uint8)
    labels[4, 2:5, 6], labels[1, 1, 1] = 1, 2
    cut = Cut("one", np.zeros(labels.shape), truth=labels, said=labels)
    assert cut.middle()[0::2] == (4, 6)
    figure = three_planes([cut], ["a", "b"])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b", "truth", "network"]


# errors


def test_nothing_to_learn_from_is_an_error():
    with pytest.raises(ArgumentError, match="cases is empty"):
        atlas(list, 2, (2, 2, 2))
