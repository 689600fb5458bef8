"""Volumes: CT and MR scans brought to one grid and one range of levels; sigconv.recipe.segment.volume segments them."""
