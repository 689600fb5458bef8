"""SciPy's tests of scipy.signal's filters and convolutions, run on ours."""

from tests.scipy_suite.adapters import SIGNAL
from tests.scipy_suite.pointed import chosen, load

MODULE = load("scipy.signal.tests.test_signaltools", "scipy.signal", SIGNAL)
ASIDE = ("test_many_sizes", "test_random_data", "test_random_data_axes")  # of fftconvolve, which is not ours
globals().update(chosen(MODULE, set(SIGNAL), ASIDE))
