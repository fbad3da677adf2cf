"""Puts the tests folder on the path, so that every room can import the oracles of reference.py.

The console takes its width from COLUMNS when it is made, if it is set then, and keeps it; test runners of
several workers set it. Each test shall say its own width.
"""

import os

os.environ.pop("COLUMNS", None)
