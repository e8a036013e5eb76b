"""Awards (成交) and the standstill (公示)."""
