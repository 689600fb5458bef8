"""Labelled cells answer with the class of what is most like what they see."""

import numpy as np
import pytest

from sigconv.errors import ArgumentError
from sigconv.train.labelled_cells import LabelledCells

# known


def test_a_vector_is_added_where_the_winner_is_wrong_and_moved_where_it_is_right():
    x, y = [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.8, 0.6]], ["a", "b", "b", "b"]
    cells = LabelledCells(rounds=1).fit(x, y)
    # the third moves b to (0.6, 1.8); the fourth is more like that (0.82) than a (0.8), and moves it to (1.4, 2.4)
    np.testing.assert_allclose(cells.vectors_, [[1, 0], np.array([1.4, 2.4]) / np.hypot(1.4, 2.4)], atol=1e-6)
    assert cells.classes_[cells.labels_].tolist() == ["a", "b"]


def test_a_point_between_two_vectors_of_a_class_counts():
    # (1, 1, 0) lies between the vectors of class 0; each alone has 0.707 to it, less than class 1's (1, 1, 0.9)
    x = [[1.0, 0, 0], [0, 1, 0], [1, 1, 0.9]]
    cells = LabelledCells()
    cells.classes_, cells.labels_ = np.arange(2), np.array([0, 0, 1])
    cells.vectors_ = np.array(x, np.float32) / np.linalg.norm(x, axis=1, keepdims=True).astype(np.float32)
    seen = [[1.0, 1, 0]]
    np.testing.assert_allclose(cells.likeness(seen), [[1, 2 / np.sqrt(2 * 2.81)]], rtol=1e-6)
    assert cells.predict(seen).tolist() == [0]
    cells.interpolate = False
    assert cells.predict(seen).tolist() == [1]


# law


def test_learning_ends_with_no_example_wrong_and_forgets_their_lengths():
    draw = np.random.default_rng(0)
    x, y = draw.uniform(size=(200, 6)), draw.integers(3, size=200)
    one = LabelledCells(rounds=1000, interpolate=False).fit(x, y)
    assert (one.predict(x) == y).all()
    other = LabelledCells(rounds=1000, interpolate=False).fit(x * draw.integers(1, 3, size=(200, 1)), y)
    np.testing.assert_allclose(other.vectors_, one.vectors_, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(one.vectors_, axis=1), 1, atol=1e-5)


# same as


def test_the_best_point_between_is_the_best_of_many_points_between():
    draw = np.random.default_rng(1)
    cells = LabelledCells()
    vectors = np.abs(draw.normal(size=(3, 5))).astype(np.float32)
    cells.vectors_ = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cells.classes_, cells.labels_ = np.array([7]), np.zeros(3, int)
    seen = np.abs(draw.normal(size=(20, 5)))
    part = np.linspace(0, 1, 2001)[:, None]
    pairs = [part * cells.vectors_[i] + (1 - part) * cells.vectors_[j] for i, j in ((0, 1), (0, 2), (1, 2))]
    points = np.concatenate(pairs)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    wanted = (seen / np.linalg.norm(seen, axis=1, keepdims=True) @ points.T).max(1)
    np.testing.assert_allclose(cells.likeness(seen)[:, 0], wanted, atol=1e-5)


# errors


@pytest.mark.parametrize("rounds", [0, 1001])
def test_rounds_outside_their_range_are_refused(rounds):
    with pytest.raises(ArgumentError, match="rounds is"):
        LabelledCells(rounds)
