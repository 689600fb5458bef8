"""Images: PNG, JPEG, TIFF, WebP, BMP and GIF as lazy recordings in the file's own numbers."""

from sigconv.loaders.image.door import DOOR, SUFFIXES, open

__all__ = ["DOOR", "SUFFIXES", "open"]
