"""Puts the tests folder on the path, so that every room can import the oracles of reference.py."""
