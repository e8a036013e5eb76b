"""Challenges (质疑)."""
