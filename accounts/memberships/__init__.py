"""Memberships (任职), delegation (代办) and the actor of each request."""
