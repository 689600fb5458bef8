"""Volumes: CT and MR scans brought to one grid and one range of levels, then classified or segmented."""
