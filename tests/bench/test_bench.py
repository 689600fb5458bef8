"""Every case of the benchmark runs on small sizes, and ours equals every peer. Nothing is timed."""

import pytest

pytest.importorskip("bottleneck", reason="comes with: pip install -e '.[bench]'")
pytest.importorskip("cv2", reason="comes with: pip install -e '.[bench]'")
pytest.importorskip("monai", reason="comes with: pip install -e '.[bench]'")
pytest.importorskip("torchlpc", reason="comes with: pip install -e '.[bench]'")

from tests.bench import cases_nets, cases_unet, cold, planner, report, scaling, short
from tests.bench.cases import cases, draws
from tests.bench.measure import Row, error_of, medians, peak_of


@pytest.mark.parametrize("case", cases(shrink=250), ids=lambda case: case.name)
def test_ours_equals_every_peer(case):
    assert error_of(case) < case.close


@pytest.mark.parametrize("case", cases_nets.cases(shrink=250), ids=lambda case: case.name)
def test_our_layers_equal_torchs(case):
    assert error_of(case) < case.close


def test_our_unet_loses_as_much_as_monais():
    (case,) = cases_unet.cases(shrink=2)
    assert error_of(case) < case.close


@pytest.mark.parametrize("case", short.cases(), ids=lambda case: case.name)
def test_ours_equals_scipy_on_short_inputs(case):
    assert error_of(case) < case.close


def test_a_peer_of_another_shape_is_refused():
    case = cases(shrink=250)[0]
    case.peers["short"] = lambda: case.ours()[:-1]
    with pytest.raises(AssertionError, match="short"):
        error_of(case)


def test_a_peer_with_other_numbers_is_refused():
    case = cases(shrink=250)[0]
    case.peers["off"] = lambda: case.ours() + 1e-6
    with pytest.raises(AssertionError, match="differ by"):
        error_of(case)


def row(ours: float, aim: float = 2) -> Row:
    return Row("x", ours, peers={"slow": 9.0, "fast": 2.0}, rounds=3, error=0.0, memory=0.0, aim=aim)


def test_the_ratio_is_the_fastest_peer_over_ours():
    assert (row(4.0).best, row(4.0).ratio) == ("fast", 0.5)


def test_a_row_that_misses_says_what_limits_it():
    assert "not known yet" in report.table([row(4.0)])
    assert "not known yet" not in report.table([row(1.0)])


def test_memory_counts_arrays():
    assert 7.9 < peak_of(lambda: bytearray(8 * 2**20)) < 8.1


def test_every_call_has_its_turn():
    calls = []
    found, rounds = medians({"one": lambda: calls.append(1), "two": lambda: calls.append(2)}, budget=0)
    assert rounds == 3
    assert set(found) == {"one", "two"}
    assert {1, 2} == set(calls)


def test_growth_is_the_time_of_twice_the_samples():
    growth = scaling.grown("slow", lambda x: sum(range(len(x))), lengths=(20_000,))
    assert set(growth.times) == {20_000}
    assert "ms, ×" in report.growth_table([growth])


def test_a_first_call_takes_time():
    first = cold.first_call("import", "import sigconv")
    assert first.empty > 0
    assert first.filled > 0


def test_the_readme_shows_the_table():
    readme, results = (path.read_text(encoding="utf-8") for path in (report.README, report.RESULTS))
    assert readme == report.with_summary(readme, results), (
        "the README's table is not that of RESULTS.md: run make bench"
    )


def test_the_planner_is_compared_with_every_method():
    found = planner.times_of(draws(40), draws(5))
    assert {"auto", "direct", "fft"} <= set(found)
