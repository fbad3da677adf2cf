"""Puts the tests folder on the path, so that every room can import the oracles of reference.py.

So it does with the rooms whose made-up agencies and reviews other rooms start from.

The console takes its width from COLUMNS when it is made, if it is set then, and keeps it; test runners of
several workers set it. Each test shall say its own width.
"""

import os
import sys
from pathlib import Path

os.environ.pop("COLUMNS", None)

for room in ("audit", "gate", "oversight"):
    sys.path.append(str(Path(__file__).parent / room))
