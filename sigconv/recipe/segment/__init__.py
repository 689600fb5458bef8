"""Segmentation recipes: recordings and label maps -> network beside a baseline -> label maps, report and model."""
