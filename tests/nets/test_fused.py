"""Layers that are worked out together give what they give one after the other."""

import copy

import pytest
import torch
from torch import nn

from sigconv.nets import InputSpec, build, named, parse
from sigconv.nets.fused import Behind, Branched, Raised

TEXT = "C8NR:leaky.1U{PC16NR:leaky.1T}C8NR:leaky.1C2k1"


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


def one_by_one(network, x):
    """The answer by every layer's own module: a hook on any layer asks for that."""
    watched = copy.deepcopy(network)
    watched.layer(0).register_forward_hook(lambda *_: None)
    return watched(x), watched


# known


def test_a_unet_is_worked_out_in_few_steps():
    plan = build(parse(TEXT), InputSpec(1, (32, 32))).plan
    inner = ("P1", Behind("C2", "N2", "R2"))
    assert plan == (Behind("C1", "N1", "R1"), Raised(inner, "T1", "C3", Behind("C3", "N3", "R3")), "C4")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("CRPF", (str, str, str, str)),
        ("CBR", (str, str, str)),
        ("CNB", (Behind, str)),
        ("CNR:tanh", (Behind, str)),
        ("U[PC8T]C", (Branched, str)),
        ("{Cs2T|Ck1}C", (Branched, str)),
        ("U{PCT|PCT}C", (Branched, str)),
        ("U{PCTR}C", (Branched, str)),
        ("U{PCT}CR", (Raised, str)),
    ],
)
def test_only_what_goes_together_is_put_together(text, kinds):
    assert tuple(type(step) for step in build(parse(text), InputSpec(4, (16, 16))).plan) == kinds


# law


@pytest.mark.parametrize("grid", [(512,), (48, 32), (24, 16, 16)])
@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "channels last"])
def test_together_is_one_after_the_other(grid, last):
    network = build(parse(TEXT), InputSpec(3, grid), seed=0).double()
    x = draw(2, 3, *grid).double()
    if last:
        x = x.movedim(1, -1).contiguous().movedim(-1, 1)
    plain, watched = one_by_one(network, x)
    y = network(x)
    torch.testing.assert_close(y, plain, rtol=1e-10, atol=1e-10)
    g = draw(*y.shape).double()
    found = torch.autograd.grad(y, list(network.parameters()), g)
    wanted = torch.autograd.grad(plain, list(watched.parameters()), g)
    for ours, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-8)


def test_an_odd_grid_is_cut_and_not_put_together():
    network = build(parse(TEXT), InputSpec(1, (33, 32)), seed=0)
    assert isinstance(network.plan[1], Branched)
    assert network(draw(1, 1, 33, 32)).shape == (1, 2, 32, 32)


def test_hooks_see_every_layer():
    network = build(named.basic_unet((4, 8)), InputSpec(1, (16, 16, 16)), seed=0)
    seen = []
    for name, layer in network.layers.items():
        layer.register_forward_hook(lambda _layer, _x, _y, name=name: seen.append(name))
    network(draw(1, 1, 16, 16, 16))
    assert sorted(seen) == sorted(network.layers)


def test_hooks_on_all_modules_see_every_layer():
    network = build(parse("CNRC"), InputSpec(1, (16, 16)), seed=0)
    seen = []
    handle = nn.modules.module.register_module_forward_hook(lambda layer, _x, _y: seen.append(type(layer).__name__))
    try:
        network(draw(1, 1, 16, 16))
    finally:
        handle.remove()
    assert seen == ["Conv", "InstanceNorm", "ReLU", "Conv", "Network"]


def test_a_layer_put_in_the_place_of_another_is_used():
    network, x = build(parse("CNR"), InputSpec(1, (16, 16)), seed=0), draw(1, 1, 16, 16)
    normal = network(x)
    network.layers["R1"] = nn.Softplus()
    bent = network(x)
    assert (bent[normal > 0] > normal[normal > 0]).all()
    network.layers["N1"] = nn.Identity()
    assert torch.equal(network(x), nn.functional.softplus(network.layers["C1"](x)))


def test_a_forward_put_over_that_of_a_layer_is_used():
    network, x = build(parse("CNR"), InputSpec(1, (16, 16)), seed=0), draw(1, 1, 16, 16)
    network.layers["R1"].forward = torch.zeros_like
    assert not network(x).any()


@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "channels last"])
def test_gradients_of_gradients_are_those_of_the_layers(last):
    network = build(parse(TEXT), InputSpec(3, (48, 32)), seed=0).double()
    x = draw(2, 3, 48, 32).double()
    x = (x.to(memory_format=torch.channels_last) if last else x).requires_grad_()
    _, watched = one_by_one(network, x)
    found = []
    for net in network, watched:
        (g,) = torch.autograd.grad(net(x).sin().sum(), x, create_graph=True)
        found.append(torch.autograd.grad(g.square().sum(), [x, net.layers["C2"].weight, net.layers["T1"].weight]))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)


def test_functional_transforms_go_through_every_layer():
    network = build(parse(TEXT), InputSpec(3, (48, 32)), seed=0).double().to(memory_format=torch.channels_last)
    x = draw(2, 3, 48, 32).double().to(memory_format=torch.channels_last)
    given = dict(network.named_parameters())
    found = torch.func.grad(lambda p: torch.func.functional_call(network, p, (x,)).sin().sum())(given)
    wanted = torch.autograd.grad(network(x).sin().sum(), list(given.values()))
    for ours, theirs in zip(found.values(), wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-7, atol=1e-9)


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # by the compiler itself
def test_a_compiler_follows_the_whole_network():
    network, x = build(parse(TEXT), InputSpec(1, (16, 16)), seed=0), draw(1, 1, 16, 16)
    compiled = torch.compile(network, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), network(x), rtol=1e-4, atol=1e-5)
