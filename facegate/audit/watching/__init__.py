"""Who looks on: the monitor, and the keeper who rebuilds everything from the entries."""
