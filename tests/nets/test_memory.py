"""The memory of activations is what torch keeps."""

import weakref

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from sigconv.errors import ArgumentError
from sigconv.nets import InputSpec, build, measure, parse
from sigconv.nets.tree import ConvTranspose, Norm
from tests.nets.test_forward import measured
from tests.strategies import small_nets

# Texts of one kind of layer each, behind a layer with parameters so that their input has a gradient
KINDS = [
    "C4",
    "C4:edge",
    "C4:reflect",
    "C4:wrap",
    "C4:-1",
    "C4k2",
    "C4b*",
    "C4cb*:edge",
    "T4",
    "P",
    "A",
    "P3s1p1",
    "P3u",
    "P:l2",
    "P:l1",
    "P:l3",
    "P3u:l2",
    "P>5",
    "A>5",
    "A>1",
    "C3fXA>1",
    "G",
    "G:max",
    "R",
    "R:elu",
    "R:gelu",
    "R:tanh",
    "R:sigmoid",
    "R:square",
    "R:log",
    "R:leaky",
    "R:prelu",
    "R:silu",
    "R:selu",
    "R:mish",
    "R:softplus",
    "R:stanh",
    "B",
    "N",
    "N:group1",
    "N:layer",
    "N:local",
    "N:affine",
    "D.5",
    "D0",
    "D.5:channel",
    "F",
    "S",
    "X",
    "C3fX",
    "C3fXF",
    "C3fXG:max",
    "[C2R]",
    "[C2|C2|]",
    "{C2|C2}",
    "U{PCT}",
]


def own(network):
    return {t.untyped_storage().data_ptr() for t in [*network.parameters(), *network.buffers()]}


def bytes_saved(network, x):
    """Of all storages that autograd keeps, parameters and buffers apart."""
    seen, ours = {}, own(network)

    def pack(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in ours:
            seen[storage.data_ptr()] = storage.nbytes(), tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        network(x)
    return sum(size for size, _ in seen.values())


class Alive(TorchDispatchMode):
    """Counts the bytes of all storages that are alive at one time, from the batch on."""

    def __init__(self, x, ours):
        super().__init__()
        self.ours, self.sizes, self.peak = ours, {}, 0
        self.see(x)

    def see(self, tensor):
        storage = tensor.untyped_storage()
        key = storage._cdata
        if storage.data_ptr() in self.ours or key in self.sizes:
            return
        self.sizes[key] = storage.nbytes()
        weakref.finalize(storage, self.sizes.pop, key, None)
        self.peak = max(self.peak, sum(self.sizes.values()))

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        made = operation(*args, **(kwargs or {}))
        for tensor in made if isinstance(made, tuple | list) else [made]:
            if isinstance(tensor, torch.Tensor):
                self.see(tensor)
        return made


def assert_as_torch(net, spec, batch):
    """Both figures, but for the few numbers that norms and boundaries keep; and no more than these."""
    network = build(net, spec, seed=0)
    x = torch.rand(batch, spec.channels, *spec.grid)
    told = measure.memory(net, spec, batch=batch)
    few = sum(20 * row.channels * batch for row in network.rows if isinstance(row.layer, Norm))
    kept = bytes_saved(network.train(), x)
    assert 0 <= kept - told.backward <= few, (str(net), spec, batch, kept, told, few)
    with torch.no_grad(), Alive(x, own(network.eval())) as alive:
        network(x)
    assert 0 <= alive.peak - told.forward <= few, (str(net), spec, batch, alive.peak, told, few)


# known


def test_a_small_net_by_hand():
    # kept: the input of C for its weights, 100; R's output once for R and P, 800; P's places of 8 bytes, 400
    assert measure.memory(parse("C8RP"), InputSpec(1, (100,))).backward == 4 * (100 + 800) + 8 * 400
    # alive at R: the batch, its input and its output
    assert measure.memory(parse("C8R"), InputSpec(1, (100,))).forward == 4 * (100 + 800 + 800)
    assert measure.memory(parse("C8R"), InputSpec(1, (100,)), batch=3, number_bytes=2).forward == 3 * 2 * 1700


def test_layers_in_front_of_all_weights_keep_nothing():
    assert measure.memory(parse("RPR:logD.5P:l2C1k1"), InputSpec(1, (80,))).backward == 4 * 20


@pytest.mark.parametrize("numbers", [{"batch": 0}, {"number_bytes": 0}, {"batch": 1.5}])
def test_numbers_of_examples_and_bytes_are_whole_and_at_least_1(numbers):
    with pytest.raises(ArgumentError):
        measure.memory(parse("C"), InputSpec(1, (8,)), **numbers)


# same as torch


@pytest.mark.parametrize("text", KINDS)
def test_each_kind_of_layer_keeps_what_torch_keeps(text):
    for grid in ((16,), (10, 8), (6, 8, 5)):
        for front in ("N:affine", "R:square"):
            assert_as_torch(parse(front + text), InputSpec(2, grid), batch=2)


@settings(max_examples=20, deadline=None)
@given(net=small_nets(), grid=st.lists(st.integers(6, 9), min_size=1, max_size=3), batch=st.integers(1, 2))
def test_random_nets_keep_what_torch_keeps(net, grid, batch):
    spec = InputSpec(2, tuple(grid))
    rows = measured(net, spec)
    # what the docstring leaves out, and batch norms that torch refuses to train on single numbers
    assume(all(getattr(row.layer, "boundary", "") != "odd_reflect" for row in rows))
    assume(all(getattr(row.layer, "boundary", "") not in ("wrap", "reflect") or min(row.got[1]) > 6 for row in rows))
    assume(all(getattr(row.layer, "table", None) is None for row in rows))
    assume(all(row.layer != Norm("batch") or batch * row.units > row.channels for row in rows))
    assume(all(not isinstance(row.layer, ConvTranspose) or row.layer.kernel > 1 or len(grid) < 3 for row in rows))
    assert_as_torch(net, spec, batch)
    assert measure.memory(net, spec, batch=batch).forward > 0
