"""Detectors of misuse: what in the log looks as if a search was not for its case, and why, in plain words."""
