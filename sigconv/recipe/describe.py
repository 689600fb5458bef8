"""`sigconv describe` in words: what a network is, costs and sees, before it has a weight."""

import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sigconv.errors import ArgumentError, ShapeError, nearest

if TYPE_CHECKING:
    from sigconv.nets import InputSpec, Net
    from sigconv.nets.measure import Row
    from sigconv.report.network import Columns

SIZES = "channels x 1 to 3 sizes of 1 or more, as in 1x128, 3x64x64 or 1x32x32x32"

DESCRIBE = """Shapes, costs and receptive fields of a network, as a table and as a drawing; or a recipe's settings.

\b
A network is a line of layers, first to last:
  C16k5s2   convolution: 16 channels, kernel 5 (usual: 3), stride 2;  d2 dilation, g4 groups, b0 no bias;
            outside the grid: "same" unless v none, p1 one on either side, c causal; :reflect, :edge … what lies there
  T8        transposed convolution, doubles the grid          P2 A2     maximum, average of 2;  P3s2 overlapping
  R R:tanh  rectifier, other functions                        G         average over the whole grid
  B N       batch, instance norm;  N:group8 N:layer           D.5       dropout
  F10       fully connected;  a bare F: as many as classes    S         softmax
  (CR)2     the same twice                                    k1x64     one size for each axis
  [CRC]     residual: the input is added;  [A|B] two branches added
  {C|Ck5}   branches side by side as channels;  U{PCT} the floor of a U-Net, cut to fit
  X         cut to the input's grid        Cw.5 Fw.5  weights dropped while training;  Ct8  sees 8 channels each
  K:sobel   fixed kernels; contrast, …     V16 Z2     the Neocognitron's S-cells and C-cells
Without a number, C takes 16 channels first, and twice as many behind each pooling.

\b
The columns:
  output         channels × grid
  parameters     learnt numbers
  multiply-adds  products of a weight and a number, for one example
  sees           the receptive field: samples of the input, along each axis, that one output depends on
  step, first    (--field) input samples from one output to the next; the first that output 0 sees
  memory         of the output, for the batch
Branches stand between ┌ and └; blocks that repeat themselves stand once (--whole: every time).

\b
Examples, in one, two and three dimensions, and a picture:
  sigconv describe "(CR)2P(CR)2P(CR)2PF" --input 1x128
  sigconv describe "C32k7s2BRP3s2[CBRCB]RGF10" --input 3x64x64 --batch 32
  sigconv describe "(C8BR)2U{P(C16BR)2T8}(C8BR)2C2k1" --input 1x32x32x32 --draw unet.svg
  sigconv describe resnet50            a network of the literature, at the input of its paper
"""


def spec_of(size: str) -> "InputSpec":
    """The input that a text such as 3x64x64 means.

    Raises
    ------
    ArgumentError : it is empty or no such text

    >>> spec_of("3x64x64")
    InputSpec(channels=3, grid=(64, 64))
    """
    from sigconv import nets

    if not size:
        raise ArgumentError("--input is missing; give channels x grid, as in 1x128, 3x64x64 or 1x32x32x32")
    parts = size.lower().replace("×", "x").split("x")
    if len(parts) not in (2, 3, 4) or not all(
        p.isascii() and p.isdigit() and 0 < len(p) < 10 and int(p) for p in parts
    ):
        raise ArgumentError(f"--input is {size!r}; allowed: {SIZES}")
    return nets.InputSpec(channels=int(parts[0]), grid=tuple(int(p) for p in parts[1:]))


def network(text: str, size: str, known: list[str]) -> tuple["Net", "InputSpec", int | None, str]:
    """The network, its input, its classes (None: as they come) and its paper ("" for a text) that a command names.

    Parameters
    ----------
    text : the notation, or a name of nets.named
    size : of the input, as in 3x64x64; "" with a name: the input of its paper
    known : other names that the command takes

    Raises
    ------
    NotationError : the text cannot be read
    ArgumentError : a name that is not known; a missing or wrong size
    """
    from sigconv import nets

    if text in nets.named.NAMES:
        entry = nets.named.find(text)
        return entry.make(), spec_of(size) if size else entry.spec, entry.classes, entry.paper
    other_case = text.lower() in nets.named.NAMES
    if other_case or re.fullmatch(r"[a-z][a-z0-9_]+", text):  # no text of the notation begins with a small letter
        known = [*known, *nets.named.NAMES]
        raise ArgumentError(
            f"{text!r} is no name of a network{nearest(text.lower(), known)}; known: {', '.join(known)}"
        )
    return nets.parse(text), spec_of(size), None, ""


def described(
    net: "Net",
    spec: "InputSpec",
    classes: int | None,
    columns: "Columns | None" = None,
    width: int | None = None,
) -> str:
    """The table of a network and what it comes to, as text.

    Parameters
    ----------
    net, spec, classes : as in `measure.shapes`
    columns : what is shown, None for the usual
    width : characters of a line, or None

    Raises
    ------
    ShapeError : the input does not fit the network

    >>> from sigconv import nets
    >>> print(described(nets.parse("C8P"), nets.InputSpec(1, (28, 28)), None).splitlines()[-1])
    smallest input   1×2×2
    """
    from sigconv import nets
    from sigconv.report.network import Columns, aligned, memory_text, network_table, times

    measure = nets.measure
    rows = measure.shapes(net, spec, classes)
    shown = columns or Columns()
    batch, number_bytes = shown.batch, shown.number_bytes
    table = aligned(network_table(rows, shown), width)
    taken = measure.memory(net, spec, classes, batch=batch, number_bytes=number_bytes)
    learnt, work = measure.parameters(net, spec, classes), measure.multiply_adds(net, spec, classes)
    examples = "one example" if batch == 1 else f"a batch of {batch}"
    units, wires = measure.units(net, spec, classes), measure.connections(net, spec, classes)
    facts = {
        "parameters": f"{learnt:,} ({memory_text(learnt * number_bytes)} at {number_bytes} bytes a number)",
        "multiply-adds": f"{work:,} for one {times(spec.channels, *spec.grid)} input",
        "activations": f"{memory_text(taken.forward)} forward, {memory_text(taken.backward)} kept for the backward pass"
        f" ({examples}, {number_bytes} bytes a number)",
        "units": f"{units:,}, with {wires:,} connections (as the early papers count them)",
        "receptive field": seen(rows[-1]),
        "smallest input": _smallest(net, spec, classes),
    }
    return "\n".join([table, "", str(net), "", *(f"{name:15}  {fact}" for name, fact in facts.items())])


def seen(row: "Row") -> str:
    """The receptive field of a row in words.

    >>> from sigconv import nets
    >>> seen(nets.measure.shapes(nets.parse("C8P"), nets.InputSpec(1, (28,)))[-1])
    '4 samples, 2 from one output to the next, the first from −1 on'
    """
    from sigconv.report.network import times

    size, step, start = (times(*(getattr(axis, name) for axis in row.field)) for name in ("size", "jump", "start"))
    first = start.replace("-", "−")
    if any(len(axis.phases) > 1 for axis in row.field):  # behind T neighbouring outputs see unlike many
        return f"up to {size} samples, {step} from one output to the next"
    if not row.grid:
        return f"{size} samples, from {first} on"
    return f"{size} samples, {step} from one output to the next, the first from {first} on"


def _smallest(net: "Net", spec: "InputSpec", classes: int | None) -> str:
    from sigconv import nets
    from sigconv.report.network import times

    try:
        grid = nets.measure.least_grid(net, spec, classes)
        grid = grid or nets.measure.smallest(net, spec.channels, len(spec.grid), classes)
    except ShapeError as error:
        return f"none with equal sizes: {str(error).splitlines()[0]}"
    return times(spec.channels, *grid)


def ways_text(before: int, after: int, *, transposed: bool, dilation: int, largest: int) -> str:
    """The layers along one axis that turn a length into another, as a table.

    >>> print(ways_text(28, 14, transposed=False, dilation=1, largest=3))
    layer     kernel  stride  padding
    Ck1s2p0        1       2        0
    Ck2s2p0        2       2        0
    Ck3s2p1        3       2        1
    """
    from sigconv.nets import measure
    from sigconv.report.network import aligned

    found = measure.ways(before, after, transposed=transposed, dilation=dilation, largest_kernel=largest)
    letter, spread = "T" if transposed else "C", f"d{dilation}" * (dilation > 1)
    if not found:
        layer = "transposed convolution" if transposed else "convolution or pooling"
        return f"no {layer} with a kernel of up to {largest} turns {before} into {after}"
    head = ["layer", "kernel", "stride", "padding", *(["output padding"] * transposed)]
    lines = [head]
    for way in found:
        numbers = [way.kernel, way.stride, way.padding, *([way.output_padding] * transposed)]
        lines.append([letter + way.text + spread, *map(str, numbers)])
    widest = max(len(line[1]) for line in lines)
    return aligned([[line[0], line[1].rjust(widest), *line[2:]] for line in lines])


def terminal_width() -> int | None:
    """The characters of a line of the terminal; None where the output goes to a file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def draw(rows: "tuple[Row, ...]", title: str, path: Path) -> None:
    """Write the drawing of a network.

    Parameters
    ----------
    rows : of `measure.shapes`;  title : what the drawing is called;  path : ends in .svg

    Raises
    ------
    ArgumentError : another ending
    OSError : the file cannot be written
    """
    from sigconv.files import write_whole
    from sigconv.report import drawing

    if path.suffix.lower() != ".svg":
        raise ArgumentError(f"--draw is {path}; the drawing is an SVG file: give a name that ends in .svg")
    write_whole(path, drawing.draw(rows, title).encode())
