import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from sigconv.core.geometry import ReceptiveField, length_after, padding_for, span, transposed_length
from sigconv.errors import ArgumentError, ShapeError

small = st.integers(1, 5)


def test_the_lenet_layers_have_their_published_sizes():
    sizes = [32]
    for kernel, stride in ((5, 1), (2, 2), (5, 1), (2, 2), (5, 1)):
        sizes.append(length_after(sizes[-1], kernel=kernel, stride=stride))
    assert sizes == [32, 28, 14, 10, 5, 1]


def test_same_starts_at_the_numpy_place_and_origin_reaches_the_octave_one():
    assert [padding_for("same", k) for k in (1, 2, 3, 4)] == [(0, 0), (1, 0), (1, 1), (2, 1)]
    assert padding_for("same", 4, origin=1) == (1, 2)
    assert padding_for("causal", 3, dilation=2) == (4, 0)


@given(n=st.integers(1, 30), kernel=small, stride=small, dilation=small, before=st.integers(0, 4))
def test_lengths_are_those_of_torch(n, kernel, stride, dilation, before):
    x = torch.zeros(1, 1, n)
    if n + 2 * before < span(kernel, dilation):
        with pytest.raises(ShapeError, match=rf"{n} samples"):
            length_after(n, kernel, stride, dilation, (before, before))
        return
    forward = torch.nn.Conv1d(1, 1, kernel, stride, before, dilation)
    assert length_after(n, kernel, stride, dilation, (before, before)) == forward(x).shape[-1]
    if (n - 1) * stride + span(kernel, dilation) > 2 * before:
        back = torch.nn.ConvTranspose1d(1, 1, kernel, stride, before, dilation=dilation)
        assert transposed_length(n, kernel, stride, dilation, (before, before)) == back(x).shape[-1]


def test_the_receptive_field_is_what_an_impulse_reaches():
    layers = [(3, 1, 1), (2, 2, 1), (3, 1, 2)]
    field = ReceptiveField()
    for kernel, stride, dilation in layers:
        field = field.after(kernel, stride, dilation)
    x = torch.zeros(1, 1, 40, requires_grad=True)
    y = x
    for kernel, stride, dilation in layers:
        y = torch.nn.functional.conv1d(y, torch.ones(1, 1, kernel), stride=stride, dilation=dilation)
    y[0, 0, 3].backward()
    seen = np.flatnonzero(x.grad[0, 0])
    assert (seen[0], seen[-1] - seen[0] + 1) == (field.start + 3 * field.jump, field.size)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: length_after(5, 0), "kernel is 0"),
        (lambda: length_after(5, 3, stride=0), "stride is 0"),
        (lambda: length_after(5, 2.5), "kernel is 2.5"),
        (lambda: length_after(5, 3, padding=(-1, 0)), "padding before is -1"),
        (lambda: padding_for("sane", 3), "did you mean 'same'"),
        (lambda: padding_for("full", 3, origin=1), "origin is 1 with mode 'full'"),
        (lambda: padding_for("same", 3, origin=2), "between -1 and 1"),
        (lambda: transposed_length(3, 2, output_padding=1), "output_padding is 1"),
    ],
)
def test_a_wrong_number_is_named(call, words):
    with pytest.raises(ArgumentError, match=words):
        call()
