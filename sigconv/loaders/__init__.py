"""Loaders: a path becomes a Recording (lazy) or a Signal (whole), with units."""

from sigconv.loaders.cache import cached
from sigconv.loaders.collections import (
    Collection,
    bids,
    class_folders,
    dicom_tree,
    hdf5_images,
    manifest,
    nnunet,
    pairs,
    pattern,
)
from sigconv.loaders.doors import DOORS, load, open, save
from sigconv.loaders.recording import Recording, of

__all__ = [
    "DOORS",
    "Collection",
    "Recording",
    "bids",
    "cached",
    "class_folders",
    "dicom_tree",
    "hdf5_images",
    "load",
    "manifest",
    "nnunet",
    "of",
    "open",
    "pairs",
    "pattern",
    "save",
]
