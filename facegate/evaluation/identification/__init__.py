"""Searches measured: a gallery as it serves, FPIR, FNIR and SEL by group, and how they grow."""
