"""Networks with a third axis: time of a video, or depth of a scan."""

from sigconv.nets.named.published import published
from sigconv.nets.notation import parse
from sigconv.nets.tree import Net

TRAN = "Tran et al. (2018), CVPR, arXiv:1711.11248; torchvision's video models (Kinetics-400)"
WIDTHS = (64, 128, 256, 512)


@published(3, (16, 112, 112), 487, 79_991_015, "Tran et al. (2015), ICCV, arXiv:1412.0767")
def c3d() -> Net:
    """C3D: 3x3x3 kernels throughout; the first pool leaves time alone, so that 16 frames last to the end.

    Source: Tran et al. (2015), Learning spatiotemporal features with 3D convolutional networks, figure 3.

    >>> str(c3d())[:32]
    'C64RP1x2x2C128RP(C256R)2P(C512R)'
    """
    return parse("C64R P1x2x2 C128R P (C256R)2 P (C512R)2 P (C512R)2 P2u F4096 R D.5 F4096 R D.5 F")


@published(3, (16, 112, 112), 400, 33_371_472, TRAN)
def resnet3d18() -> Net:
    """ResNet-18 with 3x3x3 kernels (R3D): strides halve time as well as space, from the second stage on.

    Source: Tran et al. (2018), A closer look at spatiotemporal convolutions for action recognition.

    >>> str(resnet3d18())[:43]
    'C64k3x7x7s1x2x2b0BR([C64b0BRC64b0B]R)2[C128'
    """
    parts = ["C64k3x7x7s1x2x2b0BR"]
    for width in WIDTHS:
        same = f"[C{width}b0BR C{width}b0B]R"
        first = same if width == WIDTHS[0] else f"[C{width}s2b0BR C{width}b0B|C{width}k1s2b0B]R"
        parts.append(f"({same})2" if width == WIDTHS[0] else first + f"({same})1")
    return parse("".join(parts) + "GF")


@published(3, (16, 112, 112), 400, 31_505_325, TRAN)
def r2plus1d() -> Net:
    """R(2+1)D-18: each 3x3x3 kernel is one in space, then one in time, with as many weights as before.

    Source: Tran et al. (2018), section 3.5: the channels between the two.

    >>> str(r2plus1d())[:47]
    'C45k1x7x7s1x2x2b0BRC64k3x1x1b0BR([C144k1x3x3b0B'
    """
    parts = ["C45k1x7x7s1x2x2b0BR C64k3x1x1b0BR"]
    got = WIDTHS[0]
    for width in WIDTHS:
        middle = _between(width, width)
        same = f"[{_split(middle, width)}BR {_split(middle, width)}B]R"
        if got == width:
            parts.append(f"({same})2")
        else:
            middle = _between(got, width)
            first = f"{_split(middle, width, stride=2)}BR {_split(middle, width)}B"
            parts.append(f"[{first}|C{width}k1s2b0B]R {same}")
        got = width
    return parse("".join(parts) + "GF")


def _between(got: int, gives: int) -> int:
    """The channels between space and time with which the pair has as many weights as one 3x3x3 convolution."""
    return got * gives * 27 // (got * 9 + gives * 3)


def _split(middle: int, width: int, stride: int = 1) -> str:
    space, time = ("", "") if stride == 1 else (f"s1x{stride}x{stride}", f"s{stride}x1x1")
    return f"C{middle}k1x3x3{space}b0BR C{width}k3x1x1{time}b0"
