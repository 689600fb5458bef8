"""Every case of the benchmark runs on small sizes, and ours equals every peer. Nothing is timed."""

import pytest

pytest.importorskip("bottleneck", reason="comes with: pip install -e '.[bench]'")

from tests.bench.cases import cases
from tests.bench.measure import Row, error_of, peak_of


@pytest.mark.parametrize("case", cases(shrink=250), ids=lambda case: case.name)
def test_ours_equals_every_peer(case):
    assert error_of(case) < (1e-5 if "float32" in case.name or "nets" in case.name else 1e-11)


def test_a_peer_of_another_shape_is_refused():
    case = cases(shrink=250)[0]
    case.peers["short"] = lambda: case.ours()[:-1]
    with pytest.raises(AssertionError, match="short"):
        error_of(case)


def test_the_ratio_is_the_fastest_peer_over_ours():
    row = Row("x", ours=4.0, peers={"slow": 9.0, "fast": 2.0}, rounds=3, error=0.0, memory=0.0)
    assert (row.best, row.ratio) == ("fast", 0.5)


def test_memory_counts_arrays():
    assert 7.9 < peak_of(lambda: bytearray(8 * 2**20)) < 8.1
