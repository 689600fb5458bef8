"""Made-up pictures: the class is in two dimensions and nowhere else."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, label, sobel
from sklearn.ensemble import RandomForestClassifier

from sigconv.errors import ArgumentError
from sigconv.loaders.image.generator import SHAPES, membranes, textured_shapes
from sigconv.windows import leave_one_group_out


@pytest.fixture(scope="module")
def shapes():
    return textured_shapes(textures=8, each=24, seed=0)


def outline(picture):
    """Where the stripes run across those of the frame: the angle of the structure tensor, against the frame's."""
    grey = picture.astype(float) - 127.5
    down, across = gaussian_filter(sobel(grey, 1), (0, 1, 1)), gaussian_filter(sobel(grey, 2), (0, 1, 1))
    turn = gaussian_filter(((across + 1j * down) ** 2).sum(0), 2.0)
    frame = np.concatenate([turn[:3].ravel(), turn[-3:].ravel(), turn[:, :3].ravel(), turn[:, -3:].ravel()]).mean()
    return (turn * np.conj(frame)).real < 0


def moments(inside):
    """Numbers of an outline that do not change when it is moved, turned or scaled."""
    y, x = np.nonzero(inside)
    z = (x - x.mean() + 1j * (y - y.mean())) / np.sqrt(len(x))
    rings = np.histogram(abs(z), np.linspace(0, 1, 13))[0] / len(x)
    turns = [abs((abs(z) ** 2 * np.exp(1j * n * np.angle(z))).mean()) for n in (2, 3, 4, 5, 6)]
    return [*rings, *turns]


def by_texture(recordings, features):
    """Accuracy on textures that were not trained on."""
    x = np.array([features(recording.read().data) for recording in recordings])
    y = np.array([SHAPES.index(recording.notes["label"]) for recording in recordings])
    right = 0
    for split in leave_one_group_out([recording.notes["group"] for recording in recordings]):
        model = RandomForestClassifier(50, random_state=0).fit(x[split.train], y[split.train])
        right += (model.predict(x[split.test]) == y[split.test]).sum()
    return right / len(y)


# known ---------------------------------------------------------------------------------------------------------------


def test_every_picture_has_the_same_histogram(shapes):
    expected = 48 * 48 // 256
    for recording in shapes:
        for channel in recording.read().data:
            assert set(np.bincount(channel.ravel(), minlength=256)) == {expected}
    assert shapes[0].channels == ("red", "green", "blue")
    assert [shape.notes["label"] for shape in shapes[:4]] == list(SHAPES)
    assert len({shape.notes["group"] for shape in shapes}) == 8


def test_membranes_are_thin_dark_lines_that_part_cells():
    section, labels = (one.read().data[0] for one in membranes(blocks=1, sections=1, size=192, seed=3)[0])
    assert set(np.unique(labels)) == {0, 255}
    assert 0.7 < (labels == 255).mean() < 0.88  # 0.78 in ISBI 2012
    assert section[labels == 0].mean() + 40 < section[labels == 255].mean()
    assert label(labels == 255)[1] > 15
    dark = section < 95
    assert (labels[dark] == 255).mean() > 0.05  # darkness alone is not a membrane


def test_what_cannot_be_made_is_refused():
    for make in (lambda: textured_shapes(textures=0), lambda: textured_shapes(size=23), lambda: membranes(size=31)):
        with pytest.raises(ArgumentError, match="allowed"):
            make()


# law -----------------------------------------------------------------------------------------------------------------


def test_a_picture_depends_on_seed_and_number_only(shapes):
    again = textured_shapes(textures=3, each=5, seed=0)
    np.testing.assert_array_equal(again[7].read().data, shapes[26].read().data)
    assert again[7].notes["name"] == shapes[26].notes["name"] == "texture-01-002"
    other = textured_shapes(textures=1, each=1, seed=1)
    assert not np.array_equal(other[0].read().data, shapes[0].read().data)
    sections = membranes(blocks=2, sections=2, size=32)
    np.testing.assert_array_equal(sections[2][0].read().data, membranes(2, 1, 32)[1][0].read().data)


def test_neighbours_of_a_block_are_alike_and_blocks_are_not():
    cells = [labels.read().data[0] == 255 for _, labels in membranes(blocks=2, sections=2, size=96)]
    agreement = [(cells[0] == other).mean() for other in cells[1:]]
    assert agreement[0] > max(agreement[1:]) + 0.03


def test_the_outline_tells_the_shape_of_an_unseen_texture_and_rows_do_not(shapes):
    def rows(picture):
        return np.abs(np.fft.rfft(picture.astype(float) - 127.5, axis=2)).mean((0, 1))

    assert by_texture(shapes, lambda picture: moments(outline(picture))) > 0.55
    assert by_texture(shapes, rows) < 0.35
