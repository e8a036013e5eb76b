"""Risks (风险预警): rules over the whole database that raise flags; a flag proves nothing, it asks somebody to look."""
