"""Notices (公告), frozen at publication."""
