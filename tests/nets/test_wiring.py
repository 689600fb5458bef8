"""A tree as its connections."""

import numpy as np
import pytest
import torch

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets import InputSpec, build, connected, measure, named, parse
from sigconv.nets.connections import Averaged, Convolved, Count, Full, Pointwise, count
from sigconv.nets.descent import Descent

# known


def test_lenet1989_layer_by_layer():
    layers = connected(named.lenet1989(), InputSpec(1, (16, 16)), classes=10)
    assert list(layers) == ["C1", "R1", "C2", "R2", "F1", "R3", "F2", "R4"]
    around, outside = ((2, 2), (2, 2)), ("constant", -1.0)
    assert layers["C1"] == Convolved((1, 16, 16), 12, (5, 5), (2, 2), padding=around, boundary=outside, bias="unit")
    assert layers["C2"].sees[:5] == (
        (0, 1, 2, 3, 4, 5, 6, 7),
        (1, 2, 3, 4, 5, 6, 7, 8),
        (2, 3, 4, 5, 6, 7, 8, 9),
        (3, 4, 5, 6, 7, 8, 9, 10),
        (4, 5, 6, 7, 8, 9, 10, 11),
    )
    assert layers["C2"].sees[5] == (0, 5, 6, 7, 8, 9, 10, 11)
    assert layers["R2"] == Pointwise((12, 4, 4), "stanh")
    assert (layers["F1"], layers["F2"]) == (Full((12, 4, 4), 30), Full((30,), 10))
    assert count(layers.values()) == Count(1000, 64660, 9760)


def test_pools_of_the_average():
    layers = connected(parse("A3s2GR:tanhF"), InputSpec(2, (9,)))
    assert layers["A1"] == Averaged((2, 9), (3,), (2,))
    assert layers["G1"] == Averaged((2, 4), (4,))


# law


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("C6k5vR:tanhAC4k3g2R:sigmoidF5b0", InputSpec(3, (14, 13))),
        ("C8k4d2cb0RC6k3s2t2b*:reflectG R:stanh F3", InputSpec(2, (20,))),
        ("C2k3fR:tanhA2C3k3x2x1t{0,1,0}F4", InputSpec(1, (5, 6, 7))),
        ("C3k4:wrapR:tanhC4k3p2x1", InputSpec(2, (7, 8))),
    ],
)
def test_the_connections_count_and_answer_as_the_module_does(text, spec):
    network = build(parse(text), spec, seed=0)
    layers = connected(parse(text), spec)
    assert count(layers.values()).parameters == measure.parameters(parse(text), spec)
    net = Descent(layers, "float64")
    state = {name.removeprefix("layers."): w.numpy() for name, w in network.state_dict().items()}
    net.weights = {name: state[name].reshape(shape) for name, shape in net.shapes.items()}
    x = torch.randn(3, spec.channels, *spec.grid, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        wanted = network(x).numpy()
    np.testing.assert_allclose(net.respond(x), wanted, atol=2e-6)


# errors


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CPF", r"P1 \(P\) has no form as connections: only C, F, A"),
        ("CBF", r"B1 \(B\) has no form"),
        ("CR:geluF", r"R1 \(R:gelu\) has no form .* R:tanh, R:stanh, R:sigmoid, R:relu have one"),
        ("CRD.5F", r"D1 \(D0.5\)"),
        ("C[CRC]F", r"J1 \(\[\)"),
        ("CT4F", r"T1 \(T4\)"),
        ("CG:maxF", r"G1 \(G:max\)"),
        ("CFS", r"S1 \(S\)"),
        ("CF:codes", r"F1 \(F2:codes\)"),
        ("CA>3F", r"A1 \(A>3\)"),
        ("CA3p1F", r"A1 \(A3p1\) .* its windows reach outside; leave out p and u"),
        ("CA3s2uF", r"A1 \(A3s2u\) .* its windows reach outside"),
        ("C4w.5F", r"C1 \(C4w0.5\) .* it drops weights; leave out w"),
        ("CF3w.5", r"F1 \(F3w0.5\) .* it drops weights"),
        ("C4:odd_reflectF", r"C1 \(C4:odd_reflect\) .* an odd rule shows sums"),
        ("C4G", r"G1 \(G\) .* its outputs keep a grid here; put an F behind it"),
    ],
)
def test_a_layer_without_such_a_form_is_named(text, said):
    with pytest.raises(ArgumentError, match=said):
        connected(parse(text), InputSpec(1, (8, 8)))


def test_a_table_of_uneven_rows_is_named():
    with pytest.raises(ShapeError, match=r"C2 \(C2t\{0.1,0\}\) has outputs that see 1 or 2 channels"):
        connected(parse("C3C2t{0.1,0}F"), InputSpec(1, (8, 8)))
