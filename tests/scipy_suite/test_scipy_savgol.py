"""SciPy's tests of its Savitzky-Golay filter, run on ours."""

from tests.scipy_suite.adapters import SIGNAL
from tests.scipy_suite.pointed import chosen, load

MODULE = load("scipy.signal.tests.test_savitzky_golay", "scipy.signal", SIGNAL)
globals().update(chosen(MODULE, {"savgol_filter"}))
