"""What comes later and the gate never sees: outcomes, demographics, judicial steps; all on the log."""
