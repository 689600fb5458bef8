"""Networks that answer with a map: fully convolutional networks and U-Nets."""

from collections.abc import Sequence

from sigconv.core.geometry import at_least
from sigconv.errors import ArgumentError
from sigconv.nets.named.published import published
from sigconv.nets.notation import parse
from sigconv.nets.tree import Net

FCN = "Long, Shelhamer & Darrell (2015), CVPR, arXiv:1411.4038"
# VGG-16 up to its third pool, padded by 100 so that small images leave something; pools round up
TRUNK = "C64p100R C64R P2u (C128R)2 P2u (C256R)3 P2u"
SCORES = "C4096k7vRD.5 C4096k1RD.5"


@published(3, (500, 500), 21, 136_152_917, FCN)
def fcn32s(classes: int = 21) -> Net:
    """FCN-32s: VGG-16 as a fully convolutional net, its scores upsampled 32 times, cut to the image.

    classes : int >= 1, one score map each

    Source: Long, Shelhamer & Darrell (2015), Fully convolutional networks for semantic segmentation, figure 3.

    >>> str(fcn32s())[-22:]
    'RD0.5C21k1T21k64s32b0X'
    """
    k = at_least("classes", classes, 1)
    return parse(f"{TRUNK} (C512R)3 P2u (C512R)3 P2u {SCORES} C{k}k1 T{k}k64s32b0 X")


@published(3, (500, 500), 21, 134_815_994, FCN)
def fcn16s(classes: int = 21) -> Net:
    """FCN-16s: the scores, doubled, are added to those of the fourth pool before they are upsampled 16 times.

    Takes and cites what `fcn32s` does.

    >>> str(fcn16s())[-12:]
    'T21k32s16b0X'
    """
    k = at_least("classes", classes, 1)
    fourth = f"U[C{k}k1|(C512R)3 P2u {SCORES} C{k}k1 T{k}k4b0]"
    return parse(f"{TRUNK} (C512R)3 P2u {fourth} T{k}k32s16b0 X")


@published(3, (500, 500), 21, 134_489_759, FCN)
def fcn8s(classes: int = 21) -> Net:
    """FCN-8s: the scores of the third pool join in as well, and the sum is upsampled 8 times.

    Takes and cites what `fcn32s` does.

    >>> str(fcn8s())[-11:]
    'T21k16s8b0X'
    """
    k = at_least("classes", classes, 1)
    fourth = f"U[C{k}k1|(C512R)3 P2u {SCORES} C{k}k1 T{k}k4b0]"
    third = f"U[C{k}k1|(C512R)3 P2u {fourth} T{k}k4b0]"
    return parse(f"{TRUNK} {third} T{k}k16s8b0 X")


@published(1, (572, 572), 2, 31_030_658, "Ronneberger, Fischer & Brox (2015), MICCAI, arXiv:1505.04597")
def unet(classes: int = 2) -> Net:
    """The U-Net: 572 x 572 pixels in, 388 x 388 scores out; nothing is padded, skips are cut.

    classes : int >= 1, one score map each

    Source: Ronneberger, Fischer & Brox (2015), figure 1; the dropout at the end of the contracting path: section 3.1.

    >>> from sigconv.nets import InputSpec, measure
    >>> measure.shapes(unet(), InputSpec(1, (572, 572)))[-1].grid
    (388, 388)
    """
    body = "P (C1024vR)2 D.5 T512"
    for width in (512, 256, 128):
        rest = "D.5" if width == 512 else ""
        body = f"P (C{width}vR)2 {rest} U{{{body}}} (C{width}vR)2 T{width // 2}"
    return parse(f"(C64vR)2 U{{{body}}} (C64vR)2 C{at_least('classes', classes, 1)}k1")


@published(1, (64, 64, 64), 2, 1_438_802, "Falk et al. (2019), Nature Methods 16:67-70; MONAI's BasicUNet")
def basic_unet(features: Sequence[int] = (16, 16, 32, 64, 128), classes: int = 2) -> Net:
    """A U-Net that keeps its grid, with instance norms and leaky rectifiers: the usual start for volumes.

    features : channels of each level, from the finest; two or more. A grid that 2 does not divide once per pool
        gives fewer scores: skips are cut to what comes up from below
    classes : int >= 1, one score map each

    Source: Falk et al. (2019), U-Net: deep learning for cell counting, detection, and morphometry.  Same as: MONAI's
    BasicUNet with these features and the first once more for its last level.

    >>> str(basic_unet((8, 16)))
    '(C8NR:leaky0.1)2U{P(C16NR:leaky0.1)2T16}(C8NR:leaky0.1)2C2k1'
    """
    widths = [at_least("a number of features", width, 1) for width in features]
    if len(widths) < 2:
        raise ArgumentError(f"features is {features!r}; a U-Net has two levels or more")

    def twice(width: int) -> str:
        return f"(C{width} N R:leaky.1)2"

    body = ""
    for level in range(len(widths) - 1, 0, -1):
        # every way up halves the channels, but for the last one
        up = widths[level] // (1 if level == 1 else 2)
        inner = f"{twice(widths[level])} U{{{body}}} {twice(widths[level])}" if body else twice(widths[level])
        body = f"P {inner} T{max(up, 1)}"
    return parse(f"{twice(widths[0])} U{{{body}}} {twice(widths[0])} C{at_least('classes', classes, 1)}k1")
