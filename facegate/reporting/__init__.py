"""Results to tables, files and plain sentences; nothing here computes a rate."""
