"""EEG: EDF, BDF, GDF, BrainVision, FIF and EEGLAB as lazy recordings in volts."""

from sigconv.loaders.eeg.door import DOOR, SUFFIXES, open

__all__ = ["DOOR", "SUFFIXES", "open"]
