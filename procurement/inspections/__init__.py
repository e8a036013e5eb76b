"""Inspections (履约检查): self-review, visits, telephone, papers; rectification with a deadline; spot inspections by a draw."""
