"""Sounds, one clip a recording: without silence, as waveforms or spectrograms, classified beside MFCC and SVM."""
