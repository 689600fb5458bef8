"""The passes of `normalised` as Triton kernels, for channels-last tensors on a GPU.

A program walks along some rows of one example with all their channels beside it. Of each block of rows it takes mean
and squares about that mean, and joins blocks as `normalised` does; sums over programs are one small torch reduction.
Calling it needs Triton, which comes with torch where torch knows a GPU.
"""

from importlib import import_module
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

import torch

BLOCK = 4096  # numbers that a program holds at once
PROGRAMS = 1024  # for all examples together, about

triton: Any = import_module("triton") if find_spec("triton") else None
tl: Any = import_module("triton.language") if triton else SimpleNamespace(constexpr=Any)


def _jit(function: Any) -> Any:
    """Compiled by Triton on its first call; as it is where there is no Triton, and so no call."""
    return triton.jit(function) if triton else function


@_jit
def _moments(  # type: ignore[no-untyped-def]
    x, found, rows, share, channels: tl.constexpr, lanes: tl.constexpr, block: tl.constexpr
):
    """Of one share of rows, for each channel: mean and sum of squares about it, to found
    (example, share, 2, channel)."""
    example, part = tl.program_id(1).to(tl.int64), tl.program_id(0)
    c = tl.arange(0, lanes)
    x += example * rows * channels
    first = part * share
    last = tl.minimum(first + share, rows)
    mean = tl.zeros([lanes], tl.float32)
    square = tl.zeros([lanes], tl.float32)
    for at in range(first, last, block):
        r = at + tl.arange(0, block)
        inside = (r < last)[:, None] & (c < channels)[None, :]
        v = tl.load(x + r[:, None] * channels + c[None, :], mask=inside, other=0.0).to(tl.float32)
        count = tl.minimum(block, last - at).to(tl.float32)
        done = (at - first).to(tl.float32)
        here = tl.sum(v, 0) / count
        away = tl.where(inside, v - here[None, :], 0.0)
        further = here - mean
        mean += further * (count / (done + count))
        square += tl.sum(away * away, 0) + further * further * (done * count / (done + count))
    to = found + ((example * tl.num_programs(0) + part) * 2) * channels + c
    tl.store(to, mean, mask=c < channels)
    tl.store(to + channels, square, mask=c < channels)


@_jit
def _forward(  # type: ignore[no-untyped-def]
    x, tables, y, rows, share, slope, channels: tl.constexpr, lanes: tl.constexpr, block: tl.constexpr
):
    """One share of rows of y; tables (example, 3, channel): mean, scale / sqrt(variance + eps), shift."""
    example, part = tl.program_id(1).to(tl.int64), tl.program_id(0)
    c = tl.arange(0, lanes)
    table = tables + example * 3 * channels + c
    mean = tl.load(table, mask=c < channels, other=0.0)
    scale = tl.load(table + channels, mask=c < channels, other=0.0)
    shift = tl.load(table + 2 * channels, mask=c < channels, other=0.0)
    x += example * rows * channels
    y += example * rows * channels
    last = tl.minimum(part * share + share, rows)
    for at in range(part * share, last, block):
        r = at + tl.arange(0, block)
        inside = (r < last)[:, None] & (c < channels)[None, :]
        place = r[:, None] * channels + c[None, :]
        v = tl.load(x + place, mask=inside, other=0.0).to(tl.float32)
        z = (v - mean[None, :]) * scale[None, :] + shift[None, :]
        z = tl.where(z > 0, z, slope * z)
        tl.store(y + place, z.to(y.dtype.element_ty), mask=inside)


@_jit
def _sums(  # type: ignore[no-untyped-def]
    x, g, tables, found, rows, share, slope, channels: tl.constexpr, lanes: tl.constexpr, block: tl.constexpr
):
    """Of one share of rows, for each channel: the sums of gz and of gz (x - mean), to found as in `_moments`."""
    example, part = tl.program_id(1).to(tl.int64), tl.program_id(0)
    c = tl.arange(0, lanes)
    table = tables + example * 3 * channels + c
    mean = tl.load(table, mask=c < channels, other=0.0)
    scale = tl.load(table + channels, mask=c < channels, other=0.0)
    shift = tl.load(table + 2 * channels, mask=c < channels, other=0.0)
    x += example * rows * channels
    g += example * rows * channels
    last = tl.minimum(part * share + share, rows)
    plain = tl.zeros([lanes], tl.float32)
    along = tl.zeros([lanes], tl.float32)
    for at in range(part * share, last, block):
        r = at + tl.arange(0, block)
        inside = (r < last)[:, None] & (c < channels)[None, :]
        place = r[:, None] * channels + c[None, :]
        away = tl.load(x + place, mask=inside, other=0.0).to(tl.float32) - mean[None, :]
        gz = tl.load(g + place, mask=inside, other=0.0).to(tl.float32)
        gz = tl.where(away * scale[None, :] + shift[None, :] > 0, gz, slope * gz)
        plain += tl.sum(gz, 0)
        along += tl.sum(gz * away, 0)
    to = found + ((example * tl.num_programs(0) + part) * 2) * channels + c
    tl.store(to, plain, mask=c < channels)
    tl.store(to + channels, along, mask=c < channels)


@_jit
def _backward(  # type: ignore[no-untyped-def]
    x, g, tables, more, gx, rows, share, slope, channels: tl.constexpr, lanes: tl.constexpr, block: tl.constexpr
):
    """One share of rows of gx; more (example, 2, channel): means of gz, and of gz (x - mean) / (variance + eps)."""
    example, part = tl.program_id(1).to(tl.int64), tl.program_id(0)
    c = tl.arange(0, lanes)
    table = tables + example * 3 * channels + c
    mean = tl.load(table, mask=c < channels, other=0.0)
    scale = tl.load(table + channels, mask=c < channels, other=0.0)
    shift = tl.load(table + 2 * channels, mask=c < channels, other=0.0)
    level = tl.load(more + example * 2 * channels + c, mask=c < channels, other=0.0)
    lean = tl.load(more + (example * 2 + 1) * channels + c, mask=c < channels, other=0.0)
    x += example * rows * channels
    g += example * rows * channels
    gx += example * rows * channels
    last = tl.minimum(part * share + share, rows)
    for at in range(part * share, last, block):
        r = at + tl.arange(0, block)
        inside = (r < last)[:, None] & (c < channels)[None, :]
        place = r[:, None] * channels + c[None, :]
        away = tl.load(x + place, mask=inside, other=0.0).to(tl.float32) - mean[None, :]
        gz = tl.load(g + place, mask=inside, other=0.0).to(tl.float32)
        gz = tl.where(away * scale[None, :] + shift[None, :] > 0, gz, slope * gz)
        gz = scale[None, :] * (gz - level[None, :] - away * lean[None, :])
        tl.store(gx + place, gz.to(gx.dtype.element_ty), mask=inside)


def _cut(x: Any) -> tuple[tuple[int, int], dict[str, int], int, int]:
    """The grid of programs, the constants of a kernel, rows, and rows of a program, for (examples, rows, channels)."""
    examples, rows, channels = x.shape
    lanes = triton.next_power_of_2(channels)
    block = max(1, BLOCK // lanes)
    blocks = -(-rows // block)
    share = block * max(1, -(-blocks * examples // PROGRAMS))
    return (-(-rows // share), examples), {"channels": channels, "lanes": lanes, "block": block}, rows, share


def forward(x: Any, scale: Any, shift: Any, slope: float, eps: float) -> tuple[Any, Any]:
    """y like x, and the tables that `backward` takes.

    x : (examples, rows, channels) contiguous float16, bfloat16 or float32 tensor;  scale, shift : (channels,) float32
    """
    grid, constants, rows, share = _cut(x)
    found = x.new_empty((grid[1], grid[0], 2, x.shape[2]), dtype=torch.float32)
    _moments[grid](x, found, rows, share, **constants)
    count = torch.full((grid[0], 1), share, dtype=torch.float32, device=x.device)
    count[-1] = rows - share * (grid[0] - 1)
    means, squares = found[:, :, 0], found[:, :, 1]
    mean = (means * (count / rows)).sum(1)
    variance = squares.sum(1) / rows + ((means - mean[:, None]) ** 2 * (count / rows)).sum(1)
    tables = torch.stack([mean, scale * torch.rsqrt(variance + eps), shift.expand_as(mean)], 1)
    inverse = torch.rsqrt(variance + eps)
    y = torch.empty_like(x)
    _forward[grid](x, tables, y, rows, share, slope, **constants)
    return y, (tables, inverse)


def backward(x: Any, g: Any, kept: Any, slope: float) -> tuple[Any, Any, Any]:
    """The gradients of x, scale and shift, the last two (examples, channels) float32."""
    tables, inverse = kept
    grid, constants, rows, share = _cut(x)
    found = x.new_empty((grid[1], grid[0], 2, x.shape[2]), dtype=torch.float32)
    _sums[grid](x, g, tables, found, rows, share, slope, **constants)
    plain, along = found.sum(1).unbind(1)
    more = torch.stack([plain / rows, along * inverse**2 / rows], 1)
    gx = torch.empty_like(x)
    _backward[grid](x, g, tables, more, gx, rows, share, slope, **constants)
    return gx, along * inverse, plain
