"""Commands of the catalogue (目录)."""
