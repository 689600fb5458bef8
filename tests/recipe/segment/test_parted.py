"""Regions parted by a watershed: cores stay apart, and nothing grows beyond its edge."""

import numpy as np
import pytest

from sigconv.recipe.segment.parted import parted
from sigconv.report.rand import regions

# known


def two_cells(gap):
    """Probabilities of two cells with a membrane between them that has a gap of doubtful samples."""
    inside = np.full((20, 21), 0.99)
    inside[:, 10] = 0.1
    inside[8 : 8 + gap, 10] = 0.7
    return inside


@pytest.mark.parametrize("gap", [0, 1, 4])
def test_a_gap_in_a_membrane_merges_no_cells(gap):
    inside = two_cells(gap)
    kept = parted(inside, sure=0.9, edge=0.5)
    assert regions(kept).max() == 2
    assert regions(inside >= 0.5).max() == (2 if gap == 0 else 1)
    assert kept[:, :10].all()
    assert kept[:, 11:].all()


# law


def test_what_is_surely_one_region_stays_whole_and_nothing_is_added():
    rng = np.random.default_rng(0)
    inside = np.clip(0.95 + 0.02 * rng.normal(size=(16, 16)), 0, 1)
    inside[:3] = 0.2
    kept = parted(inside, sure=0.6, edge=0.5)
    assert np.array_equal(kept, inside >= 0.5)


def test_without_a_core_of_its_least_size_the_edge_decides_alone():
    inside = np.full((6, 6), 0.6)
    inside[0, 0] = 0.99
    assert parted(inside, sure=0.9, edge=0.5).all()


def test_it_parts_volumes_as_well():
    inside = np.repeat(two_cells(4)[None], 3, 0)
    assert regions(parted(inside, sure=0.9, edge=0.5)).max() == 2
