import numpy as np
import pytest

from sigconv.errors import ArgumentError
from sigconv.report.explain import ask, bands, blocks, grad_cam, integrated_gradients, left_out, saliency, shapley
from sigconv.report.explain.layer_axes import onto_input, row_of
from sigconv.report.explain.pictures import draw, draw_feature_maps, draw_kernels, draw_parts
from sigconv.report.explain.pictures.feature_maps import feature_maps
from sigconv.report.explain.pictures.heat import top_of
from sigconv.report.explain.pictures.planes import strongest_place
from sigconv.report.page import png
from sigconv.signal import Axis, Signal
from tests.report.explain.signals import network_of, signal_of

PNG = b"\x89PNG"


def words(figure):
    """Every text in a figure."""
    from matplotlib.text import Text

    return " | ".join(text.get_text() for text in figure.findobj(Text))


def electrodes(count=8):
    places = np.random.default_rng(2).normal(size=(count, 3)) * (1, 1, 0.5) + (0, 0, 0.5)
    return {f"e{i}": tuple(0.09 * place / np.linalg.norm(place)) for i, place in enumerate(places)}


def motion():
    names = ("hip", "knee", "foot", "head", "body")
    data = np.random.default_rng(0).normal(size=(15, 20)).astype(np.float32)
    axes = (Axis.channel([f"{name}.{axis}" for name in names for axis in "xyz"]), Axis.time(20, 50))
    skeleton = {"joints": names[:4], "parents": (-1, 0, 1, 0)}
    return Signal(data, axes, "m", notes={"markers": names[:4], "skeleton": skeleton, "up": "z"})


# known


def test_a_waveform_is_drawn_in_seconds_with_class_probability_and_completeness():
    question = ask(network_of("C4RF", (40,)), signal_of((40,)), "walk", ["rest", "walk", "run"])
    figure = draw(integrated_gradients(question, steps=8))
    said = words(figure)
    assert f"walk (p = {question.probability:.3f}): integrated gradients" in said
    assert "time (s)" in said
    assert "8 steps, baseline 0" in said
    assert "f(x) − f(baseline)" in said
    assert png(figure).startswith(PNG)


def test_a_volume_is_cut_through_its_strongest_place_in_millimetres():
    values = np.zeros((6, 8, 10))
    values[4:6, 2:4, 5:8] = -1
    assert strongest_place(values) in [(4, 2, 6), (4, 3, 6), (5, 2, 6), (5, 3, 6)]
    figure = draw(grad_cam(ask(network_of("C4RC4RGF", (6, 8, 10)), signal_of((6, 8, 10)))))
    said = words(figure)
    assert all(f"{axis} (mm)" in said for axis in "xyz")
    assert png(figure).startswith(PNG)


def test_a_spectrogram_is_drawn_in_hertz_and_seconds():
    found = left_out(ask(network_of("C4RF", (12, 20)), signal_of((12, 20))), blocks(signal_of((12, 20)), {"freq": 3}))
    said = words(draw(found))
    assert "freq (Hz)" in said
    assert "time (s)" in said


def test_bands_are_drawn_on_the_scalp_in_hertz():
    data = np.random.default_rng(0).normal(size=(8, 100)).astype(np.float32)
    x = Signal(data, (Axis.channel(tuple(electrodes())), Axis.time(100, 100)), notes={"positions": electrodes()})
    question = ask(network_of("C4RF", (100,), channels=8), x)
    found = shapley(question, bands(x, (8, 13)), samples=2)
    figure = draw(found)
    assert "8 to 13 Hz" in words(figure)
    assert png(figure).startswith(PNG)
    bars = draw_parts(found, 5)
    assert "one standard error" in words(bars)
    assert "sum over time" in words(draw(saliency(question)))


def test_bands_without_positions_are_a_table():
    question = ask(network_of("C4RF", (40,)), signal_of((40,)))
    assert "c1" in words(draw(shapley(question, bands(question.signal, (20,)), samples=2)))


def test_joints_are_drawn_where_they_are():
    question = ask(network_of("C4RF", (20,), channels=15), motion())
    figure = draw(integrated_gradients(question, steps=4))
    assert "knee" in words(figure)
    assert len(figure.axes[0].collections[0].get_offsets()) == 4
    assert len(figure.axes[0].lines) == 1
    assert "z (m)" in words(figure)
    assert png(figure).startswith(PNG)


def test_frames_stand_above_the_strength_of_each_in_time():
    data = np.random.default_rng(0).normal(size=(1, 10, 8, 8)).astype(np.float32)
    clip = Signal(data, (Axis("channel", 1), Axis.time(10, 5), Axis("y", 8), Axis("x", 8)))
    found = integrated_gradients(ask(network_of("C2RF", (10, 8, 8), channels=1), clip), steps=4)
    figure = draw(found)
    sums = [bar.get_height() for bar in figure.axes[-2].patches]
    np.testing.assert_allclose(sums, found.attribution.data.sum((0, 2, 3)))
    assert "0.20 s" in words(figure)


@pytest.mark.parametrize("layer", ["R2", "F1"])
def test_saliency_of_a_hidden_layer_is_drawn_on_its_own_axes(layer):
    question = ask(network_of("CRPC8RF", (40,)), signal_of((40,)))
    assert f"saliency at {layer}" in words(draw(saliency(question, layer)))


def test_colours_end_above_nearly_all_numbers():
    values = np.r_[np.ones(999), 1000.0]
    assert top_of(values) < 10
    assert top_of(np.zeros(4)) == 1
    assert top_of(np.r_[np.zeros(9999), 3.0]) == 3


# law


def test_a_map_drawn_out_keeps_what_lies_between_its_samples():
    row = row_of(network_of("CP2F", (12, 20)), "P1")
    fine = onto_input(np.add.outer(2.0 * np.arange(6), 2.0 * np.arange(10)), row, (12, 20))
    y, x = np.mgrid[:12, :20]
    np.testing.assert_allclose(fine[1:-1, 1:-1], (y + x - 1.0)[1:-1, 1:-1])


def test_feature_maps_are_a_signal_in_the_input_s_units(grid):
    network, x = network_of("C4RP2C8RF", grid), signal_of(grid)
    found = feature_maps(network, x, "R2")
    assert found.shape == (8, *(n // 2 for n in grid))
    assert [axis.unit for axis in found.axes[1:]] == [axis.unit for axis in x.axes[1:]]
    assert [axis.step for axis in found.axes[1:]] == pytest.approx([2 * axis.step for axis in x.axes[1:]])
    assert "8 of 8 channels" in words(draw_feature_maps(network, x, "R2"))
    assert "unit" in words(draw_feature_maps(network, x, "F1"))


def test_first_kernels_are_drawn_in_any_dimension(grid):
    network = network_of("C8RF", grid)
    assert "C1: 8 of 8 kernels" in words(draw_kernels(network))
    if len(grid) == 1:
        assert "frequency (Hz)" in words(draw_kernels(network, signal_of(grid)))
        assert "cycles a sample" in words(draw_kernels(network))


def test_three_inputs_are_colours():
    network = network_of("C4RF", (12, 20), channels=3)
    assert draw_kernels(network).axes[0].images[0].get_array().shape == (3, 3, 3)


# errors


def test_what_has_no_such_parts_says_so():
    question = ask(network_of("CRPC8RF", (40,)), signal_of((40,)))
    with pytest.raises(ArgumentError, match="takes no pieces away"):
        draw_parts(saliency(question))
    with pytest.raises(ArgumentError, match="no convolution"):
        draw_kernels(network_of("F", (40,)))
