"""Pictures of label maps: every kind of error has its colour, and sections show what there is to see."""

import numpy as np
from matplotlib.colors import to_rgb

from sigconv.report.label_pictures import ADDED, EXCHANGED, MISSED, Row, dice_bars, section_of, side_by_side
from sigconv.report.page import png

# known


def shown(truth, said):
    """The pixels of the fourth picture: what was said, errors coloured."""
    row = Row("a", np.zeros(truth.shape), truth, {"network": said}, {"network": "told"})
    figure = side_by_side([row], ["ground", "one", "two"])
    assert png(figure).startswith(b"\x89PNG")
    return figure.axes[2].images[0].get_array()


def test_every_kind_of_error_has_its_colour_and_what_is_right_has_none_of_them():
    truth, said = np.array([[0, 1, 1], [2, 2, 0]]), np.array([[0, 1, 0], [1, 2, 2]])
    pixels = shown(truth, said)
    for place, colour in (((0, 2), MISSED), ((1, 2), ADDED), ((1, 0), EXCHANGED)):
        np.testing.assert_allclose(pixels[place], to_rgb(colour), atol=1e-6)
    wrong = [to_rgb(colour) for colour in (MISSED, ADDED, EXCHANGED)]
    assert not any(np.allclose(pixels[place], one) for place in ((0, 0), (0, 1), (1, 1)) for one in wrong)
    assert not np.allclose(pixels[0, 1], pixels[1, 1])


def test_the_section_that_shows_most_is_shown_and_a_picture_is_its_own():
    truth = np.zeros((3, 2, 2), int)
    truth[2] = 1
    assert section_of(truth) == (2,)
    assert section_of(np.zeros((3, 2, 2))) == (1,)
    assert section_of(truth[0]) == ()


def test_bars_tell_their_intervals():
    none = float("nan")
    figure = dice_bars({"net": {"a": 0.5, "b": none}}, {"net": {"a": (0.4, 0.6), "b": (none, none)}})
    ax = figure.axes[0]
    assert ax.patches[0].get_height() == 0.5
    assert list(ax.lines[0].get_ydata()) == [0.4, 0.6]
    assert png(figure).startswith(b"\x89PNG")
