"""Layers move with their input as far as their strides let them."""

import math

import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets import InputSpec, build, parse
from sigconv.nets.equivariance import equivariance_error


def built(text, grid=(64,), channels=2):
    return build(parse(text), InputSpec(channels, grid), seed=0)


def table(text, grid=(64,), **options):
    rows = equivariance_error(built(text, grid), **options)
    return {(row.name, row.axis, row.shift): row.error for row in rows}


# known


def test_a_step_of_two_hears_odd_shifts_and_no_even_ones():
    errors = table("C4s2", shifts=(1, 2, 3, 4))
    assert errors["C1", 0, 2] < 1e-6
    assert errors["C1", 0, 4] < 1e-6
    assert errors["C1", 0, 1] > 0.3
    assert errors["C1", 0, 3] > 0.3


def test_a_maximum_of_two_aliases_what_an_average_of_a_slow_wave_does_not():
    time = torch.arange(64.0)
    wave = torch.sin(2 * math.pi * time / 64 + torch.arange(2.0)[:, None])[None]
    slow = equivariance_error(built("A"), wave, shifts=(1,))[0].error
    noisy = equivariance_error(built("P"), shifts=(1,))[0].error
    assert slow < 0.01
    assert noisy > 0.3


def test_the_answer_of_a_global_average_stays_and_that_of_a_full_layer_does_not():
    errors = table("C4:wrap G", shifts=(5,)) | table("C4:wrap F", shifts=(5,))
    assert errors["G1", 0, 5] < 1e-6
    assert errors["F1", 0, 5] > 0.1


def test_the_row_says_what_was_compared():
    row = equivariance_error(built("C4k5"), shifts=(3,))[0]
    # 60 places see nothing outside; three of them go round
    assert (row.name, row.text, row.axis, row.shift, row.kind, row.places) == ("C1", "C4k5", 0, 3, "equivariance", 57)
    row = equivariance_error(built("C4k5G"), shifts=(3,))[1]
    assert (row.kind, row.places) == ("invariance", 1)


# law


@pytest.mark.parametrize(
    "text", ["CRC", "C4k4c R:tanh C4d3f B", "[C2R C2]C4k5:edge", "C4vU{C4v}", "C4g2p5R:square N:local"]
)
def test_without_steps_every_layer_moves_with_its_input(text):
    errors = table(text, (40, 31), shifts=(1, 2, 5))
    assert max(errors.values()) < 1e-5


def test_shifts_that_all_steps_divide_are_exact():
    errors = table("CRPCRPC4k4s2", (64, 48), shifts=(8, 16))
    assert max(errors.values()) < 1e-5


def test_a_finer_output_moves_by_more_places():
    errors = table("C4T4k2s2", shifts=(1, 3))
    assert max(errors.values()) < 1e-5


def test_places_of_an_own_bias_do_not_move():
    assert table("C4b*", shifts=(1,))["C1", 0, 1] > 0.1


def test_where_every_place_sees_the_boundary_nothing_is_said():
    row = equivariance_error(built("C4k63"), shifts=(4,))[0]
    assert math.isnan(row.error)
    assert row.places == 0


def test_the_seed_decides_the_noise():
    assert table("CP", shifts=(1,), seed=3) == table("CP", shifts=(1,), seed=3)
    assert table("CP", shifts=(1,), seed=3) != table("CP", shifts=(1,), seed=4)


# same as


def test_the_error_is_that_of_the_formula():
    network = built("P", channels=1)
    x = torch.randn(1, 1, 64, generator=torch.Generator().manual_seed(2))
    y = network(x)[0, 0].numpy().astype(float)
    z = network(x.roll(1, 2))[0, 0].numpy().astype(float)
    # half a place: between place j and j + 1; place 0 of the moved answer looks across the seam
    between = (z[1:-1] + z[2:]) / 2
    wanted = np.sqrt(np.mean((between - y[1:-1]) ** 2) / np.mean(y[1:-1] ** 2))
    row = equivariance_error(network, x, shifts=(1,))[0]
    assert row.error == pytest.approx(wanted, rel=1e-6)
    assert row.places == 30


# errors


def test_what_cannot_be_shifted_is_refused():
    network = built("C4")
    with pytest.raises(ArgumentError, match="shifts is empty"):
        equivariance_error(network, shifts=())
    with pytest.raises(ArgumentError, match="shifts is 0"):
        equivariance_error(network, shifts=(0,))
    with pytest.raises(ShapeError, match=r"\(N, 2, 64\)"):
        equivariance_error(network, torch.zeros(1, 1, 64))
    with pytest.raises(ShapeError, match="no example"):
        equivariance_error(network, torch.zeros(0, 2, 64))
