"""Drawings of the evaluation (评价图)."""
