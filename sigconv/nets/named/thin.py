"""A network with fewer channels and the same shape: to try things on a laptop."""

from dataclasses import replace

from sigconv.core.geometry import at_least
from sigconv.nets.tree import Conv, ConvTranspose, Full, Join, Net, Part, Repeat, SCell


def thin(net: Net, by: int = 8) -> Net:
    """The net with its channels and units divided by a number, rounded up; tables of connections keep theirs.

    by : int >= 1

    Raises
    ------
    ArgumentError : by below 1

    >>> from sigconv.nets import named
    >>> str(thin(named.vgg11(), 16))
    'C4RPC8RP(C16R)2P(C32R)2P(C32R)2PF256RD0.5F256RD0.5F'
    """
    return Net(tuple(_thin(part, at_least("by", by, 1)) for part in net.parts))


def _thin(part: Part, by: int) -> Part:
    match part:
        case Repeat():
            return replace(part, body=tuple(_thin(inner, by) for inner in part.body))
        case Join():
            return replace(part, branches=tuple(tuple(_thin(p, by) for p in branch) for branch in part.branches))
        case Conv(channels=int(channels), table=None) | ConvTranspose(channels=int(channels)):
            groups = part.groups if part.groups == "*" else -(-part.groups // by)
            return replace(part, channels=-(-channels // by), groups=groups)
        case SCell(planes=int(planes)):
            return replace(part, planes=-(-planes // by))
        case Full(units=int(units)):
            return replace(part, units=-(-units // by))
    return part
