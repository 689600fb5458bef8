"""Layers over torch's kernels, each for one, two or three dimensions."""
