"""Experts (评审专家)."""
