import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigconv import units
from sigconv.errors import SamplingError


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("250 ms", "s", 0.25),
        ("7 Hz", "Hz", 7),
        ("7", "Hz", 7),
        (0.5, "s", 0.5),
        ("1e3uV", "V", 1e-3),
        ("2 µV", "V", 2e-6),
    ],
)
def test_quantities_by_hand(text, unit, value):
    assert units.parse(text, unit) == pytest.approx(value, rel=1e-12)


@given(st.floats(-1e6, 1e6), st.sampled_from(["s", "ms", "us", "min", "h"]))
def test_there_and_back(value, unit):
    seconds = units.parse(f"{value!r} {unit}", "s")
    assert seconds * units.factor("s", unit) == pytest.approx(value, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("text", "said"),
    [("7 mm", "cannot turn 'mm'"), ("seven Hz", "not a quantity"), ("7 Hx", "unit is 'Hx'"), ("", "not a quantity"),
     (float("nan"), "not finite"), ("1e999", "not finite"), ("7 Hz; rm", "not a quantity")],
)  # fmt: skip
def test_what_is_refused(text, said):
    with pytest.raises(SamplingError, match=said):
        units.parse(text, "Hz")
