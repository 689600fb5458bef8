"""The networks of the literature have the sizes that their papers print."""

import math

import pytest
import torch

from sigconv.errors import ArgumentError
from sigconv.nets import InputSpec, build, measure, named, parse

ONE_DIMENSION = ("eegnet", "shallow_convnet", "deep_convnet", "m5", "c3d", "resnet3d18", "r2plus1d")
ANY_DIMENSION = [name for name in named.NAMES if name not in ONE_DIMENSION]


def rows_of(name):
    paper = named.find(name)
    return measure.shapes(paper.make(), paper.spec, paper.classes)


def small(name, axes):
    """The net with few channels, and the smallest grid."""
    entry = named.find(name)
    net = entry.make() if name.startswith("lenet") else named.thin(entry.make(), 16)
    if name.startswith("fcn"):
        # a padding of 100 along three axes would be 11 million places of next to nothing
        return parse(str(net).replace("p100", "p40").replace("k7v", "k3v")), InputSpec(3, (24,) * axes)
    return net, InputSpec(entry.spec.channels, measure.smallest(net, entry.spec.channels, axes))


# known


@pytest.mark.parametrize("name", named.NAMES)
def test_parameters_are_those_of_the_paper(name):
    entry = named.find(name)
    assert measure.parameters(entry.make(), entry.spec, entry.classes) == entry.parameters
    assert rows_of(name)[-1].channels == entry.classes


def test_lenet_1989_unit_by_unit():
    entry = named.find("lenet1989")
    net, spec = entry.make(), entry.spec
    layers = {row.name: row for row in rows_of("lenet1989")}
    assert [(layers[n].channels, layers[n].grid) for n in ("C1", "C2", "F1", "F2")] == [
        (12, (8, 8)),
        (12, (4, 4)),
        (30, ()),
        (10, ()),
    ]
    assert [layers[n].parameters for n in ("C1", "C2", "F1", "F2")] == [1_068, 2_592, 5_790, 310]
    assert measure.units(net, spec, 10) == 1_256
    assert measure.connections(net, spec, 10) == 64_660


def test_lenet_5_layer_by_layer():
    learnt = [row.parameters for row in rows_of("lenet5") if row.parameters]
    assert learnt == [156, 12, 1_516, 32, 48_120, 10_164]  # C1 S2 C3 S4 C5 F6
    # C1, C3 and C5 as the paper counts their connections
    products = {row.name: row.multiply_adds + row.units for row in rows_of("lenet5") if row.name in ("C1", "C2", "C3")}
    assert products == {"C1": 122_304, "C2": 151_600, "C3": 48_120}


def test_alexnet_has_the_maps_of_its_figure():
    grids = [row.grid for row in rows_of("alexnet") if row.name[0] in "CP"]
    assert grids == [(55, 55), (27, 27), (27, 27), (13, 13), (13, 13), (13, 13), (13, 13), (6, 6)]


def test_the_unet_cuts_its_skips_as_in_its_figure():
    rows = rows_of("unet")
    assert rows[-1].grid == (388, 388)
    assert [row.cuts[0] for row in rows if row.name[0] == "J"] == [(4, 4), (16, 16), (40, 40), (88, 88)]


@pytest.mark.parametrize(
    ("name", "cuts"),
    [("fcn32s", [(19, 19)]), ("fcn16s", [(5, 5), (27, 27)]), ("fcn8s", [(5, 5), (9, 9), (31, 31)])],
)
def test_fully_convolutional_nets_are_cut_where_their_authors_cut_them(name, cuts):
    # the offsets of the crop layers in the networks that Long et al. published
    assert [row.cuts[0] for row in rows_of(name) if row.cuts] == cuts


def test_c3d_leaves_one_frame_of_four_by_four():
    assert [row.grid for row in rows_of("c3d") if row.name == "P5"] == [(1, 4, 4)]


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_a_resnet_has_as_many_layers_as_its_name_says(depth):
    rows = rows_of(f"resnet{depth}")
    projections = sum(row.name[0] == "J" and row.layer.branches[0] != () for row in rows)
    assert sum(row.name[0] in "CF" for row in rows) - projections == depth


# law


@pytest.mark.parametrize("name", named.NAMES)
def test_the_text_of_a_named_net_is_read_back(name):
    net = named.find(name).make()
    assert parse(str(net)) == net


@pytest.mark.parametrize("axes", [1, 2, 3])
@pytest.mark.parametrize("name", ANY_DIMENSION)
def test_a_thinned_net_runs_in_every_dimension(name, axes):
    net, spec = small(name, axes)
    network = build(net, spec, seed=0).eval()
    with torch.no_grad():
        y = network(torch.randn(1, spec.channels, *spec.grid, generator=torch.Generator().manual_seed(0)))
    last = network.rows[-1]
    assert y.shape == (1, last.channels, *last.grid)
    assert math.isfinite(y.abs().sum())


@pytest.mark.parametrize("name", ONE_DIMENSION)
def test_a_net_of_one_dimension_runs_in_it(name):
    entry = named.find(name)
    volume = len(entry.spec.grid) == 3
    net = named.thin(entry.make(), 16 if volume else 1)
    spec = InputSpec(3, (16, 32, 32)) if volume else entry.spec
    network = build(net, spec, entry.classes, seed=0).eval()
    with torch.no_grad():
        assert network(torch.zeros(2, spec.channels, *spec.grid)).shape == (2, entry.classes)


# errors


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(ArgumentError, match="did you mean 'resnet50'"):
        named.find("resnet5O")
    with pytest.raises(ArgumentError, match="two levels"):
        named.basic_unet((16,))
    with pytest.raises(ArgumentError, match="classes"):
        named.unet(0)
