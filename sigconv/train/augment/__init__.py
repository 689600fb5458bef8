"""Augmentation: windows made anew in every epoch, by techniques whose parameters have units."""

from sigconv.train.augment.protocol import Augment, Composed, Draws, compose

__all__ = ["Augment", "Composed", "Draws", "compose"]
