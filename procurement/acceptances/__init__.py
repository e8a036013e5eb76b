"""Acceptances (验收)."""
