"""A made-up year of searches with planted misuse, to measure detectors on. Nobody in it exists."""
