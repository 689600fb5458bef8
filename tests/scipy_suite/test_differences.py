"""The table of differences says what is so: every line fits a test, and every reason is told in words."""

from pathlib import Path

import pytest

import sigconv
from tests.scipy_suite.adapters import ABSENT
from tests.scipy_suite.differences import DIFFERENCES

WORDS = Path(sigconv.__file__).parent / "core" / "DIFFERENCES.md"


def test_every_line_of_the_table_fits_a_test(fitted):
    if fitted is None:
        pytest.skip("not all of SciPy's tests were collected")
    assert set(DIFFERENCES) - fitted == set()


@pytest.mark.parametrize("reason", sorted(set(DIFFERENCES.values())))
def test_every_reason_is_in_the_written_list(reason):
    assert f"**{reason}**" in WORDS.read_text(encoding="utf-8").replace("\n", " ")


def test_no_promised_function_is_missing():
    assert ABSENT == []
