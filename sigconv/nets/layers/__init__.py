"""Layers for one, two and three axes; each file is one kind of layer, and every one of them needs torch."""
