"""Augmentation: windows made anew in every epoch, by techniques whose parameters have units."""

from sigconv.train.augment.affine import Affine
from sigconv.train.augment.colour import Colour, ColourLevels
from sigconv.train.augment.flip import Flip
from sigconv.train.augment.floor import NoiseFloor
from sigconv.train.augment.heading import Heading
from sigconv.train.augment.level import Gain, Intensity
from sigconv.train.augment.mask import ChannelDrop, Cutout, Mask
from sigconv.train.augment.noise import Noise, NoiseRatio
from sigconv.train.augment.protocol import Augment, Composed, Draws, compose
from sigconv.train.augment.shift import RandomCrop, TimeShift
from sigconv.train.augment.sides import Sides
from sigconv.train.augment.speed import Speed
from sigconv.train.augment.tempo import Tempo
from sigconv.train.augment.voice import Voice

__all__ = [
    "Affine",
    "Augment",
    "ChannelDrop",
    "Colour",
    "ColourLevels",
    "Composed",
    "Cutout",
    "Draws",
    "Flip",
    "Gain",
    "Heading",
    "Intensity",
    "Mask",
    "Noise",
    "NoiseFloor",
    "NoiseRatio",
    "RandomCrop",
    "Sides",
    "Speed",
    "Tempo",
    "TimeShift",
    "Voice",
    "compose",
]
