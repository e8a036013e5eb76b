"""Measurements (`make bench`): ratios within one run, never times; not part of the suite."""
