"""Reads the lecture's network notation, `(CR)2P(CR)2P(CR)2PF`, into a tree; knows no torch and no sizes.

net     = part part …                       spaces between parts are allowed
part    = layer | ( part … ) count | join
join    = [ part … | part … | … ]           branches of one input, added; a single branch is added to the input itself
          { part … | part … | … }           the same, one behind the other as channels
          U before either                   larger grids are cut to the smallest (the skips of a U-Net)

C[channels]  convolution: k<size> kernel (3), s<size> stride (1), d<size> dilation (1), g<groups> (1; g* as many as
             input channels), t<n> or t{0.1,1.2,…} the input channels that each output sees (all), b0 no bias, b* one
             per output and position, w<rate> weight dropout; outside: as much as keeps the grid ("same"), v nothing,
             c causal, f full, p<size> on either side; :rule or :number what lies there (zeros)
T[channels]  transposed convolution: k<size> (2), s<size> (2), d, g, p<size> cut away, o<size> added, b0, w
P[size]      maximum (2), A[size] average: s<size> stride (size), p<size> outside, u rounded up; P>6 to a grid of 6;
             P:l2 the root of the sum of squares
G, G:max     global average or maximum
R, R:name    rectifier; elu gelu tanh sigmoid square log leaky[slope] prelu silu selu mish softplus stanh
B, N, N:name batch norm, instance norm; group[n] layer local[n] affine
D<rate>      dropout; :channel whole channels
F[units]     fully connected: b0, w<rate>; :codes distances to fixed codes.    S softmax.    X cut to the input's grid
K:name       fixed kernels: contrast[width] sobel prewitt laplacian gaussian[sigma] log[sigma]
V<planes>    the Neocognitron's S-cells: k<size> (3), t<threshold> (.6), q<strength> (100)
Z[size]      its C-cells: s<size> stride (1); Z:root
size    = number | number x number [x number]      one for all axes, or one per axis
"""

from dataclasses import dataclass, field
from typing import Any, NoReturn

from sigconv.errors import ArgumentError, NotationError
from sigconv.nets.cells import CCell, FixedKernel, SCell
from sigconv.nets.pointwise import Activation, Crop, Dropout, Full, Norm, Softmax
from sigconv.nets.tree import BRACKETS, MAX_DEPTH, MAX_LAYERS, Join, Net, Part, Repeat, count, misplaced, unjoinable
from sigconv.nets.windowed import Conv, ConvTranspose, GlobalPool, Pool
from sigconv.nets.written import MAX_NUMBER, MAX_OUTPUTS, Axes, Layer, Option, Table

KINDS: dict[str, tuple[type[Layer], dict[str, Any]]] = {
    "C": (Conv, {}),
    "T": (ConvTranspose, {}),
    "P": (Pool, {"kind": "max"}),
    "A": (Pool, {"kind": "average"}),
    "G": (GlobalPool, {}),
    "R": (Activation, {}),
    "B": (Norm, {"kind": "batch"}),
    "N": (Norm, {"kind": "instance"}),
    "D": (Dropout, {}),
    "F": (Full, {}),
    "S": (Softmax, {}),
    "X": (Crop, {}),
    "K": (FixedKernel, {}),
    "V": (SCell, {}),
    "Z": (CCell, {}),
}
LAYERS = " ".join(KINDS)
DIGITS = "0123456789"
MAX_DIGITS = 400  # the smallest float64 needs 326 when it is written without an exponent
NAME = "abcdefghijklmnopqrstuvwxyz_.+-" + DIGITS


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

    >>> parse("(CR)2P(CR)2P(CR)2PF").parts[1] == Pool("max", 2)
    True
    >>> parse("C16k5x5Q")
    Traceback (most recent call last):
    sigconv.errors.NotationError: 'Q' is not a layer; layers are C T P A G R B N D F S X K V Z
      C16k5x5Q
             ^
    """
    if not isinstance(text, str):
        raise ArgumentError(f"text is {text!r}; a network is written as a str such as '(CR)2PF'")
    reader = _Reader(text)
    parts = _sequence(reader, depth=0)
    if reader.here in tuple(")]}|"):
        opening = {")": "'('", "]": "'['", "}": "'{'", "|": "'[' or '{' that holds branches"}[reader.here]
        reader.fail(f"{reader.here!r} closes no {opening}" if reader.here != "|" else f"'|' stands in no {opening}")
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
        start = end = self.column
        while end < len(self.text) and self.text[end] in allowed:
            end += 1
        self.column = end
        return self.text[start:end]


def _sequence(reader: _Reader, depth: int) -> tuple[Part, ...]:
    """Parts up to the end, a closing bracket or a bar, which are left unread."""
    parts: list[Part] = []
    size = 0
    reader.take(" ")
    while reader.here not in ("", *")]}|"):
        start = reader.column
        if reader.here == "(":
            part: Part = _group(reader, depth)
        elif reader.here in "[{U":
            part = _join(reader, depth)
        else:
            part = _layer(reader)
        size += count((part,))
        if size > MAX_LAYERS:
            reader.fail(f"this brings the net to {size} layers; at most {MAX_LAYERS} are allowed", start)
        parts.append(part)
        reader.take(" ")
    return tuple(parts)


def _inside(reader: _Reader, depth: int) -> int:
    """The depth behind an opening bracket, which is taken."""
    if depth == MAX_DEPTH:
        reader.fail(f"brackets are nested more than {MAX_DEPTH} deep; at most {MAX_DEPTH} levels are allowed")
    reader.column += 1
    return depth + 1


def _group(reader: _Reader, depth: int) -> Repeat:
    start = reader.column
    body = _sequence(reader, _inside(reader, depth))
    if reader.here != ")":
        _unclosed(reader, start, ")")
    if not body:
        reader.fail("the group is empty; expected a layer before ')'")
    reader.column += 1
    counted = reader.column
    times = _number(reader, "a count after ')', as in '(CR)2'")
    layers = times * count(body)
    if layers > MAX_LAYERS:
        reader.fail(f"the group writes out to {layers} layers; at most {MAX_LAYERS} are allowed", counted)
    return Repeat(body, times)


def _join(reader: _Reader, depth: int) -> Join:
    start = reader.column
    crop = reader.here == "U"
    reader.column += crop
    if reader.here not in ("[", "{"):
        reader.fail(f"expected '[' or '{{' after U, as in U{{PCRT}}; found {_found(reader)}")
    how = next(name for name, pair in BRACKETS.items() if pair[0] == reader.here)
    closing = BRACKETS[how][1]
    deeper = _inside(reader, depth)
    branches = [_sequence(reader, deeper)]
    layers = 1 + count(branches[0])
    while reader.here == "|":
        reader.column += 1
        branches.append(_sequence(reader, deeper))
        layers += count(branches[-1])
        wrong = unjoinable(branches)
        if layers > MAX_LAYERS:
            wrong = f"the branches have {layers} layers; at most {MAX_LAYERS} are allowed"
        if wrong is not None:
            reader.fail(wrong, start)
    if reader.here != closing:
        _unclosed(reader, start, closing)
    if len(branches) == 1:
        branches.insert(0, ())
    wrong = unjoinable(branches)
    if wrong is not None:
        reader.fail(wrong, start)
    reader.column += 1
    return Join(tuple(branches), how=how, crop=crop)  # type: ignore[arg-type]


def _unclosed(reader: _Reader, start: int, closing: str) -> NoReturn:
    opened = reader.text[start]
    if reader.here:
        reader.fail(f"found {reader.here!r}; expected {closing!r} for the {opened!r} at column {start}")
    reader.fail(f"this {opened!r} is never closed; expected a {closing!r}", start)


def _layer(reader: _Reader) -> Layer:
    start = reader.column
    if reader.here not in KINDS:
        reader.fail(_not_a_layer(reader.here))
    reader.layer_columns.append(start)
    letter = reader.here
    kind, fields = KINDS[letter]
    reader.column += 1
    fields = fields | _options(reader, kind)
    made: Layer = _told(reader, start, kind, **fields)
    if reader.here != ":":
        return made
    reader.column += 1
    named = reader.column
    word = reader.take(NAME)
    if not word:
        reader.fail(f"expected a name after ':', found {_found(reader)}")
    if len(word) > MAX_DIGITS:
        reader.fail(f"the name is {len(word)} characters long; at most {MAX_DIGITS} are allowed", named)
    made = _told(reader, named, kind, **fields | _told(reader, named, kind.named, word))
    if made.letter != letter:
        reader.fail(f"{letter} takes no name; found {word!r}, a name of {made.letter}", named)
    return made


def _told(reader: _Reader, column: int, make: Any, *values: Any, **fields: Any) -> Any:
    """What `make` gives; what it refuses is a fault of the text at this column."""
    try:
        return make(*values, **fields)
    except ArgumentError as error:
        reader.fail(str(error), column)


def _options(reader: _Reader, kind: type[Layer]) -> dict[str, Any]:
    """The fields that the options from here on set."""
    first, lettered = None, {}
    for option in kind.options:
        if option.letter:
            lettered[option.letter] = option
        else:
            first = option
    fields: dict[str, Any] = {}
    if first is not None:
        if reader.here and reader.here in DIGITS + "." * (first.kind == "rate"):
            fields[first.field] = _value(reader, first, "a number")
        elif first.kind == "rate":
            reader.fail(f"D needs a rate, as in D.5; found {_found(reader)}")
    seen: dict[str, str] = {}
    while reader.here in lettered:
        option = lettered[reader.here]
        if option.letter in seen:
            reader.fail(f"option {option.letter} is given twice")
        if option.field in seen.values():
            other = next(letter for letter, name in seen.items() if name == option.field)
            reader.fail(f"option {option.letter} after {other}: both say the {option.field}; keep one of them")
        seen[option.letter] = option.field
        reader.column += 1
        fields[option.field] = _value(reader, option, f"a number after {option.letter}")
    return fields


def _value(reader: _Reader, option: Option, expected: str) -> Any:
    """What stands behind an option's letter."""
    match option.kind:
        case "number":
            return _number(reader, expected)
        case "size":
            return _size(reader, expected, option.least)
        case "rate":
            return _rate(reader, expected)
        case "flag":
            return option.words[0][1]
        case "word":
            return _word(reader, option)
        case "groups" if reader.here == "*":
            reader.column += 1
            return "*"
        case "groups":
            return _number(reader, "a number or '*' after g")
    return _table(reader) if reader.here == "{" else _number(reader, "a number or '{' after t")


def _word(reader: _Reader, option: Option) -> Any:
    words = dict(option.words)
    if reader.here not in words:
        allowed = " or ".join(option.letter + word for word in words)
        reader.fail(f"expected {allowed}, found {_found(reader)} after {option.letter}")
    reader.column += 1
    return words[reader.text[reader.column - 1]]


def _rate(reader: _Reader, expected: str) -> float:
    start = reader.column
    digits = reader.take(DIGITS)
    if reader.here == ".":
        reader.column += 1
        digits += "." + reader.take(DIGITS)
    if not digits.strip("."):
        reader.fail(f"expected {expected.replace('a number', 'a rate such as .5')}, found {_found(reader)}")
    if len(digits) > MAX_DIGITS:
        reader.fail(f"the rate has {len(digits)} characters; at most {MAX_DIGITS} are allowed", start)
    if float(digits) >= 1:
        reader.fail(f"the rate is {digits}; a dropout rate is at least 0 and below 1", start)
    return float(digits)


def _table(reader: _Reader) -> Table:
    """{0.1.2,1.2.3}: for each output its input channels."""
    rows = []
    while reader.here in ("{", ","):
        reader.column += 1
        row = [_number(reader, "an input channel", least=0)]
        while reader.here == ".":
            reader.column += 1
            row.append(_number(reader, "an input channel after '.'", least=0))
        rows.append(tuple(row))
        if len(rows) > MAX_OUTPUTS:
            reader.fail(f"the table has more than {MAX_OUTPUTS} outputs; at most that many are allowed")
    if reader.here != "}":
        reader.fail(f"expected '.', ',' or '}}' in the table, found {_found(reader)}")
    reader.column += 1
    return tuple(rows)


def _not_a_layer(found: str) -> str:
    if found == "W":
        return "W is not a layer; weight dropout is an option of C, T and F, as in F128w.5"
    if found.isnumeric() and found not in DIGITS:
        return f"{found!r} is not an ASCII digit; numbers are written with 0-9"
    if found in DIGITS:
        return f"the number {found} follows nothing that takes it; expected a layer ({LAYERS}) or '('"
    takers = [
        letter + " takes " + " ".join(option.letter for option in kind.options if option.letter)
        for letter, (kind, _) in KINDS.items()
        if any(option.letter == found for option in kind.options)
    ]
    if takers:
        return f"{found!r} is not a layer, and as an option it must follow its layer at once: {', '.join(takers)}"
    return f"{found!r} is not a layer; layers are {LAYERS}"


def _size(reader: _Reader, expected: str, least: int) -> Axes:
    sizes = [_number(reader, expected, least)]
    while reader.here == "x":
        if len(sizes) == 3:
            reader.fail("a fourth axis; a grid has at most 3")
        reader.column += 1
        sizes.append(_number(reader, "a number after x", least))
    return sizes[0] if len(sizes) == 1 else tuple(sizes)


def _number(reader: _Reader, expected: str, least: int = 1) -> int:
    """A whole number of least … MAX_NUMBER in ASCII digits."""
    start = reader.column
    digits = reader.take(DIGITS).lstrip("0")
    if start == reader.column:
        reader.fail(f"expected {expected}, found {_found(reader)}")
    if len(digits) > len(str(MAX_NUMBER)) or int(digits or "0") > MAX_NUMBER:
        reader.fail(f"the number is too large; at most {MAX_NUMBER} is allowed", start)
    if int(digits or "0") < least:
        reader.fail("the number is 0; it must be 1 or more", start)
    return int(digits or "0")


def _found(reader: _Reader) -> str:
    if not reader.here:
        return "the end of the text"
    strange = reader.here.isnumeric() and reader.here not in DIGITS
    return repr(reader.here) + (", which is not an ASCII digit" if strange else "")
