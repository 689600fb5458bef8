"""WFDB: heart, sleep and other records of PhysioNet as lazy recordings in volts."""

from sigconv.loaders.wfdb.door import DOOR, open

__all__ = ["DOOR", "open"]
