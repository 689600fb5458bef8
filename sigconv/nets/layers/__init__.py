"""Layers that torch does not have, each for any number of axes."""
