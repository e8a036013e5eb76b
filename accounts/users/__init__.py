"""People who log in (用户)."""
