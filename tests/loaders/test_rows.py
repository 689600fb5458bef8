"""Lines of numbers: parsed once, kept while there is room, strict about what a number is."""

import numpy as np
import pytest

from sigconv.errors import FormatError
from sigconv.loaders.mocap import rows


@pytest.fixture
def parsed(tmp_path, monkeypatch):
    """A function that asks for one of two files, and the list of those that had to be parsed."""
    monkeypatch.setattr(rows, "_MOST_KEPT", 1000)
    asked = []
    for name in "abc":
        (tmp_path / name).write_text(name)

    def ask(name, size=50):
        def parse():
            asked.append(name)
            return np.zeros(size)

        return rows.once(tmp_path / name, parse, "key")

    return ask, asked


def test_a_file_is_parsed_once_and_again_when_others_took_its_room(parsed):
    ask, asked = parsed
    for name in ("a", "b", "a", "b", "c", "b", "a"):  # two of 400 bytes fit in 1000
        ask(name)
    assert asked == ["a", "b", "c", "a"]


def test_one_that_is_larger_than_the_room_is_kept_until_the_next(parsed):
    ask, asked = parsed
    for _ in range(3):
        ask("a", size=5000)
    ask("b")
    ask("a", size=5000)
    assert asked == ["a", "b", "a"]


def test_what_is_kept_cannot_be_written_to(parsed):
    with pytest.raises(ValueError, match="read-only"):
        parsed[0]("a")[0] = 1


@pytest.mark.parametrize("field", [b"1_0", b"0x10", b"infinity", "\u0661".encode(), b"1e", b"--1", b"1 2"])
def test_what_python_or_others_take_for_a_number_is_none(field):
    with pytest.raises(FormatError, match=r"a.trc, line 9: b'.*' is not a number"):
        rows.numbers("a.trc, line 9", [b"1", field], missing=True)


def test_numbers_with_space_around_them_and_missing_ones():
    found = rows.numbers("a.trc", [b" 1.5 ", b"-2e3", b"", b"nan"], missing=True)
    np.testing.assert_array_equal(found, [1.5, -2000.0, np.nan, np.nan])
    with pytest.raises(FormatError, match="b'' is not a number"):
        rows.numbers("a.bvh", [b"1", b""], missing=False)
