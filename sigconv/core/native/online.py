"""Gradient descent one sample at a time through a list of layers: forward, backward, update, next sample.

A layer of places that share weights is a gather away from dense sums. Its patches X (taps, places) hold what every tap
of every place sees; a row of weights w then does, with all places of the grid side by side in vectors,

    y[p] = b + sum over t of w[t] X[t, p]        forward
    dX[t, p] = w[t] h[p], added over the rows    and each number of dX goes back to where X had it from
    dw[t] = sum over p of h[p] X[t, p]           side by side in t: from the transpose of X

No index knows how many axes the grid has. A layer that sees everything keeps its weights as (inputs, units), and its
way back passes over them once: each row gives the gradient of one input and is brought up to date.
"""

from typing import Any, NamedTuple

import numpy as np

from sigconv.core.native import vectors
from sigconv.core.native.compiled import fma, kernel, wide
from sigconv.core.native.recurrence_tiles import address
from sigconv.core.native.tangent import scaled_tanh

GATHERED, FULL, TANH, RELU = range(4)  # kinds of stages
# what a row of `stages` says, in this order: kind; first value before and behind it, and how many; rows of weights
# (units of a full layer); places and the pitch of a row of patches; taps; first index; first and last run of weights;
# first weight; first bias, is it one for each place; first patch; does it learn, does
# its gradient go on
FIELDS = 18
(
    KIND, IN, OUT, N_IN, N_OUT, ROWS, PLACES, PITCH, TAPS, INDEX, RUN, LAST_RUN, WEIGHT, BIAS, PLACE_BIAS,
    PATCH, LEARNS, GOES_ON,
) = range(FIELDS)  # fmt: skip
APART = 16  # neighbours see their constant at different places: gradients that reach it do not wait for each other
RUN_FIELDS = 4  # row, first tap, taps in a row, first weight


class Flat(NamedTuple):
    """A net in flat arrays.

    stages : (stages, FIELDS) int64
    reals : (stages, 3) a, s, c of the functions a tanh(s x) + c
    index : uint32, for each patch of a gathered stage, the value it shows
    runs : (runs, RUN_FIELDS) int64, which taps a row of weights sees
    lambert : the coefficients of tanh, as tangent.lambert gives them
    weights, rates : all weights and biases, and the learning rate of each; both end in a spare vector
    values, slopes : constants (APART of each) and what each stage gives; gradients of them. Both end in a spare vector
    patches, turned : what gathered stages see now; its transpose
    """

    stages: Any
    reals: Any
    index: Any
    runs: Any
    lambert: Any
    weights: Any
    rates: Any
    values: Any
    slopes: Any
    patches: Any
    turned: Any


@kernel
def descend(net, samples, targets, order, misses):  # type: ignore[no-untyped-def]
    """One step of gradient descent for each sample of `order`, on the mean squared error of its outputs.

    samples : (N, inputs);  targets : (N, outputs);  order : (n,) int64;  misses : (1,) int64, how many samples had
    their largest output elsewhere than their target. All contiguous, of one float dtype.

    Returns (sum of the errors, -1), or (the error, place in order) of the first sample whose error is not finite;
    weights are then as that sample found them.
    """
    wide()
    stages, values, slopes = net.stages, net.values, net.slopes
    last = len(stages) - 1
    total, outputs = 0.0, stages[last, N_OUT]
    start = stages[last, OUT]
    scale = values.dtype.type(2) / values.dtype.type(outputs)
    misses[0] = 0
    for done in range(len(order)):
        target = targets[order[done]]
        _forward(net, samples[order[done]])
        error, highest, wanted = 0.0, 0, 0
        for u in range(outputs):
            off = values[start + u] - target[u]
            error += float(off) * float(off)
            slopes[start + u] = scale * off
            highest = u if values[start + u] > values[start + highest] else highest
            wanted = u if target[u] > target[wanted] else wanted
        if not np.isfinite(error):
            return error / outputs, done
        total += error / outputs
        misses[0] += highest != wanted
        for s in range(last, -1, -1):
            _backward(net, s)
    return total, -1


@kernel
def respond(net, samples, out):  # type: ignore[no-untyped-def]
    """The outputs (N, outputs) for samples (N, inputs); weights stay as they are."""
    wide()
    start = net.stages[len(net.stages) - 1, OUT]
    for n in range(len(samples)):
        _forward(net, samples[n])
        for u in range(out.shape[1]):
            out[n, u] = net.values[start + u]


@kernel
def _forward(net, sample):  # type: ignore[no-untyped-def]
    values = net.values
    first = net.stages[0, IN]
    for i in range(len(sample)):
        values[first + i] = sample[i]
    for s in range(len(net.stages)):
        stage = net.stages[s]
        if stage[KIND] == GATHERED:
            _see(stage, net)
            _sum_gathered(stage, net)
        elif stage[KIND] == FULL:
            _sum_full(stage, net)
        elif stage[KIND] == TANH:
            before, behind = values[stage[IN] : stage[IN] + stage[N_IN]], values[stage[OUT] :]
            scaled_tanh(before, net.reals[s], net.lambert, behind)
        else:
            for i in range(stage[N_IN]):
                values[stage[OUT] + i] = max(values[stage[IN] + i], values.dtype.type(0))


@kernel
def _backward(net, s):  # type: ignore[no-untyped-def]
    """From the gradient behind a stage to that before it, and to the weights."""
    stage, values, slopes = net.stages[s], net.values, net.slopes
    before, behind, n = stage[IN], stage[OUT], stage[N_IN]
    if stage[KIND] == GATHERED:
        if stage[LEARNS]:
            _turn(stage, net)
        if stage[GOES_ON]:
            _send_back(stage, net)
        if stage[LEARNS]:
            _learn_gathered(stage, net)
    elif stage[KIND] == FULL:
        _learn_full(stage, net)
    elif stage[KIND] == TANH:
        a, s1, c = net.reals[s]
        y, h, g = values[behind : behind + n], slopes[behind : behind + n], slopes[before : before + n]
        curve = s1 / a
        for i in range(n):  # a s (1 - tanh²)
            t = y[i] - c
            g[i] = h[i] * (a * s1 - curve * t * t)
    else:
        for i in range(n):
            slopes[before + i] = slopes[behind + i] if values[behind + i] > 0 else values.dtype.type(0)


@kernel
def _see(stage, net):  # type: ignore[no-untyped-def]
    """The patches of a stage."""
    like, places, pitch = net.values, stage[PLACES], stage[PITCH]
    size = like.itemsize
    values, index, patches = address(like), address(net.index), address(net.patches)
    for t in range(stage[TAPS]):
        at, to = index + (stage[INDEX] + t * places) * 4, patches + (stage[PATCH] + t * pitch) * size
        for p in range(places):
            shown = vectors.read(net.index, at + p * 4)
            vectors.write(to + p * size, vectors.read(like, values + shown * size))


@kernel
def _sum_gathered(stage, net):  # type: ignore[no-untyped-def]
    """All places of every row. The last vector of a row runs into the next row, which is written after it."""
    like, runs, weights, values = net.values, net.runs, net.weights, net.values
    size, lanes = like.itemsize, vectors.width(like)
    places, pitch = stage[PLACES], stage[PITCH]
    patches, known = address(net.patches) + stage[PATCH] * size, address(weights)
    row = -1
    for r in range(stage[RUN], stage[LAST_RUN]):
        at = stage[OUT] + runs[r, 0] * places
        if runs[r, 0] != row:
            row = runs[r, 0]
            y = values[at : at + places]
            if stage[PLACE_BIAS]:
                y[:] = weights[stage[BIAS] + row * places : stage[BIAS] + (row + 1) * places]
            else:
                y[:] = weights[stage[BIAS] + row] if stage[BIAS] >= 0 else like.dtype.type(0)
        out, w = address(values) + at * size, known + runs[r, 3] * size
        for p in range(0, places, lanes):
            s0 = vectors.load(like, out + p * size)
            s1 = s2 = s3 = vectors.zero(like)  # four chains of sums wait for each other a quarter as often
            x, step = patches + (runs[r, 1] * pitch + p) * size, pitch * size
            t, taps = 0, runs[r, 2]
            while t + 4 <= taps:
                s0 = vectors.fused(vectors.splat(vectors.read(like, w + t * size)), vectors.load(like, x), s0)
                s1 = vectors.fused(
                    vectors.splat(vectors.read(like, w + (t + 1) * size)), vectors.load(like, x + step), s1
                )
                s2 = vectors.fused(
                    vectors.splat(vectors.read(like, w + (t + 2) * size)), vectors.load(like, x + 2 * step), s2
                )
                s3 = vectors.fused(
                    vectors.splat(vectors.read(like, w + (t + 3) * size)), vectors.load(like, x + 3 * step), s3
                )
                x += 4 * step
                t += 4
            while t < taps:
                s0 = vectors.fused(vectors.splat(vectors.read(like, w + t * size)), vectors.load(like, x), s0)
                x += step
                t += 1
            vectors.store(out + p * size, vectors.plus(vectors.plus(s0, s1), vectors.plus(s2, s3)))


@kernel
def _turn(stage, net):  # type: ignore[no-untyped-def]
    """The patches as (places, taps)."""
    like = net.patches
    size, lanes = like.itemsize, vectors.width(like)
    pitch, taps = stage[PITCH], stage[TAPS]
    across = _turned_pitch(taps, lanes)
    source, target = address(net.patches) + stage[PATCH] * size, address(net.turned)
    for t in range(0, taps, lanes):
        for p in range(0, pitch, lanes):
            vectors.transpose(
                like, source + (t * pitch + p) * size, pitch * size, min(lanes, taps - t),
                target + (p * across + t) * size, across * size, lanes, False,
            )  # fmt: skip


@kernel
def _turned_pitch(taps, lanes):  # type: ignore[no-untyped-def]
    """A row of transposed patches and room for four vectors that begin at its last tap."""
    return (taps // lanes + 5) * lanes


@kernel
def _send_back(stage, net):  # type: ignore[no-untyped-def]
    """The gradient of every patch, in place of the patch, and from there to the value it showed."""
    like, runs, slopes, patches, index = net.slopes, net.runs, net.slopes, net.patches, net.index
    size, lanes = like.itemsize, vectors.width(like)
    places, pitch, first = stage[PLACES], stage[PITCH], stage[PATCH]
    patches[first : first + stage[TAPS] * pitch] = 0
    behind, known, base = address(slopes), address(net.weights), address(patches) + first * size
    for r in range(stage[RUN], stage[LAST_RUN]):
        w = known + runs[r, 3] * size
        for p in range(0, places, lanes):
            h = vectors.load(like, behind + (stage[OUT] + runs[r, 0] * places + p) * size)
            x = base + (runs[r, 1] * pitch + p) * size
            for t in range(runs[r, 2]):
                weight = vectors.splat(vectors.read(like, w + t * size))
                vectors.store(x, vectors.fused(weight, h, vectors.load(like, x)))
                x += pitch * size
    slopes[stage[IN] : stage[IN] + stage[N_IN]] = 0
    for t in range(stage[TAPS]):
        at, x = address(index) + (stage[INDEX] + t * places) * 4, base + t * pitch * size
        for p in range(places):
            to = behind + vectors.read(index, at + p * 4) * size
            vectors.write(to, vectors.read(like, to) + vectors.read(like, x + p * size))


@kernel
def _learn_gathered(stage, net):  # type: ignore[no-untyped-def]
    """Each weight by the sum over its places, in registers until it is whole; each bias likewise."""
    like, runs, weights, rates, slopes = net.weights, net.runs, net.weights, net.rates, net.slopes
    size, lanes = like.itemsize, vectors.width(like)
    places, across = stage[PLACES], _turned_pitch(stage[TAPS], lanes)
    turned, behind, sums = address(net.turned), address(slopes), net.patches[stage[PATCH] :]
    for r in range(stage[RUN], stage[LAST_RUN]):
        h = behind + (stage[OUT] + runs[r, 0] * places) * size
        for t in range(0, runs[r, 2], 4 * lanes):
            s0 = s1 = s2 = s3 = vectors.zero(like)
            x = turned + (runs[r, 1] + t) * size
            if runs[r, 2] - t > 2 * lanes:
                for p in range(places):
                    g = vectors.splat(vectors.read(like, h + p * size))
                    s0 = vectors.fused(g, vectors.load(like, x), s0)
                    s1 = vectors.fused(g, vectors.load(like, x + 64), s1)
                    s2 = vectors.fused(g, vectors.load(like, x + 128), s2)
                    s3 = vectors.fused(g, vectors.load(like, x + 192), s3)
                    x += across * size
            else:
                for p in range(places):
                    g = vectors.splat(vectors.read(like, h + p * size))
                    s0 = vectors.fused(g, vectors.load(like, x), s0)
                    s1 = vectors.fused(g, vectors.load(like, x + 64), s1)
                    x += across * size
            to = address(sums) + t * size
            vectors.store(to, s0)
            vectors.store(to + 64, s1)
            vectors.store(to + 128, s2)
            vectors.store(to + 192, s3)
        w = weights[runs[r, 3] : runs[r, 3] + runs[r, 2]]
        rate = rates[runs[r, 3] : runs[r, 3] + runs[r, 2]]
        for t in range(len(w)):
            w[t] = fma(-rate[t], sums[t], w[t])
    if stage[BIAS] >= 0:
        for row in range(stage[ROWS]):
            at, h = stage[BIAS] + row * (places if stage[PLACE_BIAS] else 1), slopes[stage[OUT] + row * places :]
            if stage[PLACE_BIAS]:
                bias, rate = weights[at : at + places], rates[at : at + places]
                for p in range(places):
                    bias[p] -= rate[p] * h[p]
            else:
                weights[at] -= rates[at] * h[:places].sum()


@kernel
def _sum_full(stage, net):  # type: ignore[no-untyped-def]
    """All units of a full layer, side by side."""
    like = net.values
    size, lanes = like.itemsize, vectors.width(like)
    step, inputs = stage[PITCH] * size, stage[N_IN]
    known, base = address(net.weights), address(net.values)
    for u in range(0, stage[PITCH], lanes):
        s0 = s1 = s2 = s3 = vectors.zero(like)
        if stage[BIAS] >= 0:
            s0 = vectors.load(like, known + (stage[BIAS] + u) * size)
        w, x, t = known + (stage[WEIGHT] + u) * size, base + stage[IN] * size, 0
        while t + 4 <= inputs:
            s0 = vectors.fused(vectors.splat(vectors.read(like, x)), vectors.load(like, w), s0)
            s1 = vectors.fused(vectors.splat(vectors.read(like, x + size)), vectors.load(like, w + step), s1)
            s2 = vectors.fused(vectors.splat(vectors.read(like, x + 2 * size)), vectors.load(like, w + 2 * step), s2)
            s3 = vectors.fused(vectors.splat(vectors.read(like, x + 3 * size)), vectors.load(like, w + 3 * step), s3)
            w += 4 * step
            x += 4 * size
            t += 4
        while t < inputs:
            s0 = vectors.fused(vectors.splat(vectors.read(like, x)), vectors.load(like, w), s0)
            w += step
            x += size
            t += 1
        out = vectors.plus(vectors.plus(s0, s1), vectors.plus(s2, s3))
        vectors.store(base + (stage[OUT] + u) * size, out)


@kernel
def _learn_full(stage, net):  # type: ignore[no-untyped-def]
    """One trip over the weights: the gradient of each input from the old ones, then the new ones. Those behind the
    last unit are 0, and so are their rates."""
    like = net.values
    size, lanes = like.itemsize, vectors.width(like)
    known, rates, base, behind = address(net.weights), address(net.rates), address(net.values), address(net.slopes)
    for t in range(stage[N_IN]):
        x = vectors.splat(-vectors.read(like, base + (stage[IN] + t) * size))
        sums = vectors.zero(like)
        for u in range(0, stage[PITCH], lanes):
            at = (stage[WEIGHT] + t * stage[PITCH] + u) * size
            w, h = vectors.load(like, known + at), vectors.load(like, behind + (stage[OUT] + u) * size)
            sums = vectors.fused(w, h, sums)
            down = vectors.times(vectors.load(like, rates + at), x)
            vectors.store(known + at, vectors.fused(down, h, w))
        if stage[GOES_ON]:
            vectors.write(behind + (stage[IN] + t) * size, vectors.total(sums))
    if stage[BIAS] >= 0:
        for u in range(stage[ROWS]):
            net.weights[stage[BIAS] + u] -= net.rates[stage[BIAS] + u] * net.slopes[stage[OUT] + u]
