"""Projects (立项)."""
