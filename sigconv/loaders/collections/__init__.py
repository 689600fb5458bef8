"""Collections: a folder, table or data set as recordings with labels and groups, opened when asked for."""

from sigconv.loaders.collections.bids_tree import bids
from sigconv.loaders.collections.class_folders import class_folders
from sigconv.loaders.collections.collection import Collection
from sigconv.loaders.collections.dicom_tree import dicom_tree
from sigconv.loaders.collections.hdf5_images import hdf5_images
from sigconv.loaders.collections.manifest import manifest
from sigconv.loaders.collections.nnunet import nnunet
from sigconv.loaders.collections.pairs import pairs
from sigconv.loaders.collections.pattern import pattern

__all__ = ["Collection", "bids", "class_folders", "dicom_tree", "hdf5_images", "manifest", "nnunet", "pairs", "pattern"]
