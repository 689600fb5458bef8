"""The built module computes what the text says."""

import copy
import subprocess
import sys

import numpy as np
import pytest
import scipy.signal
import scipy.stats
import torch
from torch import nn

from sigconv.errors import ArgumentError, ResourceError, ShapeError
from sigconv.nets import InputSpec, build, named, parse
from sigconv.nets.layers.full import Centres

LECTURE = parse("(CR)2P(CR)2P(CR)2PF")


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


# known


@pytest.mark.parametrize(("channels", "grid"), [(1, (128,)), (3, (64, 64)), (1, (32, 32, 32))])
def test_the_lecture_net_builds_in_one_two_and_three_dimensions(channels, grid):
    network = build(LECTURE, InputSpec(channels, grid), classes=5, seed=0)
    assert network(draw(2, channels, *grid)).shape == (2, 5)
    assert (network.net, network.spec) == (LECTURE, InputSpec(channels, grid))


def test_an_eeg_net_builds_and_learns():
    network = build(parse("C12k1b0 C12k65g* B R:square A640 R:log D.5 F"), InputSpec(64, (640,)), classes=4, seed=0)
    y = network(draw(3, 64, 640))
    assert y.shape == (3, 4)
    y.square().sum().backward()
    assert all(torch.isfinite(p.grad).all() for p in network.parameters())
    assert network.layer("C1").bias is None
    assert network.layer("C2").groups == 12


def test_a_layer_is_the_formula_of_the_lecture():
    # h'[i, j, p] = b[p] + sum over r, s, k of w[p, r, s, k] h[i + r - 1, j + s - 1, k], zero outside
    network = build(parse("C4"), InputSpec(2, (5, 6)), seed=0).double()
    h = draw(1, 2, 5, 6).double()
    weight, bias = network.layer("C1").weight, network.layer("C1").bias
    wanted = torch.zeros(4, 5, 6, dtype=torch.float64)
    for p, i, j in np.ndindex(4, 5, 6):
        wanted[p, i, j] = bias[p]
        for k, r, s in np.ndindex(2, 3, 3):
            if 0 <= i + r - 1 < 5 and 0 <= j + s - 1 < 6:
                wanted[p, i, j] += weight[p, k, r, s] * h[0, k, i + r - 1, j + s - 1]
    torch.testing.assert_close(network(h)[0], wanted)


def test_maximum_pooling_sends_its_gradient_to_the_winner_only():
    x = torch.tensor([[[1.0, 4.0, 3.0, 2.0, 9.0]]], requires_grad=True)
    y = build(parse("P"), InputSpec(1, (5,)))(x)
    y.backward(torch.tensor([[[10.0, 20.0]]]))
    assert y.tolist() == [[[4, 3]]]
    assert x.grad.tolist() == [[[0, 10, 20, 0, 0]]]


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("relu", lambda x: np.maximum(0, x)),
        ("elu", lambda x: np.where(x > 0, x, np.expm1(x))),
        ("tanh", np.tanh),
        ("sigmoid", lambda x: 1 / (1 + np.exp(-x))),
        ("square", lambda x: x * x),
        ("log", lambda x: np.log(np.maximum(x, 1e-6))),
        ("gelu", lambda x: x * scipy.stats.norm.cdf(x)),
    ],
)
def test_an_activation_is_its_formula(name, formula):
    x = np.linspace(-3, 3, 61)[None, None]
    y = build(parse(f"R:{name}"), InputSpec(1, (61,)))(torch.from_numpy(x))
    np.testing.assert_allclose(y.numpy(), formula(x), atol=1e-12)


def test_global_pools_take_the_mean_and_the_maximum_of_the_grid():
    x = draw(2, 3, 4, 5)
    spec = InputSpec(3, (4, 5))
    torch.testing.assert_close(build(parse("G"), spec)(x), x.mean(dim=(2, 3)))
    torch.testing.assert_close(build(parse("G:max"), spec)(x), x.amax(dim=(2, 3)))


def test_dropout_is_silent_outside_training():
    network = build(parse("D.5"), InputSpec(1, (100,)))
    x = torch.ones(1, 1, 100)
    assert set(network.train()(x).unique().tolist()) == {0.0, 2.0}
    assert torch.equal(network.eval()(x), x)


# law


def test_the_softmax_head_is_exp_over_its_sum():
    spec = InputSpec(2, (8,))
    x = draw(4, 2, 8)
    z = build(parse("CRF"), spec, classes=3, seed=4)(x)
    p = build(parse("CRFS"), spec, classes=3, seed=4)(x)
    torch.testing.assert_close(p.sum(dim=1), torch.ones(4))
    torch.testing.assert_close(p, z.exp() / z.exp().sum(dim=1, keepdim=True))


def test_the_first_weights_are_a_function_of_the_seed_alone():
    spec = InputSpec(1, (32,))
    before = torch.random.get_rng_state()
    one = build(LECTURE, spec, seed=7).state_dict()
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.rand(5)
    same, other = build(LECTURE, spec, seed=7).state_dict(), build(LECTURE, spec, seed=8).state_dict()
    assert all(torch.equal(one[key], same[key]) for key in one)
    assert not torch.equal(one["layers.C1.weight"], other["layers.C1.weight"])


def test_a_net_in_double_precision_is_copied_saved_and_read_back():
    net = parse("C4BR[C4N:group2D.2|C4k1]U{PC4T4}{|T2k3s1p1}GF5R:preluF")
    network = build(net, InputSpec(2, (12, 12)), classes=3, seed=0).double().eval()
    x = draw(2, 2, 12, 12).double()
    y = network(x)
    assert (y.dtype, y.shape) == (torch.float64, (2, 3))
    twin = copy.deepcopy(network)
    assert torch.equal(twin(x), y)
    twin.layer("C1").weight.data.zero_()
    assert torch.equal(network(x), y)
    other = build(net, InputSpec(2, (12, 12)), classes=3, seed=1).double().eval()
    assert not torch.equal(other(x), y)
    assert other.load_state_dict(network.state_dict()).missing_keys == []
    assert torch.equal(other(x), y)


def test_training_and_evaluation_differ_where_dropout_and_batch_norms_stand():
    network = build(parse("C4BD.5C4w.5"), InputSpec(1, (9,)), seed=0)
    x = draw(4, 1, 9)
    assert not torch.equal(network.train()(x), network(x))
    assert torch.equal(network.eval()(x), network(x))


def test_names_are_the_letters_with_running_numbers_and_joins_are_j():
    network = build(parse("(C4R)2[C4B|C4k1]U{PC4T4}F3"), InputSpec(1, (8,)))
    names = ["C1", "R1", "C2", "R2", "C3", "B1", "C4", "J1", "P1", "C5", "T1", "J2", "F1"]
    assert list(network.layers) == names == [row.name for row in network.rows]
    assert [network.name(i) for i in (0, -1, "J2")] == ["C1", "F1", "J2"]
    assert {key.split(".")[1] for key in network.state_dict()} == {"C1", "C2", "C3", "B1", "C4", "C5", "T1", "F1"}


def test_a_join_adds_its_branches_or_puts_them_behind_one_another():
    x = draw(2, 2, 7)
    added = build(parse("[C2k1|R|]"), InputSpec(2, (7,)), seed=0)
    torch.testing.assert_close(added(x), added.layer("C1")(x) + x.relu() + x)
    behind = build(parse("{R|C3k1|}"), InputSpec(2, (7,)), seed=0)
    assert torch.equal(behind(x), torch.cat([x.relu(), behind.layer("C1")(x), x], dim=1))
    cut = build(parse("U{C2k3v|R}"), InputSpec(2, (7,)), seed=0)
    assert torch.equal(cut(x), torch.cat([cut.layer("C1")(x), x[..., 1:6].relu()], dim=1))


def test_fixed_codes_answer_minus_the_squared_distance_and_learn_nothing():
    network = build(parse("F:codes"), InputSpec(2, (6,)), classes=4, seed=0)
    codes = network.layer("F1").codes
    assert (set(codes.unique().tolist()), list(network.parameters())) == ({-1.0, 1.0}, [])
    x = draw(3, 2, 6)
    torch.testing.assert_close(network(x), -torch.cdist(x.flatten(1), codes).square())


def test_lenet_5_ends_in_distances_to_codes_and_learns_60_000_numbers():
    entry = named.find("lenet5")
    network = build(entry.make(), entry.spec, entry.classes, seed=0)
    assert isinstance(network.layer(-1), Centres)
    assert network.layer(-1).codes.shape == (10, 84)
    assert sum(weights.numel() for weights in network.parameters()) == 60_000
    for row in network.rows:
        assert sum(weights.numel() for weights in network.layer(row.name).parameters()) == row.parameters


@pytest.mark.parametrize("grid", [(9,), (8, 7), (4, 5, 6)])
def test_branches_that_end_in_channels_alone_are_joined(grid):
    x = draw(2, 3, *grid)
    flat = x.flatten(2)
    total = build(parse("[G|G:max]"), InputSpec(3, grid), seed=0)
    torch.testing.assert_close(total(x), flat.mean(2) + flat.amax(2))
    side = build(parse("{G|P2G:max|F4}F2"), InputSpec(3, grid), seed=0)
    assert [(row.channels, row.grid) for row in side.rows[-2:]] == [(10, ()), (2, ())]
    assert side(x).shape == (2, 2)
    weights = build(parse("U[F4|F4]"), InputSpec(3, grid), seed=0)
    torch.testing.assert_close(weights(x), weights.layer("F1")(x) + weights.layer("F2")(x))


# same as


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 65])
def test_a_layer_correlates_as_scipy_does(kernel):
    network = build(parse(f"C1k{kernel}b0"), InputSpec(1, (80,)), seed=0).double()
    x = draw(1, 1, 80).double()
    wanted = scipy.signal.correlate(x[0, 0], network.layer("C1").weight[0, 0].detach(), mode="same", method="direct")
    np.testing.assert_allclose(network(x)[0, 0].detach(), wanted, atol=1e-12)


def test_an_even_kernel_on_three_axes_correlates_as_scipy_does():
    network = build(parse("C1k2x3x4b0"), InputSpec(1, (5, 6, 7)), seed=0).double()
    x = draw(1, 1, 5, 6, 7).double()
    wanted = scipy.signal.correlate(x[0, 0], network.layer("C1").weight[0, 0].detach(), mode="same", method="direct")
    np.testing.assert_allclose(network(x)[0, 0].detach(), wanted, atol=1e-12)


def test_odd_kernels_are_padded_as_torch_pads_them():
    ours = build(parse("C4k5d2"), InputSpec(2, (9, 8)), seed=0)
    theirs = nn.Conv2d(2, 4, 5, dilation=2, padding="same")
    theirs.load_state_dict(ours.layer(0).state_dict())
    x = draw(3, 2, 9, 8)
    torch.testing.assert_close(ours(x), theirs(x))


# errors


@pytest.mark.parametrize("shape", [(2, 1, 8), (2, 3, 7), (2, 3, 8, 1), (3, 8), (8,)])
def test_another_input_than_the_spec_says_is_refused(shape):
    network = build(parse("CF"), InputSpec(3, (8,)), seed=0)
    with pytest.raises(ShapeError, match=r"this net takes \(N, 3, 8\)"):
        network(torch.zeros(shape))


@pytest.mark.parametrize("x", [torch.zeros(1, 3, 8, dtype=torch.int64), [[[0.0] * 8] * 3]])
def test_an_input_is_a_tensor_of_floating_numbers(x):
    with pytest.raises(ArgumentError, match="a tensor of floating numbers"):
        build(parse("C"), InputSpec(3, (8,)), seed=0)(x)


def test_what_cannot_be_built_is_refused():
    with pytest.raises(ShapeError, match="P3 at column 3"):
        build(parse("CPPPF"), InputSpec(1, (4,)))
    with pytest.raises(ResourceError, match="2000000000"):
        build(parse("C1000000C1000000"), InputSpec(1, (4,)))
    with pytest.raises(ArgumentError, match="seed"):
        build(parse("F"), InputSpec(1, (4,)), seed=-1)
    with pytest.raises(ArgumentError, match="seed"):
        build(parse("F"), InputSpec(1, (4,)), seed=2**64)
    with pytest.raises(ArgumentError, match="C1, F1"):
        build(parse("CF"), InputSpec(1, (4,))).layer("C2")


def test_reading_and_measuring_a_net_loads_no_torch():
    code = (
        "import sys; from sigconv import nets; n = nets.parse('(CR)2PF');"
        "nets.measure.parameters(n, nets.InputSpec(1, (8,))); assert 'torch' not in sys.modules;"
        "import sigconv.nets.builder; assert callable(nets.build)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_input_of_another_precision_than_the_weights_is_refused():
    network = build(parse("C4RGF"), InputSpec(1, (16,)), seed=0)
    with pytest.raises(ArgumentError, match=r"x holds torch\.float64, but the weights are torch\.float32: x\.to"):
        network(torch.zeros(1, 1, 16, dtype=torch.float64))
    assert network.double()(torch.zeros(1, 1, 16, dtype=torch.float64)).dtype is torch.float64


def test_a_chain_is_in_the_mode_of_its_network():
    network = build(parse("C4RGF"), InputSpec(1, (16,)), seed=0)
    assert network.chain().training
    assert not any(part.training for part in network.eval().chain().modules())
