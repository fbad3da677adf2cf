"""Misuse register, transparency and statutory reports, case files: read from the log, never typed by hand."""
