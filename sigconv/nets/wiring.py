"""A tree as its connections: what training one sample at a time needs to know of each layer."""

from collections.abc import Sequence
from typing import Any

from sigconv.errors import ArgumentError, ShapeError
from sigconv.nets import connections
from sigconv.nets.costs import conv_padding, table_of
from sigconv.nets.measure import shapes
from sigconv.nets.place import Row, along
from sigconv.nets.spec import InputSpec
from sigconv.nets.tree import Activation, Conv, Full, GlobalPool, Net, Pool


def connected(net: Net, spec: InputSpec, classes: int | None = None) -> dict[str, connections.Layer]:
    """The layers of a net by the names of the built module's: "C1", "R1", "C2", ….

    C becomes Convolved, F Full, A and G Averaged, R Pointwise (tanh, stanh, sigmoid or relu). Their weights have the
    order of the module's: a table's, (connections, *kernel) there, are (channels, channels seen, *kernel) here.

    Parameters
    ----------
    net : Net;  spec : InputSpec;  classes : as in `measure.shapes`

    Returns
    -------
    dict, name -> value of sigconv.nets.connections, each fed by the one before

    Raises
    ------
    ArgumentError : a layer that is more than a weighted sum or a function of each number (a maximum, norm, join, …),
        named; or what `measure.shapes` refuses
    ShapeError : what `measure.shapes` refuses, or a table whose outputs see different numbers of channels

    >>> from sigconv.nets import named
    >>> made = connected(named.lenet1989(), InputSpec(1, (16, 16)), classes=10)
    >>> list(made), connections.count(made.values())
    (['C1', 'R1', 'C2', 'R2', 'F1', 'R3', 'F2', 'R4'], Count(units=1000, connections=64660, parameters=9760))
    """
    return connected_rows(shapes(net, spec, classes))


def connected_rows(rows: Sequence[Row]) -> dict[str, connections.Layer]:
    """`connected` of rows from `measure.shapes`, or of those that a built Network keeps.

    >>> from sigconv.nets import parse
    >>> connected_rows(shapes(parse("AF2"), InputSpec(1, (4,))))
    {'A1': Averaged(inputs=(1, 4), size=(2,), stride=(2,)), 'F1': Full(inputs=(1, 2), units=2, bias=True)}
    """
    if isinstance(rows[-1].layer, GlobalPool):
        raise _refusal(rows[-1], "its outputs keep a grid here; put an F behind it")
    return {row.name: _layer(row) for row in rows}


def _layer(row: Row) -> connections.Layer:
    inputs = (row.got[0], *row.got[1])
    match row.layer:
        case Conv(drop=0):
            return _convolved(row, row.layer)
        case Full(units=int(units), kind="weights", drop=0):
            return connections.Full(inputs, units, row.layer.bias)
        case GlobalPool(kind="average"):
            return connections.Averaged(inputs, row.got[1])
        case Pool(kind="average", to=None):
            axes = len(row.grid)
            made = connections.Averaged(inputs, along(row.layer.size, axes), along(row.layer.step, axes))
            if row.layer.padding != 0 or made.outputs != (row.channels, *row.grid):
                raise _refusal(row, "its windows reach outside; leave out p and u")
            return made
        case Activation(name=name) if name in connections.ACTIVATIONS:
            return connections.Pointwise(inputs, name)
        case Conv() | Full(kind="weights"):
            raise _refusal(row, "it drops weights; leave out w")
    functions = ", ".join(f"R:{name}" for name in connections.ACTIVATIONS)
    raise _refusal(row, f"only C, F, A without >, G in front of F, and {functions} have one")


def _convolved(row: Row, layer: Conv) -> connections.Convolved:
    (channels, grid), axes = row.got, len(row.grid)
    assert isinstance(layer.channels, int)
    assert isinstance(layer.groups, int)
    table = table_of(layer, channels)
    if table is not None and len(few := sorted({len(seen) for seen in table})) > 1:
        raise ShapeError(
            f"{row.name} ({row.text}) has outputs that see {' or '.join(map(str, few))} channels; each must see as many"
        )
    bias: Any = layer.bias if layer.bias == "unit" else "channel" if layer.bias else None
    try:
        return connections.Convolved(
            (channels, *grid),
            layer.channels,
            along(layer.kernel, axes),
            along(layer.stride, axes),
            along(layer.dilation, axes),
            conv_padding(layer, axes),
            layer.boundary if isinstance(layer.boundary, str) else ("constant", layer.boundary),
            layer.groups,
            table,
            bias,
        )
    except ArgumentError as error:
        raise _refusal(row, str(error)) from None


def _refusal(row: Row, why: str) -> ArgumentError:
    return ArgumentError(f"{row.name} ({row.text}) has no form as connections: {why}")
