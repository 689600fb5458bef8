"""Audio: WAV, AIFF, FLAC, Ogg and MP3 as lazy recordings in [-1, 1]."""

from sigconv.loaders.audio.door import DOOR, open

__all__ = ["DOOR", "open"]
