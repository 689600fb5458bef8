"""Pictures and baselines of image reports."""

import io

import numpy as np
import pytest
from matplotlib.image import imread

from sigconv.errors import ArgumentError
from sigconv.report import image_pictures
from sigconv.report.image_baselines import linear_on_slopes, nearest_neighbour, slopes_and_colours
from sigconv.report.page import png
from sigconv.windows import Loaded


def stripes(count, channels=1, size=12, seed=0):
    """Images with stripes across y (class 0) or x (class 1), of any phase."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    phase = draw.uniform(0, 6, (count, 1))
    waves = np.sin(2 * np.pi * np.arange(size) / 5 + phase)
    grid = np.where(labels[:, None, None] == 0, waves[:, :, None], waves[:, None, :])
    x = np.repeat(grid[:, None], channels, 1).astype(np.float32)
    return Loaded(x, labels, tuple(map(str, range(count))), ("across", "along"))


def drawn(figure):
    return imread(io.BytesIO(png(figure)))


def test_slopes_tell_directions_and_brightness_tells_colours():
    flat = np.full((1, 3, 8, 8), -1, np.float32)
    flat[0, 0] = 1
    described = slopes_and_colours(flat)[0]
    assert described[:24].reshape(3, 8).argmax(1).tolist() == [7, 0, 0]
    assert described[24:].max() < 1e-3
    ramp = np.tile(np.linspace(-1, 1, 8, dtype=np.float32), (8, 1))
    turns = [slopes_and_colours(one[None, None])[0, 8:].reshape(16, 9).sum(0).argmax() for one in (ramp, ramp.T)]
    assert turns == [0, 4]


def test_the_baselines_tell_stripes_that_no_histogram_tells():
    train, test = stripes(60), stripes(20, seed=1)
    for method in (linear_on_slopes, nearest_neighbour):
        said = method(train, test)
        np.testing.assert_allclose(said.sum(1), 1)
        assert (said.argmax(1) == test.labels).mean() > 0.9


def test_images_too_small_for_the_cells_are_named():
    with pytest.raises(ArgumentError, match="2 x 8 pixels"):
        slopes_and_colours(np.zeros((1, 1, 2, 8), np.float32))


@pytest.mark.parametrize("channels", [1, 3])
def test_every_picture_has_a_place_for_each_image_and_shows_it(channels):
    data = stripes(9, channels)
    said = np.tile([0.3, 0.7], (9, 1))
    figures = {
        2 * 8: image_pictures.examples(data.data, data.labels, data.classes),  # a row a class, of eight places
        9: image_pictures.mistakes(data.data, data.labels, said, data.classes),
        9 + 9: image_pictures.guesses(list(data.data), ["a $ b"] * 9, said, data.classes),  # bars beside each
    }
    for count, figure in figures.items():
        assert len(figure.axes) == count
        assert sum(len(ax.images) for ax in figure.axes) == 9
        assert drawn(figure)[..., :3].std() > 0.01


def test_a_mistake_is_titled_by_what_was_said_and_what_it_is():
    data = stripes(2)
    figure = image_pictures.mistakes(data.data, data.labels, np.array([[0.1, 0.9], [0.8, 0.2]]), data.classes)
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == ["said along, 90 %\nis across", "said across, 80 %\nis along"]


def test_no_mistake_is_told_in_words():
    figure = image_pictures.mistakes(np.zeros((0, 1, 4, 4)), np.zeros(0, int), np.zeros((0, 2)), ("a", "b"))
    assert [text.get_text() for text in figure.texts] == ["no mistake"]


def test_pictures_side_by_side_have_the_greys_that_they_are_given():
    pixels = drawn(image_pictures.side_by_side([("a", np.full((30, 30), 51, np.uint8))] * 2))
    assert pixels[pixels.shape[0] // 2 + 20, pixels.shape[1] // 4, 0] == pytest.approx(0.2, abs=0.01)
