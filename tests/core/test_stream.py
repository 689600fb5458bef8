import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from sigconv.core.native.threads import set_threads, threads
from sigconv.core.recurrence import lfilter, sosfilt
from sigconv.core.state import lfilter_zi
from sigconv.core.stream import Stream
from sigconv.core.written import read, written
from sigconv.errors import ArgumentError, FormatError, ShapeError

rng = np.random.default_rng(3)
FILTERS = {
    "gain": {"b": [2.0]},
    "taps": {"b": rng.normal(size=12)},
    "many taps": {"b": rng.normal(size=400)},
    "complex taps": {"b": [1, 0.5j, -0.25]},
    "one pole": {"b": [0.1], "a": [1, -0.9]},
    "not normalized": {"b": [1, 2], "a": [2, -0.5, 0.25]},
    "single precision": {"b": np.array([1, 2], "f"), "a": np.array([3, -0.5, 0.25], "f")},
    "complex lead": {"b": [1, 2j], "a": [1.1 + 0.3j, -0.2, 0.3j]},
    "order 4": dict(zip("ba", signal.butter(4, 0.3), strict=True)),
    "order 7": dict(zip("ba", signal.cheby1(7, 1, 0.4, "high"), strict=True)),
    "comb": {"b": [1.0], "a": [1, *np.zeros(29), -0.8]},
    "complex pole": {"b": [1.0], "a": [1, -0.5j]},
    "a sum": {"b": [1.0], "a": [1, -1]},
    "steep": {"b": [1.0], "a": [1, -1.2]},
    "sections": {"sos": signal.butter(7, (0.1, 0.4), "bandpass", output="sos")},
    "one section": {"sos": signal.butter(2, 0.1, output="sos")},
}
DTYPES = ("float32", "float64", "complex64", "complex128")


def whole(filter, x):
    if "sos" in filter:
        return sosfilt(filter["sos"], x)
    return lfilter(filter["b"], filter.get("a", [1.0]), x)


def noise(shape, dtype="float64"):
    x = rng.normal(size=shape)
    return (x + 1j * rng.normal(size=shape) if dtype.startswith("complex") else x).astype(dtype)


def assert_same(one, other):
    assert one.dtype == other.dtype
    np.testing.assert_array_equal(one, other)


def test_half_of_the_last_output_is_fed_back():
    s = Stream([1], [1, -0.5])
    assert [s.push([v]).tolist() for v in (1.0, 0, 0, 4)] == [[1], [0.5], [0.25], [4.125]]
    assert s.position == 4


def test_a_tensor_of_numbers_and_pairs_is_written_and_read():
    plain = written(np.array([1 + 2j, -0.5]))
    assert plain == {"dtype": "complex128", "shape": [2], "values": [1.0, 2.0, -0.5, 0.0]}
    assert read(plain, "b").tolist() == [1 + 2j, -0.5]
    for shape in ((), (0, 3), (2, 1)):
        x = noise(shape, "float32")
        assert_same(read(json.loads(json.dumps(written(x))), "x"), x)


@settings(max_examples=250, deadline=None)
@given(
    st.sampled_from(sorted(FILTERS)),
    st.sampled_from(DTYPES),
    st.sampled_from([(), (1,), (3,), (8,), (19,), (2, 3), (0,)]),
    st.lists(st.integers(0, 5) | st.integers(0, 700) | st.sampled_from([271, 272, 273, 544]), max_size=7),
    st.data(),
)
def test_pieces_are_the_whole_bit_for_bit(name, dtype, shape, sizes, data):
    filter, n = FILTERS[name], sum(sizes)
    x = noise((*shape, n), dtype)
    stream, pieces, done = Stream(**filter, shape=shape, dtype=dtype), [], 0
    saved = data.draw(st.integers(0, len(sizes)))
    for i, size in enumerate(sizes):
        if i == saved:
            stream = Stream.from_state(json.loads(json.dumps(stream.state())))
        piece = x[..., done : done + size]
        if data.draw(st.booleans()):
            piece = np.repeat(piece, 2, axis=-1)[..., ::2]
        if data.draw(st.booleans()):
            piece = piece.astype(piece.dtype.newbyteorder())
        piece.flags.writeable = False
        with np.errstate(over="ignore"):  # an unstable filter leaves float32
            pieces.append(stream.push(piece))
        done += size
    assert stream.position == n
    with np.errstate(over="ignore"):
        expected = whole(filter, x)
    assert_same(np.concatenate([expected[..., :0], *pieces], axis=-1), expected)
    if len(shape) == 1 and shape[0] and n:
        row = data.draw(st.integers(0, shape[0] - 1))
        with np.errstate(over="ignore"):
            assert_same(Stream(**filter, dtype=dtype).push(x[row]), expected[row])


@pytest.mark.parametrize("name", ["order 4", "sections", "taps"])
def test_threads_change_nothing(name):
    x, before, results = noise((3, 300_001)), threads(), []
    try:
        for count in (1, 2, 4):
            set_threads(count)
            s = Stream(**FILTERS[name], shape=3)
            results.append(np.concatenate([s.push(x[:, :100_003]), s.push(x[:, 100_003:])], -1))
    finally:
        set_threads(before)
    assert_same(results[1], results[0])
    assert_same(results[2], results[0])


@pytest.mark.parametrize("lead", [1.1 + 0.3j, 0.7 - 0.11j, 3 + 0.1j])
def test_a_state_that_is_saved_again_and_again_stays(lead):
    x, stream, pieces = noise(40, "complex128"), Stream([1, 2j], [lead, -0.2, 0.3j], dtype="complex128"), []
    for i in range(40):
        stream = Stream.from_state(stream.state())
        pieces.append(stream.push(x[i : i + 1]))
    assert_same(np.concatenate(pieces), lfilter([1, 2j], [lead, -0.2, 0.3j], x))


@pytest.mark.parametrize("name", ["order 4", "sections", "taps", "complex pole"])
def test_streams_share_nothing(name):
    x, given = noise(900), {key: np.array(values) for key, values in FILTERS[name].items()}
    one = Stream(**given)
    head = one.push(x[:500])
    for values in given.values():
        values *= 0
    state = one.state()
    two, three = Stream.from_state(state), Stream.from_state(state)
    two.push(noise(77))
    state["memory"].clear()
    assert_same(one.push(x[500:]), three.push(x[500:]))
    assert_same(np.concatenate([head, Stream(**FILTERS[name]).push(x)[500:]]), whole(FILTERS[name], x))


def test_an_output_that_is_written_to_is_not_remembered():
    s, x = Stream(**FILTERS["order 4"]), noise(600)
    y = s.push(x[:300])
    kept = y.copy()
    y[:] = np.nan
    assert_same(np.concatenate([kept, s.push(x[300:])]), whole(FILTERS["order 4"], x))


def test_a_chunk_that_is_written_to_later_is_not_remembered():
    s, x = Stream(**FILTERS["order 4"]), noise(1000)
    expected = whole(FILTERS["order 4"], x)
    y = s.push(x[:300])
    x[:300] = np.nan
    assert_same(np.concatenate([y, s.push(x[300:])]), expected)


@pytest.mark.parametrize("shape", [np.int64(2), [2], np.array([2]), torch.Size([2])], ids=repr)
def test_channels_may_be_counted_in_any_way(shape):
    assert Stream([1.0], shape=shape).push(np.ones((2, 3))).shape == (2, 3)


@pytest.mark.parametrize("name", ["order 4", "sections", "taps"])
def test_it_may_begin_in_a_state(name):
    f, x = FILTERS[name], np.ones(40)
    if "sos" in f:
        zi = signal.sosfilt_zi(f["sos"])
        y = sosfilt(f["sos"], x, zi=zi)[0]
    else:
        zi = lfilter_zi(f["b"], f.get("a", [1.0]))
        y = lfilter(f["b"], f.get("a", [1.0]), x, zi=zi)[0]
    s = Stream(**f, zi=zi)
    assert_same(np.concatenate([s.push(x[:7]), s.push(x[7:])]), y)


@pytest.mark.parametrize("dtype", ["float32", "complex128"])
@pytest.mark.parametrize("name", ["order 4", "taps", "sections"])
def test_tensors_give_tensors_of_the_same_numbers(name, dtype):
    x = noise((2, 700), dtype)
    arrays, tensors = (Stream(**FILTERS[name], shape=2, dtype=dtype) for _ in range(2))
    for piece in (x[:, :300], x[:, 300:300], x[:, 300:]):
        y = tensors.push(torch.from_numpy(piece.copy()))
        assert isinstance(y, torch.Tensor)
        assert_same(y.numpy(), arrays.push(piece))


def test_what_is_not_finite_stays_behind_its_sample_and_in_its_channel():
    s, x = Stream(**FILTERS["order 4"], shape=2), noise((2, 900))
    clean = whole(FILTERS["order 4"], x)
    x[1, 350] = np.nan
    y = np.concatenate([s.push(x[:, :333]), s.push(x[:, 333:])], -1)
    assert_same(y[0], clean[0])
    assert_same(y[1, :350], clean[1, :350])
    assert np.isnan(y[1, 350:]).all()
    restored = Stream.from_state(json.loads(json.dumps(s.state())))
    assert np.isnan(restored.push(x)[1]).all()


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: Stream(), ArgumentError, "b .and a. or sos"),
        (lambda: Stream([1], sos=[[1, 0, 0, 1, 0, 0]]), ArgumentError, "b .and a. or sos"),
        (lambda: Stream([1], [0, 1]), ArgumentError, r"a\[0\] is 0"),
        (lambda: Stream([]), ArgumentError, "^b has shape"),
        (lambda: Stream([1], dtype="int16"), ArgumentError, "dtype is 'int16'.*float32"),
        (lambda: Stream([1], dtype=slice(1)), ArgumentError, "dtype is slice"),
        (lambda: Stream([1], shape=-1), ArgumentError, "shape is -1"),
        (lambda: Stream([1], shape=None), ArgumentError, "shape is None"),
        (lambda: Stream([1], shape="ab"), ArgumentError, "shape is 'ab'"),
        (lambda: Stream([1], np.ones(1, "g")), ArgumentError, "filter or zi is (float128|float96|longdouble)"),
        (lambda: Stream([1, 1], zi=torch.zeros(1)), ArgumentError, "zi is a torch tensor"),
        (lambda: Stream([1, 1], zi=[1, 2]), ShapeError, r"zi has shape \(2,\).*\(1,\)"),
        (lambda: Stream([1]).push(np.zeros(3, "f")), ArgumentError, "chunk holds float32.*float64"),
        (lambda: Stream([1]).push(torch.zeros(3)), ArgumentError, "chunk holds float32.*float64"),
        (lambda: Stream([1]).push(torch.zeros(3, dtype=torch.float64, requires_grad=True)), ArgumentError, "gradient"),
        (lambda: Stream([1], shape=3).push(np.zeros((2, 5))), ShapeError, r"\(2, 5\).*\(3, time\)"),
        (lambda: Stream([1]).push(np.zeros((1, 5))), ShapeError, r"\(1, 5\).*\(time\)"),
        (lambda: Stream([1]).push(["a"]), ArgumentError, "chunk holds"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(make, error, text):
    with pytest.raises(error, match=text):
        make()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda s: s.pop("memory"), "state has the keys"),
        (lambda s: s.update(more=1), "state has the keys"),
        (lambda s: s.update(position=-1), "position"),
        (lambda s: s.update(shape=[3]), "memory|now|start"),
        (lambda s: s["b"].update(dtype="object"), "^b is"),
        (lambda s: s["b"].update(shape=["2"]), "^b has the shape"),
        (lambda s: s["a"]["values"].pop(), "^a has values"),
        (lambda s: s["a"].update(values=["x"] * len(s["a"]["values"])), "^a has values"),
        (lambda s: s["a"]["values"].__setitem__(1, 10**400), "^a has values or a shape"),
        (lambda s: s["b"].update(dtype="float32", shape=[1], values=[1e300]), "^b has values or a shape"),
        (lambda s: s["b"].update(shape=[0, 10**30], values=[]), "^b has values or a shape"),
        (lambda s: s["memory"].pop("now"), "^memory is"),
        (lambda s: s["memory"]["now"].update(dtype="float32"), "^now is float32"),
        (lambda s: s["memory"].update(seen=written(np.zeros((1, 273)))), "^seen"),
    ],
)
def test_a_damaged_state_is_refused_by_name(change, text):
    s = Stream(**FILTERS["order 4"])
    s.push(noise(9))
    state = s.state()
    change(state)
    with pytest.raises(FormatError, match=text):
        Stream.from_state(state)
