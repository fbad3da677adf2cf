"""Reports on who uses the system, on what authority, and how it is overseen; one file a report."""
