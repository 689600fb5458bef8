"""Tests of SciPy that ours do not pass, on purpose. Each one listed must fail; the words are in DIFFERENCES.md.

A key is a test's name as pytest writes it after the file, with shell wildcards ([ and ] stand for themselves).
"""

from fnmatch import fnmatchcase

SCALARS = "a single number has no axis to slide along"
WORDS = "the error has other words"
RADIUS = "the window of a Gaussian is told by truncate alone"
ORIGIN = "averages and medians lie around their sample"
FOOTPRINT = "the window of a median is a whole block"
ONE_BOUNDARY = "one boundary for all axes"
QUIET = "what is not finite is computed without a warning"
FLOAT32 = "float32 stays float32, whatever the coefficients are"
FLOATS = "integers become float64"
BITS = "sums are taken in another order, so the last bit differs"
REFUSED = "objects are refused by an ArgumentError"
ZERO = "a window of no samples is refused"
HALF = "half precision is allowed"
TAPS = "float32 signals have float32 taps"
COMPLEX = "beside a complex kernel the constant outside may be complex"

SIGNAL = {
    "TestConvolve::test_zero_rank*": SCALARS,
    "TestCorrelateComplex::test_rank0[*": SCALARS,
    "TestConvolve::test_convolve_method_large_input": FLOATS,
    "TestFFTConvolve::test_fft_nan": QUIET,
    "TestLinearFilter*::test_invalid_params": WORDS,
    "test_lfilter_bad_object": REFUSED,
    "test_lfilter_notimplemented_input": REFUSED,
    "TestDecimate::test_bad_args": WORDS,
    "TestDecimate::test_complex_fir_dlti": BITS,
    "TestSOSFilt::test_bad_zi_shape[*": WORDS,
    "TestSOSFilt::test_sosfilt_zi[float32]": FLOAT32,
    "TestSOSFilt::test_sosfilt_zi[complex64]": FLOAT32,
    "TestDeconvolve::test_n_dimensional_*": WORDS,
    "TestDeconvolve::test_divisor_greater_signal": FLOATS,
    "test_sg_filter_valid_window_length_3d": WORDS,
}
NDIMAGE = {
    "TestNdimageFilters::test_filter_axes[axes8-*": WORDS,
    "TestNdimageFilters::test_filter_axes[axes13-*": WORDS,
    "TestNdimageFilters::test_filter_axes[axes17-*": WORDS,
    "TestNdimageFilters::test_filter_axes_kwargs[axes*-uniform_filter-*": ORIGIN,
    "TestNdimageFilters::test_filter_axes_kwargs[axes*-median_filter-*": ORIGIN,
    "TestNdimageFilters::test_filter_invalid_footprint_ndim[*": WORDS,
    "TestNdimageFilters::test_filter_tuple_length_mismatch[*": WORDS,
    "TestNdimageFilters::test_filter_weights_subset_axes_origins[median_filter-*": FOOTPRINT,
    "TestNdimageFilters::test_minmax_nonseparable_axes[median_filter-*": FOOTPRINT,
    "TestNdimageFilters::test_correlate_complex_kernel_invalid_cval[*": COMPLEX,
    "TestNdimageFilters::test_derivative_filter_axes[laplace*": WORDS,
    "TestNdimageFilters::test_filter_invalid_axes[*": WORDS,
    "TestNdimageFilters::test_gauss03": TAPS,
    "TestNdimageFilters::test_filter_axes_kwargs[axes*-gaussian_filter-*": RADIUS,
    "TestNdimageFilters::test_gaussian_laplace0*[int32]": FLOATS,
    "TestNdimageFilters::test_gaussian_laplace0*[float32]": TAPS,
    "TestNdimageFilters::test_gaussian_laplace0*[complex64]": TAPS,
    "TestNdimageFilters::test_generic_laplace01[*int*]": FLOATS,
    "TestNdimageFilters::test_gaussian_gradient_magnitude0*[int32]": FLOATS,
    "test_gaussian_radius*": RADIUS,
    "TestNdimageFilters::test_uniform01*": ORIGIN,
    "test_valid_origins2[*": ORIGIN,
    "TestNdimageFilters::test_uniform02": ZERO,
    "TestNdimageFilters::test_rank12[*": FOOTPRINT,
    "test_multiple_modes*": ONE_BOUNDARY,
    "test_gaussian_filter_float16": HALF,
    "TestNdimageFilters::test_prewitt01[uint64]": FLOATS,
    "TestNdimageFilters::test_prewitt02[uint64]": FLOATS,
    "TestNdimageFilters::test_prewitt03[uint64]": FLOATS,
    "TestNdimageFilters::test_sobel01[uint64]": FLOATS,
    "TestNdimageFilters::test_sobel02[uint64]": FLOATS,
    "TestNdimageFilters::test_sobel03[uint64]": FLOATS,
}
DIFFERENCES = {**SIGNAL, **NDIMAGE}


def fits(test: str, pattern: str) -> bool:
    """Whether a test's name fits a pattern.

    >>> fits("test_a[1-x]", "test_a[*-x]")
    True
    """
    return fnmatchcase(test.replace("[", "("), pattern.replace("[", "("))
