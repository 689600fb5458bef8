"""An inflated network answers a volume of equal slices as the flat one answers the slice."""

import pytest
import torch

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets import InputSpec, build, named, parse
from sigconv.nets.inflation import inflate
from sigconv.nets.layer_values import features

ALEXNET = "C4k11s4p2RP3s2C6k5RP3s2C8RC6RC6RP3s2A>6x6D.5F12RF5"
RESNET = "C4k7s2p3b0BRP3s2p1[C4b0BRC4b0B]R[C6s2p1b0BRC6b0B|C6k1s2vb0B]RGF5"
UNET = "C4vRU{PC8vRT4}C4vRC2k1"
EDGES = "C4k5:edge R C4d2:reflect R [C4:wrap N:group2] A2 C6k4b*:odd_symmetric N R:square P:l3 G F5"


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


def flat(text, grid=(95, 95), channels=3):
    network = build(parse(text), InputSpec(channels, grid), seed=0)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if "running" in name:
                value.copy_(draw(*value.shape).abs() + 0.5)
    return network.eval()


def both(network, depth, *args, **options):
    """The flat answer and the deep answer for equal slices."""
    x = draw(2, network.spec.channels, *network.spec.grid)
    volume = x.unsqueeze(2).expand(-1, -1, depth, -1, -1)
    return network(x), inflate(network, depth, *args, **options)(volume)


# known


def test_the_mean_spreads_a_kernel_and_the_centre_keeps_it_in_the_middle():
    network = flat("C2k3b0", (5, 5), 1)
    weight = network.layer("C1").weight
    mean, centre = (inflate(network, 4, how).layer("C1").weight for how in ("mean", "centre"))
    assert mean.shape == centre.shape == (2, 1, 3, 3, 3)
    for z in range(3):
        torch.testing.assert_close(mean[:, :, z], weight / 3)
        assert torch.equal(centre[:, :, z], weight if z == 1 else torch.zeros_like(weight))


@pytest.mark.parametrize(
    ("text", "options", "deep"),
    [
        ("C4k3s2PC4k1A3s2p1", {}, "C4s1x2x2P1x2x2C4k1A1x3x3s1x2x2p0x1x1"),
        ("C4k3s2PC4k1A3s2p1", {"shrink": True}, "C4s2PC4k1A3s2p0x1x1"),
        ("C4k1x5C4k5x3v", {"kernel_depth": 3}, "C4k3x1x5C4k3x5x3p1x0x0"),
        ("C4p2(CvR)2", {"ends": "valid"}, "C4p0x2x2(CvR)2"),
        ("C4[C4B]T2P:l2A>3", {}, "C4[C4B]T2k1x2x2s1x2x2P1x2x2:l2A>1x3x3"),
        ("C4P T4k2s2", {"shrink": True}, "C4PT4"),
    ],
)
def test_the_text_of_the_deep_net(text, options, deep):
    assert str(inflate(flat(text, (32, 32)), 12, **options).net) == str(parse(deep))


# law


@pytest.mark.parametrize("shrink", [False, True])
@pytest.mark.parametrize("text", [ALEXNET, RESNET])
def test_the_centre_answers_equal_slices_as_the_picture_is_answered(text, shrink):
    picture, volume = both(flat(text), 60 if shrink else 9, "centre", shrink=shrink)
    torch.testing.assert_close(volume, picture, rtol=1e-4, atol=1e-5)


def test_the_centre_keeps_every_slice_of_a_grid():
    picture, volume = both(flat(UNET, (24, 24)), 5, "centre")
    torch.testing.assert_close(volume, picture.unsqueeze(2).expand_as(volume), rtol=1e-4, atol=1e-5)
    assert volume.shape[2] == 5


@pytest.mark.parametrize(("text", "depth"), [(ALEXNET, 30), (UNET, 15)])
def test_the_mean_without_ends_answers_as_the_picture_is_answered(text, depth):
    grid = (95, 95) if text == ALEXNET else (24, 24)
    picture, volume = both(flat(text, grid), depth, ends="valid")
    picture = picture.unsqueeze(2).expand_as(volume) if volume.ndim == 5 else picture
    torch.testing.assert_close(volume, picture, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shrink", [False, True])
@pytest.mark.parametrize("how", ["mean", "centre"])
def test_boundaries_that_go_on_with_the_same_slices_are_exact(how, shrink):
    picture, volume = both(flat(EDGES, (16, 18)), 6, how, shrink=shrink)
    torch.testing.assert_close(volume, picture, rtol=1e-4, atol=1e-5)


def test_with_zeros_outside_the_mean_is_exact_away_from_the_ends_alone():
    network = flat("C4RC4", (8, 8))
    x = draw(1, 3, 8, 8)
    volume = inflate(network, 9)(x.unsqueeze(2).expand(-1, -1, 9, -1, -1))
    apart = (volume - network(x).unsqueeze(2)).abs().amax(dim=(0, 1, 3, 4))
    assert (apart[2:-2] < 1e-5).all()
    assert (apart[[0, 1, -2, -1]] > 1e-3).all()


def test_a_flat_head_that_is_read_in_every_slice_keeps_its_answer():
    picture, volume = both(flat("C4:edge R P F6 R F3", (8, 8)), 5, "mean")
    torch.testing.assert_close(volume, picture, rtol=1e-4, atol=1e-5)
    picture, volume = both(flat("C4RPF6RF3", (8, 8)), 5, "centre")
    torch.testing.assert_close(volume, picture, rtol=1e-4, atol=1e-5)


def test_tables_and_depthwise_kernels_are_inflated():
    picture, volume = both(flat("C6k5t2:edge R C6g*:edge", (8, 8)), 4)
    torch.testing.assert_close(volume, picture.unsqueeze(2).expand_as(volume), rtol=1e-4, atol=1e-5)


def test_lenet_5_is_inflated_with_its_table_and_its_codes():
    entry = named.find("lenet5")
    network = build(entry.make(), entry.spec, entry.classes, seed=0).eval()
    deep = inflate(network, 3, "centre")
    assert torch.equal(deep.layer("F2").codes, network.layer("F2").codes)
    volume = draw(2, 1, 1, 32, 32).expand(-1, -1, 3, -1, -1)
    torch.testing.assert_close(deep(volume), network(volume[:, :, 0]), rtol=1e-4, atol=1e-4)


def test_precision_mode_and_the_flat_network_are_kept():
    network = flat("C4BRGF", (8, 8)).double().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    deep = inflate(network, 4)
    assert deep.training
    assert features(deep, torch.zeros(1, 3, 4, 8, 8), -1).dtype == torch.float64
    assert torch.equal(deep.layer("B1").running_var, before["layers.B1.running_var"])
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


# errors


def test_double_weights_are_not_rounded_on_the_way():
    network = flat("C4p1:reflect F3", (8, 8)).double()
    with torch.no_grad():
        for value in network.parameters():
            value.mul_(1.1)
    x = draw(2, 3, 8, 8).double()
    deep = inflate(network, 4)(x.unsqueeze(2).expand(-1, -1, 4, -1, -1))
    assert (deep - network(x)).abs().max() < 1e-13


def test_what_cannot_be_inflated_is_refused():
    with pytest.raises(ArgumentError, match="works on 1 axis"):
        inflate(build(parse("C4"), InputSpec(1, (8,))), 4)
    with pytest.raises(ArgumentError, match="depth is 0"):
        inflate(flat("C4", (8, 8)), 0)
    with pytest.raises(ArgumentError, match="how is 'center'"):
        inflate(flat("C4", (8, 8)), 4, "center")
    with pytest.raises(ArgumentError, match="kernel_depth is 4 for C4k4p1"):
        inflate(flat("C4k4p1", (8, 8)), 4)
    with pytest.raises(ArgumentError, match="C4c pads unlike amounts"):
        inflate(flat("C4c", (8, 8)), 4, ends="valid")
    with pytest.raises(ArgumentError, match="T4k3 overlap"):
        inflate(flat("T4k3s2", (8, 8)), 4, shrink=True)
    with pytest.raises(ArgumentError, match="F1 has codes"):
        inflate(flat("F3:codes", (8, 8)), 4)
    with pytest.raises(ShapeError, match="C2 at column"):
        inflate(flat("CvCv", (8, 8)), 3, ends="valid")
