"""Motion capture: C3D, BVH, TRC and Vicon's CSV as lazy recordings in metres."""

from sigconv.loaders.mocap.door import DOOR, open

__all__ = ["DOOR", "open"]
