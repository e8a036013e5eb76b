"""Budgets (预算): lines, allocations, ledger."""
