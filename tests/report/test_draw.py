"""The drawing of a network: what it says, and that it is a whole picture whatever the network."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sigconv.errors import ShapeError
from sigconv.nets import InputSpec, measure, parse
from sigconv.report.drawing import draw
from sigconv.report.drawing.steps import grouped, shape, steps_of
from sigconv.report.drawing.svg import document, text
from sigconv.report.nested import flat, nested
from tests.strategies import nets, small_nets

SVG = "{http://www.w3.org/2000/svg}"
LENET = "C12k5s2b*:-1R:stanhC12k5s2t8b*:-1R:stanhF30R:stanhF10R:stanh"
LECTURE = "(CR)2P(CR)2P(CR)2PF"
UNET = "(C8vR)2U{P(C16vR)2U{P(C32vR)2T16}(C16vR)2T8}(C8vR)2C2k1"
BLOCK = "[C8k1BRC8BRC32k1B]R"
RESNET = f"C8k7s2BRP3s2p1[C8k1BRC8BRC32k1B|C32k1B]R({BLOCK})12GF10"
FORKS = [
    (UNET, 1, (92, 92)),
    (UNET, 1, (92,)),
    (UNET.replace("v", ""), 1, (16, 16, 16)),
    (RESNET, 3, (64, 64)),
    ("{C8k1|C8k1C8|P3s1p1C8k1}", 3, (16, 16)),
    ("[C4|C4k1|C4k5]U{PT}", 1, (16,)),
    ("C8PU[C8PU[C8PC4k1T4|C4k1]T4|C4k1]T4X", 3, (64, 64)),
    ("C8{C4|C4PT4|}{P{C8}T8}C2", 1, (16, 16)),
    ("C8{[BRC8]{C4}|}{P(C4)2T4|}GF", 2, (16, 16)),
]


def drawn(text, channels, grid):
    rows = measure.shapes(parse(text), InputSpec(channels, grid))
    return rows, draw(rows, text)


def said(svg):
    """Every text and title of a drawing."""
    return [element.text or "" for element in ET.fromstring(svg).iter() if element.tag in (SVG + "text", SVG + "title")]


def corners(element):
    """Points that an element reaches; of a text its anchor."""
    if "points" in element.attrib:
        return [tuple(map(float, pair.split(","))) for pair in element.attrib["points"].split()]
    if element.tag == SVG + "circle":
        x, y, r = (float(element.attrib[name]) for name in ("cx", "cy", "r"))
        return [(x - r, y - r), (x + r, y + r)]
    return [(float(element.attrib["x"]), float(element.attrib["y"]))] if "x" in element.attrib else []


def assert_whole(svg):
    """Valid XML in which every element lies within the viewBox."""
    root = ET.fromstring(svg)
    left, top, width, height = map(float, root.attrib["viewBox"].split())
    for element in root.iter():
        for x, y in corners(element):
            assert left <= x <= left + width, element.attrib
            assert top <= y <= top + height, element.attrib


def maps(svg):
    """For each map that is drawn its grid and the height of its front."""
    found = []
    for element in ET.fromstring(svg).iter(SVG + "polygon"):
        if element.attrib.get("class") == "map":
            grid = re.search(r"→ \d+(?:@(\S+))?$", element[0].text)[1]
            ys = [y for _, y in corners(element)]
            found.append((tuple(map(int, grid.split("×"))) if grid else (), max(ys) - min(ys)))
    return found


# known


def test_lenet_s_drawing_says_what_its_figure_says():
    _, svg = drawn(LENET, 1, (16, 16))
    assert [word for word in said(svg) if re.fullmatch(r"[\d@×]+", word)] == [
        "1@16×16",
        "12@8×8",
        "12@4×4",
        "30",
        "10",
    ]
    assert "convolution 5×5 /2, scaled tanh" in said(svg)


def test_the_u_net_is_drawn_with_its_crops_and_copies():
    _, svg = drawn(UNET, 1, (92, 92))
    assert {"92×92", "90×90", "max pooling 2×2", "skip, cut to fit (dashed)", "copied channels"} <= set(said(svg))
    dashed = [line for line in svg.splitlines() if line.startswith("<polyline") and "stroke-dasharray" in line]
    assert len(dashed) == 4  # two for each skip


def test_repeated_blocks_of_a_long_net_stand_there_once():
    _, svg = drawn(RESNET, 3, (64, 64))
    assert said(svg).count("× 12") == 1
    assert {"sum", "skip", "1×1 → 32", "global average pooling"} <= set(said(svg))


@pytest.mark.parametrize(("grid", "fronts"), [((128,), 8), ((64, 64), 1), ((32, 32, 32), 4)])
def test_64_channels_are_8_bars_or_a_slab_or_4_cuboids(grid, fronts):
    _, svg = drawn(LECTURE, 1, grid)
    titles = [element[0].text for element in ET.fromstring(svg).iter(SVG + "polygon") if len(element)]
    assert sum(title.startswith("P3 ") for title in titles) == fronts
    assert len(maps(svg)) == 11


def test_floors_that_follow_each_other_hang_apart():
    _, svg = drawn("C8{P(C4)2T4}U[PC8[C8]T8|C8k1]", 2, (16, 16))
    fronts = [element for element in ET.fromstring(svg).iter(SVG + "polygon") if element.attrib.get("class") == "map"]
    low = [corners(element) for element in fronts if "@8×8" in element[0].text]
    spans = sorted((min(x for x, _ in points), max(x for x, _ in points)) for points in low)
    assert len(spans) == 6
    assert all(right < left for (_, right), (left, _) in pairwise(spans))


def test_text_is_escaped():
    svg = document([text((0, 0), "<a & b>\x00")], 'a "<title>"')
    assert ET.fromstring(svg)[0].text == 'a "<title>"'
    assert said(svg)[1] == "<a & b>\N{REPLACEMENT CHARACTER}"


# law


@pytest.mark.parametrize(("text", "channels", "grid"), [(LENET, 1, (16, 16)), (LECTURE, 1, (32, 32, 32)), *FORKS])
def test_every_row_s_output_appears_in_a_whole_picture(text, channels, grid):
    rows, svg = drawn(text, channels, grid)
    assert_whole(svg)
    words = " ".join(said(svg)) + " "
    main = [row for row in rows if not row.name.startswith(("R", "B"))]
    assert all(f"{shape(row.channels, row.grid)} " in words for row in main)


@pytest.mark.parametrize(("text", "channels", "grid"), [(LENET, 1, (16, 16)), (LECTURE, 1, (128,)), *FORKS])
def test_a_larger_grid_is_never_drawn_lower(text, channels, grid):
    found = [(size, height) for size, height in maps(drawn(text, channels, grid)[1]) if size]
    spatial = sorted((size[-2] if len(size) > 1 else size[0], height) for size, height in found)
    assert len(spatial) > 2
    assert all(b >= a - 0.11 for (_, a), (_, b) in pairwise(spatial))


@settings(deadline=None, max_examples=60)
@given(small_nets() | nets(), st.integers(1, 3))
def test_random_nets_are_drawn(net, axes):
    try:
        rows = measure.shapes(net, InputSpec(2, (12,) * axes))
    except ShapeError:
        assume(False)
    assert tuple(flat(nested(rows))) == rows
    svg = draw(rows, str(net))
    assert_whole(svg)


def test_a_short_net_is_not_folded():
    items = steps_of(nested(measure.shapes(parse(f"C32({BLOCK})3"), InputSpec(1, (8, 8)))))
    assert grouped(items) == items


def test_the_neocognitron_s_cells_are_named():
    _, svg = drawn("K:contrastV16Zs2V32Zs2F", 1, (16, 16))
    assert {"fixed kernels contrast", "S-cells 3×3", "C-cells 3×3 /2", "fully connected"} <= set(said(svg))
