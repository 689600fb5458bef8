"""What several test files share."""

import os
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:  # as many processes as cores run already; theirs inherit this
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
import torch
from hypothesis import settings

settings.register_profile("compiled", deadline=None)  # the first case of a property may compile a kernel
settings.load_profile("compiled")


class Library:
    """NumPy or torch, by the same two verbs."""

    def __init__(self, name: str) -> None:
        self.name = name

    def array(self, values, dtype=None):
        values = np.asarray(values, dtype)
        return torch.from_numpy(values.copy()) if self.name == "torch" else values

    def owns(self, x) -> bool:
        return isinstance(x, torch.Tensor if self.name == "torch" else np.ndarray)


@pytest.fixture(params=["numpy", "torch"])
def xp(request):
    """The array library under test."""
    return Library(request.param)


@pytest.fixture
def real_data():
    """The folder of real data sets; without it the test is skipped."""
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    folder = Path(os.environ.get("SIGCONV_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}; set SIGCONV_DATA to the folder that holds it")
    return folder
