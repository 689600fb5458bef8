"""A chain of layers fed piece by piece gives the outputs of the whole."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets import InputSpec, build, parse
from sigconv.nets.layers.conv import Conv
from sigconv.nets.layers.pool import Pool
from sigconv.nets.layers.recurrent import LearnableCCDE
from sigconv.nets.layers.stream import Stream


def draw(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def chain():
    torch.manual_seed(0)
    layers = (
        Conv(2, 4, 5, axes=1, padding="causal", dilation=2, boundary="edge"),
        nn.BatchNorm1d(4),
        nn.ReLU(),
        nn.Sequential(Pool("max", 2, axes=1, stride=3), LearnableCCDE(4, 2, 3)),
        Conv(4, 3, 2, axes=1, padding="valid", stride=3),
    )
    return nn.Sequential(*layers).double().eval()


def fed(stream, x, lengths):
    """The joined outputs for x cut into pieces of these lengths, and the rest."""
    made, at = [], 0
    for length in (*lengths, x.shape[-1]):
        made.append(stream.push(x[..., at : at + length]))
        at += length
    return torch.cat(made, -1)


# known


def test_an_output_comes_with_the_sample_that_completes_it():
    conv = Conv(1, 1, 3, axes=1, padding="causal", bias=False, stride=2).eval()
    nn.init.ones_(conv.weight)
    stream = conv.stream()
    pushed = [stream.push(torch.tensor([[[float(n)]]])).ravel().tolist() for n in range(5)]
    assert pushed == [[0], [], [3], [], [9]]


# law


@settings(max_examples=20)
@given(lengths=st.lists(st.integers(0, 30), max_size=12))
def test_the_pieces_joined_are_the_whole(lengths):
    net, x = chain(), draw(2, 2, 150)
    whole = net(x).detach()
    torch.testing.assert_close(fed(Stream(net), x, lengths), whole, rtol=0, atol=1e-14 * float(whole.abs().max()))


def test_single_precision_is_as_close_as_its_rounding():
    net, x = chain().float(), draw(2, 2, 400).float()
    whole = net(x).detach()
    assert (fed(Stream(net), x, [7] * 40) - whole).abs().max() <= 1e-6 * whole.abs().max()


@pytest.mark.parametrize("boundary", ["zeros", ("constant", 2.0), "edge"])
@pytest.mark.parametrize(("kernel", "stride"), [(1, 3), (4, 1), (2, 5)])
def test_every_stride_keeps_its_phase(boundary, kernel, stride):
    conv = Conv(2, 3, kernel, axes=1, padding="causal", stride=stride, boundary=boundary, groups=1).double().eval()
    x = draw(1, 2, 40)
    torch.testing.assert_close(fed(conv.stream(), x, [0, 1, 6, 2, 0, 11]), conv(x).detach())


def test_a_stream_goes_on_from_its_state():
    net, x = chain(), draw(2, 2, 100)
    first, second = Stream(net), Stream(net)
    before = first.push(x[..., :33])
    state = first.state()
    assert all(isinstance(value, torch.Tensor) for value in state.values())
    second.load_state(state)
    after = second.push(x[..., 33:])
    torch.testing.assert_close(torch.cat([before, after], -1), net(x).detach())
    assert torch.equal(first.push(x[..., 33:]), after)


# errors


@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (Conv(1, 1, 3, axes=1), "nothing behind"),
        (Conv(1, 1, 3, axes=2, padding="causal"), "one axis"),
        (Conv(1, 1, 3, axes=1, padding="causal", boundary="wrap"), "boundary of layer is 'wrap'"),
        (Conv(1, 1, 3, axes=1, padding="causal", bias=(9,)), "nothing behind"),
        (Pool("max", 2, axes=1, padding=1), "without padding"),
        (nn.BatchNorm1d(3, track_running_stats=False), "takes the means of all it gets"),
        (nn.Softmax(dim=2), "Softmax, which may need the future"),
        (nn.Sequential(nn.ReLU(), nn.Flatten()), "1 is Flatten"),
    ],
)
def test_layers_that_need_the_future_are_refused(layer, says):
    with pytest.raises(ArgumentError, match=says):
        Stream(layer.eval())


def test_training_other_chunks_and_other_states_are_refused():
    with pytest.raises(ArgumentError, match=r"call eval\(\)"):
        Stream(chain().train())
    stream = Stream(chain())
    with pytest.raises(ShapeError, match=r"\(N, channels, time\)"):
        stream.push(draw(2, 9))
    stream.push(draw(2, 2, 9))
    with pytest.raises(ShapeError, match="before they were"):
        stream.push(draw(1, 2, 9))
    with pytest.raises(ArgumentError, match="state has 'x'"):
        stream.load_state({"x": torch.zeros(1)})
    with pytest.raises(ArgumentError, match=r"state of '0' has \['skip'\]"):
        stream.load_state({"0.skip": torch.tensor(0)})
    assert Stream(nn.Softsign().eval(), pointwise=(nn.Softsign,)).push(draw(1, 1, 3)).shape == (1, 1, 3)


def test_a_network_of_causal_layers_is_streamed_as_it_stands():
    net, x = build(parse("C4k5cRC4k3d2cRC2s2c"), InputSpec(2, (90,)), seed=0).eval(), draw(1, 2, 90).float()
    with torch.no_grad():
        whole = net(x)
    assert torch.allclose(fed(Stream(net), x, [1, 0, 29, 60]), whole, atol=1e-6)
    assert torch.allclose(fed(Stream(net.chain()), x, [90]), whole, atol=1e-6)
    with pytest.raises(ArgumentError, match="which has branches"):
        Stream(build(parse("C4c[C4c]"), InputSpec(2, (90,))).eval())


def test_a_first_chunk_that_does_not_fit_is_refused():
    stream = Stream(build(parse("C4c"), InputSpec(2, (90,))).eval())
    with pytest.raises(ShapeError, match="C1 gets 3 channels; it takes 2"):
        stream.push(torch.zeros(1, 3, 9))
    with pytest.raises(ArgumentError, match=r"chunk is a ndarray; .* torch\.as_tensor"):
        stream.push(np.zeros((1, 2, 9)))
    with pytest.raises(ArgumentError, match=r"chunk holds torch\.float64; the weights of C1 are torch\.float32"):
        Stream(build(parse("C4c"), InputSpec(2, (90,))).eval()).push(draw(1, 2, 9).double())
