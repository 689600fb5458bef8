"""Recipes for images: classified by a network, learnt as in 1989 or by the Neocognitron; and their edges."""
