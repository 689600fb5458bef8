"""What `measure` says of random nets is what torch makes of them."""

import math

import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from sigconv.errors import ShapeError
from sigconv.nets import InputSpec, build, measure, parse
from sigconv.nets.tree import Conv, ConvTranspose, Full
from tests.strategies import small_nets

GRIDS = st.lists(st.integers(4, 9), min_size=1, max_size=3)


def measured(net, spec):
    """The rows; a net that does not fit, or is large, is not looked at."""
    try:
        rows = measure.shapes(net, spec)
    except ShapeError:
        assume(False)
    assume(sum(row.parameters + row.multiply_adds + row.units for row in rows) < 2_000_000)
    return rows


@settings(max_examples=50, deadline=None)
@given(net=small_nets(), grid=GRIDS, channels=st.sampled_from([2, 4]))
def test_every_row_is_what_torch_makes(net, grid, channels):
    spec = InputSpec(channels, tuple(grid))
    rows = measured(net, spec)
    network = build(net, spec, seed=0).eval()
    shapes = {}
    for name, layer in network.layers.items():
        layer.register_forward_hook(lambda _, __, y, name=name: shapes.update({name: tuple(y.shape)}))
    with torch.no_grad():
        y = network(torch.ones(2, channels, *grid))
    assert shapes == {row.name: (2, row.channels, *row.grid) for row in rows}
    for row in rows:
        assert sum(p.numel() for p in network.layers[row.name].parameters()) == row.parameters, row
    assert not math.isnan(y.sum())
    assert measure.parameters(net, spec) == sum(p.numel() for p in network.parameters())


@settings(max_examples=30, deadline=None)
@given(net=small_nets(), grid=GRIDS)
def test_multiply_adds_are_half_of_the_operations_that_torch_counts(net, grid):
    spec = InputSpec(2, tuple(grid))
    rows = measured(net, spec)
    assume(all(getattr(row.layer, "table", None) is None for row in rows))
    network = build(net, spec, seed=0).eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network(torch.ones(1, 2, *grid))
    assert sum(row.multiply_adds for row in rows if isinstance(row.layer, Conv | ConvTranspose | Full)) == (
        counter.get_total_flops() // 2
    )


@settings(max_examples=30, deadline=None)
@given(net=small_nets(), axes=st.integers(1, 3))
def test_the_smallest_grid_fits_and_one_less_does_not(net, axes):
    try:
        (size, *_) = measure.smallest(net, channels=2, axes=axes)
    except ShapeError:
        assume(False)
    measure.shapes(net, InputSpec(2, (size,) * axes))
    fits = []
    for smaller in range(1, size):
        try:
            measure.shapes(net, InputSpec(2, (smaller,) * axes))
            fits.append(smaller)
        except ShapeError:
            pass
    assert not fits


def test_the_smallest_grids_by_hand():
    # two valid 3-kernels: 4 -> 0 … a pool of 2 needs 2: (2 2 + 4) is 8, but F takes 1: ((1 + 4) 2 + 4)
    assert measure.smallest(parse("(Cv)2P(Cv)2F"), channels=1, axes=2) == (14, 14)
    assert measure.smallest(parse("CPPPF"), channels=1, axes=3) == (8, 8, 8)
    assert measure.smallest(parse("C"), channels=1, axes=1) == (1,)
