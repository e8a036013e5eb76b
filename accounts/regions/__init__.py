"""Regions (区域): district → street → community."""
