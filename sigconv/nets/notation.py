"""Reads the lecture's network notation, `(CR)2P(CR)2P(CR)2PF`, into a tree; knows no torch and no sizes.

net     = part part …                       spaces between parts are allowed
part    = layer | ( part part … ) count
C[channels] [k<size>] [s<size>] [d<size>] [g<groups> | g*] [v] [b0]
            convolution: kernel (3), stride (1), dilation (1), groups (1; g* as many as input channels),
            v no padding ("same" with zeros otherwise), b0 no bias
P[size] [s<size>], A[size] [s<size>]        maximum and average pooling; size 2, stride = size
G, G:max                                    global average or maximum
R, R:name                                   rectifier; elu gelu tanh sigmoid square log
B   D<rate>   F[units]   S                  batch norm, dropout, fully connected, softmax
size    = number | number x number [x number]      one for all axes, or one per axis
"""

from dataclasses import dataclass, field
from typing import Literal, NoReturn, cast

from sigconv.errors import ArgumentError, NotationError, nearest
from sigconv.nets.tree import (
    ACTIVATIONS,
    MAX_DEPTH,
    MAX_LAYERS,
    MAX_NUMBER,
    Activation,
    Axes,
    Conv,
    Dropout,
    Full,
    GlobalPool,
    Layer,
    Net,
    Norm,
    Part,
    Pool,
    Repeat,
    Softmax,
    count,
    misplaced,
)

LAYERS = "C P A G R B D F S"
LATER = {"T": "transposed convolution", "N": "instance and group norm", "W": "weight dropout", "U": "the U-Net's skips"}
DIGITS = "0123456789"
OPTIONS = {"C": "k s d g v b0", "P": "s", "A": "s"}


def parse(text: str) -> Net:
    """The network that a text describes; `parse(str(net)) == net`.

    Parameters
    ----------
    text : the notation at the head of this file

    Returns
    -------
    Net, a frozen tree

    Raises
    ------
    NotationError : the text cannot be read; it points at the column and says what is expected there
    ArgumentError : `text` is not a str

    >>> parse("(CR)2P(CR)2P(CR)2PF").parts[1]
    Pool(kind='max', size=2, stride=None)
    >>> parse("C16k5x5Q")
    Traceback (most recent call last):
    sigconv.errors.NotationError: 'Q' is not a layer; layers are C P A G R B D F S
      C16k5x5Q
             ^
    """
    if not isinstance(text, str):
        raise ArgumentError(f"text is {text!r}; a network is written as a str such as '(CR)2PF'")
    reader = _Reader(text)
    parts = _sequence(reader, depth=0)
    if reader.here == ")":
        reader.fail("')' closes no '('")
    if not parts:
        reader.fail("the text holds no layer; expected one of " + LAYERS + " or '('")
    wrong = misplaced(parts)
    if wrong is not None:
        reader.fail(wrong[1], reader.layer_columns[wrong[0]])
    return Net(parts)


@dataclass
class _Reader:
    """The text, the place that has been read up to, and where each layer began."""

    text: str
    column: int = 0
    layer_columns: list[int] = field(default_factory=list)

    @property
    def here(self) -> str:
        """The next character, "" at the end."""
        return self.text[self.column : self.column + 1]

    def fail(self, message: str, column: int | None = None) -> NoReturn:
        raise NotationError(message, self.text, self.column if column is None else column)

    def take(self, allowed: str) -> str:
        """The longest run of allowed characters from here on."""
        start = self.column
        while self.here and self.here in allowed:
            self.column += 1
        return self.text[start : self.column]

    def skip_spaces(self) -> None:
        self.take(" ")


def _sequence(reader: _Reader, depth: int) -> tuple[Part, ...]:
    """Parts up to the end or a closing bracket, which is left unread."""
    parts: list[Part] = []
    size = 0
    reader.skip_spaces()
    while reader.here not in ("", ")"):
        start = reader.column
        part = _group(reader, depth) if reader.here == "(" else _layer(reader)
        size += count((part,))
        if size > MAX_LAYERS:
            reader.fail(f"this brings the net to {size} layers; at most {MAX_LAYERS} are allowed", start)
        parts.append(part)
        reader.skip_spaces()
    return tuple(parts)


def _group(reader: _Reader, depth: int) -> Repeat:
    start = reader.column
    if depth == MAX_DEPTH:
        reader.fail(f"groups are nested more than {MAX_DEPTH} deep; at most {MAX_DEPTH} levels are allowed")
    reader.column += 1
    body = _sequence(reader, depth + 1)
    if reader.here != ")":
        reader.fail("this '(' is never closed; expected a ')'", start)
    if not body:
        reader.fail("the group is empty; expected a layer before ')'")
    reader.column += 1
    counted = reader.column
    times = _number(reader, "a count after ')', as in '(CR)2'")
    layers = times * count(body)
    if layers > MAX_LAYERS:
        reader.fail(f"the group writes out to {layers} layers; at most {MAX_LAYERS} are allowed", counted)
    return Repeat(body, times)


def _layer(reader: _Reader) -> Layer:
    letter = reader.here
    if letter not in LAYERS.split():
        reader.fail(_not_a_layer(letter))
    reader.layer_columns.append(reader.column)
    reader.column += 1
    match letter:
        case "C":
            return _conv(reader)
        case "P" | "A":
            return _pool(reader, "max" if letter == "P" else "average")
        case "G":
            name = _name(reader, ("average", "max"))
            return GlobalPool("max" if name == "max" else "average")
        case "R":
            return Activation(_name(reader, ACTIVATIONS) or "relu")
        case "D":
            return _dropout(reader)
        case "F":
            return Full(_optional_number(reader))
        case "B":
            return Norm()
        case _:
            return Softmax()


def _not_a_layer(found: str) -> str:
    if found in LATER:
        return f"{found} ({LATER[found]}) arrives later; layers so far are {LAYERS}"
    if found.isnumeric() and found not in DIGITS:
        return f"{found!r} is not an ASCII digit; numbers are written with 0-9"
    if found in DIGITS:
        return f"the number {found} follows nothing that takes it; expected a layer ({LAYERS}) or '('"
    if found in "ksdgvb":
        takers = ", ".join(f"{letter} takes {options}" for letter, options in OPTIONS.items())
        return f"{found!r} is not a layer, and as an option it must follow its layer at once: {takers}"
    return f"{found!r} is not a layer; layers are {LAYERS}"


def _conv(reader: _Reader) -> Conv:
    channels = _optional_number(reader)
    seen = dict.fromkeys("ksdgvb", False)
    sizes: dict[str, Axes] = {"k": 3, "s": 1, "d": 1}
    groups: int | Literal["*"] = 1
    while reader.here and reader.here in seen:
        option = reader.here
        if seen[option]:
            reader.fail(f"option {option} is given twice")
        seen[option] = True
        reader.column += 1
        if option in sizes:
            sizes[option] = _size(reader, f"a number after {option}")
        elif option == "g" and reader.here == "*":
            reader.column += 1
            groups = "*"
        elif option == "g":
            groups = _number(reader, "a number or '*' after g")
        elif option == "b":
            _zero(reader)
    return Conv(
        channels,
        kernel=sizes["k"],
        stride=sizes["s"],
        dilation=sizes["d"],
        groups=groups,
        padding="valid" if seen["v"] else "same",
        bias=not seen["b"],
    )


def _zero(reader: _Reader) -> None:
    start = reader.column
    if reader.take(DIGITS) != "0":
        found = repr(reader.text[start : start + 1]) if start < len(reader.text) else "the end"
        reader.fail(f"expected b0 (no bias; a bias is the default), found {found} after b", start)


def _pool(reader: _Reader, kind: Literal["max", "average"]) -> Pool:
    size: Axes = _size(reader, "a size") if reader.here and reader.here in DIGITS else 2
    if reader.here != "s":
        return Pool(kind, size)
    reader.column += 1
    return Pool(kind, size, stride=_size(reader, "a number after s"))


def _dropout(reader: _Reader) -> Dropout:
    start = reader.column
    digits = reader.take(DIGITS)
    if reader.here == ".":
        reader.column += 1
        digits += "." + reader.take(DIGITS)
    if not digits.strip("."):
        reader.fail(f"D needs a rate, as in D.5; found {_found(reader)}")
    if float(digits) >= 1:
        reader.fail(f"the rate of D is {digits}; a dropout rate is at least 0 and below 1", start)
    return Dropout(float(digits))


def _name(reader: _Reader, allowed: tuple[str, ...]) -> str | None:
    if reader.here != ":":
        return None
    reader.column += 1
    start = reader.column
    name = reader.take("abcdefghijklmnopqrstuvwxyz")
    if name not in allowed:
        given = repr(name) if name else _found(reader)
        reader.fail(f"{given} is no name here{nearest(name, allowed)}; allowed: {', '.join(allowed)}", start)
    return name


def _optional_number(reader: _Reader) -> int | None:
    return _number(reader, "a number") if reader.here and reader.here in DIGITS else None


def _size(reader: _Reader, expected: str) -> Axes:
    sizes = [_number(reader, expected)]
    while reader.here == "x":
        if len(sizes) == 3:
            reader.fail("a fourth axis; a grid has at most 3")
        reader.column += 1
        sizes.append(_number(reader, "a number after x"))
    return sizes[0] if len(sizes) == 1 else cast(tuple[int, ...], tuple(sizes))


def _number(reader: _Reader, expected: str) -> int:
    """A whole number of 1 … MAX_NUMBER in ASCII digits."""
    start = reader.column
    digits = reader.take(DIGITS).lstrip("0")
    if start == reader.column:
        reader.fail(f"expected {expected}, found {_found(reader)}")
    if not digits:
        reader.fail("the number is 0; it must be 1 or more", start)
    if len(digits) > len(str(MAX_NUMBER)) or int(digits) > MAX_NUMBER:
        reader.fail(f"the number is too large; at most {MAX_NUMBER} is allowed", start)
    return int(digits)


def _found(reader: _Reader) -> str:
    if not reader.here:
        return "the end of the text"
    return repr(reader.here) + (", which is not an ASCII digit" if reader.here.isnumeric() else "")
