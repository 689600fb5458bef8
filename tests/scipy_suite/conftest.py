"""What SciPy's tests ask of pytest: their marks and fixtures, for NumPy alone."""

import numpy as np
import pytest
import scipy

from tests.scipy_suite import adapters
from tests.scipy_suite.differences import DIFFERENCES, fits

WRITTEN_FOR = "1.17."
FITTED = pytest.StashKey[set[str]]()

MARKS = ("xslow", "skip_xp_backends", "xfail_xp_backends", "array_api_backends", "xfail_on_32bit", "thread_unsafe")
MARKS_WITH_NUMBERS = ("parallel_threads_limit", "iterations", "timeout", "fail_slow")


def pytest_configure(config):
    config.stash[FITTED] = set()
    for mark in (*MARKS, *MARKS_WITH_NUMBERS):
        config.addinivalue_line("markers", f"{mark}: a mark of SciPy's tests")


@pytest.fixture
def xp(request):
    """NumPy, as SciPy hands it to its tests; what SciPy's marks skip for NumPy is skipped."""
    from scipy._lib._array_api import array_namespace

    for mark in request.node.iter_markers("skip_xp_backends"):
        if "numpy" in mark.args:
            pytest.skip(f"SciPy: {mark.kwargs.get('reason', 'not with NumPy')}")
    return array_namespace(np.empty(0))


@pytest.fixture
def num_parallel_threads():
    """SciPy's tests may be run in many threads at once; here in one."""
    return 1


def of_scipy(item):
    return "scipy_suite/test_scipy_" in item.nodeid


def pytest_collection_modifyitems(config, items):
    """Tests of functions that are not ours are left out; those of the table must fail."""
    left_out = [item for item in items if of_scipy(item) and is_over_another(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]
    strict = scipy.__version__.startswith(WRITTEN_FOR)
    other = pytest.mark.skip(reason=f"the table of differences is written for SciPy {WRITTEN_FOR}")
    for item in filter(of_scipy, items):
        name = item.nodeid.split("::", 1)[1]
        for pattern, reason in DIFFERENCES.items():
            if fits(name, pattern):
                config.stash[FITTED].add(pattern)
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
        if not strict:
            item.add_marker(other)


def is_over_another(item):
    """Whether a test is run over a function of SciPy that we did not exchange."""
    given = getattr(item, "callspec", None)
    values = given.params.values() if given else ()
    return any(callable(value) and getattr(value, "__module__", "").startswith("scipy.") for value in values)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """A test that called nothing of ours says nothing about us, so it is not counted as passed."""
    if not of_scipy(item) or "xp" not in item.fixturenames:
        return (yield)
    adapters.calls[0] = 0
    result = yield
    if not adapters.calls[0]:
        pytest.skip("calls no function of ours")
    return result


@pytest.fixture
def fitted(request):
    """The patterns of the table that a test fits; None unless all of SciPy's tests were collected."""
    files = {item.path.name for item in request.session.items if of_scipy(item)}
    return request.config.stash[FITTED] if len(files) == 3 and not request.config.option.keyword else None
