"""Contracts (合同)."""
