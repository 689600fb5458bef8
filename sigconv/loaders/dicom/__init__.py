"""DICOM: series of slices as lazy volumes, segmentations read and written."""

from sigconv.loaders.dicom.door import DOOR, open, save_segmentation, segmentation, series
from sigconv.loaders.dicom.stack import Series

__all__ = ["DOOR", "Series", "open", "save_segmentation", "segmentation", "series"]
