"""The bench of loading reads what its peers read, counts every item and writes a table. Nothing is timed."""

import importlib.util

import numpy as np
import pytest

from tests.bench import loading, loading_idle, loading_memory, loading_report
from tests.bench.cases_loading import cases, random_patches
from tests.bench.loading_data import Data


@pytest.fixture
def data(real_data, tmp_path):
    return Data(real_data, tmp_path, shrink=100)


@pytest.mark.data
def test_every_row_of_ours_gives_all_its_items(data):
    rows = [case for case in cases(data) if case.there]
    assert "EEG windows, 64×320, EDF" in {case.name for case in rows}
    for case in rows:
        assert sum(case.ours()()) > 0, case.name


@pytest.mark.data
def test_a_peer_gives_its_items_too(data):
    for case in cases(data):
        for name, make in case.peers.items():
            if case.installed(name) and name in ("librosa.load", "Pillow"):
                assert sum(make()()) > 0, name


@pytest.mark.data
def test_patches_are_those_of_nibabel(data):
    import nibabel

    from sigconv import loaders

    (path,) = data.nifti
    windows = random_patches([loaders.open(path)], 3, (64, 64, 64))
    whole = np.asarray(nibabel.as_closest_canonical(nibabel.load(path)).dataobj).T
    for index in range(3):
        box = tuple(slice(*pair) for pair in windows.box(index))
        np.testing.assert_array_equal(windows.read(index)[0], whole[box].astype(np.float32))


def row(ours, aim=5.0, **peers):
    return loading.Row("x", aim, loading.Rate(ours, 10.0), peers)


def test_the_ratio_is_ours_over_the_fastest_peer():
    told = row(100.0, slow=loading.Rate(5.0, 90.0), fast=loading.Rate(20.0, 40.0), absent=None)
    assert loading_report.ratio(told) == "5.00 (work 4.00)"
    assert "**fast 20 (40)**" in loading_report.table([told])
    assert "absent not installed" in loading_report.table([told])
    assert loading_report.ratio(row(1.0, absent=None)) == ""


def test_an_epoch_is_counted_with_its_work():
    rate = loading.rate_of(lambda: iter([len(str(sum(range(200_000)))), 4]))
    assert rate.items > 0
    assert rate.work > 0


def test_a_package_that_is_absent_is_said_to_be():
    assert loading_report.machine(1.0, ("numpy", "no-such-package")).endswith("no-such-package not installed")


def test_memory_is_of_a_process_and_what_it_started():
    import os

    own, files = loading_memory.memory_of(os.getpid())
    kept = np.ones(8 * 2**20)
    assert loading_memory.memory_of(os.getpid())[0] - own > 60
    assert files > 0
    assert kept[0] == 1
    assert importlib.util.find_spec("tests.bench.loading_memory") is not None


@pytest.mark.data
def test_a_network_in_training_is_timed(data):
    waits = list(loading_idle.waits("EEG recipe's net, batches of 16 windows of 64×320", data))
    assert [wait.workers for wait in waits] == [1, 2]
    assert all(0 <= wait.idle <= 1 for wait in waits)
    assert "| below 5% |" in loading_report.waiting(waits)
