"""The arithmetic of Dumoulin & Visin's guide (arXiv:1603.07285), by its relationships, and backwards."""

from itertools import product

import pytest
import torch

from sigconv.core.geometry import length_after, padding_for, transposed_length
from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets import InputSpec, measure, parse

INPUTS, KERNELS, STRIDES, PADDINGS = range(1, 11), range(1, 6), range(1, 4), range(4)


def through_a_net(text, n):
    """The length behind a net of one layer."""
    return measure.shapes(parse(text), InputSpec(1, (n,)))[-1].grid[0]


def torch_length(module, n):
    return module(torch.zeros(1, 1, n, device="meta")).shape[-1]


def forward(i, k, s=1, p=0, d=1):
    """The output length, the same three ways: the core's, a net's, torch's."""
    core = length_after(i, k, s, d, (p, p))
    assert through_a_net(f"C1k{k}s{s}d{d}p{p}", i) == core
    assert torch_length(torch.nn.Conv1d(1, 1, k, s, p, d, device="meta"), i) == core
    return core


def back(i, k, s=1, p=0, a=0, d=1):
    """The output length of a transposed convolution, the same three ways."""
    core = transposed_length(i, k, s, d, (p, p), a)
    assert through_a_net(f"T1k{k}s{s}d{d}p{p}o{a}", i) == core
    module = torch.nn.ConvTranspose1d(1, 1, k, s, p, a, dilation=d, device="meta")
    assert torch_length(module, i) == core
    return core


# known: relationships 1 to 14


def test_1_no_zero_padding_unit_strides():
    for i, k in product(INPUTS, KERNELS):
        if i >= k:
            assert forward(i, k) == through_a_net(f"C1k{k}v", i) == (i - k) + 1


def test_2_zero_padding_unit_strides():
    for i, k, p in product(INPUTS, KERNELS, PADDINGS):
        if i + 2 * p >= k:
            assert forward(i, k, p=p) == (i - k) + 2 * p + 1


def test_3_half_padding():
    for i, n in product(INPUTS, range(4)):
        k = 2 * n + 1
        assert padding_for("same", k) == (k // 2, k // 2)
        assert forward(i, k, p=k // 2) == through_a_net(f"C1k{k}", i) == i


def test_4_full_padding():
    for i, k in product(INPUTS, KERNELS):
        assert padding_for("full", k) == (k - 1, k - 1)
        assert forward(i, k, p=k - 1) == through_a_net(f"C1k{k}f", i) == i + (k - 1)


def test_5_no_zero_padding_non_unit_strides():
    for i, k, s in product(INPUTS, KERNELS, STRIDES):
        if i >= k:
            assert forward(i, k, s) == (i - k) // s + 1


def test_6_zero_padding_non_unit_strides():
    for i, k, s, p in product(INPUTS, KERNELS, STRIDES, PADDINGS):
        if i + 2 * p >= k:
            assert forward(i, k, s, p) == (i + 2 * p - k) // s + 1


def test_7_pooling():
    for i, k, s in product(INPUTS, KERNELS, STRIDES):
        if i >= k:
            assert through_a_net(f"P{k}s{s}", i) == through_a_net(f"A{k}s{s}", i) == (i - k) // s + 1
            assert torch_length(torch.nn.AvgPool1d(k, s), i) == (i - k) // s + 1


def test_8_transposed_no_zero_padding_unit_strides():
    for i, k in product(INPUTS, KERNELS):
        assert back(i, k) == i + (k - 1)
        assert forward(back(i, k), k) == i


def test_9_transposed_zero_padding_unit_strides():
    for i, k, p in product(INPUTS, KERNELS, PADDINGS):
        if i + (k - 1) - 2 * p >= 1:
            assert back(i, k, p=p) == i + (k - 1) - 2 * p


def test_10_transposed_half_padding():
    for i, n in product(INPUTS, range(4)):
        k = 2 * n + 1
        assert back(i, k, p=k // 2) == i


def test_11_transposed_full_padding():
    for i, k in product(INPUTS, KERNELS):
        if i > k - 1:
            assert back(i, k, p=k - 1) == i - (k - 1)


def test_12_transposed_no_zero_padding_non_unit_strides():
    for o, k, s in product(INPUTS, KERNELS, STRIDES):
        i = s * (o - 1) + k  # i - k is a multiple of s
        assert forward(i, k, s) == o
        assert back(o, k, s) == s * (o - 1) + k == i


def test_13_transposed_zero_padding_non_unit_strides():
    for o, k, s, p in product(INPUTS, KERNELS, STRIDES, PADDINGS):
        i = s * (o - 1) + k - 2 * p  # i + 2p - k is a multiple of s
        if i >= 1:
            assert forward(i, k, s, p) == o
            assert back(o, k, s, p) == i


def test_14_transposed_any_strides():
    for i, k, s, p in product(INPUTS, KERNELS, STRIDES, PADDINGS):
        if i + 2 * p >= k:
            a = (i + 2 * p - k) % s
            o = forward(i, k, s, p)
            assert back(o, k, s, p, a) == s * (o - 1) + a + k - 2 * p == i


def test_dilation_spreads_the_kernel():
    for i, k, s, p, d in product(INPUTS, KERNELS, (1, 2, 3), (0, 2), (2, 3)):
        if i + 2 * p >= k + (k - 1) * (d - 1):
            assert forward(i, k, s, p, d) == (i + 2 * p - k - (k - 1) * (d - 1)) // s + 1
            assert back(i, k, s, p=0, d=d) == s * (i - 1) + k + (k - 1) * (d - 1)


# known: further paddings of the notation


def test_same_with_a_stride_divides_the_grid_rounded_up_and_causal_keeps_it():
    for i, k, s, d in product(INPUTS, KERNELS, STRIDES, (1, 2)):
        assert through_a_net(f"C1k{k}s{s}d{d}", i) == through_a_net(f"C1k{k}s{s}d{d}c", i) == -(-i // s)


def test_pools_round_up_and_pad_as_torch_does():
    for i, k, s, up in product(INPUTS, KERNELS, STRIDES, (False, True)):
        for p in range(k // 2 + 1):
            text = f"P{k}s{s}p{p}" + "u" * up
            try:
                wanted = torch_length(torch.nn.MaxPool1d(k, s, p, ceil_mode=up), i)
            except RuntimeError:
                with pytest.raises(ShapeError):
                    through_a_net(text, i)
            else:
                assert through_a_net(text, i) == wanted, (text, i)


# law: the arithmetic backwards


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_ways_are_all_the_ways_of_a_convolution(dilation):
    for before, after in product(range(1, 11), range(1, 13)):
        found = {
            (way.kernel, way.stride, way.padding)
            for way in measure.ways(before, after, dilation=dilation, largest_kernel=4)
        }
        tried = set()
        for k, s in product(range(1, 5), range(1, 26)):
            span = (k - 1) * dilation + 1
            for p in range(span // 2 + 1):
                if before + 2 * p >= span and length_after(before, k, s, dilation, (p, p)) == after:
                    tried.add((k, s, p))
        assert found - tried == set()
        # with one output every larger stride does as well; the smallest stands for them
        assert tried - found == {(k, s, p) for k, s, p in tried if after == 1 and s > smallest(found, k, p)}


def smallest(found, kernel, padding):
    return min((s for k, s, p in found if (k, p) == (kernel, padding)), default=99)


@pytest.mark.parametrize("dilation", [1, 2])
def test_ways_are_all_the_ways_of_a_transposed_convolution(dilation):
    for before, after in product(range(1, 9), range(1, 17)):
        given = measure.ways(before, after, transposed=True, dilation=dilation, largest_kernel=4)
        found = {(way.kernel, way.stride, way.padding, way.output_padding) for way in given}
        tried = set()
        for k, s in product(range(1, 5), range(1, 18)):
            span = (k - 1) * dilation + 1
            for p, a in product(range(span // 2 + 1), range(max(s, dilation))):
                fits = s <= span and (before - 1) * s + span - 2 * p >= 1
                if fits and transposed_length(before, k, s, dilation, (p, p), a) == after:
                    tried.add((k, s, p, a))
        assert found - tried == set(), (before, after)
        if before > 1:
            assert tried == found, (before, after)


def test_a_way_is_written_as_options():
    for way in measure.ways(28, 14, largest_kernel=5):
        assert through_a_net("C1" + way.text, 28) == 14
    for way in measure.ways(14, 28, transposed=True, largest_kernel=5):
        assert through_a_net("T1" + way.text, 14) == 28
    assert [way.text for way in measure.ways(28, 14, largest_kernel=3)] == ["k1s2p0", "k2s2p0", "k3s2p1"]


# errors


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ((0, 3), "before is 0"),
        ((3, 0), "after is 0"),
        ((3, 2.5), "after is 2.5"),
    ],
)
def test_lengths_are_whole_and_at_least_1(numbers, says):
    with pytest.raises(ArgumentError, match=says):
        measure.ways(*numbers)
    with pytest.raises(ArgumentError, match="largest_kernel is 0"):
        measure.ways(3, 3, largest_kernel=0)
    with pytest.raises(ArgumentError, match="dilation is 0"):
        measure.ways(3, 3, dilation=0)
