"""A network as a table."""

import pytest

from sigconv.nets import InputSpec, measure, parse
from sigconv.report.nested import flat, nested
from sigconv.report.network import Columns, aligned, network_table

BLOCK = "[C8k1BRC8BRC32k1B]R"


def table(text, *grid, **columns):
    return network_table(measure.shapes(parse(text), InputSpec(1, grid)), Columns(**columns))


# known


def test_branches_stand_between_corners():
    names = [line[0] for line in table("C4{C4|P3s1p1C2|}", 8)]
    assert names == ["", "input", "C1", "┌ C2", "├ P1", "│ C3", "└ J1"]


def test_floors_of_a_u_are_nested():
    names = [line[0] for line in table("C4U{PC4U{PC8T4}C4T4}", 16, 16)]
    assert names[3:] == ["┌ P1", "│ C2", "│ ┌ P2", "│ │ C3", "│ │ T1", "│ └ J1", "│ C4", "│ T2", "└ J2"]


def test_a_repeated_block_stands_once_with_the_costs_of_the_rest():
    whole, folded = (table(f"C32({BLOCK})5", 8, 8, folded=folded) for folded in (False, True))
    assert len(whole) == 2 + 1 + 5 * 10
    again = folded[-1]
    assert again[:2] == ["… C5 to R15", "the same 4 times more"]
    first = sum(int(line[3].replace(",", "")) for line in folded[3:-1] if line[3])
    assert again[3] == f"{4 * first:,}"
    assert again[5] == whole[-1][5]


def test_steps_and_places_are_shown_where_they_are_wanted():
    assert table("Ck5s2", 16, 16, field=True)[-1][5:8] == ["5×5", "2×2", "−2×−2"]


def test_memory_counts_bytes_and_the_batch():
    assert table("C8", 128, number_bytes=2, batch=4)[-1][-1] == "8 KiB"


# law


@pytest.mark.parametrize("text", ["(CR)2P(CR)2PF", f"C32({BLOCK})7GF", "{C8k1|C8k1C8|P3s1p1C8k1}"])
def test_a_whole_table_has_a_line_per_row_and_every_line_as_many_cells(text):
    rows = measure.shapes(parse(text), InputSpec(1, (16, 16)))
    lines = network_table(rows)
    assert len(lines) == len(rows) + 2
    assert {len(line) for line in lines} == {7}
    assert tuple(flat(nested(rows))) == rows


@pytest.mark.parametrize("width", [60, 80, 200])
def test_lines_keep_to_the_terminal(width):
    wide = "C16t{" + ",".join(["0.1.2"] * 16) + "}"
    text = aligned(table(f"C3{wide}F", 16, 16), width)
    assert max(map(len, text.splitlines())) <= max(width, 71)
    assert ("…" in text) == (width < 200)
