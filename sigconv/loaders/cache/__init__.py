"""A cache of recordings on disk: mapped, checked, bounded, shared by processes."""

from sigconv.loaders.cache.fill import fill
from sigconv.loaders.cache.recording import cached
from sigconv.loaders.cache.shelf import Entry, clean, contents, default_folder

__all__ = ["Entry", "cached", "clean", "contents", "default_folder", "fill"]
