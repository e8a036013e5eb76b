"""Payments (支付)."""
