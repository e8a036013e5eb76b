"""Dated parameters, holiday notices and deadline() (规则与期限)."""
