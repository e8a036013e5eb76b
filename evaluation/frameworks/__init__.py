"""Frameworks of indicators (指标体系) in versions, as data; the arithmetic of every formula (R51)."""
