"""SciPy's tests of scipy.ndimage's filters, run on ours."""

from tests.scipy_suite.adapters import NDIMAGE
from tests.scipy_suite.pointed import chosen, load

MODULE = load("scipy.ndimage.tests.test_filters", "scipy.ndimage", NDIMAGE)
globals().update(chosen(MODULE, set(NDIMAGE)))
