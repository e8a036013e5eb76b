"""Bids (申报), sealed until the opening (开启)."""
