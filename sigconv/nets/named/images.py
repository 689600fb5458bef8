"""The networks that won at ImageNet before residual blocks: AlexNet and VGG."""

from sigconv.nets.named.published import published
from sigconv.nets.notation import parse
from sigconv.nets.tree import Net

VGG = "Simonyan & Zisserman (2015), arXiv:1409.1556"
HEAD = "F4096 R D.5 F4096 R D.5 F"


@published(3, (224, 224), 1000, 60_965_224, "Krizhevsky, Sutskever & Hinton (2012), NIPS 25")
def alexnet() -> Net:
    """AlexNet as in 2012: two towers, which are groups, and local response normalisation.

    The paper draws 224 x 224 pixels, of which two more on each side make the first map 55 x 55.

    Source: Krizhevsky, Sutskever & Hinton (2012), ImageNet classification with deep convolutional neural networks.

    >>> str(alexnet())[:21]
    'C96k11s4p2RN:localP3s'
    """
    return parse(f"C96k11s4p2 R N:local P3s2 C256k5g2 R N:local P3s2 C384 R C384g2 R C256g2 R P3s2 {HEAD}")


@published(3, (224, 224), 1000, 61_100_840, "Krizhevsky (2014), arXiv:1404.5997")
def alexnet_single() -> Net:
    """AlexNet in one tower, the form whose trained weights are handed round (torchvision's `alexnet`).

    Source: Krizhevsky (2014), One weird trick for parallelizing convolutional neural networks.

    >>> str(alexnet_single())[-24:]
    'A>6D0.5F4096RD0.5F4096RF'
    """
    return parse("C64k11s4p2 R P3s2 C192k5 R P3s2 C384 R C256 R C256 R P3s2 A>6 D.5 F4096 R D.5 F4096 R F")


@published(3, (224, 224), 1000, 132_863_336, VGG)
def vgg11() -> Net:
    """VGG-11, the paper's network A.

    Source: Simonyan & Zisserman (2015), Very deep convolutional networks for large-scale image recognition, table 1.

    >>> str(vgg11())[:16]
    'C64RPC128RP(C256'
    """
    return parse(f"C64RP C128RP (C256R)2P (C512R)2P (C512R)2P {HEAD}")


@published(3, (224, 224), 1000, 133_047_848, VGG)
def vgg13() -> Net:
    """VGG-13, the paper's network B.

    Source: Simonyan & Zisserman (2015), table 1.

    >>> str(vgg13())[:20]
    '(C64R)2P(C128R)2P(C2'
    """
    return _vgg(2)


@published(3, (224, 224), 1000, 138_357_544, VGG)
def vgg16() -> Net:
    """VGG-16, the paper's network D.

    Source: Simonyan & Zisserman (2015), table 1.

    >>> str(vgg16())[:26]
    '(C64R)2P(C128R)2P(C256R)3P'
    """
    return _vgg(3)


@published(3, (224, 224), 1000, 143_667_240, VGG)
def vgg19() -> Net:
    """VGG-19, the paper's network E.

    Source: Simonyan & Zisserman (2015), table 1.

    >>> str(vgg19())[:26]
    '(C64R)2P(C128R)2P(C256R)4P'
    """
    return _vgg(4)


def _vgg(deep: int) -> Net:
    return parse(f"(C64R)2P (C128R)2P (C256R){deep}P (C512R){deep}P (C512R){deep}P {HEAD}")
