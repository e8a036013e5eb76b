"""People, organizations and keys (用户、单位、任职)."""
