"""What the log says, indexed for asking: people, cases, permits, searches, reviews."""
