"""The grids on which everything is explained."""

import pytest

from tests.report.explain.signals import GRIDS


@pytest.fixture(params=list(GRIDS), ids=lambda grid: f"{len(grid)}-D")
def grid(request):
    """A grid in one, two and three dimensions."""
    return request.param
