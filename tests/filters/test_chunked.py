"""A signal filtered in pieces from disk is the signal filtered whole, in little memory."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import signal

from sigconv.errors import ArgumentError, FormatError, ShapeError
from sigconv.filters import CCDE, TrailingAverage, chunked
from sigconv.filters.chunked import filter_file, filtered

X = np.random.default_rng(0).normal(size=(6, 20_011))
FILTERS = {
    "sections": CCDE.butterworth(4, (7, 30), "bandpass", fs=250),
    "polynomial": CCDE(*signal.butter(3, 0.2)),
    "fir": CCDE.fir(101, 30, fs=250),
    "slow": CCDE.butterworth(2, 0.5, "highpass", fs=250),
    "gain": CCDE([2.0]),
}


@pytest.fixture(params=[500, 3000, 1 << 18])
def small(request, monkeypatch):
    monkeypatch.setattr(chunked, "_AT_ONCE", request.param)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_pieces_are_the_whole(small, tmp_path, name, axis):
    f, x = FILTERS[name], {-1: X, 0: X.T, 1: X.reshape(2, 3, -1).swapaxes(1, 2)}[axis]
    np.save(tmp_path / "x.npy", x)
    moved = np.moveaxis(x, axis, -1)
    y = filter_file(f, tmp_path / "x.npy", tmp_path / "y.npy", axis=axis)
    assert np.array_equal(y, np.moveaxis(f(moved), -1, axis))
    z = filter_file(f, np.load(tmp_path / "x.npy", mmap_mode="r"), tmp_path / "z.npy", axis=axis, zero_phase=True)
    expected = np.moveaxis(f.zero_phase(moved), -1, axis)
    np.testing.assert_allclose(z, expected, atol=1e-11 * np.abs(expected).max())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.npy", "y.npy", "z.npy"]


def test_joined_pieces_are_the_file(small, tmp_path):
    f = FILTERS["sections"]
    assert np.array_equal(np.concatenate(list(filtered(f, X)), -1), filter_file(f, X, tmp_path / "y.npy"))


def test_a_trailing_average_is_the_whole_too(small, tmp_path):
    for f in (TrailingAverage(1), TrailingAverage(10), TrailingAverage(1000)):
        for x in (X, X.astype(np.float32), (100 * X).astype(np.int16)):
            y = filter_file(f, x, tmp_path / "y.npy")
            assert y.dtype == f(x).dtype
            assert np.array_equal(y, f(x))
    np.testing.assert_allclose(TrailingAverage(10)(X), CCDE([0.1] * 10)(X), atol=1e-14)
    with pytest.raises(ArgumentError, match="zero_phase is True and f is TrailingAverage"):
        filter_file(f, X, tmp_path / "y.npy", zero_phase=True)


def test_a_trailing_average_streams():
    f = TrailingAverage(5)
    s = f.stream(6)
    parts = [s.push(X[:, :7]), f.stream(6, state=s.state()).push(X[:, 7:])]
    assert np.array_equal(np.concatenate(parts, -1), f(X))
    with pytest.raises(ArgumentError, match=r"state is of width 5.*width 4"):
        TrailingAverage(4).stream(6, state=s.state())
    with pytest.raises(ArgumentError, match="width is 0"):
        TrailingAverage(0)


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.complex64, ">f8"])
def test_precisions_are_those_in_memory(small, tmp_path, dtype):
    x = (100 * X).astype(dtype)
    y = filter_file(FILTERS["sections"], x, tmp_path / "y.npy")
    expected = FILTERS["sections"](x)
    assert y.dtype == expected.dtype
    assert np.array_equal(y, expected)


def test_mapped_pieces_of_arrays_are_read_too(small, tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    f = FILTERS["fir"]
    for part in (mapped[1:4, 7:], mapped.T[::2].T, np.asfortranarray(X)):
        assert np.array_equal(filter_file(f, part, tmp_path / "y.npy"), f(np.array(part)))


def test_nothing_is_left_of_what_fails(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    with (tmp_path / "x.npy").open("r+b") as file:
        file.truncate(5000)
    with pytest.raises(FormatError, match="ends before byte"):
        filter_file(FILTERS["fir"], mapped, tmp_path / "y.npy")
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak from /proc")
@pytest.mark.parametrize("zero_phase", [False, True])
def test_memory_stays_small(tmp_path, zero_phase):
    code = (
        "import numpy as np\n"
        "from sigconv.filters import CCDE\nfrom sigconv.filters.chunked import filter_file\n"
        "x = np.lib.format.open_memmap('x.npy', 'w+', np.float64, (64, 400_000))\nx[:, ::1000] = 1\n"
        "x.flush()\ndel x\n"
        "open('/proc/self/clear_refs', 'w').write('5')\n"
        "f = CCDE.butterworth(4, (7, 30), 'bandpass', fs=250)\n"
        f"y = filter_file(f, 'x.npy', 'y.npy', zero_phase={zero_phase})\n"
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "print(int(peak.split()[1]) // 1024, y.shape)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    megabytes, shape = done.stdout.split(" ", 1)
    assert shape.strip() == "(64, 400000)"
    assert int(megabytes) < 300, "205 MB of samples are read, and written; the libraries alone take 200"


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda f, d: filter_file(f, X, d / "y.npz"), ArgumentError, "it ends in .npy"),
        (lambda f, d: filter_file(f, d / "x.npy", d / "x.npy"), ArgumentError, "target is the source"),
        (lambda f, d: filter_file(f, X, d / "y.npy", axis=2), ShapeError, "axis is 2"),
        (lambda f, d: filter_file(f, np.array(3.0), d / "y.npy"), ShapeError, "single number"),
        (lambda f, d: filter_file(f, X[:, :9], d / "y.npy", zero_phase=True), ShapeError, "source has 9 samples"),
        (lambda f, d: filter_file(f, d / "none.npy", d / "y.npy"), FileNotFoundError, "none.npy"),
        (lambda f, d: filter_file(CCDE([1], [1, -1]), X, d / "y.npy", zero_phase=True), ArgumentError, "never settles"),
    ],
)
def test_what_is_refused(tmp_path, call, error, said):
    np.save(tmp_path / "x.npy", X)
    with pytest.raises(error, match=said):
        call(FILTERS["sections"], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["x.npy"]


@pytest.mark.parametrize("content", [b"", b"hello", b"half", [1, None]], ids=["empty", "text", "half", "objects"])
def test_a_file_that_holds_no_numbers(tmp_path, content):
    source, target = tmp_path / "x.npy", tmp_path / "y.npy"
    np.save(source, np.array(content, object) if isinstance(content, list) else np.zeros(100))
    if isinstance(content, bytes):
        source.write_bytes(source.read_bytes()[:200] if content == b"half" else content)
    with pytest.raises(FormatError, match=r"source is .*no whole \.npy"):
        filter_file(CCDE([1, 1]), source, target)
    assert not target.exists()


def test_what_is_no_source_no_target_and_no_filter(tmp_path):
    np.savez(tmp_path / "x.npz", x=np.zeros(3))
    with pytest.raises(FormatError, match="archive"):
        filter_file(CCDE([1, 1]), tmp_path / "x.npz", tmp_path / "y.npy")
    for source in (None, 5, [1.0, 2.0]):
        with pytest.raises(ArgumentError, match="source is of type"):
            filter_file(CCDE([1, 1]), source, tmp_path / "y.npy")
    with pytest.raises(ArgumentError, match="target is None"):
        filter_file(CCDE([1, 1]), np.zeros(3), None)
    with pytest.raises(ArgumentError, match="f is 'low'"):
        filter_file("low", np.zeros(3), tmp_path / "y.npy")
    with pytest.raises(FormatError, match="state is 5"):
        CCDE([1, 1]).stream(state=5)


@pytest.mark.parametrize("view", [lambda x: x, lambda x: x[10:], lambda x: np.asarray(x)[None, ::2]])
def test_a_mapped_file_is_not_written_over(tmp_path, view):
    np.save(tmp_path / "x.npy", np.arange(100.0))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    with pytest.raises(ArgumentError, match="target is the source"):
        filter_file(CCDE([0.5, 0.5]), view(mapped), tmp_path / "x.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), np.arange(100.0))
