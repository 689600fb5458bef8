"""The networks of the literature, each a function that gives its Net, with its paper and its published count.

A Net knows no dimension: what was drawn in 2-D builds in 1-D and 3-D as well, but for the kernels and pools that are
written axis by axis. `NAMES` has them all; `find` takes a name from the command line.
"""

from sigconv.nets.named.digits import lenet5, lenet1989, neocognitron
from sigconv.nets.named.images import alexnet, alexnet_single, vgg11, vgg13, vgg16, vgg19
from sigconv.nets.named.published import NAMES, Published, find
from sigconv.nets.named.residual import resnet18, resnet34, resnet50, resnet101, resnet152
from sigconv.nets.named.segmentation import basic_unet, fcn8s, fcn16s, fcn32s, unet
from sigconv.nets.named.signals import deep_convnet, eegnet, m5, shallow_convnet
from sigconv.nets.named.thin import thin
from sigconv.nets.named.volumes import c3d, r2plus1d, resnet3d18

__all__ = [
    "NAMES",
    "Published",
    "alexnet",
    "alexnet_single",
    "basic_unet",
    "c3d",
    "deep_convnet",
    "eegnet",
    "fcn8s",
    "fcn16s",
    "fcn32s",
    "find",
    "lenet5",
    "lenet1989",
    "m5",
    "neocognitron",
    "r2plus1d",
    "resnet3d18",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "shallow_convnet",
    "thin",
    "unet",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
]
