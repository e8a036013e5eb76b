"""Settlements (结算)."""
