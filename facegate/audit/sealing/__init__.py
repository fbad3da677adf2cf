"""What the log seals: openings under keys that can be destroyed, erasure, and showing single fields."""
