"""Video: MP4, MOV, AVI, MKV and WebM as lazy recordings, exact to the frame."""

from sigconv.loaders.video.door import DOOR, open

__all__ = ["DOOR", "open"]
