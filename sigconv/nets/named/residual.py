"""Residual networks of 18 to 152 layers."""

from sigconv.nets.named.published import published
from sigconv.nets.notation import parse
from sigconv.nets.tree import Net

PAPER = "He et al. (2016), CVPR, arXiv:1512.03385"
WIDTHS = (64, 128, 256, 512)


@published(3, (224, 224), 1000, 11_689_512, PAPER)
def resnet18() -> Net:
    """ResNet-18: eight residual blocks of two convolutions.

    Source: He et al. (2016), Deep residual learning for image recognition, table 1.

    >>> str(resnet18())[:42]
    'C64k7s2b0BRP3s2p1([C64b0BRC64b0B]R)2[C128s'
    """
    return _basic((2, 2, 2, 2))


@published(3, (224, 224), 1000, 21_797_672, PAPER)
def resnet34() -> Net:
    """ResNet-34: sixteen residual blocks of two convolutions.

    Source: He et al. (2016), table 1.

    >>> str(resnet34())[17:36]
    '([C64b0BRC64b0B]R)3'
    """
    return _basic((3, 4, 6, 3))


@published(3, (224, 224), 1000, 25_557_032, PAPER)
def resnet50() -> Net:
    """ResNet-50: sixteen bottlenecks of three convolutions; strides lie in the 3x3 ones, as trained weights have it.

    Source: He et al. (2016), table 1; Goyal et al. (2017), arXiv:1706.02677 (the place of the stride).

    >>> str(resnet50())[17:59]
    '[C64k1b0BRC64b0BRC256k1b0B|C256k1b0B]R([C6'
    """
    return _bottlenecks((3, 4, 6, 3))


@published(3, (224, 224), 1000, 44_549_160, PAPER)
def resnet101() -> Net:
    """ResNet-101: 33 bottlenecks.

    Source: He et al. (2016), table 1.

    >>> ")22[" in str(resnet101())
    True
    """
    return _bottlenecks((3, 4, 23, 3))


@published(3, (224, 224), 1000, 60_192_808, PAPER)
def resnet152() -> Net:
    """ResNet-152: 50 bottlenecks.

    Source: He et al. (2016), table 1.

    >>> ")35[" in str(resnet152())
    True
    """
    return _bottlenecks((3, 8, 36, 3))


def _basic(blocks: tuple[int, ...]) -> Net:
    parts = []
    for width, count in zip(WIDTHS, blocks, strict=True):
        same = f"[C{width}b0BR C{width}b0B]R"
        if width == WIDTHS[0]:
            parts.append(f"({same}){count}")
        else:
            parts.append(f"[C{width}s2b0BR C{width}b0B|C{width}k1s2b0B]R ({same}){count - 1}")
    return parse("C64k7s2b0BR P3s2p1 " + "".join(parts) + "GF")


def _bottlenecks(blocks: tuple[int, ...]) -> Net:
    parts = []
    for width, count in zip(WIDTHS, blocks, strict=True):
        wide, stride = 4 * width, "" if width == WIDTHS[0] else "s2"
        first = f"[C{width}k1b0BR C{width}{stride}b0BR C{wide}k1b0B|C{wide}k1{stride}b0B]R"
        parts.append(f"{first} ([C{width}k1b0BR C{width}b0BR C{wide}k1b0B]R){count - 1}")
    return parse("C64k7s2b0BR P3s2p1 " + "".join(parts) + "GF")
