"""Volumes: NIfTI, NRRD and MetaImage as lazy recordings whose axes ascend towards Superior, Anterior, Right."""

from sigconv.loaders.volume.door import DOOR, open

__all__ = ["DOOR", "open"]
